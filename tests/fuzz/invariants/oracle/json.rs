//! I-JSON by `serde_json`, with its numbers read exactly (`float_roundtrip`).

use partitioned_authority::canonical::{Value, json::MAX_DEPTH};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::{collections::BTreeSet, fmt};

/// The value of a text, or nothing: the rules of RFC 7493, and our limit of depth.
pub fn parse(text: &[u8]) -> Option<Value> {
    let Read(value) = serde_json::from_slice(text).ok()?;
    (depth(&value) <= MAX_DEPTH).then_some(value)
}

/// How deep arrays and objects are nested.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.iter().map(|(_, v)| depth(v)).max().unwrap_or(0),
        _ => 0,
    }
}

/// Equal to the bit, but for the sign of zero, which canonical JSON does not keep.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => (a + 0.0).to_bits() == (b + 0.0).to_bits(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let pairs = || a.iter().zip(b);
            a.len() == b.len() && pairs().all(|((m, a), (n, b))| m == n && same(a, b))
        }
        _ => a == b,
    }
}

struct Read(Value);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    // An integer's decimal text, rounded once, is the number that RFC 8785 means.
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        value.to_string().parse().map(Value::Number).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        value.to_string().parse().map(Value::Number).map_err(E::custom)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(Read(item)) = items.next_element()? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let (mut out, mut names) = (Vec::new(), BTreeSet::new());
        while let Some((name, Read(value))) = members.next_entry::<String, _>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("a name occurs twice"));
            }
            out.push((name, value));
        }
        Ok(Value::Object(out))
    }
}
