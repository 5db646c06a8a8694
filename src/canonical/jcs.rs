//! The JSON Canonicalization Scheme (RFC 8785).

use super::json::Value;
use alloc::{string::String, vec::Vec};

/// The canonical text of `value`.
#[must_use]
pub fn canonicalize(value: &Value) -> String {
    let mut out = String::new();
    push_value(&mut out, value);
    out
}

fn push_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => push_number(out, *number),
        Value::String(text) => push_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_value(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            // RFC 8785 §3.2.3: by UTF-16 code units, which differs from UTF-8 order above U+FFFF.
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_string(out, name);
                out.push(':');
                push_value(out, member);
            }
            out.push('}');
        }
    }
}

/// RFC 8785 §3.2.2.3: ECMAScript's `Number::toString`, with −0 as `0`. In wasm the engine itself is asked.
pub(crate) fn push_number(out: &mut String, number: f64) {
    #[cfg(target_arch = "wasm32")]
    out.push_str(&crate::host::number_to_string(number));
    #[cfg(not(target_arch = "wasm32"))]
    out.push_str(ryu_js::Buffer::new().format(number));
}

/// RFC 8785 §3.2.2.2: only what must be escaped is, in its shortest form.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    // Most texts are as they are.
    if !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control @ '\0'..='\u{1f}' => {
                out.push_str("\\u00");
                let code = u32::from(control);
                for digit in [code >> 4, code & 15] {
                    out.extend(char::from_digit(digit, 16));
                }
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::json::parse;
    use proptest::prelude::*;

    fn canonical(text: &str) -> String {
        canonicalize(&parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn numbers_follow_ecmascript() {
        for (bits, expected) in [
            (0x0000_0000_0000_0000_u64, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(canonicalize(&Value::Number(f64::from_bits(bits))), expected);
        }
    }

    #[test]
    fn names_sort_by_utf16_code_units() {
        assert_eq!(
            canonical("{\"\u{fb33}\":1,\"\u{1f600}\":2,\"a\":3}"),
            "{\"a\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}"
        );
    }

    #[test]
    fn strings_escape_only_what_must_be() {
        assert_eq!(
            canonical(r#""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/\u007f""#),
            "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\""
        );
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            prop::num::f64::ANY.prop_filter_map("finite", |number| {
                number.is_finite().then_some(Value::Number(number))
            }),
            any::<i32>().prop_map(|number| Value::Number(number.into())),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(6, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Members in any one order, so that values can be compared; −0 is written as 0.
    fn settled(value: Value) -> Value {
        match value {
            Value::Number(number) => Value::Number(number + 0.0),
            Value::Array(items) => Value::Array(items.into_iter().map(settled).collect()),
            Value::Object(members) => {
                let mut members: Vec<_> =
                    members.into_iter().map(|(name, value)| (name, settled(value))).collect();
                members.sort_by(|(a, _), (b, _)| a.cmp(b));
                Value::Object(members)
            }
            other => other,
        }
    }

    proptest! {
        #[test]
        fn the_canonical_text_reads_back_as_the_value(value in any_value()) {
            let text = canonicalize(&value);
            let again = parse(text.as_bytes()).unwrap();
            prop_assert_eq!(canonicalize(&again), text);
            prop_assert_eq!(settled(again), settled(value));
        }

        #[test]
        fn every_number_reads_back_to_the_bit(bits: u64) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            let mut text = String::new();
            push_number(&mut text, number);
            let Ok(Value::Number(again)) = parse(text.as_bytes()) else { panic!("{text}") };
            prop_assert_eq!(again.to_bits(), (number + 0.0).to_bits());
        }

        #[test]
        fn whitespace_and_escapes_do_not_change_the_canonical_text(
            text: String,
            space in "[ \\t\\n\\r]{0,4}",
        ) {
            let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            let spaced = format!("{space}[{space}\"{escaped}\"{space}]{space}");
            let plain = canonicalize(&Value::Array(vec![Value::String(text)]));
            prop_assert_eq!(canonical(&spaced), plain);
        }
    }
}
