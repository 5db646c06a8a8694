//! What each part of the evidence is worth: the same people and programs with it and without it.

use crate::{
    data::Sample,
    judged::{Judged, Mode, OTHERS_KNOWN, groups, round},
    shipped::{assessment, bits, doubted},
    train::SESSION,
};
use partitioned_authority::verifier::{interaction::Band, model::WEAK};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is judged beside the movement; the model's own phrases are left out.
const RULES: [&str; 14] = [
    "events were not trusted",
    "the browser says it is driven by automation",
    "pressed at the exact centre of the target",
    "fractional mouse coordinates at a pixel ratio of 1",
    "released within 5 ms of the press",
    "the pointer jumped to the target",
    "jumped and clicked in an instant",
    "the pointer appeared on the target and clicked",
    "moved at an impossible speed",
    "many samples took no time",
    "a ruled line at constant speed",
    "pressed for an ordinary time",
    "pressed for an unusual time",
    "fewer than 5 moves before the press",
];

/// By source and rule: how many presses it is found in, in how many of these the movement alone is not weak, and in how
/// many of those the interaction is.
pub fn rules(samples: &[Sample], movement: &dyn Fn(usize, &Sample) -> f64) -> Value {
    let mut found: BTreeMap<&str, (usize, BTreeMap<&str, [usize; 3]>)> = BTreeMap::new();
    for (i, sample) in samples.iter().enumerate() {
        let (count, rules) = found.entry(&sample.source).or_default();
        *count += 1;
        let assessment = assessment(sample, true);
        let unseen = movement(i, sample) <= bits(WEAK);
        let is_weak = matches!(assessment.band, Band::Weak | Band::Mechanical);
        for reason in RULES.iter().filter(|rule| assessment.reasons.contains(rule)) {
            let row = rules.entry(reason).or_default();
            for (cell, add) in row.iter_mut().zip([true, unseen, unseen && is_weak]) {
                *cell += usize::from(add);
            }
        }
    }
    let shares = |(count, rules): (usize, BTreeMap<&str, [usize; 3]>)| {
        let of = |(rule, row): (&str, [usize; 3])| {
            (rule.to_owned(), json!(row.map(|cell| round(cell as f64 / count as f64))))
        };
        json!({ "presses": count, "rules": Value::Object(rules.into_iter().map(of).collect()) })
    };
    Value::Object(found.into_iter().map(|(name, all)| (name.to_owned(), shares(all))).collect())
}

/// Sessions of so many: of which one movement is weak, which come into doubt, and which do so with no movement weak.
fn session(parts: &[Vec<f64>]) -> Value {
    let weak = |part: &[f64]| part.iter().any(|bits_of| *bits_of > bits(WEAK));
    let share = |of: &dyn Fn(&[f64]) -> bool| {
        let count = parts.iter().filter(|part| of(part)).count();
        round(count as f64 / parts.len().max(1) as f64)
    };
    json!({
        "sessions": parts.len(),
        "weak": share(&weak),
        "doubted": share(&|part| doubted(part)),
        "doubted_alone": share(&|part| doubted(part) && !weak(part)),
    })
}

pub fn sessions(judged: &[Judged], mode: Mode) -> Value {
    let chunks =
        |all: &Vec<f64>| all.chunks_exact(SESSION).map(<[f64]>::to_vec).collect::<Vec<_>>();
    let mut out = Map::new();
    for (name, all) in groups(judged, false, false, mode) {
        out.insert(name, session(&all.iter().flat_map(chunks).collect::<Vec<_>>()));
    }
    for (name, all) in groups(judged, true, false, mode) {
        out.insert(name, session(&chunks(&all.concat())));
    }
    Value::Object(out)
}

/// A movement's weight, shifted by a habit.
fn shifted(weight: f64, by: f64) -> f64 {
    if by > 0.0 { weight.min((weight - by).max(-1.0)) } else { weight - by }
}

/// People whose first half of movements makes a habit for the second; programs on accounts of the usual habit, of the
/// strictest and of the kindest.
pub fn habit(judged: &[Judged], mode: Mode) -> Value {
    let mut people: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    for one in judged.iter().filter(|one| !one.bot && one.measured) {
        let person =
            one.group.split('/').find(|part| !matches!(*part, "train" | "test")).unwrap_or("");
        people.entry((&one.source, person)).or_default().push(mode.of(one));
    }
    let mut sets: BTreeMap<&str, Vec<[f64; 5]>> = BTreeMap::new();
    let doubt = |all: &[f64]| {
        let parts: Vec<&[f64]> = all.chunks_exact(SESSION).collect();
        parts.iter().filter(|part| doubted(part)).count() as f64 / parts.len().max(1) as f64
    };
    for ((source, _), all) in people.iter().filter(|(_, all)| all.len() >= 40) {
        let (past, now) = all.split_at(all.len() / 2);
        let shift = (past.iter().sum::<f64>() / past.len() as f64 + 0.75).clamp(-0.25, 2.0);
        let weak = |all: &[f64]| {
            all.iter().filter(|one| **one > bits(WEAK)).count() as f64 / all.len() as f64
        };
        let moved: Vec<f64> = now.iter().map(|one| shifted(*one, shift)).collect();
        sets.entry(source).or_default().push([
            shift,
            weak(now),
            weak(&moved),
            doubt(now),
            doubt(&moved),
        ]);
    }
    let mut out = Map::new();
    for (source, rows) in sets {
        let mean = |i: usize| round(rows.iter().map(|row| row[i]).sum::<f64>() / rows.len() as f64);
        let most = |i: usize| round(rows.iter().map(|row| row[i]).fold(0.0, f64::max));
        out.insert(
            source.to_owned(),
            json!({
                "people": rows.len(),
                "shift": { "mean": mean(0), "most": most(0) },
                "weak": [mean(1), mean(2)], "weak_of_one": [most(1), most(2)],
                "doubted": [mean(3), mean(4)],
            }),
        );
    }
    let mut programs: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for one in judged.iter().filter(|one| one.bot && !one.source.starts_with("own_")) {
        programs.entry("recorded generators").or_default().push(mode.of(one));
    }
    for one in judged.iter().filter(|one| one.bot && one.source.ends_with(OTHERS_KNOWN)) {
        programs.entry("made of people's steps").or_default().push(mode.of(one));
    }
    for (name, all) in programs {
        let caught = |by: f64| {
            let all: Vec<f64> = all.iter().map(|one| shifted(*one, by)).collect();
            let weak =
                all.iter().filter(|one| **one > bits(WEAK)).count() as f64 / all.len() as f64;
            json!({ "weak": round(weak), "doubted": round(doubt(&all)) })
        };
        out.insert(
            name.to_owned(),
            json!({
                "without": caught(0.0), "strictest": caught(-0.25), "kindest": caught(2.0),
            }),
        );
    }
    Value::Object(out)
}
