//! Which bytes are signed. Every artefact holds this one copy, so that no two sides can disagree.

pub mod base64;
pub mod digest;
pub mod jcs;
pub mod json;
pub mod jwk;
pub mod profile;
pub mod signature_base;
pub mod structured_field;

#[cfg(any(feature = "tracker", feature = "iframe", feature = "verifier"))]
pub mod exports;

pub use digest::{Sha256Digest, content_digest, sha256};
pub use json::Value;
