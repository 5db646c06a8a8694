//! Whether a movement was seen before: short keyed signatures of its shape.
//!
//! A store keeps the signatures of recent proofs for a short time. A new proof is a duplicate if it has
//! enough signatures in common with one of them ([`is_duplicate`]). A signature is a MAC under the server's
//! key of a coarse cell that the movement falls in: no position, length, speed or time can be had from it,
//! and without the key not even a guess be tried. Equal cells say "alike", and nothing else is learned.
//!
//! The shape is measured along the path and by its own size, so that a movement that is shifted, turned,
//! scaled or played at another pace stays in its cells (locality-sensitive hashing, Indyk & Motwani 1998).

use crate::proof::{Point, features::PrivateFeatures, trajectory::quantise};
use core::f64::consts::PI;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The signatures of a movement.
pub const COUNT: usize = 4;

/// The bytes of a signature.
pub const BYTES: usize = 8;

/// Shorter paths, px, and fewer positions resemble each other too much.
const LEAST_PATH: f64 = 60.0;
const LEAST_POSITIONS: usize = 6;

/// Harmonics of a curve.
const HARMONICS: usize = 5;

/// Places along the path at which a curve is read.
const PLACES: i32 = 64;

/// The width of a cell along each harmonic, of the movement's size.
const CELL: f64 = 0.004;

/// The signatures of a movement, oldest position first; none if there is too little of it.
///
/// `key` is the server's, and of this use only. There are [`COUNT`] or none.
#[must_use]
pub fn sketches(key: &[u8; 32], points: &[Point]) -> Vec<[u8; BYTES]> {
    let Some(shape) = shape(points) else { return Vec::new() };
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    (0_u8..)
        .take(COUNT)
        .filter_map(|table| {
            let mut mac = mac.clone();
            mac.update(&[table]);
            for (cell, harmonic) in shape.iter().zip(0_u8..) {
                mac.update(
                    &quantise(cell / CELL + shift(table, harmonic), i16::MIN, i16::MAX)
                        .to_be_bytes(),
                );
            }
            mac.finalize().into_bytes().first_chunk().copied()
        })
        .collect()
}

/// The one signature of a movement of which privacy mode tells numbers only: it finds replays whose numbers
/// are the same, every one.
#[must_use]
pub fn of_numbers(key: &[u8; 32], numbers: &PrivateFeatures) -> [u8; BYTES] {
    // HMAC takes keys of any length: without it nothing would be alike but for this very answer.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; BYTES] };
    mac.update(b"numbers");
    mac.update(numbers);
    mac.finalize().into_bytes().first_chunk().copied().unwrap_or_default()
}

/// Whether it is a movement again that was stored: it has `matches` of its `of` signatures in common with it.
#[must_use]
pub const fn is_duplicate(matches: u8, of: u8) -> bool {
    of > 0 && matches >= of.div_ceil(2)
}

/// Where the cells of a table begin, of a cell: spread evenly, otherwise for every harmonic.
fn shift(table: u8, harmonic: u8) -> f64 {
    f64::from(table.wrapping_mul(64).wrapping_add(harmonic.wrapping_mul(89))) / 256.0
}

/// The harmonics of the parts across and along the way to the furthest position, by the path behind.
fn shape(points: &[Point]) -> Option<[f64; 2 * HARMONICS]> {
    let path = smooth(&distinct(points));
    let first = *path.first()?;
    let lengths: Vec<f64> = path
        .iter()
        .scan(first, |before, point| Some(core::mem::replace(before, *point).distance(*point)))
        .collect();
    let length: f64 = lengths.iter().sum();
    if path.len() < LEAST_POSITIONS || length < LEAST_PATH {
        return None;
    }
    let furthest = path.iter().fold(first, |furthest, point| {
        if first.distance(*point) > first.distance(furthest) { *point } else { furthest }
    });
    let size = first.distance(furthest);
    let (x, y) = ((furthest.x - first.x) / size, (furthest.y - first.y) / size);
    let mut shape = [0.0; 2 * HARMONICS];
    let mut walked = 0.0;
    let mut place = 0;
    let mut before = first;
    for (point, step) in path.iter().zip(lengths) {
        while place < PLACES {
            let at = (f64::from(place) + 0.5) / f64::from(PLACES);
            let share = (at * length - walked) / step;
            if !(0.0..=1.0).contains(&share) {
                break;
            }
            let (dx, dy) = (
                before.x + share * (point.x - before.x) - first.x,
                before.y + share * (point.y - before.y) - first.y,
            );
            let parts = [(dy * x - dx * y) / size, (dx * x + dy * y) / size - at];
            for (harmonics, part) in shape.chunks_exact_mut(HARMONICS).zip(parts) {
                for (harmonic, k) in harmonics.iter_mut().zip(1_u8..) {
                    *harmonic += 2.0 / f64::from(PLACES) * part * (PI * f64::from(k) * at).sin();
                }
            }
            place += 1;
        }
        walked += step;
        before = *point;
    }
    shape.iter().all(|harmonic| harmonic.is_finite()).then_some(shape)
}

