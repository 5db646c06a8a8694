//! How plausible a reported interaction is. This is evidence, not proof: a script in the page can forge
//! every byte of it. It makes cheap automation pay, and nothing may rest on it alone.
//!
//! Only what no person does is implausible, and never one weak sign by itself. A third of people's
//! presses have fewer than five moves, and touch, keyboard and assistive technology have none: little
//! evidence lowers the score, it does not refuse.
//!
//! The weights are set by hand. [`assess`] is the seam where a measured model takes their place.

use crate::proof::{
    InteractionProof, Kind, Point,
    kinematics::{Features, measure},
    trajectory::{FEW_MOVES, is_teleport},
};

/// What was found, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// 0 to 1: how much speaks for a person. Comparable between proofs of one kind only.
    pub score: f64,
    /// False where the pattern is plainly mechanical.
    pub plausible: bool,
    /// Short phrases for an operator, for and against. Never sent to a client.
    pub reasons: Vec<&'static str>,
}

/// A proof that says nothing either way.
const NEUTRAL: f64 = 0.5;

/// The score of an implausible proof is at most this.
const IMPLAUSIBLE: f64 = 0.05;

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

/// Nobody presses and releases a button faster, ms.
const SHORTEST_DWELL_MS: u16 = 5;

/// Ordinary press-to-release times, ms.
const ORDINARY_DWELL_MS: core::ops::RangeInclusive<u16> = 20..=1000;

/// Weighs one proof. Pure, and bounded by the hundred samples a proof can hold.
#[must_use]
pub fn assess(proof: &InteractionProof) -> Assessment {
    let mut findings = Findings { score: NEUTRAL, plausible: true, reasons: Vec::new() };
    if !proof.flags.trusted {
        findings.implausible("events were not trusted");
    }
    if proof.flags.webdriver {
        findings.note(-0.2, "the browser is driven by automation");
    }
    match proof.kind {
        Kind::Mouse | Kind::Pen => {
            dwell(proof, &mut findings);
            place(proof, &mut findings);
            movement(proof, &mut findings);
        }
        Kind::Touch => {
            dwell(proof, &mut findings);
            place(proof, &mut findings);
        }
        Kind::Keyboard => dwell(proof, &mut findings),
        Kind::Assistive => findings.note(0.0, "activated by assistive technology"),
    }
    findings.close()
}

struct Findings {
    score: f64,
    plausible: bool,
    reasons: Vec<&'static str>,
}

impl Findings {
    fn note(&mut self, weight: f64, reason: &'static str) {
        self.score += weight;
        self.reasons.push(reason);
    }

    fn implausible(&mut self, reason: &'static str) {
        self.plausible = false;
        self.reasons.push(reason);
    }

    fn close(self) -> Assessment {
        let most = if self.plausible { 1.0 } else { IMPLAUSIBLE };
        Assessment {
            score: self.score.clamp(0.0, most),
            plausible: self.plausible,
            reasons: self.reasons,
        }
    }
}

fn dwell(proof: &InteractionProof, findings: &mut Findings) {
    match proof.press.dwell_ms {
        None => findings.note(0.0, "not released yet"),
        Some(ms) if ORDINARY_DWELL_MS.contains(&ms) => {
            findings.note(0.15, "pressed for an ordinary time");
        }
        Some(ms) if ms < SHORTEST_DWELL_MS => {
            findings.note(-0.15, "released within 5 ms of the press");
        }
        Some(_) => {}
    }
}

fn place(proof: &InteractionProof, findings: &mut Findings) {
    let press = &proof.press;
    if press.width < 4 || press.height < 4 {
        return;
    }
    // Half a px of the box, in permille: whole client coordinates come no closer to its centre.
    let is_centre = |offset: u16, size: u16| offset.abs_diff(500) <= (500 / size).max(1);
    if is_centre(press.offset_x, press.width) && is_centre(press.offset_y, press.height) {
        findings.note(-0.1, "pressed at the exact centre of the target");
    } else {
        findings.note(0.05, "pressed off the centre of the target");
    }
    // Browsers give a mouse whole device px; on a whole pixel ratio those are whole CSS px.
    if proof.kind == Kind::Mouse && proof.flags.fractional && press.pixel_ratio_16 == 16 {
        findings.note(-0.1, "fractional mouse coordinates at a pixel ratio of 1");
    }
}

