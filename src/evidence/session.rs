//! What the last interactions of a session say together: a sequential test (Page 1954) in four bytes.
//!
//! Every interaction adds its [`Evidence`], the binary logarithm of how much more likely a program is to
//! make it than a person. The sum never falls below 0, so that a session that was a person's for hours
//! has no credit to spend: Wₙ = max(0, Wₙ₋₁ + eₙ). One interaction adds or takes [`STRONGEST`] at most.
//! Where Wₙ reaches [`LIMIT`], the session is in doubt, until people-like evidence takes it below again.
//!
//! Were the evidence independent and exact, a person's session would reach a limit of h bits once in 2ʰ
//! interactions or more (Lorden 1971). A person's clicks resemble each other, so the limit is not taken
//! from that bound but from recordings; docs/interaction.md gives the rates measured.

use super::bits::{BIT, Evidence};

/// The most that one interaction counts, either way.
pub const STRONGEST: i16 = 6 * BIT;

/// What one interaction adds to the sum of its session.
#[must_use]
pub fn delta(evidence: Evidence) -> i16 {
    evidence.0.clamp(-STRONGEST, STRONGEST)
}

/// From here on the session is in doubt.
pub const LIMIT: u16 = super::model::SESSION_LIMIT;

/// The sum goes no higher, so that a session in doubt needs a bounded number of people-like interactions
/// to leave it.
pub const HIGHEST: u16 = 2 * LIMIT;

/// Fewer interactions than this say nothing but what each says by itself.
pub const COLD: u8 = 3;

/// The bytes of a [`State`].
pub const STATE_BYTES: usize = 4;

const VERSION: u8 = 1;

/// What is kept of a session: no behaviour, only how many interactions were weighed and where the sum is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct State {
    clicks: u8,
    sum: u16,
}

/// What a session amounts to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Too few interactions to say.
    Cold,
    /// Nothing speaks for a program.
    Clear,
    /// A program is likely.
    Doubt,
}

impl Verdict {
    /// The name in JavaScript and in audit records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Clear => "clear",
            Self::Doubt => "doubt",
        }
    }
}

impl State {
    /// From what [`State::to_bytes`] gave; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [VERSION, clicks, high, low] = *bytes else { return None };
        let sum = u16::from_be_bytes([high, low]);
        (sum <= HIGHEST).then_some(Self { clicks, sum })
    }

    /// Four bytes: version, interactions weighed (255: that many or more), sum in 256ths of a bit.
    #[must_use]
    pub fn to_bytes(self) -> [u8; STATE_BYTES] {
        let [high, low] = self.sum.to_be_bytes();
        [VERSION, self.clicks, high, low]
    }

    /// With one interaction more. Keyboard, touch and assistive interactions have [`Evidence`] 0: they
    /// count, and neither accuse nor acquit.
    #[must_use]
    pub fn after(self, evidence: Evidence) -> Self {
        let step = evidence.0.clamp(-STRONGEST, STRONGEST);
        let sum = self.sum.saturating_add_signed(step).min(HIGHEST);
        Self { clicks: self.clicks.saturating_add(1), sum }
    }

    /// Interactions weighed, 255 at most.
    #[must_use]
    pub const fn clicks(self) -> u8 {
        self.clicks
    }

    /// The sum, in 256ths of a bit.
    #[must_use]
    pub const fn sum(self) -> u16 {
        self.sum
    }

    /// What the session amounts to.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        if self.clicks < COLD {
            Verdict::Cold
        } else if self.sum < LIMIT {
            Verdict::Clear
        } else {
            Verdict::Doubt
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(evidence: &[i16]) -> State {
        evidence.iter().fold(State::default(), |state, bits| state.after(Evidence(bits * BIT)))
    }

    #[test]
    fn a_session_begins_cold() {
        assert_eq!(State::default().verdict(), Verdict::Cold);
        assert_eq!(after(&[6, 6]).verdict(), Verdict::Cold);
        assert_eq!(after(&[6, 6, 0]).verdict(), Verdict::Doubt);
        assert_eq!(after(&[0, 0, 0]).verdict(), Verdict::Clear);
    }

    #[test]
    fn a_long_clear_session_has_no_credit() {
        let long = vec![-6; 300];
        let state = after(&long);
        assert_eq!((state.clicks(), state.sum()), (255, 0));
        assert_eq!(after(&[long, vec![4, 4]].concat()).verdict(), Verdict::Doubt);
    }

    #[test]
    fn doubt_ends_with_what_people_do() {
        let long = vec![6; 300];
        assert_eq!(after(&long).verdict(), Verdict::Doubt);
        assert_eq!(after(&[long, vec![-2; 5]].concat()).verdict(), Verdict::Clear);
    }

    #[test]
    fn only_its_own_bytes_are_a_state() {
        assert_eq!(State::from_bytes(&[1, 9, 1, 0]), Some(State { clicks: 9, sum: 256 }));
        for bytes in
            [&[][..], &[1, 9, 0], &[1, 9, 0, 0, 0], &[0, 9, 0, 0], &[2, 9, 0, 0], &[1, 9, 16, 1]]
        {
            assert_eq!(State::from_bytes(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_evidence_gives_a_state_that_survives_its_bytes(evidence in prop::collection::vec(any::<i16>(), 0..600)) {
            let state = evidence.iter().fold(State::default(), |state, e| state.after(Evidence(*e)));
            prop_assert_eq!(State::from_bytes(&state.to_bytes()), Some(state));
        }

        #[test]
        fn more_evidence_never_lowers_the_sum(evidence in prop::collection::vec(any::<i16>(), 1..60), at in any::<prop::sample::Index>(), more in 0..9_i16) {
            let sum = |evidence: &[i16]| evidence.iter().fold(State::default(), |state, e| state.after(Evidence(*e))).sum();
            let mut other = evidence.clone();
            let place = at.index(other.len());
            other[place] = other[place].saturating_add(more);
            prop_assert!(sum(&other) >= sum(&evidence));
        }
    }
}
