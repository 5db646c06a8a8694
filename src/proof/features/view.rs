//! One view of every trajectory, whatever recorded it: what a page at 60 frames a second would have seen.

#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
use crate::bare::Real as _;
use crate::proof::point::Point;
use alloc::vec::Vec;

/// The length of a frame, ms.
pub const FRAME_MS: f64 = 1000.0 / 60.0;

/// Positions further apart than this belong to different movements, frames.
pub const BREAK_FRAMES: f64 = 4.0;

/// A movement has at least this many positions; of fewer nothing is said.
pub const LEAST_FRAMES: usize = 8;

/// The newest position of each frame, oldest first, without those at which the pointer rested. Times are
/// whole frames, and none is positive.
///
/// A position's frame is its time less that of the newest, over [`FRAME_MS`], to the nearest whole number, halves
/// to even. From the newest on, a position of the same frame as the last one kept is left out; one at the same
/// place as that gives it its own, earlier frame; any other is kept.
///
/// The newest position lies in the middle of its frame, so clocks that are a few ms off change nothing,
/// and the view of a view is that view.
#[must_use]
pub fn frames(points: &[Point]) -> Vec<Point> {
    let mut frames: Vec<Point> = Vec::with_capacity(points.len());
    let Some(newest) = points.last() else {
        return frames;
    };
    for point in points.iter().rev() {
        let t = ((point.t - newest.t) / FRAME_MS).round_ties_even();
        match frames.last_mut() {
            // Replaced within the frame.
            Some(newer) if newer.t == t => {}
            // It was there already.
            Some(newer) if newer.x == point.x && newer.y == point.y => newer.t = t,
            _ => frames.push(Point { t, ..*point }),
        }
    }
    frames.reverse();
    frames
}

/// The last movement before the press: the newest frames that lie at most [`BREAK_FRAMES`] apart, if
/// they are [`LEAST_FRAMES`] or more; else those before them.
#[must_use]
pub fn last_movement(frames: &[Point]) -> Option<&[Point]> {
    frames
        .chunk_by(|older, newer| newer.t - older.t <= BREAK_FRAMES)
        .rfind(|movement| movement.len() >= LEAST_FRAMES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(t: f64, x: f64) -> Point {
        Point { t, x, y: 0.0 }
    }

    #[test]
    fn a_frame_keeps_its_newest_position() {
        let points =
            [at(-40.0, 0.0), at(-26.0, 5.0), at(-18.0, 6.0), at(-12.0, 7.0), at(-2.0, 9.0)];
        assert_eq!(frames(&points), [at(-2.0, 0.0), at(-1.0, 7.0), at(0.0, 9.0)]);
    }

    #[test]
    fn rest_is_no_position() {
        let points =
            [at(-100.0, 0.0), at(-83.0, 4.0), at(-50.0, 4.0), at(-33.0, 4.0), at(0.0, 6.0)];
        assert_eq!(frames(&points), [at(-6.0, 0.0), at(-5.0, 4.0), at(0.0, 6.0)]);
    }

    #[test]
    fn a_pause_ends_a_movement() {
        let steady =
            |from: i32, count: i32| (0..count).map(move |i| at(f64::from(from + i), f64::from(i)));
        let both: Vec<_> = steady(-30, 9).chain(steady(-10, 8)).collect();
        assert_eq!(last_movement(&both).map(<[Point]>::len), Some(8));
        let short: Vec<_> = steady(-30, 9).chain(steady(-10, 7)).collect();
        assert_eq!(last_movement(&short).map(<[Point]>::len), Some(9));
        assert_eq!(last_movement(&short[9..]), None);
        assert_eq!(last_movement(&[]), None);
    }

    proptest! {
        #[test]
        fn the_view_of_a_view_is_that_view(steps in prop::collection::vec((0..40_u8, 0..4_u8), 0..100)) {
            let mut t = 0.0;
            let points: Vec<_> = steps.iter().map(|(dt, dx)| { t += f64::from(*dt); at(t, f64::from(*dx)) }).collect();
            let once = frames(&points);
            // As a proof would carry it: whole ms.
            let stamped: Vec<_> = once.iter().map(|p| Point { t: (p.t * FRAME_MS).round(), ..*p }).collect();
            let twice = frames(&stamped);
            let newest = once.last().map_or(0.0, |p| p.t);
            let moved: Vec<_> = once.iter().map(|p| Point { t: p.t - newest, ..*p }).collect();
            prop_assert_eq!(twice, moved);
        }
    }
}