fn movement(proof: &InteractionProof, findings: &mut Findings) {
    let points = proof.points();
    let features = measure(&points);
    let teleport =
        proof.flags.teleport || is_teleport(Point::default(), points.iter().rev().copied());
    if points.len() < FEW_MOVES {
        findings.note(-0.1, "fewer than 5 moves before the press");
    } else {
        findings.note(0.1, "moved towards the press");
    }
    if teleport {
        findings.note(-0.15, "the pointer jumped to the target");
        let instant = proof.press.dwell_ms.is_some_and(|ms| ms < SHORTEST_DWELL_MS);
        if instant && proof.kind == Kind::Mouse && points.len() < FEW_MOVES {
            findings.implausible("jumped and clicked in an instant");
        }
    }
    impossible(&points, &features, findings);
    line(&points, &features, findings);
}

fn impossible(points: &[Point], features: &Features, findings: &mut Findings) {
    if points.len() >= FEW_MOVES && features.mean_velocity > IMPOSSIBLE_SPEED {
        findings.implausible("moved at an impossible speed");
    }
    // Clocks can be as coarse as 100 ms: few samples at one time say nothing.
    let rested = points.last().is_some_and(|newest| newest.t < 0.0);
    if points.len() >= TIMELESS_SAMPLES
        && features.path_length > TIMELESS_LENGTH
        && features.duration_ms == 0.0
        && !rested
    {
        findings.implausible("many samples took no time");
    }
}

