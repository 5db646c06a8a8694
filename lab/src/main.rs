//! Trains and measures the interaction score. None of this ships.

mod boost;
mod calibrate;
mod charts;
mod corpus;
mod data;
mod development;
mod evaluate;
mod families;
mod held_out;
mod judged;
mod plot;
mod programs;
mod random;
mod recombined;
mod replay;
mod shipped;
mod statistics;
mod train;
mod variants;

use data::Malformed;
use std::{env, path::Path, process::ExitCode};

const USAGE: &str = "interaction-lab train --data <dir> --model <dir> --development <dir>
interaction-lab eval --data <dir> --development <file> [--plots <dir>] [--leave-one-out] [--dwell] [--json]
interaction-lab score <file> [--dwell]";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Malformed(reason)) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), Malformed> {
    let flag = |name: &str| words.iter().any(|word| word == name);
    let value = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).map(Path::new)
    };
    let needed = |name: &str| value(name).ok_or(Malformed(USAGE.to_owned()));
    match words.first().map(String::as_str) {
        Some("train") => {
            train::train(needed("--data")?, needed("--model")?, needed("--development")?)
        }
        Some("eval") => evaluate::evaluate(&evaluate::Options {
            data: needed("--data")?,
            development: needed("--development")?,
            plots: value("--plots"),
            leave_one_out: flag("--leave-one-out"),
            dwell: flag("--dwell"),
            json: flag("--json"),
        }),
        Some("score") => {
            let file = words.get(1).ok_or(Malformed(USAGE.to_owned()))?;
            evaluate::score(Path::new(file), flag("--dwell"))
        }
        _ => Err(Malformed(USAGE.to_owned())),
    }
}
