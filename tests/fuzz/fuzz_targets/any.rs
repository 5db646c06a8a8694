//! One program for all targets: `PAS_FUZZ_TARGET` names the one it fuzzes. Linking is most of what a target costs.
#![no_main]

use invariants::TARGETS;
use std::{env, process::exit, sync::LazyLock};

static CHECK: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = env::var("PAS_FUZZ_TARGET").unwrap_or_default();
    TARGETS.iter().find(|(name, _)| *name == wanted).map_or_else(
        || {
            eprintln!("PAS_FUZZ_TARGET names no target: {wanted:?}");
            exit(2)
        },
        |(_, check)| *check,
    )
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| CHECK(data));