fn line(points: &[Point], features: &Features, findings: &mut Findings) {
    if points.len() < LINE_SAMPLES || features.path_length < LINE_LENGTH {
        return;
    }
    match (is_straight(points), is_constant(points, features)) {
        (true, true) => findings.implausible("a ruled line at constant speed"),
        (true, false) => findings.note(-0.15, "a ruled line"),
        (false, true) => findings.note(-0.15, "constant speed"),
        (false, false) => findings.note(0.15, "direction and speed varied"),
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
fn is_constant(points: &[Point], features: &Features) -> bool {
    let mean = features.mean_velocity;
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
    use crate::proof::{Flags, Press, Sample};
    use proptest::prelude::*;

    fn sample(dt_ms: u16, dx: i16, dy: i16) -> Sample {
        Sample { dt_ms, dx, dy }
    }

    /// Slows down towards the press, with a slight arc.
    fn human() -> Vec<Sample> {
        [0, 1, 2, 4, 7, 11, 16, 22, 25, 24, 19, 12, 6, 3]
            .into_iter()
            .zip([0, 0, 1, 1, 2, 4, 5, 6, 8, 9, 9, 6, 4, 2])
            .map(|(dx, dy)| sample(17, -dx, dy))
            .collect()
    }

    fn proof(kind: Kind, samples: Vec<Sample>) -> InteractionProof {
        InteractionProof {
            flags: Flags { trusted: true, ..Flags::default() },
            kind,
            event_id: [0; 8],
            age_ms: 20,
            action_hash: [0; 16],
            press: Press {
                dwell_ms: Some(85),
                detail: 1,
                offset_x: 430,
                offset_y: 610,
                width: 120,
                height: 40,
                pixel_ratio_16: 16,
            },
            samples,
        }
    }

    fn plausible(proof: &InteractionProof) -> f64 {
        let found = assess(proof);
        assert!(found.plausible, "{found:?}");
        found.score
    }

    fn implausible(proof: &InteractionProof, reason: &str) {
        let found = assess(proof);
        assert!(!found.plausible && found.reasons.contains(&reason), "{found:?}");
        assert!(found.score <= IMPLAUSIBLE);
    }

    #[test]
    fn an_ordinary_click_scores_high() {
        assert!(plausible(&proof(Kind::Mouse, human())) > 0.8);
    }

    #[test]
    fn untrusted_events_are_implausible() {
        let mut untrusted = proof(Kind::Mouse, human());
        untrusted.flags.trusted = false;
        implausible(&untrusted, "events were not trusted");
    }

    #[test]
    fn a_ruled_line_needs_constant_speed() {
        let ruled = proof(Kind::Mouse, vec![sample(16, -12, 5); 12]);
        implausible(&ruled, "a ruled line at constant speed");
        let mut eased = ruled.clone();
        for (sample, step) in eased.samples.iter_mut().zip([1, 1, 2, 3, 3, 4, 4, 3, 2, 2, 1, 1]) {
            *sample = self::sample(16, -12 * step, 5 * step);
        }
        assert!(plausible(&eased) < plausible(&proof(Kind::Mouse, human())));
        let mut curved = ruled.clone();
        for (sample, dy) in curved.samples.iter_mut().zip(-6..6) {
            sample.dy = dy;
        }
        plausible(&curved);
        plausible(&proof(Kind::Mouse, vec![sample(16, -12, 5); 9]));
        // A slow drift over a few px is regular only because px are whole.
        plausible(&proof(Kind::Mouse, vec![sample(16, -1, 0); 40]));
    }

    #[test]
    fn a_jump_needs_an_instant_click() {
        let mut jumped = proof(Kind::Mouse, vec![sample(1, 0, 0), sample(16, -300, 80)]);
        plausible(&jumped);
        jumped.press.dwell_ms = Some(0);
        implausible(&jumped, "jumped and clicked in an instant");
        jumped.press.dwell_ms = None;
        plausible(&jumped);
        let mut flagged = proof(Kind::Mouse, Vec::new());
        flagged.flags.teleport = true;
        plausible(&flagged);
        flagged.press.dwell_ms = Some(0);
        implausible(&flagged, "jumped and clicked in an instant");
        let mut instant = proof(Kind::Mouse, human());
        instant.press.dwell_ms = Some(0);
        plausible(&instant);
    }

    #[test]
    fn impossible_speeds() {
        implausible(
            &proof(Kind::Mouse, vec![sample(1, -200, 3); 8]),
            "moved at an impossible speed",
        );
        plausible(&proof(
            Kind::Mouse,
            vec![sample(16, -200, 3), sample(17, 90, 0), sample(16, -300, 7)],
        ));
        let timeless =
            |count| proof(Kind::Mouse, (0..count).map(|i| sample(0, -30, i % 7)).collect());
        implausible(&timeless(40), "many samples took no time");
        plausible(&timeless(10));
        let mut rested = timeless(40);
        rested.samples[0].dt_ms = 100;
        plausible(&rested);
    }

    #[test]
    fn nobody_is_refused_for_having_no_trajectory() {
        for kind in Kind::ALL {
            for dwell_ms in [None, Some(0), Some(3), Some(80), Some(30_000)] {
                let mut bare = proof(kind, Vec::new());
                bare.press.dwell_ms = dwell_ms;
                (bare.press.offset_x, bare.press.offset_y) = (0, 0);
                assert!(plausible(&bare) > 0.1, "{kind:?} {dwell_ms:?}");
            }
        }
    }

    #[test]
    fn every_weak_sign_together_but_for_an_instant_jump_is_still_plausible() {
        let mut weak = proof(Kind::Mouse, Vec::new());
        weak.flags = Flags { webdriver: true, fractional: true, ..weak.flags };
        weak.press = Press { dwell_ms: Some(0), offset_x: 500, offset_y: 500, ..weak.press };
        assert!(plausible(&weak) < 0.2);
    }

    proptest! {
        #[test]
        fn touch_keys_and_assistive_technology_are_never_refused(
            kind in prop::sample::select(vec![Kind::Touch, Kind::Keyboard, Kind::Assistive]),
            dwell_ms in any::<Option<u16>>(),
            sizes in any::<[u16; 5]>(),
            bits in any::<u8>(),
        ) {
            let mut any = proof(kind, Vec::new());
            any.flags = Flags { trusted: true, ..Flags::from_bits(bits % 32).unwrap() };
            let [offset_x, offset_y, width, height, pixel_ratio_16] = sizes;
            any.press = Press { dwell_ms, detail: 0, offset_x, offset_y, width, height, pixel_ratio_16 };
            plausible(&any);
        }

        #[test]
        fn the_score_is_between_0_and_1(
            samples in prop::collection::vec((0..2000_u16, any::<i16>(), any::<i16>()), 0..100),
            bits in 0..32_u8,
            dwell_ms in any::<Option<u16>>(),
        ) {
            let samples = samples.into_iter().map(|(dt, dx, dy)| sample(dt, dx, dy)).collect();
            let mut any = proof(Kind::Mouse, samples);
            any.flags = Flags::from_bits(bits).unwrap();
            any.press.dwell_ms = dwell_ms;
            let found = assess(&any);
            prop_assert!((0.0..=1.0).contains(&found.score));
            prop_assert!(!found.reasons.is_empty());
        }
    }
}
