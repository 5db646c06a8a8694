//! JSON values made from structure rather than text: every one has a canonical text that reads back as it.

use super::{jcs::canonical_form, oracle::json::depth};
use arbitrary::{Result, Unstructured};
use partitioned_authority::canonical::{
    Value,
    jcs::canonicalize,
    json::{MAX_DEPTH, parse},
};

/// The input decides a value.
pub fn check(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(value) = any_value(&mut input, MAX_DEPTH) else { return };
    canonical_form(&value);
    // Wrapped to the limit it is read; once more, and it is refused.
    let text = canonicalize(&value);
    let room = MAX_DEPTH - depth(&value);
    let wrapped = |n: usize| ["[".repeat(n), text.clone(), "]".repeat(n)].concat();
    assert!(parse(wrapped(room).as_bytes()).is_ok());
    assert!(parse(wrapped(room + 1).as_bytes()).is_err());
}

fn any_value(input: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    Ok(match input.int_in_range(0..=if depth > 0 { 6 } else { 4 })? {
        0 => Value::Null,
        1 => Value::Bool(input.arbitrary()?),
        2 => Value::Number(
            Some(f64::from_bits(input.arbitrary()?)).filter(|n| n.is_finite()).unwrap_or(0.5),
        ),
        3 => Value::Number(f64::from(input.arbitrary::<i32>()?) / 1000.0),
        4 => Value::String(input.arbitrary()?),
        5 => {
            let count = input.int_in_range(0..=6)?;
            Value::Array((0..count).map(|_| any_value(input, depth - 1)).collect::<Result<_>>()?)
        }
        _ => {
            let mut members: Vec<(String, Value)> = Vec::new();
            for _ in 0..input.int_in_range(0..=6)? {
                let name: String = input.arbitrary()?;
                if members.iter().all(|(other, _)| *other != name) {
                    members.push((name, any_value(input, depth - 1)?));
                }
            }
            Value::Object(members)
        }
    })
}
