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
