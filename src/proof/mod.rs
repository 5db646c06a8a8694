//! The interaction proof: evidence that a person acted just now, bound to one action.
//!
//! Bytes 0 to 28 are those of both versions. Version 1 carries the trajectory, version 2 is privacy mode.
//!
//! | offset | bytes | field | unit | range |
//! |---|---|---|---|---|
//! | 0 | 1 | version | | 1, 2 |
//! | 1 | 1 | flags: bit 0 trusted, 1 coalesced, 2 fractional, 3 webdriver, 4 teleport | | bits 5–7 are 0; 1 and 2 too in version 2 |
//! | 2 | 1 | kind: 0 mouse, 1 touch, 2 pen, 3 keyboard, 4 assistive | | 0–4 |
//! | 3 | 8 | event id | | random |
//! | 11 | 2, big endian | age: last event of the interaction to the making of the proof | ms | 0–5000 |
//! | 13 | 16 | action hash | | |
//!
//! # Version 1
//!
//! | offset | bytes | field | unit | range |
//! |---|---|---|---|---|
//! | 29 | varint | dwell + 1; 0: not released yet | ms | 0–30 001 |
//! | | varint | `detail` of the click | | 0–255 |
//! | | varint × 2 | press point in the target's box, x then y; 0 for kinds 3 and 4 | permille | 0–1000 |
//! | | varint × 2 | width and height of the target's box | CSS px | 0–65 535 |
//! | | varint | `devicePixelRatio` | 1/16 | 1–256 |
//! | | varint | number of samples; 0 for kinds 3 and 4 | | 0–100 |
//! | | varint | per sample: time before the next newer sample, or the press | ms | sum ≤ 2000 |
//! | | zigzag varint × 2 | per sample: x then y, less those of the next newer sample, or the press | CSS px | ±8191 |
//!
//! # Version 2
//!
//! | offset | bytes | field | unit | range |
//! |---|---|---|---|---|
//! | 29 | 1 | dwell: 0 not released yet, else 1 + the place of the longest of 0, 5, 20, 30, 60, 90, 130, 200, 400, 1001 that is not longer | ms | 0–10 |
//! | 30 | 1 | `detail` of the click, 3 for more | | 0–3 |
//! | 31 | 1 | [`Marks`]: bit 0 centre, 1 off grid, 2 appeared, 3 ruled, 4 impossible, 5 timeless; 0 for kinds 1, 3 and 4 | | bits 6–7 are 0 |
//! | 32 | 1 | number of numbers: 0 if there is too little movement, and for kinds 1, 3 and 4 | | 0, 20 |
//! | 33 | 1 each | [`features::PRIVATE`]: some of the numbers of [`features`], divided by 8 and rounded up | | 0–32 |
//!
//! Samples run from newest to oldest. No absolute time or position is in a proof. A varint is LEB128 in
//! its shortest form. A proof is at most 447 bytes (53 in version 2), which is 598 characters of a structured-field byte
//! sequence; the encoder leaves out the oldest samples to keep to it. One value has one encoding, and
//! everything else is refused.
//!
//! A script in the page can forge all of this: it is evidence to be scored, not a boundary.

mod action;
mod codec;
pub mod features;
mod interaction_proof;
pub mod kinematics;
mod limits;
mod marks;
mod point;
mod press;
mod thinning;
pub mod trajectory;
mod varint;

pub use action::{ActionHash, action_hash};
pub use codec::MAX_BYTES;
pub use interaction_proof::{InteractionProof, Private};
pub use limits::{
    MAX_AGE_MS, MAX_DWELL_MS, MAX_PIXEL_RATIO_16, MAX_SAMPLES, MAX_STEP_PX, PRIVATE_DETAIL,
    PRIVATE_DWELLS_MS, WINDOW_MS,
};
pub use marks::Marks;
pub use point::{Point, quantise, quantise_unsigned};
pub use press::{Flags, Kind, Press, Sample};
pub use thinning::thinned;
