//! People's movements played again by a program: by the score alone that must look like a person, and the
//! search for movements seen before must find it.

use crate::{
    data::Sample,
    judged::round,
    random::Random,
    shipped::{assessment, bits},
    statistics::{area, limit, over},
    variants,
};
use partitioned_authority::{
    evidence::movement_hashes::{BYTES, LEAST, of_points},
    proof::Point,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

const KEY: [u8; 32] = [0x5a; 32];

/// Most movements that are stored, and that are played again.
const STORED: usize = 10_000;
const PLAYED: usize = 1_500;

/// As a driver plays it: moved by whole px, every event a little late.
pub fn exact(sample: &Sample, random: &mut Random) -> Sample {
    let mut points = sample.points.clone();
    let (dx, dy) = (random.between(-300.0, 300.0).round(), random.between(-300.0, 300.0).round());
    for point in &mut points {
        point.x += dx;
        point.y += dy;
    }
    variants::late(&mut points, random);
    let click = points.last().copied().unwrap_or_default();
    Sample { points, click, ..sample.clone() }
}

/// Turned, scaled and played at another pace, and every position moved by Gaussian noise of so many px.
pub fn jittered(sample: &Sample, noise: f64, random: &mut Random) -> Sample {
    let mut copy = exact(sample, random);
    let angle = 0.2 * random.normal();
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    let (scale, pace) = (random.between(0.85, 1.15), random.between(0.8, 1.25));
    for point in &mut copy.points {
        *point = Point {
            t: point.t * pace,
            x: (scale * (point.x * cos - point.y * sin) + noise * random.normal()).round(),
            y: (scale * (point.x * sin + point.y * cos) + noise * random.normal()).round(),
        };
    }
    copy.click = copy.points.last().copied().unwrap_or_default();
    copy
}

type Hashes = Vec<[u8; BYTES]>;

fn hashes(sample: &Sample) -> Hashes {
    of_points(&KEY, &sample.proof(false).points())
}

/// Hashes that were stored, and whose.
#[derive(Default)]
struct Stored {
    by: HashMap<[u8; BYTES], Vec<u32>>,
    count: u32,
}

impl Stored {
    fn insert(&mut self, hashes: &Hashes) {
        for hash in hashes {
            self.by.entry(*hash).or_default().push(self.count);
        }
        self.count += 1;
    }

    /// Whether any one stored movement is the same.
    fn knows(&self, hashes: &Hashes) -> bool {
        self.most(hashes) >= LEAST
    }

    /// How many hashes one stored movement has in common at most.
    fn most(&self, hashes: &[[u8; BYTES]]) -> u8 {
        let mut matches: BTreeMap<u32, u8> = BTreeMap::new();
        for hash in hashes {
            for who in self.by.get(hash).into_iter().flatten() {
                *matches.entry(*who).or_default() += 1;
            }
        }
        matches.into_values().max().unwrap_or(0)
    }
}

/// Shares of people refused and of copies caught, at fifty limits. Limits are values: where many are alike, no
/// share lies between.
fn roc(people: &[f64], copies: &[f64]) -> Vec<[f64; 2]> {
    let mut limits: Vec<f64> =
        (0..50).map(|i| limit(people, f64::from(i) / 50.0)).chain([f64::NEG_INFINITY]).collect();
    limits.dedup();
    limits.into_iter().map(|limit| [people, copies].map(|all| round(over(all, limit)))).collect()
}

/// The share, from 0 to 1, of which something is true.
fn share<T>(all: &[T], of: impl Fn(&T) -> bool) -> f64 {
    round(all.iter().filter(|one| of(one)).count() as f64 / all.len().max(1) as f64)
}

/// Half is stored and played again, half comes new.
fn search(own: &[&Sample], random: &mut Random) -> Value {
    let half = (own.len() / 2).min(STORED);
    let mut stored = Stored::default();
    for sample in own.iter().take(half) {
        stored.insert(&hashes(sample));
    }
    let fresh: Vec<Hashes> = own.iter().skip(half).map(|sample| hashes(sample)).collect();
    let mut play = |change: &dyn Fn(&Sample, &mut Random) -> Sample| {
        let played = own.iter().take(half.min(PLAYED));
        let copies: Vec<Hashes> = played.map(|sample| hashes(&change(sample, random))).collect();
        share(&copies, |copy| stored.knows(copy))
    };
    json!({
        "exact": play(&exact),
        "jittered": play(&|sample, random| jittered(sample, 1.0, random)),
        "stored": stored.count,
        "new_ones": fresh.len(),
        "new_ones_found": share(&fresh, |new| stored.knows(new)),
    })
}

/// By set of people: the control, and the search among everybody's movements.
pub fn report(samples: &[Sample]) -> Value {
    let mut sets: BTreeMap<&str, Vec<&Sample>> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| !sample.bot) {
        sets.entry(&sample.source).or_default().push(sample);
    }
    let mut out = serde_json::Map::new();
    for (source, mut all) in sets {
        let mut random = Random::named(1, source);
        random.shuffle(&mut all);
        let bits_of = |sample: &Sample| bits(assessment(sample, false).evidence);
        let people: Vec<f64> = all.iter().map(|sample| bits_of(sample)).collect();
        let played = all.iter().take((all.len() / 2).min(PLAYED));
        let copies: Vec<f64> = played.map(|sample| bits_of(&exact(sample, &mut random))).collect();
        out.insert(
            source.to_owned(),
            json!({
                "area_of_score": round(area(&people, &copies)),
                "roc_of_score": roc(&people, &copies),
                "search": search(&all, &mut random),
            }),
        );
    }
    // Programs whose movements are those of the people here.
    let mut stored = Stored::default();
    for sample in samples.iter().filter(|sample| !sample.bot) {
        stored.insert(&hashes(sample));
    }
    let mut programs: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.bot) {
        programs.entry(&sample.source).or_default().push(stored.knows(&hashes(sample)));
    }
    let programs: serde_json::Map<String, Value> = programs
        .into_iter()
        .map(|(name, found)| (name.to_owned(), json!(share(&found, |known| *known))))
        .collect();
    json!({ "people": out, "programs_found_among_people": programs })
}
