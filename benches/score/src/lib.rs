//! Loops for bench.mjs: a proof of the most samples, assessed; its signatures; and the floor beside them.

use partitioned_authority::{
    proof::{Flags, InteractionProof, Kind, Press, Sample},
    verifier::{duplicates::sketches, interaction::assess},
};
use sha2::{Digest as _, Sha256};
use std::hint::black_box;

fn proof(samples: i16) -> InteractionProof {
    let samples =
        (0..samples).map(|i| Sample { dt_ms: 16, dx: (i * 7) % 13 - 9, dy: (i * 5) % 11 - 4 });
    InteractionProof {
        flags: Flags { trusted: true, ..Flags::default() },
        kind: Kind::Mouse,
        event_id: [1; 8],
        age_ms: 20,
        action_hash: [0; 16],
        press: Press { dwell_ms: Some(85), detail: 1, pixel_ratio_16: 16, ..Press::default() },
        samples: samples.collect(),
        private: None,
    }
}

/// Assesses a proof of the most samples so many times.
#[unsafe(no_mangle)]
pub extern "C" fn assessments(count: u32) -> f64 {
    let proof = proof(100);
    (0..count).map(|_| assess(black_box(&proof)).score).sum()
}

/// And one of as many as the median press has.
#[unsafe(no_mangle)]
pub extern "C" fn median_assessments(count: u32) -> f64 {
    let proof = proof(33);
    (0..count).map(|_| assess(black_box(&proof)).score).sum()
}

/// The same proof in privacy mode.
#[unsafe(no_mangle)]
pub extern "C" fn private_assessments(count: u32) -> f64 {
    let proof = proof(100).without_trajectory();
    (0..count).map(|_| assess(black_box(&proof)).score).sum()
}

/// Makes the signatures of its movement so many times.
#[unsafe(no_mangle)]
pub extern "C" fn signatures(count: u32) -> f64 {
    let proof = proof(100);
    (0..count).map(|_| sketches(&[7; 32], &black_box(&proof).points()).len() as f64).sum()
}

/// Hashes a message of 447 bytes, the longest proof, so many times.
#[unsafe(no_mangle)]
pub extern "C" fn hashes(count: u32) -> f64 {
    let message = [0x5a_u8; 447];
    (0..count).map(|_| f64::from(Sha256::digest(black_box(&message))[0])).sum()
}
