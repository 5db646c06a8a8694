//! Boosted trees on bytes, what each feature added, and what a sum of leaves is worth.

use crate::evidence::bits::Evidence;

/// Questions from the root to a leaf.
pub const DEPTH: usize = 3;

/// Leaves of a tree.
pub const LEAVES: usize = 1 << DEPTH;

/// A tree: for each question, breadth first, the feature and the threshold above which the answer is
/// right; then the values of the leaves from left to right, each a signed byte.
pub const TREE_BYTES: usize = 2 * (LEAVES - 1) + LEAVES;

/// Trees, one after another.
#[derive(Clone, Copy, Debug)]
pub struct Forest<'a> {
    /// [`TREE_BYTES`] each.
    pub trees: &'a [u8],
}

impl Forest<'_> {
    /// The sum of the leaves that these features reach. Above 0 it speaks for a program.
    #[must_use]
    pub fn sum<const N: usize>(&self, features: &[u8; N]) -> i32 {
        self.explain(features).iter().sum::<i32>() / SHARES
    }

    /// What each feature added to the sum, in [`SHARES`] of one.
    ///
    /// The value of a node is the mean of its leaves; an answer adds the difference between the value of
    /// the node it leads to and that of the node it was asked at. The mean of all leaves is given to the
    /// feature at the root.
    #[must_use]
    pub fn explain<const N: usize>(&self, features: &[u8; N]) -> [i32; N] {
        let mut parts = [0; N];
        for tree in self.trees.chunks_exact(TREE_BYTES) {
            let (questions, mut leaves) = tree.split_at(2 * (LEAVES - 1));
            let (questions, _) = questions.as_chunks::<2>();
            let (mut node, mut value, mut shares) = (0, 0, 1);
            while let Some([feature, threshold]) = questions.get(node) {
                let feature = usize::from(*feature);
                let right = features.get(feature).is_some_and(|byte| byte > threshold);
                node = 2 * node + 1 + usize::from(right);
                let (low, high) = leaves.split_at(leaves.len() / 2);
                leaves = if right { high } else { low };
                // Half as many leaves: each is twice as much of the mean.
                shares *= 2;
                let sum: i32 = leaves.iter().map(|leaf| i32::from(leaf.cast_signed())).sum();
                let reached = shares * sum;
                if let Some(part) = parts.get_mut(feature) {
                    *part += reached - value;
                }
                value = reached;
            }
        }
        parts
    }
}

/// The mean of at most [`LEAVES`] leaves is a whole number of these.
pub const SHARES: i32 = 8;

/// Trees and what their sum is worth.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    /// The trees.
    pub forest: Forest<'a>,
    /// Sums, ascending, and the evidence that each is; straight lines between them, constant beyond.
    pub worth: &'a [(i32, i16)],
}

impl Model<'_> {
    /// The evidence of a sum.
    #[must_use]
    pub fn worth(&self, sum: i32) -> Evidence {
        let mut below = None;
        for (at, evidence) in self.worth.iter().copied() {
            if sum <= at {
                let (from, low) = below.unwrap_or((at, evidence));
                let width = (at - from).max(1);
                let rise = i32::from(evidence) - i32::from(low);
                let worth = i32::from(low) + rise * (sum.max(from) - from) / width;
                return Evidence(i16::try_from(worth).unwrap_or(evidence));
            }
            below = Some((at, evidence));
        }
        Evidence(below.map_or(0, |(_, evidence)| evidence))
    }
}
