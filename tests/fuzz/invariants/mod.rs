//! What must hold for any input, one module a target. The fuzz targets and the replay of the corpora in
//! `tests/rust/fuzz_corpus.rs` compile this one copy. A broken invariant panics.

pub mod base64;
pub mod consent_field;
pub mod consent_request;
pub mod consent_template;
pub mod content_digest;
pub mod control;
pub mod cookie;
pub mod jcs;
pub mod json_value;
pub mod jwk;
pub mod nonce;
pub mod proof_codec;
pub mod proof_value;
pub mod signature_input;
pub mod signed_request;
pub mod structured_field;
pub mod structured_value;
pub mod target;

pub mod fixture;
mod oracle;
