//! The signing-iframe runtime: a page of the signing origin that holds keys nobody can extract, talks
//! to the app's server by itself, and signs what its parent asks for, within the profile.
//!
//! | file | holds |
//! |---|---|
//! | `clock` | the server's time, learned from `/.pas/hello` only |
//! | `limiter` | how often a parent may ask |
//! | `request` | what a parent may ask to have signed |
//! | `broadcast_channel`, `fetch`, `indexed_db`, `web_crypto`, `web_locks` | one host part each |
//! | `keys` | key sets, one per (account, session) |
//! | `server` | the calls to `/.pas/*` |
//! | `consent` | who speaks with whom about one consent |
//! | `consent_window` | the window that shows a request and asks the person |
//! | `consented` | requests that a person consents to, and passkeys |
//! | `channel` | the handshake and the ports |
//! | `runtime` | one operation per message type |

pub mod clock;
pub mod consent;
pub mod limiter;
pub mod request;

mod broadcast_channel;
pub mod channel;
mod consent_window;
mod consented;
mod fetch;
mod indexed_db;
pub mod keys;
pub mod runtime;
mod server;
pub mod web_crypto;
pub mod web_locks;

pub use channel::start_signing_frame;
