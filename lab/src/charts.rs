//! What was measured, in pictures.

use crate::{
    judged::{Judged, Mode, OTHERS_KNOWN, OWN, groups},
    plot::{Axis, Chart, Line, Panel},
};
use serde_json::Value;
use std::{io, path::Path};

/// People refused on the left, from one in a thousand.
const LEAST: f64 = 0.001;

fn shares(log: bool) -> Axis {
    match log {
        true => Axis {
            ticks: vec![(LEAST, "0.1 %"), (0.01, "1 %"), (0.1, "10 %"), (1.0, "100 %")],
            log,
        },
        false => Axis { ticks: vec![(0.0, "0"), (0.5, "50 %"), (1.0, "100 %")], log },
    }
}

fn line(name: &str, points: &[(f64, f64)]) -> Line {
    Line { name: name.to_owned(), points: points.to_vec() }
}

fn short(name: &str) -> String {
    name.trim_start_matches(OWN).trim_end_matches(OTHERS_KNOWN).replace('_', " ")
}

/// Charts of one way to judge. `reports` are of whole features and of privacy mode.
pub fn write(
    directory: &Path,
    name: &str,
    judged: &[Judged],
    reports: [&Value; 2],
) -> io::Result<()> {
    roc(judged, name, "roc", "Programs caught by people refused, one click", &|source| {
        !source.starts_with(OWN)
    })
    .write(directory)?;
    roc(
        judged,
        name,
        "roc-recombined",
        "Movements made of people's steps caught, by people refused",
        &|source| source.ends_with(OTHERS_KNOWN),
    )
    .write(directory)?;
    clicks(name, reports).write(directory)?;
    people(name, reports).write(directory)
}

/// A curve for each generator against all people whose movement could be measured.
fn roc(
    judged: &[Judged],
    name: &str,
    file: &str,
    title: &str,
    pick: &dyn Fn(&str) -> bool,
) -> Chart {
    let mut people: Vec<f64> = groups(judged, false, true, Mode::Whole)
        .into_iter()
        .filter(|(source, _)| !source.ends_with(" varied"))
        .flat_map(|(_, groups)| groups.concat())
        .collect();
    people.sort_by(f64::total_cmp);
    let lines: Vec<Line> = groups(judged, true, false, Mode::Whole)
        .into_iter()
        .filter(|(source, _)| pick(source) && !people.is_empty())
        .map(|(source, groups)| {
            let mut values = groups.concat();
            values.sort_by(f64::total_cmp);
            line(&short(&source), &curve(&people, &values))
        })
        .collect();
    let chance: Vec<(f64, f64)> = (0..=90)
        .map(|i| LEAST * libm::pow(10.0, f64::from(i) / 30.0))
        .map(|refused| (refused, refused))
        .collect();
    Chart {
        name: format!("{file}-{name}"),
        title: format!("{title} ({name})"),
        x: shares(true),
        y: shares(false),
        x_label: "people refused",
        panels: vec![Panel { title: String::new(), lines }],
        columns: 1,
        size: (560.0, 380.0),
        guide: line("no better than chance", &chance),
    }
}

/// Share of people refused and of programs caught, at 90 shares of people.
fn curve(people: &[f64], programs: &[f64]) -> Vec<(f64, f64)> {
    (0..=90)
        .map(|i| {
            let refused = LEAST * libm::pow(10.0, f64::from(i) / 30.0);
            let most = (refused * people.len() as f64).floor() as usize;
            let limit =
                people.get(people.len().saturating_sub(most + 1)).copied().unwrap_or(f64::INFINITY);
            let limit = if most >= people.len() { f64::NEG_INFINITY } else { limit };
            let caught = programs.len() - programs.partition_point(|value| *value <= limit);
            (refused, caught as f64 / programs.len() as f64)
        })
        .collect()
}

const MODES: [&str; 2] = ["with trajectories", "privacy mode"];

