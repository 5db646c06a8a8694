//! What a trajectory says about what moved the pointer, in numbers that do not depend on what recorded it.
//!
//! Everything is measured on the last movement before the press, in frames of 60 a second ([`view`]).
//! Write pᵢ for its positions (i = 0 … m), kᵢ for the frames of step i, sᵢ = |pᵢ − pᵢ₋₁| px for its length,
//! vᵢ = sᵢ / kᵢ for its speed, v̄ for the mean speed (path over time), wᵢ = (pᵢ − pᵢ₋₁) / kᵢ for its velocity,
//! aᵢ = vᵢ − vᵢ₋₁, and θᵢ for the angle between steps i − 1 and i. A chord runs from p₀ to pₘ; a position has a
//! part along it and one across it. If the chord is shorter than 1 px nothing is measured. rₐ(d) and rₓ(d) are 0.05 px
//! more than the root mean square distances, px, of the parts along and across from the polynomial in time of
//! degree d that fits best.
//!
//! A number is one byte:
//!
//! | scale | byte | of |
//! |---|---|---|
//! | ratio | 128 + 16·lg x | x > 0; lg is log₂ made of straight lines between powers of two: e + f for x = 2ᵉ (1 + f), f cut to 20 bits |
//! | share | 1 + 254·x | 0 ≤ x ≤ 1 |
//! | correlation | 128 + 127·x | −1 ≤ x ≤ 1 |
//! | count | x | |
//!
//! rounded to the nearest, halves to even, and limited to 0 … 255. 0 stands for what can't be measured: a share of
//! nothing, a mean speed of no steps (35), a correlation of fewer than four pairs or where the product of both sums of
//! squares is at most 10⁻⁹. Any other mean or quantile of nothing is 0 before it is scaled. The quantile of n values
//! is the one at the place rank · (n − 1), rounded likewise, from 0 for the least. A correlation takes the means of
//! the values that have a partner.
//!
//! Of operations on floats (binary64) only + − × ÷, square root and rounding are used, which give the same bits
//! everywhere; sums begin with the oldest. `tests/vectors/features.json` has movements and their bytes.
//!
//! | place | name | scale | formula |
//! |---|---|---|---|
//! | 0–2 | speed-10, -25, -90 | ratio | quantile of vᵢ / v̄ |
//! | 3 | speed-variation | ratio | standard deviation of vᵢ (√ of the mean square from the plain mean) / v̄ + 0.001 |
//! | 4 | speed-last-quarter | ratio | (mean vᵢ of the last ⌊m / 4⌋ steps + 0.01) / v̄ |
//! | 5 | speed-last | ratio | (vₘ + 0.01) / v̄ |
//! | 6 | speed-memory | correlation | of vᵢ with vᵢ₋₁ |
//! | 7 | acceleration-memory | correlation | of aᵢ with aᵢ₋₁ |
//! | 8 | peak-time | share | when the first step of the greatest v begins, of the movement's time |
//! | 9 | speed-change-90 | ratio | 0.9 quantile of \|lg(vᵢ + ½) − lg(vᵢ₋₁ + ½)\|, + 0.01 |
//! | 10 | last-300-ms | ratio | (path of the steps that end in the last 18 frames + 0.5) / path |
//! | 11 | acceleration | ratio | mean \|aᵢ\| / v̄ + 0.001 |
//! | 12 | jerk | ratio | mean \|aᵢ − aᵢ₋₁\| / (mean \|aᵢ\| + 0.001) + 0.001 |
//! | 13 | sub-movements | count | of i with aᵢ < 0 < aᵢ₊₁ and vᵢ below 0.2 of the greatest |
//! | 14 | smoothness | ratio | (mean length of second differences of wᵢ + 0.1) / (that of its first + 0.1) |
//! | 15–17 | turn-max, turn-90, turn-mean | ratio | of \|θᵢ\| where both steps are 2 px or more, + 0.001; sin θ below 90°, 2 − sin θ from there |
//! | 18 | turn-flips | share | of successive turns with sin θ ≠ 0, those that change sides |
//! | 19 | detour | ratio | 1 − chord / path + 0.001 |
//! | 20 | backwards | share | steps against the chord |
//! | 21 | overshoot | ratio | how far the greatest part along goes beyond the chord / chord + 0.001 |
//! | 22 | small-steps | share | sᵢ ≤ 3 px |
//! | 23 | axis-steps | share | horizontal or vertical steps |
//! | 24 | bow | ratio | greatest part across / chord + 0.001 |
//! | 25, 26 | along-3, along-5 | ratio | rₐ(3) / chord, rₐ(5) / chord |
//! | 27, 28 | across-3, across-5 | ratio | rₓ(3) / chord, rₓ(5) / chord |
//! | 29, 30 | along-3-1, along-5-3 | ratio | rₐ(3) / rₐ(1), rₐ(5) / rₐ(3) |
//! | 31, 32 | across-3-1, across-5-3 | ratio | rₓ(3) / rₓ(1), rₓ(5) / rₓ(3) |
//! | 33 | minimum-jerk | ratio | root mean square of along / chord − (10τ³ − 15τ⁴ + 6τ⁵), τ = share of time, + 0.001 |
//! | 34 | double-steps | share | kᵢ = 2 |
//! | 35 | gap-speed | ratio | mean vᵢ where kᵢ > 1 / v̄ |
//! | 36 | interval-spread | share | 1 − Σ (share of steps with kᵢ = k)², k = 1 … 4 |
//! | 37 | interval-step | correlation | of kᵢ with sᵢ |
//!
//! The polynomials are q₀ = 1, q_{d+1} = (τ − c_d) q_d − n_d / n_{d−1} · q_{d−1}, where n_d is the sum of the squares
//! of q_d and c_d that of their products with τ, over n_d (Forsythe 1957). Each takes Σ (what is left · q_d) / n_d
//! of itself from what is left.

