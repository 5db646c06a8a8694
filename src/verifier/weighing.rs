//! What an interaction does to its session and to its request, beside reaching a tier.
//!
//! The store keeps a session's sum and the hashes of movements, so it is the store that finds a session
//! in doubt, or a movement again, within the one step that admits a request. What it decides by is made here.

use super::{
    admission::{EvidenceLimit, SessionUpdate},
    secrets::MovementKey,
    tier::Tier,
};
use crate::{
    error::{Code, Error, Result},
    evidence::{
        Assessment, Evidence,
        movement_hashes::{self, BYTES, LEAST},
        session::{self, COLD, HIGHEST, LIMIT, STRONGEST},
    },
    proof::InteractionProof,
};

/// What evidence that speaks for a program does to a request on a route of the tier `interactive`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OnWeak {
    /// It is told of.
    Audit,
    /// A person is asked to consent, where one can be; elsewhere it is told of.
    #[default]
    StepUp,
    /// It is refused.
    Refuse,
}

impl OnWeak {
    /// From the name of the option.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` for another name.
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "audit" => Ok(Self::Audit),
            "step-up" => Ok(Self::StepUp),
            "refuse" => Ok(Self::Refuse),
            _ => Err(Code::ConfigInvalid.because(&"no such answer to weak evidence")),
        }
    }

    /// What weak evidence is refused with on a route, and the tier that would do; `None` where it passes.
    #[must_use]
    pub fn answer(self, route: Tier, can_consent: bool) -> Option<(Error, Tier)> {
        const WEAK: &str = "the evidence speaks for a program";
        match self {
            _ if route != Tier::Interactive => None,
            Self::Refuse => Some((Code::PolicyRefused.because(&WEAK), route)),
            Self::StepUp if can_consent => Some((Code::TierRequired.because(&WEAK), Tier::Consent)),
            Self::StepUp | Self::Audit => None,
        }
    }
}

/// What the store weighs an interaction by, once.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighing {
    /// What is added to the session's sum, and where that ends.
    pub update: SessionUpdate,
    /// The movement, if there is enough of it to know it again.
    pub movement: Option<MovementHashes>,
}

/// A movement by its hashes.
#[derive(Clone, Debug, PartialEq)]
pub struct MovementHashes {
    /// Whose it is: one name for an interaction of a session.
    pub owner: [u8; BYTES],
    /// What the same movement has again.
    pub hashes: Vec<[u8; BYTES]>,
    /// With so many in common it is the same movement again.
    pub matches_needed: u8,
    /// Added to the sum if it is.
    pub delta: i16,
}

/// What an interaction of this evidence does to its session. Keyboard, touch and assistive interactions have 0: they
/// count, and neither accuse nor acquit.
#[must_use]
pub fn update(evidence: Evidence) -> SessionUpdate {
    SessionUpdate {
        delta: session::delta(evidence),
        cap: HIGHEST,
        limit: Some(EvidenceLimit { sum: LIMIT, interactions: COLD }),
    }
}

impl Weighing {
    /// Of an interaction of a session.
    #[must_use]
    pub fn of(
        proof: &InteractionProof,
        assessment: &Assessment,
        key: &MovementKey,
        session: &str,
    ) -> Self {
        Self {
            update: update(assessment.evidence),
            movement: MovementHashes::of(proof, key, session),
        }
    }
}