/// The positions at which the pointer did not rest.
fn distinct(points: &[Point]) -> Vec<Point> {
    let mut path = points.to_vec();
    path.dedup_by(|point, before| point.x == before.x && point.y == before.y);
    path
}

/// Each position but the ends a quarter of its neighbours and a half of itself.
fn smooth(path: &[Point]) -> Vec<Point> {
    let inner = path.windows(3).filter_map(|window| match window {
        [before, point, after] => Some(Point {
            x: (before.x + 2.0 * point.x + after.x) / 4.0,
            y: (before.y + 2.0 * point.y + after.y) / 4.0,
            ..*point
        }),
        _ => None,
    });
    path.first()
        .copied()
        .into_iter()
        .chain(inner)
        .chain(path.get(1..).and_then(<[Point]>::last).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [7; 32];

    fn wave(turn: f64, scale: f64, pace: f64) -> Vec<Point> {
        let (sin, cos) = turn.sin_cos();
        (0..30)
            .map(f64::from)
            .map(|i| (i, 9.0 * i, 40.0 * (i / 6.0).sin() + i * i / 9.0))
            .map(|(i, x, y)| Point {
                t: 16.0 * i * pace,
                x: 300.0 + scale * (x * cos - y * sin),
                y: 50.0 + scale * (x * sin + y * cos),
            })
            .collect()
    }

    fn common(a: &[[u8; BYTES]], b: &[[u8; BYTES]]) -> u8 {
        a.iter().zip(b).map(|(a, b)| u8::from(a == b)).sum()
    }

    #[test]
    fn a_movement_turned_scaled_and_slowed_is_itself() {
        let original = sketches(&KEY, &wave(0.0, 1.0, 1.0));
        assert_eq!(original.len(), COUNT);
        for (turn, scale, pace) in
            [(0.0, 1.0, 1.0), (1.2, 1.0, 1.0), (0.0, 3.0, 1.0), (-2.0, 0.7, 1.6)]
        {
            let again = sketches(&KEY, &wave(turn, scale, pace));
            assert!(is_duplicate(common(&original, &again), 4), "{turn} {scale} {pace}");
        }
        let mut other = wave(0.0, 1.0, 1.0);
        other[15].y += 60.0;
        assert!(!is_duplicate(common(&original, &sketches(&KEY, &other)), 4));
    }

    #[test]
    fn a_signature_needs_the_key() {
        let movement = wave(0.0, 1.0, 1.0);
        assert_eq!(common(&sketches(&KEY, &movement), &sketches(&[8; 32], &movement)), 0);
    }

    #[test]
    fn too_little_has_no_signature() {
        assert!(sketches(&KEY, &[]).is_empty());
        assert!(sketches(&KEY, &wave(0.0, 1.0, 1.0)[..5]).is_empty());
        assert!(sketches(&KEY, &wave(0.0, 0.1, 1.0)).is_empty());
        assert!(!is_duplicate(0, 0));
    }

    proptest! {
        #[test]
        fn any_points_give_all_signatures_or_none(points in prop::collection::vec(any::<[f64; 3]>(), 0..130)) {
            let points: Vec<_> = points.into_iter().map(|[t, x, y]| Point { t, x, y }).collect();
            let count = sketches(&KEY, &points).len();
            prop_assert!(count == 0 || count == COUNT);
        }
    }
}
