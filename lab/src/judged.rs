//! Samples with the evidence that some model gave them, and the tables made of it.

use crate::{
    development::{CLICKS, NOMINAL, Thresholds},
    families::family,
    statistics::{area, drawn, over, sessions},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One sample. Evidence in bits, positive for a program; 0 where nothing is known.
pub struct Judged {
    pub source: String,
    pub group: String,
    pub bot: bool,
    pub measured: bool,
    pub bits: f64,
    pub private_bits: f64,
}

/// What the names of our own generators begin with, and of those end with that were judged by a model which
/// knew the other ways to put people's steps together.
pub const OWN: &str = "own_";
pub const OTHERS_KNOWN: &str = ", others known";

/// Values of a source by session, in the order of the file.
pub type Groups = Vec<Vec<f64>>;

/// Which evidence is meant.
#[derive(Clone, Copy)]
pub enum Mode {
    Whole,
    Private,
}

impl Mode {
    pub fn of(self, judged: &Judged) -> f64 {
        match self {
            Self::Whole => judged.bits,
            Self::Private => judged.private_bits,
        }
    }
}

/// By source: values by session.
pub fn groups(all: &[Judged], bot: bool, measured: bool, mode: Mode) -> BTreeMap<String, Groups> {
    let mut sets: BTreeMap<&str, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
    for judged in all.iter().filter(|judged| judged.bot == bot && (judged.measured || !measured)) {
        let groups = sets.entry(&judged.source).or_default();
        groups.entry(&judged.group).or_default().push(mode.of(judged));
    }
    sets.into_iter()
        .map(|(source, groups)| (source.to_owned(), groups.into_values().collect()))
        .collect()
}

/// What share of each set of people is refused, and of each generator caught.
pub fn report(all: &[Judged], thresholds: &Thresholds, mode: Mode) -> Value {
    let mut people = serde_json::Map::new();
    for (source, found) in groups(all, false, false, mode) {
        let flat: Vec<f64> = found.concat();
        let moved = groups(all, false, true, mode).remove(&source).unwrap_or_default();
        let refused = |values: &dyn Fn(usize) -> Vec<f64>| {
            shares(thresholds, &|limit, clicks| over(&values(clicks), limit))
        };
        people.insert(
            source,
            json!({
                "samples": flat.len(),
                "measured": moved.iter().map(Vec::len).sum::<usize>(),
                "refused": refused(&|clicks| sessions(&found, clicks)),
                "refused_of_measured": refused(&|clicks| sessions(&moved, clicks)),
            }),
        );
    }
    // Of people whose movement could be measured, as recorded: what can't be is neither found nor missed.
    let everyone: Vec<f64> = groups(all, false, true, mode)
        .into_iter()
        .filter(|(source, _)| !source.ends_with(" varied"))
        .flat_map(|(_, groups)| groups.concat())
        .collect();
    let mut programs = serde_json::Map::new();
    for (source, found) in groups(all, true, false, mode) {
        let flat: Vec<f64> = found.concat();
        let moved = groups(all, true, true, mode).remove(&source).unwrap_or_default();
        // Runs of a generator are one session each, or few: clicks are drawn from all of them.
        programs.insert(
            source.clone(),
            json!({
                "family": family(&source),
                "samples": flat.len(),
                "measured": moved.iter().map(Vec::len).sum::<usize>(),
                "caught": shares(thresholds, &|limit, clicks| over(&drawn(&flat, clicks), limit)),
                "area": if everyone.is_empty() { Value::Null } else { json!(round(area(&everyone, &flat))) },
            }),
        );
    }
    // Those made of people's steps are ours, and each is there twice.
    let ours = |name: &str| name.starts_with(OWN);
    let known = |name: &str| name.ends_with(OTHERS_KNOWN);
    json!({
        "people": people,
        "mean": mean(&programs, &|name| !ours(name)),
        "mean_recombined": mean(&programs, &|name| ours(name) && !known(name)),
        "mean_recombined_others_known": mean(&programs, &|name| ours(name) && known(name)),
        "programs": programs,
    })
}

/// `{ "0.01": { "1": share, … }, … }`
fn shares(thresholds: &Thresholds, share: &dyn Fn(f64, usize) -> f64) -> Value {
    let mut out = serde_json::Map::new();
    for (row, nominal) in thresholds.0.iter().zip(NOMINAL) {
        let cells = row
            .iter()
            .zip(CLICKS)
            .map(|(limit, clicks)| (clicks.to_string(), json!(round(share(*limit, clicks)))));
        out.insert(nominal.to_string(), Value::Object(cells.collect()));
    }
    Value::Object(out)
}

/// The mean over some generators; null if there are none.
fn mean(programs: &serde_json::Map<String, Value>, pick: &dyn Fn(&str) -> bool) -> Value {
    if !programs.keys().any(|name| pick(name)) {
        return Value::Null;
    }
    let mut out = serde_json::Map::new();
    for nominal in NOMINAL.map(|share| share.to_string()) {
        let mut row = serde_json::Map::new();
        for clicks in CLICKS.map(|clicks| clicks.to_string()) {
            let cells: Vec<f64> = programs
                .iter()
                .filter(|(name, _)| pick(name))
                .filter_map(|(_, program)| program["caught"][&nominal][&clicks].as_f64())
                .collect();
            row.insert(clicks, json!(round(cells.iter().sum::<f64>() / cells.len().max(1) as f64)));
        }
        out.insert(nominal, Value::Object(row));
    }
    Value::Object(out)
}

pub fn round(x: f64) -> f64 {
    (x * 1e4).round() / 1e4
}
