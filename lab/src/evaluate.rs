//! `eval`: everything that is measured, as JSON, tables and plots.

use crate::{
    charts,
    corpus::Corpus,
    data::{self, Malformed, Sample},
    development::{CLICKS, Development, NOMINAL, Thresholds},
    held_out,
    judged::{Judged, Mode, groups, report, round},
    replay, shipped, train,
};
use partitioned_authority::evidence::{Assessment, model::WEAK, session::LIMIT};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

pub struct Options<'a> {
    pub data: &'a Path,
    pub development: &'a Path,
    pub plots: Option<&'a Path>,
    pub leave_one_out: bool,
    pub dwell: bool,
    pub json: bool,
}

pub fn evaluate(options: &Options<'_>) -> Result<(), Malformed> {
    let samples = data::read(options.data)?;
    let development = Development::read(options.development)?;
    let (judged, found) = shipped::judge(&samples, options.dwell);
    let mut out = json!({
        "view": "frame60",
        "dwell": options.dwell,
        "shares": NOMINAL,
        "clicks": CLICKS,
        "thresholds": { "whole": development.whole.json(), "private": development.private.json() },
        "shipped": report(&judged, &development.whole, Mode::Whole),
        "shipped_private": report(&judged, &development.private, Mode::Private),
        "bands": bands(&samples, &found),
        "beside": beside(&samples),
        "session_test": sessions(&judged),
        "replay": replay::report(&samples),
    });
    let mut curves = vec![("shipped", "shipped", judged)];
    if options.leave_one_out {
        if !(samples.iter().any(|sample| sample.bot) && samples.iter().any(|sample| !sample.bot)) {
            return Err(Malformed("--leave-one-out needs people and programs".to_owned()));
        }
        let corpus = Corpus::of(&samples, train::SEED);
        let held = held_out::judge(&corpus);
        let (whole, private) = train::tables(&corpus, &held);
        let judged = train::judged(&corpus, &held, &whole, &private);
        let fixed = |mode| Thresholds::of(&groups(&judged, false, false, mode));
        out["held_out"] = report(&judged, &fixed(Mode::Whole), Mode::Whole);
        out["held_out_private"] = report(&judged, &fixed(Mode::Private), Mode::Private);
        out["held_out_session_test"] = sessions(&judged);
        curves.push(("held-out", "held_out", judged));
    }
    if let Some(plots) = options.plots {
        let draw = || {
            fs::create_dir_all(plots)?;
            for (name, report, judged) in &curves {
                let reports = [&out[*report], &out[format!("{report}_private")]];
                charts::write(plots, name, judged, reports)?;
            }
            charts::replay(plots, &out["replay"]["people"])
        };
        draw().map_err(|error| Malformed(format!("{}: {error}", plots.display())))?;
    }
    if options.json {
        println!("{out:#}")
    } else {
        tables(&out)
    }
    Ok(())
}

/// The share of each source in each band.
fn bands(samples: &[Sample], found: &[Assessment]) -> Value {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (sample, found) in samples.iter().zip(found) {
        *counts.entry(&sample.source).or_default().entry(found.band.as_str()).or_default() += 1;
    }
    let shares = |bands: BTreeMap<&str, usize>| {
        let all = bands.values().sum::<usize>() as f64;
        let share =
            |(band, count): (&str, usize)| (band.to_owned(), json!(round(count as f64 / all)));
        Value::Object(bands.into_iter().map(share).collect())
    };
    Value::Object(
        counts.into_iter().map(|(name, bands)| (name.to_owned(), shares(bands))).collect(),
    )
}

/// The share of each source's presses in which each thing beside the movement is found.
fn beside(samples: &[Sample]) -> Value {
    let mut counts: BTreeMap<&str, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    for sample in samples {
        let (all, found) = counts.entry(&sample.source).or_default();
        *all += 1;
        for reason in shipped::beside(sample) {
            *found.entry(reason).or_default() += 1;
        }
    }
    let shares = |(all, found): (usize, BTreeMap<&str, usize>)| {
        let share = |(reason, count): (&str, usize)| {
            (reason.to_owned(), json!(round(count as f64 / all as f64)))
        };
        Value::Object(found.into_iter().map(share).collect())
    };
    Value::Object(counts.into_iter().map(|(name, all)| (name.to_owned(), shares(all))).collect())
}

/// How many sessions of ten interactions come into doubt by the sequential test that ships, and in how many a movement
/// is weak by itself.
fn sessions(judged: &[Judged]) -> Value {
    let row = |parts: &[Vec<f64>]| {
        let weak = |part: &[f64]| part.iter().any(|one| *one > shipped::bits(WEAK));
        let share = |of: &dyn Fn(&[f64]) -> bool| {
            round(parts.iter().filter(|part| of(part)).count() as f64 / parts.len().max(1) as f64)
        };
        json!({ "sessions": parts.len(), "doubted": share(&shipped::doubted), "weak": share(&weak) })
    };
    let chunks =
        |all: &Vec<f64>| all.chunks_exact(train::SESSION).map(<[f64]>::to_vec).collect::<Vec<_>>();
    let people = groups(judged, false, false, Mode::Whole).into_iter().map(|(name, groups)| {
        let parts: Vec<Vec<f64>> = groups.iter().flat_map(chunks).collect();
        (name, row(&parts))
    });
    let programs = groups(judged, true, false, Mode::Whole).into_iter().map(|(name, groups)| {
        let parts = chunks(&groups.concat());
        (name, row(&parts))
    });
    json!({
        "limit": LIMIT,
        "interactions": train::SESSION,
        "people": Value::Object(people.collect()),
        "programs": Value::Object(programs.collect()),
    })
}

