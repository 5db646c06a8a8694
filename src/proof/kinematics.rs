//! What can be measured from a trajectory, in the browser and on the server alike.
//!
//! Points come oldest first. Units are CSS px and ms. Every result is finite: where a divisor would be
//! zero, the quantity is 0, but for straightness, which is 1.
//!
//! Clocks of browsers are coarse, so steps shorter than [`MIN_STEP_MS`] are joined with what follows
//! before a speed is taken.

use super::point::Point;
#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
use crate::bare::Real as _;
use alloc::vec::Vec;

/// Shorter steps are joined before a speed is taken, in ms.
pub const MIN_STEP_MS: f64 = 1.0;

/// Below this speed the pointer counts as still, in px/ms.
pub const STILL_SPEED: f64 = 0.02;

/// Across a gap between events of at least [`PAUSE_MS`] it counts as still below this speed, in px/ms:
/// browsers send nothing while it rests, and the first step after is part of the gap.
pub const GAP_SPEED: f64 = 0.1;

/// A pause is at least this long, in ms.
pub const PAUSE_MS: f64 = 100.0;

/// Measures of one trajectory of points p₁ … pₙ at times t₁ … tₙ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features {
    /// L = Σ |pᵢ₊₁ − pᵢ|, px.
    pub path_length: f64,
    /// T = tₙ − t₁, ms.
    pub duration_ms: f64,
    /// L / T, px/ms.
    pub mean_velocity: f64,
    /// max vᵢ, px/ms, where vᵢ = |Δpᵢ| / Δtᵢ over the joined steps.
    pub peak_velocity: f64,
    /// mean |vᵢ₊₁ − vᵢ| / (mᵢ₊₁ − mᵢ), px/ms², where mᵢ is the middle of step i in time.
    pub mean_acceleration: f64,
    /// mean |aᵢ₊₁ − aᵢ| / (time between them), px/ms³.
    pub mean_jerk: f64,
    /// Σ |turning angle between steps of non-zero length| / L, rad/px.
    pub curvature: f64,
    /// |pₙ − p₁| / L, from 0 to 1; 1 is a straight line.
    pub straightness: f64,
    /// Number of pauses: longest runs of still steps that last [`PAUSE_MS`] or more.
    pub pauses: u16,
    /// Total time of those pauses, ms.
    pub pause_ms: f64,
}

/// A rate at a moment: speed, and what is derived from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// ms, on the clock of the points.
    pub t: f64,
    /// The rate at that moment.
    pub value: f64,
}

struct Step {
    start: f64,
    end: f64,
    length: f64,
}

impl Step {
    fn duration(&self) -> f64 {
        self.end - self.start
    }

    fn speed(&self) -> f64 {
        ratio(self.length, self.duration())
    }

    fn is_still(&self) -> bool {
        let limit = if self.duration() >= PAUSE_MS { GAP_SPEED } else { STILL_SPEED };
        self.speed() < limit
    }
}

fn ratio(dividend: f64, divisor: f64) -> f64 {
    let quotient = dividend / divisor;
    if quotient.is_finite() { quotient } else { 0.0 }
}

fn pairs(points: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    points.iter().copied().zip(points.iter().copied().skip(1))
}

/// Steps of at least [`MIN_STEP_MS`]; a shorter rest at the end is added to the last.
fn steps(points: &[Point]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::with_capacity(points.len());
    let mut open: Option<Step> = None;
    for (from, to) in pairs(points) {
        let mut step = open.take().unwrap_or(Step { start: from.t, end: from.t, length: 0.0 });
        step.end = step.end.max(to.t);
        step.length += from.distance(to);
        if step.duration() >= MIN_STEP_MS {
            steps.push(step);
        } else {
            open = Some(step);
        }
    }
    if let (Some(rest), Some(last)) = (open, steps.last_mut()) {
        last.end = rest.end;
        last.length += rest.length;
    }
    steps
}

fn rates(steps: &[Step]) -> Vec<Rate> {
    steps
        .iter()
        .map(|step| Rate { t: step.start + step.duration() / 2.0, value: step.speed() })
        .collect()
}

/// The speed along `points`, px/ms, at the middle of each step.
#[must_use]
pub fn speeds(points: &[Point]) -> Vec<Rate> {
    rates(&steps(points))
}

/// The differences of `rates` over time.
fn derivative(rates: &[Rate]) -> Vec<Rate> {
    rates
        .iter()
        .zip(rates.iter().skip(1))
        .map(|(a, b)| Rate { t: (a.t + b.t) / 2.0, value: ratio(b.value - a.value, b.t - a.t) })
        .collect()
}

fn mean_magnitude(rates: &[Rate]) -> f64 {
    let (count, sum) =
        rates.iter().fold((0.0, 0.0), |(n, sum), rate| (n + 1.0, sum + rate.value.abs()));
    ratio(sum, count)
}

/// Σ |angle between successive steps of non-zero length|, rad.
fn turning(points: &[Point]) -> f64 {
    let mut before: Option<(f64, f64)> = None;
    let mut sum = 0.0;
    for (from, to) in pairs(points) {
        let (x, y) = (to.x - from.x, to.y - from.y);
        if x == 0.0 && y == 0.0 {
            continue;
        }
        if let Some((px, py)) = before {
            sum += (px * y - py * x).atan2(px * x + py * y).abs();
        }
        before = Some((x, y));
    }
    sum
}

fn pauses(steps: &[Step]) -> (u16, f64) {
    let (mut count, mut total, mut run) = (0, 0.0, 0.0);
    let mut close = |run: &mut f64| {
        if *run >= PAUSE_MS {
            count += 1;
            total += *run;
        }
        *run = 0.0;
    };
    for step in steps {
        if step.is_still() {
            run += step.duration();
        } else {
            close(&mut run);
        }
    }
    close(&mut run);
    (count, total)
}

