//! The published vectors in `tests/vectors`, which TypeScript reads too: natively here, and in a
//! browser when the same file is built for wasm32.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use partitioned_authority::error::Error;
use serde_json::{Value, json};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[path = "vectors/admission.rs"]
mod admission;
#[path = "vectors/canonical.rs"]
mod canonical;
#[path = "vectors/consent.rs"]
mod consent;
#[path = "vectors/features.rs"]
mod features;
#[cfg(not(target_arch = "wasm32"))]
#[path = "vectors/numbers.rs"]
mod numbers;
#[path = "vectors/parts.rs"]
mod parts;
#[path = "vectors/requests.rs"]
mod requests;
#[path = "vectors/structured_field.rs"]
mod structured_field;

/// Declares tests that run natively and in a browser.
macro_rules! vectors {
    ($($name:ident => $test:path;)*) => {
        $(
            #[cfg_attr(not(target_arch = "wasm32"), test)]
            #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
            fn $name() {
                $test();
            }
        )*
    };
}

vectors! {
    json_canonicalization => canonical::samples;
    jcs => canonical::texts;
    content_digest => canonical::digests;
    thumbprint => canonical::thumbprints;
    signature_base => canonical::bases;
    signature_profile => canonical::profile;
    structured_fields => structured_field::fields;
    structured_field_characters => structured_field::characters;
    public_key => parts::public_keys;
    signature => parts::signatures;
    nonce => parts::nonces;
    user_tag => parts::user_tags;
    session_cookie => parts::session_cookies;
    action_hash => parts::action_hashes;
    interaction_proof => parts::interaction_proofs;
    features => features::measured;
    private_proof => parts::private_proofs;
    consent_template => consent::templates;
    consent_request => consent::requests;
    consent_field => consent::fields;
    request => requests::of_the_app;
    control => requests::of_the_frame;
    admission => admission_of_the_file;
}

/// In a browser the engine itself spells numbers, and `tests/node` asks the artefacts.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn jcs_numbers() {
    numbers::spelt();
}

fn admission_of_the_file() {
    for case in cases(include_str!("../vectors/admission.json")) {
        assert_eq!(case["answers"], Value::Array(admission::answers(&case)), "{}", case["name"]);
    }
}

/// A file of vectors.
fn read(file: &str) -> Value {
    serde_json::from_str(file).unwrap()
}

fn cases(file: &str) -> Vec<Value> {
    let cases = read(file)["cases"].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Holds every case to what `found` gives: the members of an accepted one, or the code of the refusal.
fn hold(file: &str, found: impl Fn(&Value) -> Result<Value, Error>) {
    for case in cases(file) {
        let expected = case.get("code").and_then(Value::as_str);
        match found(&case) {
            Ok(members) => {
                assert_eq!(expected, None, "{} was accepted", case["name"]);
                for (name, value) in members.as_object().unwrap() {
                    assert_eq!(*value, case[name], "{name} of {}", case["name"]);
                }
            }
            Err(error) => {
                assert_eq!(Some(error.code.as_str()), expected, "{}: {error}", case["name"])
            }
        }
    }
}

/// No members to compare: that it is accepted is what is shown.
fn accepted() -> Value {
    json!({})
}
