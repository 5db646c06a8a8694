//! What an interaction says of who made it, a person or a program: evidence, never proof.
//!
//! Of the crate it imports [`proof`](crate::proof) only. What it finds is judged elsewhere.

mod assessment;
mod bits;
pub mod model;
pub mod movement_hashes;
pub mod session;

pub use assessment::{Assessment, Band, UNMEASURED, assess, is_weak};
pub use bits::{BIT, Evidence};
