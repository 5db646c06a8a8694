//! Loops for bench.mjs: proofs read and assessed, their movement hashes, and the floor beside them.
//!
//! Movements vary, as people's do: a processor learns a single one by heart and takes half the time.

use partitioned_authority::{
    evidence::{assess, movement_hashes::of_proof},
    proof::{Flags, InteractionProof, Kind, Press, Sample},
};
use sha2::{Digest as _, Sha256};
use std::{array::from_fn, hint::black_box, sync::LazyLock};

type Proofs = [Vec<u8>; 64];

static LONGEST: LazyLock<Proofs> = LazyLock::new(|| proofs(100).map(|proof| proof.encode()));
static MEDIAN: LazyLock<Proofs> = LazyLock::new(|| proofs(33).map(|proof| proof.encode()));
static PRIVATE: LazyLock<Proofs> =
    LazyLock::new(|| proofs(100).map(|proof| proof.without_trajectory().encode()));

fn proofs(samples: usize) -> [InteractionProof; 64] {
    let mut state = 88_172_645_463_325_252_u64;
    // Xorshift (Marsaglia 2003).
    let mut below = move |end: u16| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        i16::try_from(state % u64::from(end)).unwrap_or(0)
    };
    from_fn(|_| {
        let (dx, dy, wide) = (below(20) - 10, below(20) - 10, 1 + below(12).unsigned_abs());
        let sample = |_| Sample {
            dt_ms: 14 + below(4).unsigned_abs() + if below(9) == 0 { 16 } else { 0 },
            dx: dx + below(wide),
            dy: dy + below(wide),
        };
        InteractionProof {
            flags: Flags { trusted: true, ..Flags::default() },
            kind: Kind::Mouse,
            event_id: [1; 8],
            age_ms: 20,
            action_hash: [0; 16],
            press: Press { dwell_ms: Some(85), detail: 1, pixel_ratio_16: 16, ..Press::default() },
            samples: (0..samples).map(sample).collect(),
            private: None,
        }
    })
}

/// So many of them, one after another.
fn each(proofs: &Proofs, count: u32, work: impl Fn(&InteractionProof) -> f64) -> f64 {
    (0..count)
        .zip(proofs.iter().cycle())
        .filter_map(|(_, bytes)| InteractionProof::decode(black_box(bytes)).ok())
        .map(|proof| work(&proof))
        .sum()
}

/// Reads and assesses proofs of the most samples.
#[unsafe(no_mangle)]
pub extern "C" fn assessments(count: u32) -> f64 {
    each(&LONGEST, count, |proof| assess(proof).score)
}

/// And of as many as the median press has.
#[unsafe(no_mangle)]
pub extern "C" fn median_assessments(count: u32) -> f64 {
    each(&MEDIAN, count, |proof| assess(proof).score)
}

/// And those of privacy mode.
#[unsafe(no_mangle)]
pub extern "C" fn private_assessments(count: u32) -> f64 {
    each(&PRIVATE, count, |proof| assess(proof).score)
}

/// Makes the hashes of their movements.
#[unsafe(no_mangle)]
pub extern "C" fn movement_hashes(count: u32) -> f64 {
    each(&LONGEST, count, |proof| of_proof(&[7; 32], proof).len() as f64)
}

/// Hashes a message of 447 bytes, the longest proof.
#[unsafe(no_mangle)]
pub extern "C" fn hashes(count: u32) -> f64 {
    let message = [0x5a_u8; 447];
    (0..count).map(|_| f64::from(Sha256::digest(black_box(&message))[0])).sum()
}
