//! Which bytes are signed.

use super::{cases, hold, text, unhex};
use partitioned_authority::{
    canonical::{
        self, base64,
        jcs::canonicalize,
        json::parse,
        jwk::P256Coordinates,
        profile::{Algorithm, Message, Parameters, Tag, split_target},
        signature_base::{ParameterValue, signature_base, signature_params},
    },
    error::{Code, Error},
    verifier::head::Head,
};
use serde_json::{Value, json};

pub(super) fn samples() {
    let cases = cases(include_str!("../../vectors/json-canonicalization.json"));
    assert_eq!(cases.len(), 6);
    for case in cases {
        let value = parse(text(&case, "input").as_bytes()).unwrap();
        assert_eq!(canonicalize(&value), text(&case, "output"), "{}", case["name"]);
    }
}

/// The text of a case: as it is, as bytes, or as pieces that are repeated.
fn bytes(case: &Value) -> Vec<u8> {
    if let Some(text) = case["text"].as_str() {
        return text.into();
    }
    if let Some(bytes) = case["hex"].as_str() {
        return unhex(bytes);
    }
    let pieces = case["repeat"].as_array().unwrap().iter();
    let repeated = |piece: &Value| {
        let times = usize::try_from(piece[1].as_u64().unwrap()).unwrap();
        piece[0].as_str().unwrap().repeat(times)
    };
    pieces.map(repeated).collect::<String>().into()
}

pub(super) fn texts() {
    hold(include_str!("../../vectors/jcs.json"), |case| {
        Ok(json!({ "canonical": canonicalize(&parse(&bytes(case))?) }))
    });
}

pub(super) fn digests() {
    hold(include_str!("../../vectors/content-digest.json"), |case| {
        Ok(json!({ "digest": canonical::content_digest(&unhex(text(case, "content"))) }))
    });
}

pub(super) fn thumbprints() {
    let cases = cases(include_str!("../../vectors/thumbprint.json"));
    let case = cases.iter().find(|case| case["name"] == "P-256").unwrap();
    let jwk = &case["jwk"];
    let key = P256Coordinates::from_members(text(jwk, "x"), text(jwk, "y")).unwrap();
    assert_eq!(base64::encode_url(&key.thumbprint()), text(case, "thumbprint"));
}

fn component(request: &Value, name: &str) -> String {
    match name.strip_prefix('@') {
        Some("status") => request["status"].to_string(),
        Some(derived) => text(request, derived).to_owned(),
        None => text(&request["headers"], name).to_owned(),
    }
}

pub(super) fn bases() {
    for case in cases(include_str!("../../vectors/signature-base.json")) {
        let covered: Vec<_> = case["covered"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .map(|name| (name, component(&case["request"], name)))
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

fn fields(message: &Value) -> Vec<(&str, &str)> {
    let pairs = message["fields"].as_array().unwrap().iter();
    pairs.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect()
}

fn profile_of(case: &Value) -> Result<Value, Error> {
    let message = &case["message"];
    let (path, query) = split_target(text(message, "target"))?;
    let fields = fields(message);
    let lines: Vec<_> = fields.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let lines = lines.join("\n");
    let head = Head::parse("GET", "/", &lines, fields.len(), 100_000)?;
    let message = Message {
        method: text(message, "method"),
        authority: text(message, "authority"),
        path,
        query,
        content_type: head.field("content-type")?,
        content_digest: head.field("content-digest")?,
        interaction_proof: head.field("interaction-proof")?,
        pas_consent: head.field("pas-consent")?,
    };
    let given = &case["parameters"];
    let parameters = Parameters {
        created: given["created"].as_i64().unwrap(),
        nonce: text(given, "nonce"),
        keyid: text(given, "keyid"),
        alg: Algorithm::from_name(text(given, "alg")).unwrap(),
        tag: match text(given, "tag") {
            "pas-1-ctl" => Tag::Control,
            tag => {
                assert_eq!(tag, Tag::Request.as_str());
                Tag::Request
            }
        },
    };
    let components = message.components();
    let params = signature_params(&components, &parameters.ordered())?;
    Ok(json!({
        "covered": components.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "signatureInput": format!("pas={params}"),
        "base": signature_base(&components, &params)?,
    }))
}

pub(super) fn profile() {
    let file = include_str!("../../vectors/signature-profile.json");
    hold(file, profile_of);
    let codes = [Code::SigMalformed, Code::SigProfile].map(Code::as_str);
    assert!(
        cases(file)
            .iter()
            .filter_map(|case| case["code"].as_str())
            .all(|code| codes.contains(&code))
    );
}