mod fit;
mod numbers;
mod private;
mod scale;
pub mod view;

use super::point::Point;
#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
use crate::bare::Real as _;
use alloc::vec::Vec;
use fit::residuals;
pub use numbers::{COUNT, Features, NAMES};
pub use private::{PRIVATE, PRIVATE_COUNT, PRIVATE_MAX, PrivateFeatures, private};
use scale::{correlation, count, greatest, lg, mean, quantile, ratio, share, share_of};
use view::{frames, last_movement};

/// One step of the movement.
#[derive(Clone, Copy)]
struct Step {
    /// Frames, at least 1.
    frames: f64,
    dx: f64,
    dy: f64,
    length: f64,
    speed: f64,
}

/// The numbers of the last movement in `points`, oldest first; `None` if there is too little of it.
#[must_use]
pub fn measure(points: &[Point]) -> Option<Features> {
    let frames = frames(points);
    let movement = last_movement(&frames)?;
    let (first, last) = movement.first().zip(movement.last())?;
    let chord = first.distance(*last);
    if chord < 1.0 {
        return None;
    }
    let time = last.t - first.t;
    let steps: Vec<Step> = movement.iter().zip(movement.iter().skip(1)).map(step).collect();
    let path: f64 = steps.iter().map(|step| step.length).sum();
    let mut out = Bytes { bytes: [0; COUNT], at: 0 };
    kinematics(&steps, last.t, path / time, movement, &mut out);
    turns(&steps, &mut out);
    let (along, across) = chord_parts(movement, *first, *last, chord);
    out.push(ratio(1.0 - chord / path + 0.001));
    out.push(share_of(along.iter().zip(along.iter().skip(1)).map(|(a, b)| b < a)));
    let furthest = greatest(along.iter().copied());
    out.push(ratio((furthest - chord) / chord + 0.001));
    out.push(share_of(steps.iter().map(|step| step.length <= 3.0)));
    out.push(share_of(steps.iter().map(|step| step.dx == 0.0 || step.dy == 0.0)));
    let bow = greatest(across.iter().map(|part| part.abs()));
    out.push(ratio(bow / chord + 0.001));
    let times: Vec<f64> = movement.iter().map(|point| (point.t - first.t) / time).collect();
    curves(&times, &along, &across, chord, &mut out);
    intervals(&steps, path / time, &mut out);
    Some(out.bytes)
}

/// Fills the bytes in order.
struct Bytes {
    bytes: Features,
    at: usize,
}

impl Bytes {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.at) {
            *place = byte;
        }
        self.at += 1;
    }
}

fn step((from, to): (&Point, &Point)) -> Step {
    let frames = to.t - from.t;
    let length = from.distance(*to);
    Step { frames, dx: to.x - from.x, dy: to.y - from.y, length, speed: length / frames }
}

fn differences(values: &[f64]) -> Vec<f64> {
    values.iter().zip(values.iter().skip(1)).map(|(a, b)| b - a).collect()
}

fn magnitude(values: &[f64]) -> f64 {
    mean(values.iter().map(|value| value.abs()))
}

