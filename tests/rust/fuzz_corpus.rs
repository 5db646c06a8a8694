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

#[path = "../fuzz/invariants/mod.rs"]
mod invariants;

use std::{fs, panic::catch_unwind, path::PathBuf};

fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fuzz", name].iter().collect()
}

fn replay(target: &str, check: fn(&[u8])) {
    let mut replayed = 0;
    for folder in [folder("corpus").join(target), folder("regressions").join(target)] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            assert!(catch_unwind(|| check(&input)).is_ok(), "{}", path.display());
            replayed += 1;
        }
    }
    assert!(replayed > 0, "{target} has no corpus");
}

macro_rules! targets {
    ($($name:ident,)+) => {
        const TARGETS: &[&str] = &[$(stringify!($name),)+];

        $(
            #[test]
            fn $name() {
                replay(stringify!($name), invariants::$name::check);
            }
        )+
    };
}

targets! {
    base64, consent_field, consent_request, consent_template, content_digest, control, cookie, jcs, json_value, jwk, nonce, proof_codec, proof_value,
    signature_input, signed_request, structured_field, structured_value, target,
}

fn names(folder_name: &str) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder(folder_name))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn every_target_is_replayed() {
    assert_eq!(names("fuzz_targets"), TARGETS);
    assert_eq!(names("corpus"), TARGETS);
    assert!(names("regressions").iter().all(|name| TARGETS.contains(&name.as_str())));
}

/// Else the targets would soon be fed refusals only.
#[test]
fn some_requests_of_the_corpus_are_accepted() {
    let inputs = fs::read_dir(folder("corpus").join("signature_input")).unwrap();
    let accepted = inputs
        .filter(|entry| {
            let input = fs::read(entry.as_ref().unwrap().path()).unwrap();
            invariants::signature_input::is_accepted(&input)
        })
        .count();
    assert!(accepted >= 5, "{accepted}");
}