fn percent(value: &Value) -> String {
    value.as_f64().map_or("–".to_owned(), |share| format!("{:.1}", 100.0 * share))
}

fn tables(out: &Value) {
    for (name, title) in [
        ("shipped", "The model that ships, on this data"),
        ("shipped_private", "The same in privacy mode"),
        (
            "held_out",
            "Leave one family out: trained anew without the family and a fifth of the people",
        ),
        ("held_out_private", "The same in privacy mode"),
    ] {
        let Some(table) = out.get(name) else { continue };
        println!("\n## {title}\n");
        println!(
            "People refused, %, at a nominal share (thresholds fixed on development people); clicks judged together\n"
        );
        println!(
            "| set | samples | measured | 5 % | 1 % | 0.3 % | 0.1 % | 1 %, 3 clicks | 1 %, 5 | 1 %, 10 |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|");
        rows(&table["people"], "refused");
        println!("\nPrograms caught, %\n");
        println!(
            "| generator | samples | measured | 5 % | 1 % | 0.3 % | 0.1 % | 1 %, 3 clicks | 1 %, 5 | 1 %, 10 | area |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|");
        rows(&table["programs"], "caught");
        for (name, title) in [
            ("mean", "mean of recorded generators"),
            ("mean_recombined", "mean of those made of people's steps"),
            ("mean_recombined_others_known", "the same, others known"),
        ] {
            let caught = &table[name];
            if caught.is_null() {
                continue;
            }
            let row =
                json!({ title: { "samples": "", "measured": "", "caught": caught, "area": "" } });
            rows(&row, "caught");
        }
    }
    println!(
        "\n## Bands, % of samples\n\n| source | strong | ordinary | weak | mechanical |\n|---|---|---|---|---|"
    );
    for (name, row) in out["bands"].as_object().into_iter().flatten() {
        let cells = ["strong", "ordinary", "weak", "mechanical"]
            .map(|band| percent(&json!(row[band].as_f64().unwrap_or(0.0))));
        println!("| {name} | {} |", cells.join(" | "));
    }
    println!("\n## Found beside the movement, % of presses\n");
    for (name, row) in out["beside"].as_object().into_iter().flatten() {
        let cell = |(reason, share): (&String, &Value)| format!("{reason} {}", percent(share));
        let cells: Vec<String> = row.as_object().into_iter().flatten().map(cell).collect();
        println!("- {name}: {}", cells.join("; "));
    }
    println!(
        "\n## Sessions of ten interactions in doubt by the sequential test, %, and those of which a movement is weak\n\n| source | sessions | shipped | held out | weak, shipped | weak, held out |\n|---|---|---|---|---|---|"
    );
    for kind in ["people", "programs"] {
        let held = &out["held_out_session_test"][kind];
        let names = held.as_object().or(out["session_test"][kind].as_object());
        for name in names.into_iter().flatten().map(|(name, _)| name) {
            let row = &out["session_test"][kind][name];
            let sessions =
                row["sessions"].as_u64().or(held[name]["sessions"].as_u64()).unwrap_or(0);
            println!(
                "| {name} | {sessions} | {} | {} | {} | {} |",
                percent(&row["doubted"]),
                percent(&held[name]["doubted"]),
                percent(&row["weak"]),
                percent(&held[name]["weak"])
            );
        }
    }
    println!(
        "\n## People's movements played again by a program\n\nBy the score alone that is a person: area under the curve\n"
    );
    for (name, row) in out["replay"]["people"].as_object().into_iter().flatten() {
        println!("- {name}: {}", row["area_of_score"]);
    }
    println!("\nThe search for movements seen before, %\n");
    println!(
        "| set | stored | exact | jitter of 1 px | new ones taken for one |\n|---|---|---|---|---|"
    );
    for (name, row) in out["replay"]["people"].as_object().into_iter().flatten() {
        let found = &row["search"];
        println!(
            "| {name} | {} | {} | {} | {:.2} |",
            found["stored"],
            percent(&found["exact"]),
            percent(&found["jittered"]),
            100.0 * found["new_ones_found"].as_f64().unwrap_or(0.0),
        );
    }
    println!("\nGenerators' movements found among those of the people here, %\n");
    for (name, share) in
        out["replay"]["programs_found_among_people"].as_object().into_iter().flatten()
    {
        println!("- {name}: {}", percent(share));
    }
}

fn rows(table: &Value, what: &str) {
    for (name, row) in table.as_object().into_iter().flatten() {
        let cell = |share: &str, clicks: &str| percent(&row[what][share][clicks]);
        let mut cells = vec![
            row["samples"].to_string().replace('"', ""),
            row["measured"].to_string().replace('"', ""),
            cell("0.05", "1"),
            cell("0.01", "1"),
            cell("0.003", "1"),
            cell("0.001", "1"),
            cell("0.01", "3"),
            cell("0.01", "5"),
            cell("0.01", "10"),
        ];
        if what == "caught" {
            cells.push(row["area"].as_f64().map_or(String::new(), |area| format!("{area:.3}")));
        }
        println!("| {name} | {} |", cells.join(" | "));
    }
}

/// A score a line: the probability of a person, `nan` for a line that is no sample.
pub fn score(file: &Path, dwell: bool) -> Result<(), Malformed> {
    let mut out = String::new();
    for (number, line) in data::text(file)?.lines().enumerate() {
        match data::parse(line) {
            Ok(sample) => {
                out.push_str(&format!("{:.6}\n", shipped::assessment(&sample, dwell).score))
            }
            Err(reason) => {
                eprintln!("{}:{}: {reason}", file.display(), number + 1);
                out.push_str("nan\n");
            }
        }
    }
    print!("{out}");
    Ok(())
}