/// Places 0 to 14.
fn kinematics(steps: &[Step], end: f64, pace: f64, movement: &[Point], out: &mut Bytes) {
    let speeds: Vec<f64> = steps.iter().map(|step| step.speed).collect();
    for rank in [0.1, 0.25, 0.9] {
        out.push(ratio(quantile(&speeds, rank) / pace));
    }
    let plain = mean(speeds.iter().copied());
    let variance = mean(speeds.iter().map(|v| (v - plain) * (v - plain)));
    out.push(ratio(variance.sqrt() / pace + 0.001));
    let quarter = mean(speeds.iter().rev().take(speeds.len() / 4).copied());
    out.push(ratio((quarter + 0.01) / pace));
    out.push(ratio((speeds.last().map_or(0.0, |v| *v) + 0.01) / pace));
    out.push(correlation(&speeds, speeds.iter().skip(1)));
    let acceleration = differences(&speeds);
    out.push(correlation(&acceleration, acceleration.iter().skip(1)));
    let top = greatest(speeds.iter().copied());
    let peak = speeds.iter().zip(movement).find(|(v, _)| **v == top);
    let start = movement.first().map_or(0.0, |point| point.t);
    out.push(share(peak.map_or(0.0, |(_, point)| (point.t - start) / (end - start))));
    let levels: Vec<f64> = speeds.iter().map(|v| lg(v + 0.5)).collect();
    let changes: Vec<f64> =
        levels.iter().zip(levels.iter().skip(1)).map(|(a, b)| (b - a).abs()).collect();
    out.push(ratio(quantile(&changes, 0.9) + 0.01));
    let mut at = end;
    let late = |step: &&Step| {
        let ends = at;
        at -= step.frames;
        ends > end - 18.0
    };
    let last: f64 = steps.iter().rev().take_while(late).map(|step| step.length).sum();
    let path: f64 = steps.iter().map(|step| step.length).sum();
    out.push(ratio((last + 0.5) / path));
    let strength = magnitude(&acceleration);
    out.push(ratio(strength / pace + 0.001));
    out.push(ratio(magnitude(&differences(&acceleration)) / (strength + 0.001) + 0.001));
    let minima = acceleration
        .iter()
        .zip(acceleration.iter().skip(1))
        .zip(speeds.iter().skip(1))
        .filter(|((before, after), v)| **before < 0.0 && **after > 0.0 && **v < 0.2 * top);
    out.push(count(minima.count()));
    let vx = differences(&steps.iter().map(|step| step.dx / step.frames).collect::<Vec<_>>());
    let vy = differences(&steps.iter().map(|step| step.dy / step.frames).collect::<Vec<_>>());
    let second = lengths(&differences(&vx), &differences(&vy));
    out.push(ratio((second + 0.1) / (lengths(&vx, &vy) + 0.1)));
}

/// The mean length of vectors.
fn lengths(x: &[f64], y: &[f64]) -> f64 {
    mean(x.iter().zip(y).map(|(x, y)| (x * x + y * y).sqrt()))
}

/// Places 15 to 18.
fn turns(steps: &[Step], out: &mut Bytes) {
    let mut sharp = Vec::with_capacity(steps.len());
    let mut flips = Vec::with_capacity(steps.len());
    let mut side = 0.0;
    for (a, b) in steps.iter().zip(steps.iter().skip(1)) {
        let area = a.length * b.length;
        let sin = (a.dx * b.dy - a.dy * b.dx) / area;
        if a.length >= 2.0 && b.length >= 2.0 {
            let ahead = a.dx * b.dx + a.dy * b.dy > 0.0;
            sharp.push(if ahead { sin.abs() } else { 2.0 - sin.abs() });
        }
        if sin != 0.0 {
            if side != 0.0 {
                flips.push(side * sin < 0.0);
            }
            side = sin;
        }
    }
    let average = mean(sharp.iter().copied());
    for value in [greatest(sharp.iter().copied()), quantile(&sharp, 0.9), average] {
        out.push(ratio(value + 0.001));
    }
    out.push(share_of(flips.into_iter()));
}

/// The parts of each position along and across the chord, px.
fn chord_parts(movement: &[Point], from: Point, to: Point, chord: f64) -> (Vec<f64>, Vec<f64>) {
    let (x, y) = ((to.x - from.x) / chord, (to.y - from.y) / chord);
    let parts = |point: &Point| {
        let (dx, dy) = (point.x - from.x, point.y - from.y);
        (dx * x + dy * y, dy * x - dx * y)
    };
    movement.iter().map(parts).unzip()
}

/// Places 25 to 33.
fn curves(times: &[f64], along: &[f64], across: &[f64], chord: f64, out: &mut Bytes) {
    let parts = residuals(times, [along, across]);
    for [_, three, five] in parts {
        out.push(ratio(three / chord));
        out.push(ratio(five / chord));
    }
    for [one, three, five] in parts {
        out.push(ratio(three / one));
        out.push(ratio(five / three));
    }
    let error = mean(times.iter().zip(along).map(|(u, part)| {
        let error = part / chord - u * u * u * (10.0 - 15.0 * u + 6.0 * u * u);
        error * error
    }));
    out.push(ratio(error.sqrt() + 0.001));
}

/// Places 34 to 37.
fn intervals(steps: &[Step], pace: f64, out: &mut Bytes) {
    let frames: Vec<f64> = steps.iter().map(|step| step.frames).collect();
    out.push(share_of(frames.iter().map(|k| *k == 2.0)));
    let slow = mean(steps.iter().filter(|step| step.frames > 1.0).map(|step| step.speed));
    out.push(if slow > 0.0 { ratio(slow / pace) } else { 0 });
    let alike: f64 = [1.0, 2.0, 3.0, 4.0]
        .map(|k| mean(frames.iter().map(|other| if *other == k { 1.0 } else { 0.0 })))
        .map(|p| p * p)
        .iter()
        .sum();
    out.push(share(1.0 - alike));
    let lengths: Vec<f64> = steps.iter().map(|step| step.length).collect();
    out.push(correlation(&frames, lengths.iter()));
}
