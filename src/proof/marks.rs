//! What a press or a movement shows that a person's does not, each a bit.
//!
//! Found where the trajectory is: in the browser in privacy mode, on the server otherwise.

use super::{
    kinematics::pace,
    point::Point,
    press::{Flags, Kind, Press},
    trajectory::FEW_MOVES,
};

/// A mouse presses this soon after it appeared, even if the machine is busy, ms.
const AT_ONCE_MS: f64 = 50.0;

/// Smaller targets are pressed in the middle by chance, CSS px.
const TARGET_PX: u16 = 16;

/// Fewer samples than this are no line to be judged, however straight.
const LINE_SAMPLES: usize = 10;

/// A mechanical line is at least this long, px: over a few px whole numbers make everything regular.
const LINE_LENGTH: f64 = 100.0;

/// Rounding to whole px keeps a straight line this close to its chord, px.
const LINE_TOLERANCE: f64 = 1.0;

/// Rounding to whole px and ms varies the speed of a constant motion by this share, and 1 px a step.
const SPEED_TOLERANCE: f64 = 0.02;

/// Nobody moves a pointer this fast over [`FEW_MOVES`] samples, px/ms: a screen's width in 30 ms.
const IMPOSSIBLE_SPEED: f64 = 60.0;

/// This many samples over this many px take time.
const TIMELESS_SAMPLES: usize = 20;
const TIMELESS_LENGTH: f64 = 300.0;

/// The marks of one interaction: of a mouse or a pen only.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Marks {
    /// Pressed within half a px of the centre of a target of 16 px or more.
    pub centre: bool,
    /// Fractional coordinates of a mouse at a pixel ratio of 1.
    pub off_grid: bool,
    /// The only move was onto the spot of the press, at most 50 ms before it.
    pub appeared: bool,
    /// A straight line at constant speed: 10 samples or more, 100 px or more.
    pub ruled: bool,
    /// 5 samples or more at a mean of more than 60 px/ms.
    pub impossible: bool,
    /// 20 samples or more over more than 300 px at one moment.
    pub timeless: bool,
}

impl Marks {
    /// Of a press and the movement before it, oldest first, as [`super::InteractionProof::points`] gives it.
    #[must_use]
    pub fn of(kind: Kind, flags: Flags, press: &Press, points: &[Point]) -> Self {
        if !kind.hovers() {
            return Self::default();
        }
        let measured = pace(points);
        let long = points.len() >= LINE_SAMPLES && measured.path_length >= LINE_LENGTH;
        // Clocks can be as coarse as 100 ms: few samples at one time say nothing.
        let rested = points.last().is_some_and(|newest| newest.t < 0.0);
        Self {
            centre: is_centre(press.offset_x, press.width)
                && is_centre(press.offset_y, press.height),
            // Browsers give a mouse whole device px; on a whole pixel ratio those are whole CSS px.
            off_grid: kind == Kind::Mouse && flags.fractional && press.pixel_ratio_16 == 16,
            appeared: matches!(
                points, [point] if point.x == 0.0 && point.y == 0.0 && point.t >= -AT_ONCE_MS
            ),
            ruled: long && is_straight(points) && is_constant(points, measured.mean_velocity),
            impossible: points.len() >= FEW_MOVES && measured.mean_velocity > IMPOSSIBLE_SPEED,
            timeless: points.len() >= TIMELESS_SAMPLES
                && measured.path_length > TIMELESS_LENGTH
                && measured.duration_ms == 0.0
                && !rested,
        }
    }

    /// The names in JavaScript, in the order of their bits.
    pub const NAMES: [&'static str; 6] =
        ["centre", "offGrid", "appeared", "ruled", "impossible", "timeless"];

    /// The byte on the wire: `centre` is bit 0, `timeless` bit 5.
    #[must_use]
    pub fn bits(self) -> u8 {
        let set =
            [self.centre, self.off_grid, self.appeared, self.ruled, self.impossible, self.timeless];
        set.into_iter().rev().fold(0, |bits, mark| (bits << 1) | u8::from(mark))
    }

    /// From the byte on the wire; `None` if an unknown bit is set.
    #[must_use]
    pub fn from_bits(bits: u8) -> Option<Self> {
        let mark = |bit: u8| bits & (1 << bit) != 0;
        let marks = Self {
            centre: mark(0),
            off_grid: mark(1),
            appeared: mark(2),
            ruled: mark(3),
            impossible: mark(4),
            timeless: mark(5),
        };
        (marks.bits() == bits).then_some(marks)
    }
}

/// Half a px of the box, in permille: whole client coordinates come no closer to its centre.
fn is_centre(offset: u16, size: u16) -> bool {
    size >= TARGET_PX && offset.abs_diff(500) <= (500 / size.max(1)).max(1)
}

/// Every point lies within [`LINE_TOLERANCE`] of the chord.
fn is_straight(points: &[Point]) -> bool {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return false;
    };
    let (dx, dy) = (last.x - first.x, last.y - first.y);
    let chord = first.distance(*last);
    points.iter().all(|point| {
        let area = (dx * (point.y - first.y) - dy * (point.x - first.x)).abs();
        area <= LINE_TOLERANCE * chord
    })
}

/// Every step is the mean speed times its time, within [`SPEED_TOLERANCE`] and the rounding of the codec.
fn is_constant(points: &[Point], mean: f64) -> bool {
    let mut steps = points.iter().zip(points.iter().skip(1));
    mean > 0.0
        && steps.all(|(from, to)| {
            let expected = mean * (to.t - from.t);
            let tolerance = expected * SPEED_TOLERANCE + mean + 1.0;
            (from.distance(*to) - expected).abs() <= tolerance
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_its_bit() {
        for bits in 0..=u8::MAX {
            let marks = Marks::from_bits(bits);
            assert_eq!(marks.map(Marks::bits), (bits < 64).then_some(bits));
        }
    }

    #[test]
    fn fingers_keys_and_assistive_technology_have_none() {
        let press = Press {
            offset_x: 500,
            offset_y: 500,
            width: 100,
            height: 100,
            pixel_ratio_16: 16,
            ..Press::default()
        };
        let flags = Flags { fractional: true, ..Flags::default() };
        let of = |kind| Marks::of(kind, flags, &press, &[Point::default()]);
        let marks = Marks { centre: true, appeared: true, ..Marks::default() };
        assert_eq!(of(Kind::Mouse), Marks { off_grid: true, ..marks });
        assert_eq!(of(Kind::Pen), marks);
        for kind in [Kind::Touch, Kind::Keyboard, Kind::Assistive] {
            assert_eq!(of(kind), Marks::default());
        }
    }
}
