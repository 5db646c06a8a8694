//! The rule of admission as a program: a history of requests on every line of standard input, their answers on
//! every line of standard output, both in the form of `tests/vectors/admission.json`.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use serde_json::Value;
use std::io::{BufWriter, Write as _, stdin, stdout};

#[path = "vectors/admission.rs"]
mod admission;

fn main() {
    let mut out = BufWriter::new(stdout().lock());
    for line in stdin().lines() {
        let history = serde_json::from_str(&line.unwrap()).unwrap();
        writeln!(out, "{}", Value::Array(admission::answers(&history))).unwrap();
    }
}
