//! What an interaction does to its session and to its request, beside reaching a tier.
//!
//! The store keeps a session's sum and the signatures of movements, so it is the store that finds a session
//! in doubt, or a movement again, within the one step that admits a request. What it decides by is made here.

use super::{
    admission::SessionUpdate,
    duplicates::{BYTES, LEAST, sketches},
    interaction::{Assessment, Band},
    secrets::MovementKey,
    session_evidence::{COLD, LIMIT, STRONGEST},
    tier::Tier,
};
use crate::{
    error::{Code, Error, Result},
    proof::{InteractionProof, Kind},
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
    /// Added to the session's sum.
    pub weight: i16,
    /// The sum goes no higher.
    pub most: u16,
    /// From this sum and so many interactions on, a session is in doubt.
    pub doubt: (u16, u8),
    /// The movement, if there is enough of it to know it again.
    pub movement: Option<Movement>,
}

/// A movement by its signatures.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    /// Whose it is: one name for an interaction of a session.
    pub of: [u8; BYTES],
    /// What the same movement has again.
    pub signatures: Vec<[u8; BYTES]>,
    /// With so many in common it is the same movement again.
    pub least: u8,
    /// Added to the sum if it is.
    pub weight: i16,
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
        let SessionUpdate { delta, cap, .. } = assessment.evidence.update();
        Self {
            weight: delta,
            most: cap,
            doubt: (LIMIT, COLD),
            movement: Movement::of(proof, key, session),
        }
    }
}

impl Movement {
    fn of(proof: &InteractionProof, key: &MovementKey, session: &str) -> Option<Self> {
        // A pen's strokes and a finger's taps were not measured. Each of privacy mode's numbers changes in one exact
        // replay of six: what is made of all of them is not found again.
        if proof.kind != Kind::Mouse || proof.private.is_some() {
            return None;
        }
        let signatures = sketches(key.bytes(), &proof.points());
        let of = key.name(&[session.as_bytes(), b"\0", &proof.event_id]);
        let movement = Self { of, signatures, least: LEAST, weight: STRONGEST };
        (!movement.signatures.is_empty()).then_some(movement)
    }
}

/// Whether an interaction is weak by itself. What is mechanical reaches no tier, which is worse.
#[must_use]
pub fn is_weak(assessment: &Assessment) -> bool {
    assessment.band == Band::Weak
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        proof::{Flags, Press, Sample},
        verifier::{interaction::assess, secrets::Secrets},
    };

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
        assert_eq!(first.signatures, second.signatures);
        assert_ne!(first.of, second.of, "another interaction");
        assert_ne!(first.of, weighing(&one, "b").movement.unwrap().of, "another session");
        assert!(usize::from(first.least) <= first.signatures.len());
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
            assert_eq!(weighing(&other, "a").weight, 0);
        }
    }
}
