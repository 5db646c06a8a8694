//! Replays every input of `tests/fuzz/corpus` and `tests/fuzz/regressions`, without a fuzzer.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, dead_code, reason = "the fuzz targets are a crate of their own")]

#[macro_use]
#[path = "../fuzz/invariants/mod.rs"]
mod invariants;

use invariants::TARGETS;
use std::{
    fs::{self, File},
    io::Read,
    panic::catch_unwind,
    path::{Path, PathBuf},
};
use tar::Archive;

fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fuzz", name].iter().collect()
}

/// The inputs of a committed corpus, by the names of its archive.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let file = File::open(folder("corpus").join(format!("{target}.tar"))).unwrap();
    let mut archive = Archive::new(file);
    let read = |entry: std::io::Result<tar::Entry<'_, File>>| {
        let mut entry = entry.unwrap();
        let mut input = Vec::new();
        entry.read_to_end(&mut input).unwrap();
        (entry.path().unwrap().display().to_string(), input)
    };
    archive.entries().unwrap().map(read).collect()
}

fn regressions(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder("regressions").join(target)).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

fn replay(target: &str, check: fn(&[u8])) {
    let committed = corpus(target);
    assert!(!committed.is_empty(), "{target} has no corpus");
    for (name, input) in committed.into_iter().chain(regressions(target)) {
        assert!(catch_unwind(|| check(&input)).is_ok(), "{target}: {name}");
    }
}

macro_rules! replays {
    ($($name:ident,)+) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name), invariants::$name::check);
            }
        )+
    };
}

each_target!(replays);

/// The names in a folder, without their endings.
fn names(folder_name: &str) -> Vec<String> {
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let entries = fs::read_dir(folder(folder_name)).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| stem(&entry.unwrap().path())).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_corpus_is_replayed() {
    let targets: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names("corpus"), targets);
    assert!(names("regressions").iter().all(|name| targets.contains(&name.as_str())));
}

/// Else the targets would soon be fed refusals only.
#[test]
fn some_requests_of_the_corpus_are_accepted() {
    let accepted = corpus("signature_input")
        .iter()
        .filter(|(_, input)| invariants::signature_input::is_accepted(input))
        .count();
    assert!(accepted >= 5, "{accepted}");
}
