//! The published vectors in `tests/vectors`, which TypeScript reads too: natively here, and in a
//! browser when the same file is built for wasm32.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use partitioned_authority::canonical::{
    self,
    jcs::canonicalize,
    json::parse,
    jwk::P256Coordinates,
    signature_base::{ParameterValue, signature_base, signature_params},
};
use serde_json::Value;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

fn cases(file: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(file).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap()
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn json_canonicalization() {
    let cases = cases(include_str!("../vectors/json-canonicalization.json"));
    assert_eq!(cases.len(), 6);
    for case in cases {
        let value = parse(text(&case, "input").as_bytes()).unwrap();
        assert_eq!(canonicalize(&value), text(&case, "output"), "{}", case["name"]);
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn content_digest() {
    for case in cases(include_str!("../vectors/content-digest.json")) {
        let digest = canonical::content_digest(text(&case, "content").as_bytes());
        assert_eq!(digest, text(&case, "digest"));
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn thumbprint() {
    let cases = cases(include_str!("../vectors/thumbprint.json"));
    let case = cases.iter().find(|case| case["name"] == "P-256").unwrap();
    let jwk = &case["jwk"];
    let key = P256Coordinates::from_members(text(jwk, "x"), text(jwk, "y")).unwrap();
    assert_eq!(canonical::base64::encode_url(&key.thumbprint()), text(case, "thumbprint"));
}

fn component(case: &Value, name: &str) -> String {
    let request = &case["request"];
    match name {
        "@status" => request["status"].to_string(),
        "@authority" => text(request, "authority").to_owned(),
        field => text(&request["headers"], field).to_owned(),
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn signature_bases() {
    for case in cases(include_str!("../vectors/signature-base.json")) {
        let covered: Vec<_> = case["covered"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| (name.as_str().unwrap(), component(&case, name.as_str().unwrap())))
            .collect();
        let components: Vec<_> = covered.iter().map(|(name, value)| (*name, &**value)).collect();
        let parameters: Vec<_> = case["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| {
                let value = match &pair[1] {
                    Value::String(text) => ParameterValue::String(text.as_str().into()),
                    number => ParameterValue::Integer(number.as_i64().unwrap()),
                };
                (pair[0].as_str().unwrap(), value)
            })
            .collect();
        let params = signature_params(&components, &parameters).unwrap();
        let base = signature_base(&components, &params).unwrap();
        assert_eq!(base, text(&case, "base"), "{}", case["name"]);
    }
}
