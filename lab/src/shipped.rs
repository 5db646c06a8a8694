//! The score that ships, on any data.

use crate::{data::Sample, judged::Judged};
use partitioned_authority::{
    evidence::{Assessment, BIT, Evidence, UNMEASURED, assess},
    proof::{Point, features::measure, trajectory::is_teleport},
    verifier::{admission::EvidenceSum, weighing::update},
};

/// Evidence in bits.
pub fn bits(evidence: Evidence) -> f64 {
    f64::from(evidence.0) / f64::from(BIT)
}

/// One sample, as the verifier assesses its proof. Without `dwell` by its movement alone.
pub fn assessment(sample: &Sample, dwell: bool) -> Assessment {
    assess(&sample.proof(dwell))
}

/// What is found beside the movement: in the press, and in the marks.
pub fn beside(sample: &Sample) -> Vec<&'static str> {
    let whole = sample.proof(true);
    let points = whole.points();
    let mut proof = whole.without_trajectory();
    // In privacy mode it is the browser that sees the jump.
    proof.flags.teleport = is_teleport(Point::default(), points.into_iter().rev());
    if let Some(private) = &mut proof.private {
        private.movement = None;
    }
    assess(&proof).reasons.into_iter().filter(|reason| *reason != UNMEASURED).collect()
}

pub fn judge(samples: &[Sample], dwell: bool) -> (Vec<Judged>, Vec<Assessment>) {
    let one = |sample: &Sample| {
        let proof = sample.proof(dwell);
        let features = measure(&proof.points());
        let found = assess(&proof);
        let judged = Judged {
            source: sample.source.clone(),
            group: sample.group.clone(),
            bot: sample.bot,
            measured: features.is_some(),
            bits: bits(found.evidence),
            private_bits: bits(assess(&proof.without_trajectory()).evidence),
        };
        (judged, found)
    };
    samples.iter().map(one).unzip()
}

/// Whether the sequential test of a session came into doubt over these interactions, by the rule of `admit`.
pub fn doubted(bits: &[f64]) -> bool {
    let mut sum = EvidenceSum::default();
    bits.iter().any(|bits| {
        let update = update(Evidence((bits * f64::from(BIT)) as i16));
        sum = sum.after(update);
        update.limit.is_some_and(|limit| limit.is_reached(sum))
    })
}
