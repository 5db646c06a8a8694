//! Every decision of the server: parsing, nonces, windows, keys, evidence, tiers.
//!
//! Nothing here does I/O or reads a clock; the TypeScript around it carries bytes, keys and time.
//! The order of checks is that of ARCHITECTURE.md: strangers are refused before any public-key operation.

pub mod actions;
pub mod admission;
pub mod assertion;
pub mod auditor;
pub mod consent;
pub mod control;
pub mod cookie;
pub mod duplicates;
pub mod exports;
pub mod head;
pub mod inspect;
pub mod interaction;
pub mod keys;
pub mod model;
pub mod nonce;
pub mod secrets;
pub mod session_evidence;
pub mod signals;
pub mod signature;
pub mod structured_field;
pub mod tier;
pub mod weighing;
pub mod windows;
