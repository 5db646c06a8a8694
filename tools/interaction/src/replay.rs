//! People's movements played again by a program: by the score alone that must look like a person, and the
//! search for duplicates must find it.

use crate::{
    axes,
    corpus::folds,
    data::Sample,
    judged::round,
    random::Random,
    shipped::{assessment, bits},
    statistics::{area, limit, over},
    variants,
};
use partitioned_authority::{
    proof::{
        Point,
        features::{measure, private},
    },
    verifier::{
        duplicates::{BYTES, EXACT, NARROW, is_duplicate, of_numbers, shape, signatures},
        model::{
            WEAK,
            axes::{AXES, Axes},
        },
    },
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

/// Wider or narrower than high, by up to a quarter.
pub fn stretched(sample: &Sample, random: &mut Random) -> Sample {
    let mut copy = exact(sample, random);
    let (x, y) = (random.between(0.8, 1.25), random.between(0.8, 1.25));
    for point in &mut copy.points {
        *point = Point { x: (point.x * x).round(), y: (point.y * y).round(), ..*point };
    }
    copy.click = copy.points.last().copied().unwrap_or_default();
    copy
}

/// Bent into an arc, by up to a tenth of its way, smoothly.
pub fn bent(sample: &Sample, random: &mut Random) -> Sample {
    let mut copy = exact(sample, random);
    let (first, last) = (copy.points[0], copy.points[copy.points.len() - 1]);
    let (dx, dy, by) = (last.x - first.x, last.y - first.y, random.between(0.04, 0.1));
    let sign = if random.chance(0.5) { 1.0 } else { -1.0 };
    let count = copy.points.len().max(2) - 1;
    for (i, point) in copy.points.iter_mut().enumerate() {
        let arc = sign * by * libm::sin(core::f64::consts::PI * i as f64 / count as f64);
        *point =
            Point { x: (point.x - dy * arc).round(), y: (point.y + dx * arc).round(), ..*point };
    }
    copy.click = copy.points.last().copied().unwrap_or_default();
    copy
}

type Signatures = Vec<[u8; BYTES]>;

/// How movements are known again.
#[derive(Clone, Copy)]
enum By<'a> {
    Trajectory(&'a Axes),
    /// What privacy mode tells.
    Numbers,
}

impl By<'_> {
    fn signatures(self, sample: &Sample) -> Signatures {
        let proof = sample.proof(false);
        match self {
            Self::Trajectory(axes) => {
                shape(&proof.points()).map(|shape| signatures(&KEY, &shape, axes))
            }
            Self::Numbers => measure(&proof.points()).map(|all| of_numbers(&KEY, &private(&all))),
        }
        .unwrap_or_default()
    }
}

/// Signatures that were stored, and whose.
#[derive(Default)]
struct Stored {
    by: HashMap<[u8; BYTES], Vec<u32>>,
    count: u32,
}

impl Stored {
    fn insert(&mut self, signatures: &Signatures) {
        for signature in signatures {
            self.by.entry(*signature).or_default().push(self.count);
        }
        self.count += 1;
    }

    /// Whether any one stored movement is the same.
    fn knows(&self, signatures: &Signatures) -> bool {
        let of = u8::try_from(signatures.len()).unwrap_or(u8::MAX);
        is_duplicate(self.most(signatures), of)
    }

