//! The measured score of a movement: trees trained on recordings of people and programs.

mod forest;

pub use forest::{DEPTH, Forest, LEAVES, SHARES, TREE_BYTES};
