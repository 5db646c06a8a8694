//! What a press, and a driver, does beside the movement.
//!
//! Weights are evidence, set below what recordings gave wherever those may not know every
//! person: a track pad's tap is as short as a driver's click, voice control presses the middle of a button.

use super::findings::Findings;
use crate::{
    evidence::bits::{BIT, Evidence},
    proof::{InteractionProof, Kind, Marks, Point, trajectory::is_teleport},
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

/// What the page reports of the press. Nothing but events that are not trusted is held against touch, keys
/// and assistive technology: screen readers and switches press for no time, in the middle, and without
/// `detail`.
pub(super) fn circumstances(proof: &InteractionProof, marks: Marks, findings: &mut Findings) {
    if !proof.flags.trusted {
        findings.mechanical("events were not trusted");
    }
    if proof.kind != Kind::Mouse {
        return;
    }
    if proof.press.dwell_ms.is_some_and(|ms| ms < SHORTEST_DWELL_MS) {
        findings.note(INSTANT, "released within 5 ms of the press");
    }
    if proof.flags.webdriver {
        findings.note(WEBDRIVER, "the browser says it is driven by automation");
    }
    if marks.centre {
        findings.note(CENTRE, "pressed at the exact centre of the target");
    }
    if marks.off_grid {
        findings.note(FRACTIONAL, "fractional mouse coordinates at a pixel ratio of 1");
    }
}

/// How a mouse came to the press; a pen comes down from nowhere. `points` is empty in privacy mode, where
/// flags and marks tell.
pub(super) fn approach(
    proof: &InteractionProof,
    marks: Marks,
    points: &[Point],
    findings: &mut Findings,
) {
    let short = |most: u16| proof.press.dwell_ms.is_some_and(|ms| ms < most);
    if proof.kind != Kind::Mouse {
        return;
    }
    if proof.flags.teleport || is_teleport(Point::default(), points.iter().rev().copied()) {
        findings.note(JUMPED, "the pointer jumped to the target");
        if short(SHORTEST_DWELL_MS) {
            findings.mechanical("jumped and clicked in an instant");
        }
    } else if marks.appeared && short(DRIVER_DWELL_MS) {
        findings.note(APPEARED, "the pointer appeared on the target and clicked");
    }
}

/// What only a program draws.
pub(super) fn drawn(marks: Marks, findings: &mut Findings) {
    for (is_marked, reason) in [
        (marks.impossible, "moved at an impossible speed"),
        (marks.timeless, "many samples took no time"),
        (marks.ruled, "a ruled line at constant speed"),
    ] {
        if is_marked {
            findings.mechanical(reason);
        }
    }
}
