//! JSON texts: accepted exactly when another strict reader accepts them, and canonicalised once and for all.

use super::oracle::json;
use partitioned_authority::{
    canonical::{Value, jcs::canonicalize, json::parse},
    error::Code,
};

/// The input is a JSON text.
pub fn check(data: &[u8]) {
    let other = json::parse(data);
    match parse(data) {
        Err(error) => {
            assert_eq!(error.code, Code::JsonInvalid);
            assert!(other.is_none(), "refused ({}): {:?}", error.detail, lossy(data));
        }
        Ok(value) => {
            let other = other.unwrap_or_else(|| panic!("accepted {:?}", lossy(data)));
            assert!(json::same(&value, &other), "{value:?} is not {other:?}");
            canonical_form(&value);
        }
    }
}

/// What holds for the canonical text of any value.
pub fn canonical_form(value: &Value) {
    let text = canonicalize(value);
    let again = parse(text.as_bytes()).unwrap();
    assert!(json::same(&sorted(value), &again), "{text}");
    assert_eq!(canonicalize(&again), text, "not a fixed point");
    // RFC 8785 §3.2.1: no whitespace between tokens; within strings only U+0020 stays as it is.
    assert!(!text.contains(['\t', '\n', '\r']));
    let compact: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(compact.is_object() == matches!(value, Value::Object(_)));
}

/// Members in the order of their UTF-16 code units, by the definition of RFC 8785 §3.2.3.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut keyed: Vec<(Vec<u16>, (String, Value))> = members
                .iter()
                .map(|(name, value)| (name.encode_utf16().collect(), (name.clone(), sorted(value))))
                .collect();
            keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(keyed.into_iter().map(|(_, member)| member).collect())
        }
        other => other.clone(),
    }
}

fn lossy(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}
