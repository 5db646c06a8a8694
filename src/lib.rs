//! Partitioned Authority: authority over a request is a session cookie, a signature by a key that
//! lives on another origin, and an interaction proof. The server accepts nothing less than all the
//! route asks for.
//!
//! | module | holds | in artefact |
//! |---|---|---|
//! | [`canonical`] | which bytes are signed: JCS, structured fields, digests, signature base | all |
//! | `consent` | what a person is shown before a request is signed | consent, verifier |
//! | [`proof`] | the interaction proof, its codec, what can be measured from it | tracker, verifier |
//! | `evidence` | what an interaction says of who made it | verifier |
//! | `tracker` | listeners and the ring buffer of an app page | tracker |
//! | `iframe` | the signing-iframe runtime | iframe |
//! | `verifier` | every accept or refuse decision of the server | verifier |

#![cfg_attr(all(target_arch = "wasm32", not(feature = "std")), no_std)]

#[macro_use]
extern crate alloc;

pub mod canonical;
#[cfg(any(feature = "consent", feature = "verifier"))]
pub mod consent;
pub mod error;
#[cfg(feature = "verifier")]
pub mod evidence;
#[cfg(any(feature = "tracker", feature = "verifier"))]
pub mod proof;

#[cfg(feature = "iframe")]
pub mod iframe;
#[cfg(feature = "tracker")]
pub mod tracker;
#[cfg(feature = "verifier")]
pub mod verifier;

#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
mod bare;
mod host;
