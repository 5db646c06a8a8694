//! People's movements played again by a program: by the score alone that must look like a person, and the
//! search for duplicates must find it.

use crate::{
    data::Sample,
    judged::round,
    random::Random,
    shipped::{assessment, bits},
    statistics::area,
    variants,
};
use partitioned_authority::{
    proof::Point,
    verifier::duplicates::{BYTES, EXACT, NARROW, is_duplicate, of_numbers, sketches},
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

/// Signatures that were stored, and whose.
#[derive(Default)]
pub struct Stored {
    by: HashMap<[u8; BYTES], Vec<u32>>,
    count: u32,
}

pub fn signatures(sample: &Sample) -> Vec<[u8; BYTES]> {
    sketches(&KEY, &sample.proof(false).points())
}

impl Stored {
    pub fn insert(&mut self, signatures: &[[u8; BYTES]]) {
        for signature in signatures {
            self.by.entry(*signature).or_default().push(self.count);
        }
        self.count += 1;
    }

    /// Whether any one stored movement is the same.
    pub fn knows(&self, signatures: &[[u8; BYTES]]) -> bool {
        let of = u8::try_from(signatures.len()).unwrap_or(u8::MAX);
        is_duplicate(self.most(signatures), of)
    }

    /// Whether any one went the very same path: what is asked of everybody's movements.
    pub fn knows_path(&self, signatures: &[[u8; BYTES]]) -> bool {
        self.most(signatures.get(..NARROW).unwrap_or_default()) >= EXACT
    }

    /// How many signatures one stored movement has in common at most.
    fn most(&self, signatures: &[[u8; BYTES]]) -> u8 {
        let mut matches: BTreeMap<u32, u8> = BTreeMap::new();
        for signature in signatures {
            for who in self.by.get(signature).into_iter().flatten() {
                *matches.entry(*who).or_default() += 1;
            }
        }
        matches.into_values().max().unwrap_or(0)
    }
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
        let found: Vec<Vec<[u8; BYTES]>> = all.iter().map(|sample| signatures(sample)).collect();
        // Half is stored and played again, half comes new.
        let half = (all.len() / 2).min(STORED);
        let mut stored = Stored::default();
        found.iter().take(half).for_each(|signatures| stored.insert(signatures));
        let fresh: Vec<bool> =
            found.iter().skip(half).map(|signatures| stored.knows(signatures)).collect();
        let paths = found.iter().skip(half).filter(|all| stored.knows_path(all)).count();
        let people: Vec<f64> =
            all.iter().map(|sample| bits(assessment(sample, false).evidence)).collect();
        let mut play = |change: &dyn Fn(&Sample, &mut Random) -> Sample| {
            let copies: Vec<Sample> = all
                .iter()
                .take(half.min(PLAYED))
                .map(|sample| change(sample, &mut random))
                .collect();
            let known = copies.iter().filter(|copy| stored.knows(&signatures(copy))).count();
            let paths = copies.iter().filter(|copy| stored.knows_path(&signatures(copy))).count();
            let bits: Vec<f64> =
                copies.iter().map(|copy| bits(assessment(copy, false).evidence)).collect();
            json!({
                "found": round(known as f64 / copies.len().max(1) as f64),
                "found_by_path": round(paths as f64 / copies.len().max(1) as f64),
                "area_of_score": round(area(&people, &bits)),
            })
        };
        let exact = play(&exact);
        let mut jitter = serde_json::Map::new();
        for noise in [1.0, 2.0, 3.0] {
            jitter
                .insert(noise.to_string(), play(&|sample, random| jittered(sample, noise, random)));
        }
        out.insert(
            source.to_owned(),
            json!({
                "stored": half,
                "with_signatures": round(found.iter().filter(|all| !all.is_empty()).count() as f64 / found.len().max(1) as f64),
                "new_ones_found": round(fresh.iter().filter(|known| **known).count() as f64 / fresh.len().max(1) as f64),
                "new_ones_found_by_path": round(paths as f64 / fresh.len().max(1) as f64),
                "new_ones": fresh.len(),
                "exact": exact,
                "jittered": jitter,
            }),
        );
    }
    // In privacy mode the one signature is of all numbers together.
    let numbers = |sample: &Sample| {
        let private = sample.proof(false).without_trajectory().private;
        let movement = private.and_then(|private| private.movement);
        movement.map(|numbers| of_numbers(&KEY, &numbers)).into_iter().collect::<Vec<_>>()
    };
    let mut private = serde_json::Map::new();
    for source in out.keys() {
        let mut all: Vec<&Sample> =
            samples.iter().filter(|sample| !sample.bot && sample.source == *source).collect();
        let mut random = Random::named(2, source);
        random.shuffle(&mut all);
        let half = (all.len() / 2).min(STORED);
        let mut stored = Stored::default();
        all.iter().take(half).for_each(|sample| stored.insert(&numbers(sample)));
        let share = |known: usize, of: usize| round(known as f64 / of.max(1) as f64);
        let fresh = all.iter().skip(half).filter(|sample| stored.knows(&numbers(sample))).count();
        let played = all.iter().take(half.min(PLAYED));
        let again =
            played.clone().filter(|sample| stored.knows(&numbers(&exact(sample, &mut random))));
        let again = again.count();
        let new = share(fresh, all.len() - half);
        private.insert(
            source.clone(),
            json!({ "new_ones_found": new, "exact": share(again, played.len()) }),
        );
    }
    // Programs whose movements are those of the people here.
    let mut stored = Stored::default();
    for sample in samples.iter().filter(|sample| !sample.bot) {
        stored.insert(&signatures(sample));
    }
    let mut programs: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.bot) {
        let (known, all) = programs.entry(&sample.source).or_default();
        *known += usize::from(stored.knows(&signatures(sample)));
        *all += 1;
    }
    let programs: serde_json::Map<String, Value> = programs
        .into_iter()
        .map(|(name, (known, all))| (name.to_owned(), json!(round(known as f64 / all as f64))))
        .collect();
    json!({ "people": out, "private": private, "programs_found_among_people": programs })
}
