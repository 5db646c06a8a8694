//! Whether a movement was seen before: short keyed hashes of its shape.
//!
//! A store keeps the hashes of recent movements for a short time. A new one is a replay if it has
//! [`LEAST`] of them in common with one of those. A hash is a MAC under the server's key of a narrow cell
//! that the movement falls in: no position, length, speed or time can be had from it, and without the key not
//! even a guess be tried. Equal cells say "the same", and nothing else is learned.
//!
//! The shape is measured by its own size and pace, so that a movement that is shifted, turned, scaled or
//! played at another pace stays in its cells (locality-sensitive hashing, Indyk & Motwani 1998), and next to
//! nobody else falls in them. One that was changed otherwise, by a px of noise or a slight bend, is another.

use crate::proof::{InteractionProof, Kind, Point, quantise};
use core::f64::consts::PI;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::LazyLock;

/// Where the cells of each table begin, in 256ths of a cell: a table for each hash of a movement.
const STARTS: [u8; 5] = [0, 51, 102, 153, 204];

/// The hashes of a movement.
pub const COUNT: usize = STARTS.len();

/// With so many in common it is the same movement: more than half, as hardly any two of people's share one.
pub const LEAST: u8 = 3;

/// The bytes of a hash.
pub const BYTES: usize = 8;

/// Shorter paths, px, and fewer positions resemble each other too much.
const LEAST_PATH: f64 = 30.0;
const LEAST_POSITIONS: usize = 5;

/// Harmonics of a curve.
const HARMONICS: usize = 5;

/// The numbers of a shape: the harmonics of five curves.
const SHAPE_COUNT: usize = 5 * HARMONICS;

/// Of these, those that depend on positions alone come first.
const PLACED: usize = 2 * HARMONICS;

/// Places at which a curve is read.
const PLACES: usize = 64;

/// The width of a cell, of the movement's size.
const CELL: f64 = 0.001;

/// The hashes of a proof's movement; none if there is too little of it, or it is of a kind that is not found again.
///
/// `key` is the server's, and of this use only. There are [`COUNT`], or none.
#[must_use]
pub fn of_proof(key: &[u8; 32], proof: &InteractionProof) -> Vec<[u8; BYTES]> {
    // A pen's strokes and a finger's taps were not measured. Each of privacy mode's numbers changes in one exact
    // replay of six: what is made of all of them is not found again.
    if proof.kind != Kind::Mouse || proof.private.is_some() {
        return Vec::new();
    }
    of_points(key, &proof.points())
}

/// The hashes of a movement, oldest position first; see [`of_proof`].
#[must_use]
pub fn of_points(key: &[u8; 32], points: &[Point]) -> Vec<[u8; BYTES]> {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    let Some(numbers) = shape(points) else { return Vec::new() };
    // A straight line is every straight line: of those, times must be the same too.
    let straight = numbers.iter().take(PLACED).all(|number| number.abs() < 2.0 * CELL);
    let told = if straight { SHAPE_COUNT } else { PLACED };
    (0_u8..)
        .zip(STARTS)
        .filter_map(|(table, start)| {
            // Cells begin at other places in every table, and along every number.
            let begin = |place: u8| f64::from(start.wrapping_add(place.wrapping_mul(89))) / 256.0;
            let numbers = numbers.iter().take(told).zip(0_u8..);
            let cells: Vec<f64> =
                numbers.map(|(number, place)| number / CELL + begin(place)).collect();
            cell(mac.clone(), table, &cells)
        })
        .collect()
}

/// The hash of the cell of a table that these numbers lie in; a cell is 1 wide.
fn cell(mut mac: Hmac<Sha256>, table: u8, numbers: &[f64]) -> Option<[u8; BYTES]> {
    mac.update(&[table]);
    for number in numbers {
        mac.update(&quantise(*number, i16::MIN, i16::MAX).to_be_bytes());
    }
    mac.finalize().into_bytes().first_chunk().copied()
}

