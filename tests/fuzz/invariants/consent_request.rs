//! The closed schema: whatever is accepted holds what is shown, and nothing else. serde_json is the oracle.

use partitioned_authority::{
    canonical::json::parse,
    consent::{FieldValue, Shown, Template},
    error::Code,
};
use serde_json::Value;
use std::sync::LazyLock;

const TEXTS: [&str; 3] = [
    r#"{"act":"a","fields":{"amount":"json:/sum/amount","from":"path:from","note":"query:note","to":"json:/to","unit":"json:/sum/unit"},"method":"POST","path":"/accounts/:from/pay","surface":"popup","text":{"en":"{amount, currency, unit}{from}{to}{note}"},"tier":"consent"}"#,
    r#"{"act":"b","fields":{"all":"json:","day":"path:d"},"method":"POST","path":"/:d","surface":"popup","text":{"en":"{day, date}{all, number}"},"tier":"consent"}"#,
    r#"{"act":"c","fields":{"a":"json:/0","b":"json:/1/~0","c":"query:q"},"method":"POST","path":"/","surface":"popup","text":{"en":"{a}{b}{c}"},"tier":"consent"}"#,
];

static TEMPLATES: LazyLock<[Template; 3]> = LazyLock::new(|| {
    TEXTS.map(|text| Template::from_value(&parse(text.as_bytes()).unwrap()).unwrap())
});

/// The input is a template's number, a path, a query with its `?`, and content, on a line each.
pub fn check(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == b'\n');
    let (Some(number), Some(path), Some(query), Some(content)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    let (Ok(path), Ok(query)) = (str::from_utf8(path), str::from_utf8(query)) else { return };
    let number = number.first().map_or(0, |byte| usize::from(*byte) % TEMPLATES.len());
    let template = &TEMPLATES[number];
    let values = match template.values(path, query, content) {
        Ok(values) => values,
        Err(error) => {
            assert!(matches!(error.code, Code::ConsentMismatch | Code::JsonInvalid), "{error}");
            return;
        }
    };
    assert_eq!(values.len(), template.fields().len());
    let given = |name: &str| {
        let mut found = template.fields().iter().zip(&values);
        found.find_map(|(field, value)| (field.name == name).then_some(value)).unwrap()
    };
    assert!(values.iter().all(|value| match value {
        FieldValue::Text(text) => text.chars().count() <= 200,
        FieldValue::Number(number) => number.is_finite(),
        FieldValue::Boolean(_) => true,
    }));
    let json: Value = serde_json::from_slice(content).unwrap_or(Value::Null);
    let same = |pointer: &str, name: &str| {
        let value = json.pointer(pointer).unwrap();
        match given(name) {
            FieldValue::Text(text) => assert_eq!(value.as_str(), Some(text.as_str())),
            FieldValue::Number(number) => assert_eq!(value.as_f64(), Some(*number)),
            FieldValue::Boolean(flag) => assert_eq!(value.as_bool(), Some(*flag)),
        }
    };
    match number {
        0 => {
            assert_eq!(members(&json), ["sum", "to"]);
            assert_eq!(members(&json["sum"]), ["amount", "unit"]);
            for (pointer, name) in [("/sum/amount", "amount"), ("/sum/unit", "unit"), ("/to", "to")]
            {
                same(pointer, name);
            }
            assert_eq!(query.matches('=').count().min(1), 1);
            assert!(path.starts_with("/accounts/") && path.ends_with("/pay"));
        }
        1 => {
            same("", "all");
            assert!(matches!(query, "" | "?"));
        }
        _ => {
            let list = json.as_array().unwrap();
            assert_eq!((list.len(), members(&list[1])), (2, vec!["~".to_owned()]));
            same("/0", "a");
            same("/1/~0", "b");
        }
    }
    shown(template, &values);
}

fn members(value: &Value) -> Vec<String> {
    let mut names: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
}

fn shown(template: &Template, values: &[FieldValue]) {
    let pieces = match template.shown("en", values) {
        Ok(pieces) => pieces,
        Err(error) => return assert_eq!(error.code, Code::ConsentMismatch),
    };
    for piece in pieces {
        match piece {
            Shown::Literal(_) => {}
            Shown::Text(text) => {
                is_plain(&text);
                let told = values.iter().any(|value| match value {
                    FieldValue::Text(value) => *value == unescaped(&text),
                    FieldValue::Number(value) => text.parse() == Ok(*value),
                    FieldValue::Boolean(value) => text == value.to_string(),
                });
                assert!(told, "{text:?}");
            }
            Shown::Number(amount) => is_decimal(&amount),
            Shown::Money { amount, currency } => {
                is_decimal(&amount);
                assert!(
                    currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase())
                );
            }
            Shown::Date(date) => {
                assert!(date.is_ascii() && date.len() >= 10);
                let day: u32 = date[8..10].parse().unwrap();
                let month: u32 = date[5..7].parse().unwrap();
                assert!((1..=31).contains(&day) && (1..=12).contains(&month));
            }
        }
    }
    assert!(template.shown("de", values).is_err());
}

/// Every character has a shape of its own, and every space is drawn.
fn is_plain(text: &str) {
    assert!(text.chars().all(|c| c == ' ' || !c.is_control() && !c.is_whitespace()));
    assert!(!text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  "));
}

/// What a text stands for: a doubled backslash for one, `\\u{…}` for a character.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        rest = if let Some(after) = escape.strip_prefix('\\') {
            out.push('\\');
            after
        } else {
            let (code, after) = escape.strip_prefix("u{").unwrap().split_once('}').unwrap();
            out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            after
        };
    }
    out + rest
}

fn is_decimal(text: &str) {
    assert!(text.len() <= 17 && text.parse::<f64>().unwrap().is_finite());
    assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-'));
}
