//! The measured score of a movement: trees trained on recordings of people and programs, and what a sum of
//! their leaves is worth.

mod forest;
mod weights;
mod words;

pub use forest::{DEPTH, Forest, LEAVES, Model, SHARES, TREE_BYTES};
pub use weights::{LIMITS, SESSION_LIMIT};

use super::bits::Evidence;
use crate::proof::features::{Features, PRIVATE, PrivateFeatures};
use weights::{MOVEMENT, PRIVATE_MOVEMENT};
use words::WORDS;

/// What a movement is worth, and the features that say so.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Weighed {
    /// The evidence.
    pub evidence: Evidence,
    /// At most [`REASONS`] phrases, the weightiest first.
    pub reasons: Vec<&'static str>,
}

/// At most one in a hundred people's movements has more evidence than this against it, in any set of people
/// that was recorded.
pub const WEAK: Evidence = {
    let [_, one, ..] = LIMITS;
    one
};

/// Most reasons that are named.
pub const REASONS: usize = 3;

/// Weighs the numbers of a movement.
#[must_use]
pub fn weigh(features: &Features) -> Weighed {
    MOVEMENT.weigh(features, |place| place)
}

/// Weighs the numbers of privacy mode.
#[must_use]
pub fn weigh_private(features: &PrivateFeatures) -> Weighed {
    PRIVATE_MOVEMENT.weigh(features, |place| PRIVATE.get(place).map_or(usize::MAX, |place| *place))
}

impl Model<'_> {
    /// `name` gives the place in [`Features`] of a place in `features`.
    fn weigh<const N: usize>(&self, features: &[u8; N], name: impl Fn(usize) -> usize) -> Weighed {
        let mut parts = self.forest.explain(features);
        let evidence = self.worth(parts.iter().sum::<i32>() / SHARES);
        let mut reasons = Vec::with_capacity(REASONS);
        while reasons.len() < REASONS {
            let most = parts.iter_mut().enumerate().max_by_key(|(_, part)| part.unsigned_abs());
            let Some((place, part)) = most else { break };
            let Some((program, person)) = WORDS.get(name(place)) else { break };
            match core::mem::take(part) {
                0 => break,
                1.. => reasons.push(*program),
                _ => reasons.push(*person),
            }
        }
        Weighed { evidence, reasons }
    }
}

#[cfg(test)]
mod tests;
