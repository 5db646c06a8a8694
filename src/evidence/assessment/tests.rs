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
        private: None,
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
    assert!(found.score < 0.001 && found.band == Band::Mechanical);
}

#[test]
fn an_ordinary_click_scores_high() {
    assert!(plausible(&proof(Kind::Mouse, human())) > 0.5);
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
    plausible(&eased);
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
    implausible(&proof(Kind::Mouse, vec![sample(1, -200, 3); 8]), "moved at an impossible speed");
    plausible(&proof(
        Kind::Mouse,
        vec![sample(16, -200, 3), sample(17, 90, 0), sample(16, -300, 7)],
    ));
    let timeless = |count| proof(Kind::Mouse, (0..count).map(|i| sample(0, -30, i % 7)).collect());
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
            assert!(plausible(&bare) >= 0.2, "{kind:?} {dwell_ms:?}");
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
        prop_assert_eq!(plausible(&any), 0.5);
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
