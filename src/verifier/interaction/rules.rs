//! What a press, and a driver, does beside the movement.
//!
//! Weights are in sixteenths of a bit, set below what recordings gave wherever those may not know every
//! person: a track pad's tap is as short as a driver's click, voice control presses the middle of a button.

use super::{BIT, Evidence, Findings};
use crate::proof::{
    InteractionProof, Kind, Point,
    kinematics::measure,
    trajectory::{FEW_MOVES, is_teleport},
};

/// The evidence of what is mechanical is at least this.
pub(super) const MECHANICAL: Evidence = Evidence(10 * BIT);

/// The pointer jumped: 0.23 % of people's presses, and every default click of a driver.
const JUMPED: i16 = 7 * BIT;

/// The only move was onto the spot of the press, just before it, and the press was short.
const APPEARED: i16 = 7 * BIT;

const INSTANT: i16 = 2 * BIT;
const CENTRE: i16 = BIT;
const FRACTIONAL: i16 = 2 * BIT;
const WEBDRIVER: i16 = 2 * BIT;

/// People rarely press and release a button faster, ms.
const SHORTEST_DWELL_MS: u16 = 5;

/// A driver's click without a delay takes less, even on a busy machine, ms.
const DRIVER_DWELL_MS: u16 = 30;

/// A driver presses this soon after it moved, even on a busy machine, ms.
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

/// Ordinary press-to-release times, ms.
const ORDINARY_DWELL_MS: core::ops::RangeInclusive<u16> = 20..=1000;

/// What the page reports of the press. Nothing but events that are not trusted is held against touch, keys
/// and assistive technology: screen readers and switches press for no time, in the middle, and without
/// `detail`.
pub(super) fn circumstances(proof: &InteractionProof, findings: &mut Findings) {
    if !proof.flags.trusted {
        findings.mechanical("events were not trusted");
    }
    match (proof.kind, proof.press.dwell_ms) {
        (Kind::Assistive, _) => findings.note(0, "activated by assistive technology"),
        (_, None) => findings.note(0, "not released yet"),
        (_, Some(ms)) if ORDINARY_DWELL_MS.contains(&ms) => {
            findings.note(0, "pressed for an ordinary time");
        }
        (Kind::Mouse, Some(ms)) if ms < SHORTEST_DWELL_MS => {
            findings.note(INSTANT, "released within 5 ms of the press");
        }
        (_, Some(_)) => findings.note(0, "pressed for an unusual time"),
    }
    if proof.kind != Kind::Mouse {
        return;
    }
    if proof.flags.webdriver {
        findings.note(WEBDRIVER, "the browser says it is driven by automation");
    }
    let press = &proof.press;
    // Half a px of the box, in permille: whole client coordinates come no closer to its centre.
    let is_centre = |offset: u16, size: u16| {
        size >= TARGET_PX && offset.abs_diff(500) <= (500 / size.max(1)).max(1)
    };
    if is_centre(press.offset_x, press.width) && is_centre(press.offset_y, press.height) {
        findings.note(CENTRE, "pressed at the exact centre of the target");
    }
    // Browsers give a mouse whole device px; on a whole pixel ratio those are whole CSS px.
    if proof.flags.fractional && press.pixel_ratio_16 == 16 {
        findings.note(FRACTIONAL, "fractional mouse coordinates at a pixel ratio of 1");
    }
}

/// How a mouse came to the press; a pen comes down from nowhere. `points` is empty in privacy mode, where the flag tells of a jump.
pub(super) fn approach(proof: &InteractionProof, points: &[Point], findings: &mut Findings) {
    let few = points.len() < FEW_MOVES;
    let short = |most: u16| proof.press.dwell_ms.is_some_and(|ms| ms < most);
    if proof.kind != Kind::Mouse {
        return;
    }
    if proof.flags.teleport || is_teleport(Point::default(), points.iter().rev().copied()) {
        findings.note(JUMPED, "the pointer jumped to the target");
        if few && short(SHORTEST_DWELL_MS) {
            findings.mechanical("jumped and clicked in an instant");
        }
    } else if let [point] = points
        && point.x == 0.0
        && point.y == 0.0
        && point.t >= -AT_ONCE_MS
        && short(DRIVER_DWELL_MS)
    {
        findings.note(APPEARED, "the pointer appeared on the target and clicked");
    } else if few && !points.is_empty() {
        findings.note(0, "fewer than 5 moves before the press");
    }
}

/// What only a program draws.
pub(super) fn drawn(points: &[Point], findings: &mut Findings) {
    let measured = measure(points);
    if points.len() >= FEW_MOVES && measured.mean_velocity > IMPOSSIBLE_SPEED {
        findings.mechanical("moved at an impossible speed");
    }
    // Clocks can be as coarse as 100 ms: few samples at one time say nothing.
    let rested = points.last().is_some_and(|newest| newest.t < 0.0);
    if points.len() >= TIMELESS_SAMPLES
        && measured.path_length > TIMELESS_LENGTH
        && measured.duration_ms == 0.0
        && !rested
    {
        findings.mechanical("many samples took no time");
    }
    let long = points.len() >= LINE_SAMPLES && measured.path_length >= LINE_LENGTH;
    if long && is_straight(points) && is_constant(points, measured.mean_velocity) {
        findings.mechanical("a ruled line at constant speed");
    }
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
