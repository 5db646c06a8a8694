//! A ring buffer of pointer positions. It allocates once.

use crate::proof::Point;
use alloc::vec::Vec;

/// The newest positions, as many as its capacity.
#[derive(Debug)]
pub struct Ring {
    points: Vec<Point>,
    capacity: usize,
    /// Where the next position goes once the buffer is full: the place of the oldest.
    next: usize,
}

impl Ring {
    /// An empty buffer for `capacity` positions, at least 1.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { points: Vec::with_capacity(capacity), capacity, next: 0 }
    }

    /// Adds a position, in place of the oldest if the buffer is full.
    pub fn push(&mut self, point: Point) {
        if self.points.len() < self.capacity {
            self.points.push(point);
            return;
        }
        if let Some(oldest) = self.points.get_mut(self.next) {
            *oldest = point;
        }
        self.next += 1;
        if self.next >= self.capacity {
            self.next = 0;
        }
    }

    /// Forgets all positions.
    pub fn clear(&mut self) {
        self.points.clear();
        self.next = 0;
    }

    /// The positions, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = Point> + Clone {
        let (newer, older) = self.points.split_at_checked(self.next).unwrap_or_default();
        newer.iter().rev().chain(older.iter().rev()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(t: u32) -> Point {
        Point { t: t.into(), ..Point::default() }
    }

    proptest! {
        #[test]
        fn it_keeps_the_newest(capacity in 0..120_usize, count in 0..350_u32) {
            let mut ring = Ring::new(capacity);
            let allocated = ring.points.capacity();
            (0..count).for_each(|t| ring.push(point(t)));
            let kept = capacity.max(1);
            let expected: Vec<_> = (0..count).rev().take(kept).map(point).collect();
            prop_assert_eq!(ring.newest_first().collect::<Vec<_>>(), expected);
            prop_assert_eq!(ring.points.capacity(), allocated);
        }
    }

    #[test]
    fn cleared_it_starts_again() {
        let mut ring = Ring::new(3);
        (0..5).for_each(|t| ring.push(point(t)));
        ring.clear();
        assert_eq!(ring.newest_first().count(), 0);
        (7..9).for_each(|t| ring.push(point(t)));
        assert_eq!(ring.newest_first().collect::<Vec<_>>(), [point(8), point(7)]);
    }
}