impl MovementHashes {
    fn of(proof: &InteractionProof, key: &MovementKey, session: &str) -> Option<Self> {
        let hashes = movement_hashes::of_proof(key.bytes(), proof);
        let owner = key.name(&[session.as_bytes(), b"\0", &proof.event_id]);
        let movement = Self { owner, hashes, matches_needed: LEAST, delta: STRONGEST };
        (!movement.hashes.is_empty()).then_some(movement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{evidence::BIT, verifier::admission::EvidenceSum};
    use crate::{
        evidence::assess,
        proof::{Flags, Kind, Press, Sample},
        verifier::secrets::Secrets,
    };
    use proptest::prelude::*;

    fn proof(samples: Vec<Sample>) -> InteractionProof {
        InteractionProof {
            flags: Flags { trusted: true, ..Flags::default() },
            kind: Kind::Mouse,
            event_id: [1; 8],
            age_ms: 20,
            action_hash: [0; 16],
            press: Press { dwell_ms: Some(85), pixel_ratio_16: 16, ..Press::default() },
            samples,
            private: None,
        }
    }

    fn curve() -> Vec<Sample> {
        (1..30).map(|i| Sample { dt_ms: 16, dx: -i % 13 - 3, dy: i % 7 }).collect()
    }

    fn weighing(proof: &InteractionProof, session: &str) -> Weighing {
        let key = Secrets::derive(&[3; 32]).unwrap().movement;
        Weighing::of(proof, &assess(proof), &key, session)
    }

    #[test]
    fn only_interactive_routes_are_held_to_the_policy() {
        for on_weak in [OnWeak::Audit, OnWeak::StepUp, OnWeak::Refuse] {
            for route in Tier::ALL {
                for can_consent in [false, true] {
                    let expected = match (on_weak, route, can_consent) {
                        (OnWeak::Refuse, Tier::Interactive, _) => {
                            Some((Code::PolicyRefused, Tier::Interactive))
                        }
                        (OnWeak::StepUp, Tier::Interactive, true) => {
                            Some((Code::TierRequired, Tier::Consent))
                        }
                        _ => None,
                    };
                    let found = on_weak.answer(route, can_consent);
                    assert_eq!(found.map(|(error, tier)| (error.code, tier)), expected);
                }
            }
        }
        assert!(OnWeak::from_name("Refuse").is_err());
    }

    #[test]
    fn a_movement_is_known_again_by_its_trajectory_alone() {
        let one = proof(curve());
        let first = weighing(&one, "a").movement.unwrap();
        let again = InteractionProof { event_id: [2; 8], ..one.clone() };
        let second = weighing(&again, "a").movement.unwrap();
        assert_eq!(first.hashes, second.hashes);
        assert_ne!(first.owner, second.owner, "another interaction");
        assert_ne!(first.owner, weighing(&one, "b").movement.unwrap().owner, "another session");
        assert!(usize::from(first.matches_needed) <= first.hashes.len());
        assert_eq!(weighing(&one.without_trajectory(), "a").movement, None, "privacy mode");
    }

    #[test]
    fn nothing_is_remembered_of_what_has_no_movement() {
        for kind in Kind::ALL {
            let bare = InteractionProof { kind, ..proof(Vec::new()) };
            assert_eq!(weighing(&bare, "a").movement, None);
            assert_eq!(weighing(&bare.without_trajectory(), "a").movement, None);
        }
        for kind in [Kind::Touch, Kind::Pen] {
            let other = InteractionProof { kind, ..proof(curve()) };
            assert_eq!(weighing(&other, "a").movement, None);
            assert_eq!(weighing(&other, "a").update.delta, 0);
        }
    }

    fn after(evidence: &[i16]) -> EvidenceSum {
        evidence.iter().fold(EvidenceSum::default(), |sum, bits| {
            sum.after(update(Evidence(bits.saturating_mul(BIT))))
        })
    }

    fn is_in_doubt(evidence: &[i16]) -> bool {
        update(Evidence::default()).limit.unwrap().is_reached(after(evidence))
    }

    #[test]
    fn few_interactions_say_nothing_together() {
        assert!(!is_in_doubt(&[]) && !is_in_doubt(&[6, 6]));
        assert!(is_in_doubt(&[6, 6, 0]));
        assert!(!is_in_doubt(&[0, 0, 0]));
    }

    #[test]
    fn a_long_clear_session_has_no_credit() {
        let long = vec![-6; 300];
        assert_eq!(after(&long), EvidenceSum { sum: 0, interactions: 255 });
        assert!(is_in_doubt(&[long, vec![4, 4]].concat()));
    }

    #[test]
    fn doubt_ends_with_what_people_do() {
        let long = vec![6; 300];
        assert!(is_in_doubt(&long));
        assert!(!is_in_doubt(&[long, vec![-2; 5]].concat()));
    }

    #[test]
    fn no_interaction_counts_more_than_the_strongest() {
        assert_eq!(after(&[100]), after(&[6]));
        assert_eq!(after(&[12, 12, -100]), after(&[12, 12, -6]));
    }

    proptest! {
        #[test]
        fn more_evidence_never_lowers_the_sum(evidence in prop::collection::vec(any::<i16>(), 1..60), at in any::<prop::sample::Index>(), more in 0..9_i16) {
            let sum = |evidence: &[i16]| {
                evidence.iter().fold(EvidenceSum::default(), |sum, e| sum.after(update(Evidence(*e)))).sum
            };
            let mut other = evidence.clone();
            let place = at.index(other.len());
            other[place] = other[place].saturating_add(more);
            prop_assert!(sum(&other) >= sum(&evidence));
        }
    }
}