/// A panel for each generator: what is caught of 1 to 10 clicks, with and without privacy mode.
fn clicks(name: &str, reports: [&Value; 2]) -> Chart {
    let programs = reports[0]["programs"].as_object().into_iter().flatten().map(|(name, _)| name);
    let known = programs.clone().any(|name| name.ends_with(OTHERS_KNOWN));
    let mut sources: Vec<&String> = programs
        .filter(|name| !(known && name.starts_with(OWN)) || name.ends_with(OTHERS_KNOWN))
        .collect();
    sources.sort_by_key(|name| (name.starts_with(OWN), (*name).clone()));
    let points = |report: &Value, source: &str| -> Vec<(f64, f64)> {
        let caught = &report["programs"][source]["caught"]["0.01"];
        [1.0, 3.0, 5.0, 10.0]
            .into_iter()
            .filter_map(|clicks| Some((clicks, caught[clicks.to_string()].as_f64()?)))
            .collect()
    };
    let panel = |source: &&String| Panel {
        title: short(source),
        lines: reports
            .into_iter()
            .zip(MODES)
            .map(|(report, mode)| line(mode, &points(report, source)))
            .collect(),
    };
    Chart {
        name: format!("clicks-{name}"),
        title: format!("Programs caught by 1, 3, 5, 10 clicks, at 1 % of people refused ({name})"),
        x: Axis { ticks: vec![(1.0, "1"), (3.0, "3"), (5.0, "5"), (10.0, "10")], log: true },
        y: shares(false),
        x_label: "clicks judged together",
        panels: sources.iter().map(panel).collect(),
        columns: 5,
        size: (120.0, 80.0),
        guide: line("people refused", &[(1.0, 0.01), (10.0, 0.01)]),
    }
}

/// Of each set of people, the share that is refused at each nominal share.
fn people(name: &str, reports: [&Value; 2]) -> Chart {
    let panel = |(report, mode): (&Value, &str)| Panel {
        title: mode.to_owned(),
        lines: report["people"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(set, row)| {
                let points: Vec<(f64, f64)> = ["0.001", "0.003", "0.01", "0.05"]
                    .into_iter()
                    .filter_map(|nominal| {
                        let refused = row["refused"][nominal]["1"].as_f64()?;
                        Some((nominal.parse().ok()?, refused))
                    })
                    .collect();
                line(set, &points)
            })
            .collect(),
    };
    let axis = Axis {
        ticks: vec![(0.0003, ""), (0.001, "0.1 %"), (0.003, "0.3 %"), (0.01, "1 %"), (0.05, "5 %")],
        log: true,
    };
    Chart {
        name: format!("people-{name}"),
        title: format!("People refused by one click, each set by itself ({name})"),
        x: axis.clone(),
        y: axis,
        x_label: "nominal share, by a limit fixed on development people",
        panels: reports.into_iter().zip(MODES).map(panel).collect(),
        columns: 2,
        size: (280.0, 260.0),
        guide: line("as many as nominal", &[(0.0003, 0.0003), (0.05, 0.05)]),
    }
}

/// People played again by a program, by the score alone: it must look like people.
pub fn replay(directory: &Path, people: &Value) -> io::Result<()> {
    let point = |pair: &Value| Some((pair[0].as_f64()?, pair[1].as_f64()?));
    let lines = people.as_object().into_iter().flatten().map(|(set, row)| {
        let points: Vec<(f64, f64)> =
            row["roc_of_score"].as_array().into_iter().flatten().filter_map(point).collect();
        line(set, &points)
    });
    Chart {
        name: "replay-control".to_owned(),
        title: "Exact replays of people caught by the score alone: the control".to_owned(),
        x: shares(false),
        y: shares(false),
        x_label: "people refused",
        panels: vec![Panel { title: String::new(), lines: lines.collect() }],
        columns: 1,
        size: (360.0, 360.0),
        guide: line("no better than chance", &[(0.0, 0.0), (1.0, 1.0)]),
    }
    .write(directory)
}