    /// Whether any one went the very same path: what is asked of everybody's movements.
    fn knows_path(&self, signatures: &Signatures) -> bool {
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

/// Half of `own` is stored and played again, half comes new; of `others` half is stored too.
fn search(own: &[&Sample], others: &[&Sample], by: By<'_>, random: &mut Random) -> Value {
    let half = (own.len() / 2).min(STORED);
    let mut stored = Stored::default();
    for sample in own.iter().take(half).chain(others.iter().take(others.len() / 2)) {
        stored.insert(&by.signatures(sample));
    }
    let fresh: Vec<Signatures> =
        own.iter().skip(half).map(|sample| by.signatures(sample)).collect();
    let mut play = |change: &dyn Fn(&Sample, &mut Random) -> Sample| {
        let played = own.iter().take(half.min(PLAYED));
        let copies: Vec<Signatures> =
            played.map(|sample| by.signatures(&change(sample, random))).collect();
        let mut again = Random::named(7, "weak");
        let weak: Vec<bool> = own
            .iter()
            .take(half.min(PLAYED))
            .map(|sample| {
                bits(assessment(&change(sample, &mut again), false).evidence) > bits(WEAK)
            })
            .collect();
        let both: Vec<(bool, bool)> =
            copies.iter().map(|copy| stored.knows(copy)).zip(weak.iter().copied()).collect();
        json!({
            "found": share(&copies, |copy| stored.knows(copy)),
            "found_by_path": share(&copies, |copy| stored.knows_path(copy)),
            "weak": share(&weak, |weak| *weak),
            "found_or_weak": share(&both, |(found, weak)| *found || *weak),
            "path_or_weak": share(&copies.iter().map(|copy| stored.knows_path(copy)).zip(weak.iter().copied()).collect::<Vec<_>>(), |(found, weak)| *found || *weak),
        })
    };
    json!({
        "exact": play(&exact),
        "jittered": {
            "1": play(&|sample, random| jittered(sample, 1.0, random)),
            "2": play(&|sample, random| jittered(sample, 2.0, random)),
            "3": play(&|sample, random| jittered(sample, 3.0, random)),
            "5": play(&|sample, random| jittered(sample, 5.0, random)),
            "stretched": play(&stretched),
            "bent": play(&bent),
        },
        "stored": stored.count,
        "new_ones": fresh.len(),
        "new_ones_found": share(&fresh, |new| stored.knows(new)),
        "new_ones_found_by_path": share(&fresh, |new| stored.knows_path(new)),
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
                "trajectory": search(&all, &[], By::Trajectory(&AXES), &mut random),
                "numbers": search(&all, &[], By::Numbers, &mut random),
            }),
        );
    }
    // Programs whose movements are those of the people here.
    let by = By::Trajectory(&AXES);
    let mut stored = Stored::default();
    for sample in samples.iter().filter(|sample| !sample.bot) {
        stored.insert(&by.signatures(sample));
    }
    let mut programs: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.bot) {
        programs.entry(&sample.source).or_default().push(stored.knows(&by.signatures(sample)));
    }
    let programs: serde_json::Map<String, Value> = programs
        .into_iter()
        .map(|(name, found)| (name.to_owned(), json!(share(&found, |known| *known))))
        .collect();
    json!({ "people": out, "programs_found_among_people": programs })
}

/// The search with axes of three fifths of the people, among the movements of the others; those of the first are
/// stored beside them.
pub fn held_out(samples: &[Sample], seed: u64) -> Value {
    let folds = folds(samples);
    let mut sets: BTreeMap<&str, [Vec<&Sample>; 2]> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| !sample.bot) {
        let fold = folds.get(&(sample.source.clone(), sample.person())).map_or(0, |fold| *fold);
        sets.entry(&sample.source).or_default()[fold % 2].push(sample);
    }
    let moved = |sample: &&Sample| measure(&sample.proof(false).points()).is_some();
    let known: Vec<&Sample> =
        sets.values().flat_map(|[one, _]| one.iter().copied()).filter(moved).collect();
    let axes = axes::of(&known, seed);
    let mut out = serde_json::Map::new();
    for (source, [mut one, mut other]) in sets {
        let mut random = Random::named(seed, source);
        random.shuffle(&mut one);
        random.shuffle(&mut other);
        out.insert(
            source.to_owned(),
            json!({
                "trajectory": search(&other, &one, By::Trajectory(&axes), &mut random),
                "numbers": search(&other, &one, By::Numbers, &mut random),
            }),
        );
    }
    Value::Object(out)
}
