//! What the last interactions of a session say together: a sequential test (Page 1954).
//!
//! Every interaction adds its [`Evidence`], the binary logarithm of how much more likely a program is to
//! make it than a person. The sum never falls below 0, so that a session that was a person's for hours
//! has no credit to spend: Wₙ = max(0, Wₙ₋₁ + eₙ). One interaction adds or takes [`STRONGEST`] at most.
//! Where Wₙ reaches [`LIMIT`], the session is in doubt, until people-like evidence takes it below again. The sum is
//! kept by the store; [`super::admission`] is the rule by which it grows, and by which a session in doubt is refused.
//!
//! Were the evidence independent and exact, a person's session would reach a limit of h bits once in 2ʰ
//! interactions or more (Lorden 1971). A person's clicks resemble each other, so the limit is not taken
//! from that bound but from recordings; docs/interaction.md gives the rates measured.

use super::admission::{EvidenceLimit, SessionUpdate};

/// lg (probability under "a program" / probability under "a person"), in 256ths of a bit. Positive
/// speaks for a program; 0 says nothing either way.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Evidence(pub i16);

impl Evidence {
    /// The probability of a person, if people and programs were equally likely before: 1 / (1 + 2ᵉ), e in
    /// bits.
    #[must_use]
    pub fn score(self) -> f64 {
        1.0 / (1.0 + (f64::from(self.0) / f64::from(BIT)).exp2())
    }

    /// What an interaction of this evidence does to its session. Keyboard, touch and assistive interactions have 0:
    /// they count, and neither accuse nor acquit.
    #[must_use]
    pub fn update(self) -> SessionUpdate {
        SessionUpdate {
            delta: self.0.clamp(-STRONGEST, STRONGEST),
            cap: HIGHEST,
            limit: Some(EvidenceLimit { sum: LIMIT, interactions: COLD }),
        }
    }
}

/// One bit of evidence.
pub const BIT: i16 = 256;

/// The most that one interaction counts, either way.
pub const STRONGEST: i16 = 6 * BIT;

/// From here on the session is in doubt.
pub const LIMIT: u16 = super::model::SESSION_LIMIT;

/// The sum goes no higher, so that a session in doubt needs a bounded number of people-like interactions
/// to leave it.
pub const HIGHEST: u16 = 2 * LIMIT;

/// Fewer interactions than this say nothing but what each says by itself.
pub const COLD: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::admission::EvidenceSum;
    use proptest::prelude::*;

    fn after(evidence: &[i16]) -> EvidenceSum {
        evidence.iter().fold(EvidenceSum::default(), |sum, bits| {
            sum.after(Evidence(bits.saturating_mul(BIT)).update())
        })
    }

    fn is_in_doubt(evidence: &[i16]) -> bool {
        Evidence::default().update().limit.unwrap().is_reached(after(evidence))
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
                evidence.iter().fold(EvidenceSum::default(), |sum, e| sum.after(Evidence(*e).update())).sum
            };
            let mut other = evidence.clone();
            let place = at.index(other.len());
            other[place] = other[place].saturating_add(more);
            prop_assert!(sum(&other) >= sum(&evidence));
        }
    }
}
