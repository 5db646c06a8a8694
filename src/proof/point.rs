//! Pointer positions, and the whole numbers that are sent of them.

#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
use crate::bare::Real as _;

/// Where the pointer was, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Milliseconds, on any clock that does not jump.
    pub t: f64,
    /// CSS px to the right.
    pub x: f64,
    /// CSS px downwards.
    pub y: f64,
}

impl Point {
    /// The distance to `other` in CSS px.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        (dx * dx + dy * dy).sqrt()
    }

    /// Whether a coordinate is not a whole CSS px.
    #[must_use]
    pub fn is_fractional(self) -> bool {
        self.x != self.x.round_ties_even() || self.y != self.y.round_ties_even()
    }
}

/// `value` to the nearest whole number within `min` and `max`. NaN gives `min`.
#[must_use]
pub fn quantise(value: f64, min: i16, max: i16) -> i16 {
    let (min, max) = (f64::from(min), f64::from(max));
    // Not `f64::clamp`: its panic would print floats, which costs the artefact several KB. Nor `max` and
    // `min`, which are calls in WebAssembly.
    let above = if value > min { value } else { min };
    let limited = if above < max { above } else { max }.round_ties_even();
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "a whole number within an i16, limited above"
    )]
    let whole = limited as i16;
    whole
}

/// [`quantise`] from 0 to `max`.
#[must_use]
pub fn quantise_unsigned(value: f64, max: u16) -> u16 {
    quantise(value, 0, i16::try_from(max).unwrap_or(i16::MAX)).unsigned_abs()
}
