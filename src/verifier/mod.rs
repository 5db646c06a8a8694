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
pub mod exports;
pub mod flow;
pub mod head;
pub mod inspect;
pub mod keys;
pub mod nonce;
pub mod reply;
mod report;
pub mod secrets;
pub mod signals;
pub mod signature;
mod slab;
pub mod structured_field;
pub mod tier;
pub mod weighing;
pub mod windows;
