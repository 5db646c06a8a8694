//! Trains what ships, and writes it with where it came from.

use crate::{
    calibrate::{self, worth},
    corpus::{Corpus, Measured},
    data::{self, Malformed},
    development::{CLICKS, NOMINAL, Thresholds},
    families::family,
    held_out::{HeldOut, Sums, judge},
    judged::{Judged, Mode, OTHERS_KNOWN, groups, report},
    recombined::RECIPES,
};
use partitioned_authority::{
    evidence::{
        BIT, Evidence,
        model::{Forest, Model, TREE_BYTES},
        session::COLD,
    },
    verifier::{
        admission::{EvidenceSum, SessionUpdate},
        weighing::update,
    },
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

/// The seed of everything random.
pub const SEED: u64 = 20_261_129;

/// Interactions of a session over which one person in a hundred may come into doubt.
pub const SESSION: usize = 10;

/// Everything that was held out, as evidence in bits.
pub fn judged(
    corpus: &Corpus,
    held: &HeldOut,
    whole: &[(i32, i16)],
    private: &[(i32, i16)],
) -> Vec<Judged> {
    let bits = |table, sum: Option<i32>| {
        sum.map_or(0.0, |sum| f64::from(evidence(table, sum)) / f64::from(BIT))
    };
    let mut all = Vec::new();
    let mut add = |source: String, group: &str, bot: bool, sums: &Sums| {
        all.push(Judged {
            source,
            group: group.to_owned(),
            bot,
            measured: sums.whole.is_some(),
            bits: bits(whole, sums.whole),
            private_bits: bits(private, sums.private),
        });
    };
    for (i, sample) in corpus.samples.iter().enumerate() {
        add(sample.source.clone(), &sample.group, sample.bot, &held.sums[i]);
        // As other recorders would have seen people: sets that no threshold was fixed on.
        for sums in held.variants[i].iter().filter(|_| !sample.bot) {
            add(format!("{} varied", sample.source), &sample.group, false, sums);
        }
    }
    for (recipe, made) in RECIPES.iter().zip(&held.recombined) {
        let names = [recipe.name.to_owned(), format!("{}{OTHERS_KNOWN}", recipe.name)];
        for (name, sums) in names.iter().zip(made) {
            sums.iter().for_each(|sums| add(name.clone(), "", true, sums));
        }
    }
    all
}

/// Writes `movement.bin`, `private.bin` and `weights.rs` into one directory, and what was found while
/// families and people were held out into `development.json` of the other.
pub fn train(data: &Path, out: &Path, found: &Path) -> Result<(), Malformed> {
    let samples = data::read(data)?;
    for (bot, what) in [(false, "people"), (true, "programs")] {
        if !samples.iter().any(|sample| sample.bot == bot) {
            return Err(Malformed(format!("{}: no samples of {what} to train on", data.display())));
        }
    }
    eprintln!("train  measuring {} samples and their variants", samples.len());
    let corpus = Corpus::of(&samples, SEED);
    eprintln!(
        "train  {} models with a family and a fifth of the people held out",
        corpus.families().len()
    );
    let held = judge(&corpus);
    eprintln!("train  the models that ship");
    let movement = corpus.train(None, None);
    let private = corpus.train_private(None, None);
    let (whole, coarse) = tables(&corpus, &held);
    let session = session_limit(&corpus, &held, &whole);
    let judged = judged(&corpus, &held, &whole, &coarse);
    let [thresholds, private_thresholds] = [Mode::Whole, Mode::Private]
        .map(|mode| Thresholds::of(&groups(&judged, false, false, mode)));
    let development = json!({
        "shares": NOMINAL,
        "clicks": CLICKS,
        "whole": thresholds.json(),
        "private": private_thresholds.json(),
        "held_out": report(&judged, &thresholds, Mode::Whole),
        "held_out_private": report(&judged, &private_thresholds, Mode::Private),
    });
    for (name, row) in development["held_out"]["people"].as_object().into_iter().flatten() {
        eprintln!(
            "train  people {name} refused at 1 %: {} of measured {} {}",
            row["refused"]["0.01"], row["measured"], row["refused_of_measured"]["0.01"]
        );
    }
    for (name, row) in development["held_out"]["programs"].as_object().into_iter().flatten() {
        eprintln!(
            "train  {name} {} {} {} area {}",
            row["caught"]["0.01"]["1"],
            row["caught"]["0.05"]["1"],
            row["caught"]["0.01"]["5"],
            row["area"]
        );
    }
    eprintln!("train  limits {:?}", thresholds.0);
    eprintln!("train  held out: {}", development["held_out"]["mean"]);
    eprintln!(
        "train  made of people's steps, others known: {}",
        development["held_out"]["mean_recombined_others_known"]
    );
    eprintln!("train  held out, privacy mode: {}", development["held_out_private"]["mean"]);
    let (mut origin, mut text) = (String::new(), String::new());
    let mut hash = Sha256::new();
    let mut sources: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for sample in &samples {
        *sources.entry((sample.bot, &sample.source)).or_default() += 1;
    }
    for file in data::files(data)? {
        let name =
            file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        hash.update(name.as_bytes());
        hash.update(data::text(&file)?.as_bytes());
    }
    let of = |bot: bool| {
        let names = sources.iter().filter(|((b, _), _)| *b == bot);
        names.map(|((_, name), count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    };
    let hex = hash.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let _ = write!(
        origin,
        "//! Generated; not to be edited.\n//!\n\
         //! | | |\n//! |---|---|\n\
         //! | command | `npm run train:interaction -- --data <dir>` |\n\
         //! | seed | {SEED} |\n\
         //! | data, SHA-256 of names and text | `{hex}` |\n\
         //! | people | {} |\n//! | programs | {} |\n\
         //! | trees | {} of {TREE_BYTES} bytes, and as many of privacy mode |\n\n",
        of(false),
        of(true),
        movement.len() / TREE_BYTES,
    );
    text.push_str("use super::forest::{Forest, Model};\nuse crate::evidence::bits::Evidence;\n\n");
    for (name, file, doc, table) in [
        ("MOVEMENT", "movement.bin", "The model of whole features.", &whole),
        ("PRIVATE_MOVEMENT", "private.bin", "The model of privacy mode.", &coarse),
    ] {
        let rows: Vec<String> =
            table.iter().map(|(sum, bits)| format!("        ({sum}, {bits}),\n")).collect();
        let _ = write!(
            text,
            "/// {doc}\npub(super) const {name}: Model<'_> = Model {{\n    forest: Forest {{ trees: include_bytes!(\"{file}\") }},\n    worth: &[\n{}    ],\n}};\n\n",
            rows.concat(),
        );
    }
    let _ = write!(
        text,
        "/// At most 5, 1, 0.3 and 0.1 % of people's movements had more evidence than this against them, in the\n\
         /// set of people where most had.\n\
         pub const LIMITS: [Evidence; {}] = [{}];\n\n\
         /// At most one in a hundred people's sessions of {SESSION} interactions came to this sum.\n\
         pub const SESSION_LIMIT: u16 = {session};\n",
        NOMINAL.len(),
        thresholds
            .0
            .map(|[one, ..]| format!("Evidence({})", (one * f64::from(BIT)).ceil() as i16))
            .join(", "),
    );
    fs::create_dir_all(out)
        .and_then(|()| fs::write(out.join("movement.bin"), &movement))
        .and_then(|()| fs::write(out.join("private.bin"), &private))
        .and_then(|()| fs::write(out.join("weights.rs"), format!("{origin}{text}")))
        .and_then(|()| fs::write(found.join("development.json"), format!("{development:#}\n")))
        .map_err(|error| Malformed(format!("{}: {error}", out.display())))
}

/// What sums are worth, of whole features and of privacy mode.
pub fn tables(corpus: &Corpus, held: &HeldOut) -> (Vec<(i32, i16)>, Vec<(i32, i16)>) {
    (table(corpus, held, |sums| sums.whole), table(corpus, held, |sums| sums.private))
}

/// The worth of sums that were held out. People count by set, programs by family.
fn table(corpus: &Corpus, held: &HeldOut, sum: impl Fn(&Sums) -> Option<i32>) -> Vec<(i32, i16)> {
    let (mut people, mut programs) = (calibrate::Sums::new(), calibrate::Sums::new());
    for (i, sample) in corpus.samples.iter().enumerate() {
        if let Some(sum) = sum(&held.sums[i]) {
            let (all, name) = match sample.bot {
                true => (&mut programs, family(&sample.source)),
                false => (&mut people, sample.source.as_str()),
            };
            all.entry(name).or_default().push(sum);
        }
    }
    for (recipe, [_, others_known]) in RECIPES.iter().zip(&held.recombined) {
        programs.entry(recipe.group).or_default().extend(others_known.iter().filter_map(&sum));
    }
    // A set too small for any.
    programs.retain(|_, sums| !sums.is_empty());
    worth(&people, &programs)
}

fn evidence(table: &[(i32, i16)], sum: i32) -> i16 {
    Model { forest: Forest { trees: &[] }, worth: table }.worth(sum).0
}

fn people(corpus: &Corpus) -> impl Iterator<Item = (usize, &Measured)> {
    corpus.samples.iter().enumerate().filter(|(_, sample)| !sample.bot)
}

/// The sums that the sequential test reaches in sessions of people.
fn highest(sessions: &[Vec<Evidence>]) -> Vec<u16> {
    sessions
        .iter()
        .map(|session| {
            let mut sum = EvidenceSum::default();
            let mut most = 0;
            for evidence in session {
                // The limit that is sought is not known yet, so there is no cap.
                sum = sum.after(SessionUpdate { cap: u16::MAX, limit: None, ..update(*evidence) });
                if sum.interactions >= COLD {
                    most = most.max(sum.sum);
                }
            }
            most
        })
        .collect()
}

fn session_limit(corpus: &Corpus, held: &HeldOut, table: &[(i32, i16)]) -> u16 {
    let mut sets: BTreeMap<&str, BTreeMap<&str, Vec<Evidence>>> = BTreeMap::new();
    for (i, sample) in people(corpus) {
        let found = held.sums[i].whole.map_or(0, |sum| evidence(table, sum));
        sets.entry(&sample.source)
            .or_default()
            .entry(&sample.group)
            .or_default()
            .push(Evidence(found));
    }
    let mut limit = BIT.unsigned_abs();
    for (name, groups) in &sets {
        let sessions: Vec<Vec<Evidence>> = groups
            .values()
            .flat_map(|all| all.chunks_exact(SESSION).map(<[Evidence]>::to_vec))
            .collect();
        if sessions.is_empty() {
            continue;
        }
        let mut most = highest(&sessions);
        most.sort_unstable();
        let index = most.len() - 1 - most.len() / 100;
        eprintln!("train  {} sessions of {name}: sum {} at 1 %", sessions.len(), most[index]);
        limit = limit.max(most[index] + 1);
    }
    // Whole bits.
    limit.div_ceil(BIT.unsigned_abs()) * BIT.unsigned_abs()
}
