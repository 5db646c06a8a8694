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
use partitioned_authority::verifier::{interaction::Assessment, session_evidence::LIMIT};
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
        out["held_out_replay"] = replay::held_out(&samples, train::SEED);
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

/// How many sessions of ten interactions come into doubt by the sequential test that ships.
fn sessions(judged: &[Judged]) -> Value {
    let share = |parts: &[Vec<f64>]| {
        let doubted = parts.iter().filter(|part| shipped::doubted(part)).count();
        round(doubted as f64 / parts.len().max(1) as f64)
    };
    let chunks =
        |all: &Vec<f64>| all.chunks_exact(train::SESSION).map(<[f64]>::to_vec).collect::<Vec<_>>();
    let people = groups(judged, false, false, Mode::Whole).into_iter().map(|(name, groups)| {
        let parts: Vec<Vec<f64>> = groups.iter().flat_map(chunks).collect();
        (name, json!({ "sessions": parts.len(), "doubted": share(&parts) }))
    });
    let programs = groups(judged, true, false, Mode::Whole).into_iter().map(|(name, groups)| {
        let parts = chunks(&groups.concat());
        (name, json!({ "sessions": parts.len(), "doubted": share(&parts) }))
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
    println!(
        "\n## Sessions of ten interactions in doubt by the sequential test, %\n\n| source | sessions | shipped | held out |\n|---|---|---|---|"
    );
    for kind in ["people", "programs"] {
        let held = &out["held_out_session_test"][kind];
        let names = held.as_object().or(out["session_test"][kind].as_object());
        for name in names.into_iter().flatten().map(|(name, _)| name) {
            let row = &out["session_test"][kind][name];
            let sessions =
                row["sessions"].as_u64().or(held[name]["sessions"].as_u64()).unwrap_or(0);
            println!(
                "| {name} | {sessions} | {} | {} |",
                percent(&row["doubted"]),
                percent(&held[name]["doubted"])
            );
        }
    }
    println!(
        "\n## People's movements played again by a program\n\nBy the score alone that is a person: area under the curve\n"
    );
    for (name, row) in out["replay"]["people"].as_object().into_iter().flatten() {
        println!("- {name}: {}", row["area_of_score"]);
    }
    println!(
        "\nThe search for movements seen before, %. *path*: by the exact signatures alone, as among everybody's movements\n"
    );
    println!(
        "| set | told | stored | exact | jitter of 1 px | 2 px | 3 px | new ones taken for one | exact, path | new ones, path |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    for (name, row) in out["replay"]["people"].as_object().into_iter().flatten() {
        search_rows(name, row);
    }
    // Axes of some of the people, movements of the others.
    for (name, row) in out["held_out_replay"].as_object().into_iter().flatten() {
        search_rows(&format!("{name}, held out"), row);
    }
    println!("\nGenerators' movements found among those of the people here, %\n");
    for (name, share) in
        out["replay"]["programs_found_among_people"].as_object().into_iter().flatten()
    {
        println!("- {name}: {}", percent(share));
    }
}

fn search_rows(name: &str, row: &Value) {
    for told in ["trajectory", "numbers"] {
        let found = &row[told];
        let jitter = ["1", "2", "3"].map(|px| percent(&found["jittered"][px]["found"]));
        let new = |what: &str| {
            found[what].as_f64().map_or("–".to_owned(), |share| format!("{:.2}", share * 100.0))
        };
        println!(
            "| {name} | {told} | {} | {} | {} | {} | {} | {} |",
            found["stored"],
            percent(&found["exact"]["found"]),
            jitter.join(" | "),
            new("new_ones_found"),
            percent(&found["exact"]["found_by_path"]),
            new("new_ones_found_by_path"),
        );
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

/// What each part of the evidence is worth, as JSON. `every` has every press of people, few moves or none among them.
pub fn ablate(data: &Path, every: &Path) -> Result<(), Malformed> {
    use crate::ablation::{habit, rules, sessions};
    let samples = data::read(data)?;
    let presses = data::read(every)?;
    let alone = |_: usize, sample: &Sample| {
        shipped::bits(shipped::assessment(sample, false).movement.unwrap_or_default())
    };
    eprintln!("every press");
    let people = rules(&presses, &alone);
    let shipped_rules = rules(&samples, &alone);
    eprintln!("replays");
    let found = replay::report(&samples);
    let held_replay = replay::held_out(&samples, train::SEED);
    println!(
        "{:#}",
        json!({ "people_every": people, "rules_shipped": shipped_rules, "replay": found, "held_out_replay": held_replay })
    );
    let corpus = Corpus::of(&samples, train::SEED);
    let held = held_out::judge(&corpus);
    let (whole, private) = train::tables(&corpus, &held);
    let judged = train::judged(&corpus, &held, &whole, &private);
    let own: Vec<&Judged> = judged
        .iter()
        .filter(|one| !one.source.ends_with(" varied") && !one.source.starts_with("own_"))
        .collect();
    let held_rules = rules(&samples, &|i, _| own[i].bits);
    println!(
        "{:#}",
        json!({
            "rules_held_out": held_rules,
            "sessions": sessions(&judged, Mode::Whole), "sessions_private": sessions(&judged, Mode::Private),
            "habit": habit(&judged, Mode::Whole), "habit_private": habit(&judged, Mode::Private),
        })
    );
    Ok(())
}