/// What shift, turn, scale and pace of a movement leave as it is: the harmonics of its curves. `None` if there is too
/// little of it.
///
/// A curve is read at even places, its way from end to end taken off, and given as its first sine harmonics.
/// Places are of the path: the parts across and along the direction of the furthest position, by its
/// distance; then the time. Then places are of the time: the same two parts.
fn shape(points: &[Point]) -> Option<[f64; SHAPE_COUNT]> {
    let path = smooth(&smooth(&distinct(points)));
    let (first, last) = (*path.first()?, *path.last()?);
    let mut walked = Vec::with_capacity(path.len());
    let mut length = 0.0;
    let mut before = first;
    for point in &path {
        length += before.distance(*point);
        before = *point;
        walked.push(length);
    }
    let time = last.t - first.t;
    if path.len() < LEAST_POSITIONS || !(length >= LEAST_PATH && time > 0.0) {
        return None;
    }
    let furthest = path.iter().fold(first, |furthest, point| {
        if first.distance(*point) > first.distance(furthest) { *point } else { furthest }
    });
    let size = first.distance(furthest);
    let (x, y) = ((furthest.x - first.x) / size, (furthest.y - first.y) / size);
    let part = |a: f64, b: f64| {
        path.iter()
            .map(move |point| ((point.x - first.x) * a + (point.y - first.y) * b) / size)
            .collect()
    };
    let (along, across): (Vec<f64>, Vec<f64>) = (part(x, y), part(-y, x));
    let places: Vec<f64> = walked.iter().map(|walked| walked / length).collect();
    let times: Vec<f64> = path.iter().map(|point| (point.t - first.t) / time).collect();
    let curves = [
        harmonics(&places, &across, 0.0),
        harmonics(&places, &along, 1.0),
        harmonics(&places, &times, 1.0),
        harmonics(&times, &across, 0.0),
        harmonics(&times, &along, 1.0),
    ];
    let mut numbers = [0.0; SHAPE_COUNT];
    for (number, harmonic) in numbers.iter_mut().zip(curves.as_flattened()) {
        *number = *harmonic;
    }
    numbers.iter().all(|number| number.is_finite()).then_some(numbers)
}

/// sin (π k s) at the places s, by k.
static SINES: LazyLock<[[f64; PLACES]; HARMONICS]> = LazyLock::new(|| {
    let mut sines = [[0.0; PLACES]; HARMONICS];
    for (row, k) in sines.iter_mut().zip(1_u8..) {
        for (sine, place) in row.iter_mut().zip(0_u8..) {
            *sine = (PI * f64::from(k) * middle(place)).sin();
        }
    }
    sines
});

/// The middle of a place, from 0 to 1.
fn middle(place: u8) -> f64 {
    (f64::from(place) + 0.5) / 64.0
}

/// The harmonics of what a curve is more than `rise` times the place. `at` ascends from 0 to 1.
fn harmonics(at: &[f64], curve: &[f64], rise: f64) -> [f64; HARMONICS] {
    let mut pairs = at.iter().zip(curve).map(|(at, value)| (*at, *value)).peekable();
    let (mut from, mut value) = (0.0, 0.0);
    let mut read = [0.0; PLACES];
    for (out, place) in read.iter_mut().zip(0_u8..) {
        let place = middle(place);
        while let Some(before) = pairs.next_if(|(at, _)| *at <= place) {
            (from, value) = before;
        }
        let (to, next) = pairs.peek().copied().unwrap_or((1.0, value));
        let share = if to > from { (place - from) / (to - from) } else { 0.0 };
        *out = value + share * (next - value) - rise * place;
    }
    SINES
        .each_ref()
        .map(|sines| sines.iter().zip(&read).map(|(sine, value)| sine * value).sum::<f64>() / 32.0)
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
        let original = of_points(&KEY, &wave(0.0, 1.0, 1.0));
        assert_eq!(original.len(), COUNT);
        for (turn, scale, pace) in
            [(0.0, 1.0, 1.0), (1.2, 1.0, 1.0), (0.0, 3.0, 1.0), (-2.0, 0.7, 1.6)]
        {
            let again = of_points(&KEY, &wave(turn, scale, pace));
            assert!(common(&original, &again) >= LEAST, "{turn} {scale} {pace}");
        }
        let mut other = wave(0.0, 1.0, 1.0);
        other[15].y += 60.0;
        assert!(common(&original, &of_points(&KEY, &other)) < LEAST);
    }

    #[test]
    fn straight_lines_are_not_one_another() {
        let line = |late: i32| -> Vec<Point> {
            (0..30)
                .map(|i| Point {
                    t: f64::from(16 * i + i * late % 7),
                    x: f64::from(9 * i),
                    y: f64::from(4 * i),
                })
                .collect()
        };
        let one = of_points(&KEY, &line(0));
        assert_eq!(common(&one, &of_points(&KEY, &line(0))), 5);
        assert_eq!(common(&one, &of_points(&KEY, &line(3))), 0);
    }

    #[test]
    fn a_hash_needs_the_key() {
        let movement = wave(0.0, 1.0, 1.0);
        assert_eq!(common(&of_points(&KEY, &movement), &of_points(&[8; 32], &movement)), 0);
    }

    #[test]
    fn too_little_has_no_hash() {
        assert!(of_points(&KEY, &[]).is_empty());
        assert!(of_points(&KEY, &wave(0.0, 1.0, 1.0)[..4]).is_empty());
        assert!(of_points(&KEY, &wave(0.0, 0.05, 1.0)).is_empty());
    }

    proptest! {
        #[test]
        fn any_points_give_all_hashes_or_none(points in prop::collection::vec(any::<[f64; 3]>(), 0..130)) {
            let points: Vec<_> = points.into_iter().map(|[t, x, y]| Point { t, x, y }).collect();
            let count = of_points(&KEY, &points).len();
            prop_assert!([0, COUNT].contains(&count));
        }
    }
}
