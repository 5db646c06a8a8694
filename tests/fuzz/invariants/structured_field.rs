//! Structured fields as text: accepted exactly as RFC 9651 §4.2 says, and written in one form.

use super::oracle::structured_field as oracle;
use partitioned_authority::{
    error::{Code, Result},
    verifier::structured_field::{
        last_wins, parse_byte_sequence, parse_dictionary, parse_item, parse_list,
        serialize_dictionary, serialize_item, serialize_list,
    },
};
use std::fmt::Debug;

/// The input is a field value, tried as each of the three types.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    one(text, parse_dictionary, oracle::dictionary, |members| serialize_dictionary(members));
    one(text, parse_list, oracle::list, |members| serialize_list(members));
    one(text, parse_item, oracle::item, serialize_item);
    keys_are_resolved(text);
    if let Ok(bytes) = parse_byte_sequence(text) {
        assert!(text.trim_matches(' ').starts_with(':'), "{text:?} gave {bytes:?}");
    }
}

fn one<T: Debug + PartialEq>(
    text: &str,
    parse: impl Fn(&str) -> Result<T>,
    oracle: impl FnOnce(&str) -> Option<T>,
    serialize: impl Fn(&T) -> Result<String>,
) {
    let parsed = parse(text);
    if let Err(error) = &parsed {
        assert_eq!(error.code, Code::SigMalformed);
    }
    let parsed = parsed.ok();
    assert_eq!(parsed, oracle(text), "{text:?}");
    let Some(value) = parsed else { return };
    let written = serialize(&value).unwrap();
    assert_eq!(parse(&written).as_ref(), Ok(&value), "{text:?} written as {written:?}");
    assert!(!written.starts_with(' ') && !written.ends_with(' ') && !written.contains('\t'));
}

/// RFC 9651 §4.2.2: a later value takes the place of an earlier one.
fn keys_are_resolved(text: &str) {
    let Ok(members) = parse_dictionary(text) else { return };
    let resolved = last_wins(members.clone());
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in &members {
        if !keys.contains(&&**key) {
            keys.push(key);
        }
    }
    assert_eq!(resolved.iter().map(|(key, _)| &**key).collect::<Vec<_>>(), keys);
    for (key, value) in &resolved {
        let last = members.iter().rev().find(|(other, _)| other == key);
        assert_eq!(last.map(|(_, member)| member), Some(value));
    }
}