/// How far and how long, of [`Features`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// px
    pub path_length: f64,
    /// ms
    pub duration_ms: f64,
    /// px/ms
    pub mean_velocity: f64,
}

/// The pace of `points`.
#[must_use]
pub fn pace(points: &[Point]) -> Pace {
    let path_length = pairs(points).map(|(from, to)| from.distance(to)).sum();
    let ends = points.first().zip(points.last());
    let duration_ms = ends.map_or(0.0, |(a, b)| (b.t - a.t).max(0.0));
    Pace { path_length, duration_ms, mean_velocity: ratio(path_length, duration_ms) }
}

/// Measures `points`, oldest first.
#[must_use]
pub fn measure(points: &[Point]) -> Features {
    let Pace { path_length, duration_ms, mean_velocity } = pace(points);
    let ends = points.first().zip(points.last());
    let chord = ends.map_or(0.0, |(a, b)| a.distance(*b));
    let steps = steps(points);
    let velocity = rates(&steps);
    let acceleration = derivative(&velocity);
    let (pauses, pause_ms) = pauses(&steps);
    Features {
        path_length,
        duration_ms,
        mean_velocity,
        peak_velocity: velocity.iter().fold(0.0, |peak, rate| rate.value.max(peak)),
        mean_acceleration: mean_magnitude(&acceleration),
        mean_jerk: mean_magnitude(&derivative(&acceleration)),
        curvature: ratio(turning(points), path_length),
        straightness: if path_length > 0.0 { ratio(chord, path_length).min(1.0) } else { 1.0 },
        pauses,
        pause_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::FRAC_PI_2;
    use proptest::prelude::*;

    fn path(points: &[(f64, f64, f64)]) -> Vec<Point> {
        points.iter().map(|&(t, x, y)| Point { t, x, y }).collect()
    }

    #[track_caller]
    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn a_right_angle() {
        let features = measure(&path(&[(0.0, 0.0, 0.0), (10.0, 30.0, 0.0), (20.0, 30.0, 40.0)]));
        close(features.path_length, 70.0);
        close(features.duration_ms, 20.0);
        close(features.mean_velocity, 3.5);
        close(features.peak_velocity, 4.0);
        close(features.mean_acceleration, 0.1);
        close(features.mean_jerk, 0.0);
        close(features.curvature, FRAC_PI_2 / 70.0);
        close(features.straightness, 50.0 / 70.0);
    }

    #[test]
    fn jerk_is_the_change_of_acceleration() {
        let features = measure(&path(&[
            (0.0, 0.0, 0.0),
            (10.0, 10.0, 0.0),
            (20.0, 30.0, 0.0),
            (30.0, 30.0, 0.0),
        ]));
        close(features.mean_acceleration, (0.1 + 0.2) / 2.0);
        close(features.mean_jerk, 0.3 / 10.0);
        close(features.curvature, 0.0);
        close(features.straightness, 1.0);
    }

    #[test]
    fn pauses_are_gaps_and_standing_still() {
        let gap = measure(&path(&[
            (0.0, 0.0, 0.0),
            (16.0, 9.0, 0.0),
            (176.0, 12.0, 0.0),
            (192.0, 30.0, 0.0),
        ]));
        assert_eq!((gap.pauses, gap.pause_ms), (1, 160.0));
        let still: Vec<_> =
            (0..10).map(|i| Point { t: f64::from(i) * 16.0, x: 5.0, y: 5.0 }).collect();
        let still = measure(&still);
        assert_eq!((still.pauses, still.pause_ms), (1, 144.0));
        let slow_clock = measure(&path(&[(0.0, 0.0, 0.0), (110.0, 50.0, 0.0), (220.0, 99.0, 0.0)]));
        assert_eq!(slow_clock.pauses, 0);
        let short = measure(&path(&[(0.0, 0.0, 0.0), (99.0, 0.0, 0.0), (115.0, 30.0, 0.0)]));
        assert_eq!(short.pauses, 0);
    }

    #[test]
    fn a_coarse_clock_gives_no_infinite_speed() {
        let features = measure(&path(&[
            (0.0, 0.0, 0.0),
            (0.0, 5.0, 0.0),
            (0.5, 9.0, 0.0),
            (2.0, 10.0, 0.0),
            (2.0, 12.0, 0.0),
        ]));
        close(features.peak_velocity, 6.0);
        let frozen = measure(&path(&[(7.0, 0.0, 0.0), (7.0, 500.0, 0.0), (7.0, 0.0, 0.0)]));
        assert_eq!(
            (frozen.peak_velocity, frozen.mean_velocity, frozen.straightness),
            (0.0, 0.0, 0.0)
        );
    }

    #[test]
    fn nothing_to_measure() {
        for points in [&[][..], &[Point::default()]] {
            let features = measure(points);
            assert_eq!(
                (features.path_length, features.straightness, features.pauses),
                (0.0, 1.0, 0)
            );
        }
    }

    proptest! {
        #[test]
        fn everything_is_finite(
            points in prop::collection::vec((-1e6..1e6_f64, -1e5..1e5_f64, -1e5..1e5_f64), 0..110),
        ) {
            let f = measure(&path(&points));
            for value in [f.path_length, f.duration_ms, f.mean_velocity, f.peak_velocity, f.mean_acceleration,
                f.mean_jerk, f.curvature, f.straightness, f.pause_ms] {
                prop_assert!(value.is_finite() && value >= 0.0, "{f:?}");
            }
            prop_assert!(f.straightness <= 1.0);
        }
    }
}
