//! A million doubles, as ECMAScript spells them.

use super::{hex, hold, text};
use partitioned_authority::canonical::{Value, jcs::canonicalize, json::parse, sha256};
use serde_json::json;

/// xorshift64
const fn step(state: u64) -> u64 {
    let state = state ^ (state << 13);
    let state = state ^ (state >> 7);
    state ^ (state << 17)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "rounded, as ECMAScript does"
)]
const fn rounded(number: i64) -> f64 {
    number as f64
}

/// The double that a kind makes of 64 random bits: see `tests/independent/doubles.mjs`.
fn double(kind: &str, random: u64) -> f64 {
    const SIGN: u64 = 1 << 63;
    let sign = if random & SIGN == 0 { 1.0 } else { -1.0 };
    match kind {
        "any bit pattern" => f64::from_bits(random),
        "subnormals" => f64::from_bits(random & (SIGN | ((1 << 52) - 1))),
        "around 2^53" => rounded((1 << 53) - 2048 + i64::try_from(random & 4095).unwrap()) * sign,
        "around powers of ten" => {
            let exponent = i64::try_from((random >> 8) % 639).unwrap() - 330;
            let power: f64 = format!("1e{exponent}").parse().unwrap();
            let near = f64::from_bits(power.to_bits().wrapping_add(random & 63).wrapping_sub(32));
            if near >= 0.0 { near * sign } else { 0.0 }
        }
        "whole numbers" => rounded(random.cast_signed() >> (random & 63)),
        "up to four decimals" => {
            rounded(random.cast_signed() >> 24)
                / [1.0, 10.0, 100.0, 1000.0][usize::try_from(random & 3).unwrap()]
        }
        other => panic!("no such kind: {other}"),
    }
}

pub(super) fn spelt() {
    hold(include_str!("../../vectors/jcs-numbers.json"), |case| {
        let mut state = text(case, "seed").parse().unwrap();
        let mut left = case["count"].as_u64().unwrap();
        let mut spelt = String::new();
        while left > 0 {
            state = step(state);
            let number = double(text(case, "name"), state);
            if number.is_finite() {
                let value = Value::Number(number);
                let text = canonicalize(&value);
                assert_eq!(parse(text.as_bytes()), Ok(value), "{text}");
                spelt.push_str(&text);
                spelt.push('\n');
                left -= 1;
            }
        }
        Ok(json!({ "sha256": hex(&sha256(&[spelt.as_bytes()])) }))
    });
}
