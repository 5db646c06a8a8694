//! Interaction proofs as bytes: one value has one encoding, and every number is within its range.

use partitioned_authority::{
    error::Code,
    evidence::assess,
    proof::{
        InteractionProof, MAX_AGE_MS, MAX_BYTES, MAX_DWELL_MS, MAX_PIXEL_RATIO_16, MAX_SAMPLES,
        MAX_STEP_PX, Marks, PRIVATE_DETAIL, PRIVATE_DWELLS_MS, Press, WINDOW_MS,
        features::{self, PRIVATE_MAX},
        kinematics::measure,
    },
};

/// The input is a proof.
pub fn check(data: &[u8]) {
    let proof = match InteractionProof::decode(data) {
        Err(error) => return assert_eq!(error.code, Code::ProofMalformed),
        Ok(proof) => proof,
    };
    assert_eq!(proof.encode(), data, "another encoding of {proof:?}");
    within_ranges(&proof);
    for cut in 0..data.len() {
        assert!(InteractionProof::decode(&data[..cut]).is_err(), "cut at {cut}");
    }
    assert!(InteractionProof::decode(&[data, &[0]].concat()).is_err(), "a byte more");
    // Any integer in two bytes in place of one is another value, or refused.
    for (at, byte) in data.iter().enumerate().filter(|_| proof.private.is_none()) {
        let longer = [&data[..at], &[byte | 0x80, 0], &data[at + 1..]].concat();
        let again = InteractionProof::decode(&longer).map(|proof| proof.encode());
        assert!(again.is_err() || again == Ok(longer), "longer at {at}");
    }
    weighed(&proof);
}

/// The ranges of the table in `src/proof/mod.rs`.
pub fn within_ranges(proof: &InteractionProof) {
    let press = &proof.press;
    assert!(proof.age_ms <= MAX_AGE_MS);
    assert!(press.dwell_ms.is_none_or(|ms| ms <= MAX_DWELL_MS));
    assert!(press.offset_x <= 1000 && press.offset_y <= 1000);
    assert!((1..=MAX_PIXEL_RATIO_16).contains(&press.pixel_ratio_16));
    assert!(proof.samples.len() <= MAX_SAMPLES);
    assert!(proof.samples.iter().map(|s| u32::from(s.dt_ms)).sum::<u32>() <= WINDOW_MS.into());
    let narrow = |step: i16| (-MAX_STEP_PX..=MAX_STEP_PX).contains(&step);
    assert!(proof.samples.iter().all(|s| narrow(s.dx) && narrow(s.dy)));
    if !proof.kind.is_pointer() {
        assert!(proof.samples.is_empty() && press.offset_x == 0 && press.offset_y == 0);
    }
    if let Some(private) = &proof.private {
        assert!(press.dwell_ms.is_none_or(|ms| PRIVATE_DWELLS_MS.contains(&ms)));
        assert!(press.detail <= PRIVATE_DETAIL);
        let told = Press { dwell_ms: press.dwell_ms, detail: press.detail, ..Press::default() };
        assert_eq!(*press, told.coarse(), "more of the press than privacy mode tells");
        assert!(proof.samples.is_empty() && !proof.flags.coalesced && !proof.flags.fractional);
        assert!(private.movement.is_none_or(|numbers| numbers.iter().all(|n| *n <= PRIVATE_MAX)));
        assert!(
            proof.kind.hovers() || (private.marks, private.movement) == (Marks::default(), None)
        );
    }
    assert!(proof.encode().len() <= if proof.private.is_some() { 53 } else { MAX_BYTES });
    let hidden = proof.clone().without_trajectory();
    assert_eq!(hidden.encode(), hidden.clone().without_trajectory().encode(), "hidden twice");
    let told = hidden.private.unwrap();
    if proof.private.is_none() {
        let numbers = features::measure(&proof.points()).filter(|_| proof.kind.hovers());
        assert_eq!(told.movement, numbers.as_ref().map(features::private), "other numbers");
    }
    assert_eq!(proof.private.unwrap_or(told), told);
    assert_eq!(InteractionProof::decode(&hidden.encode()), Ok(hidden));
}

/// What is measured of it and how it is scored is a number, never a panic or NaN.
pub fn weighed(proof: &InteractionProof) {
    let points = proof.points();
    assert_eq!(points.len(), proof.samples.len());
    assert!(points.iter().zip(points.iter().skip(1)).all(|(from, to)| from.t <= to.t));
    let found = measure(&points);
    for number in [
        found.path_length,
        found.duration_ms,
        found.mean_velocity,
        found.peak_velocity,
        found.mean_acceleration,
        found.mean_jerk,
        found.curvature,
        found.straightness,
        found.pause_ms,
    ] {
        assert!(number.is_finite(), "{found:?}");
    }
    let assessment = assess(proof);
    assert!((0.0..=1.0).contains(&assessment.score), "{assessment:?}");
    assert!(assessment.plausible || !assessment.reasons.is_empty(), "refused without a reason");
    assert!(proof.flags.trusted || !assessment.plausible);
    assert!(
        proof.kind.is_pointer() || assessment.plausible == proof.flags.trusted,
        "{assessment:?}"
    );
}
