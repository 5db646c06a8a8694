//! RFC 9651.

use super::{hex, hold, text};
use partitioned_authority::{
    error::Result,
    verifier::structured_field::{
        BareItem, Item, Member, Parameters, last_wins, parse_dictionary, parse_item, parse_list,
        serialize_dictionary, serialize_item, serialize_list,
    },
};
use serde_json::{Value, json};

fn thousandths(number: i64) -> f64 {
    f64::from(i32::try_from(number / 1_000_000).unwrap()) * 1000.0
        + f64::from(i32::try_from(number % 1_000_000).unwrap()) / 1000.0
}

fn bare_item(value: &BareItem) -> Value {
    let (kind, value) = match value {
        BareItem::Integer(number) => ("integer", json!(number)),
        BareItem::Decimal(number) => ("decimal", json!(thousandths(*number))),
        BareItem::String(text) => ("string", json!(text)),
        BareItem::Token(text) => ("token", json!(text)),
        BareItem::Bytes(bytes) => ("byte-sequence", json!(hex(bytes))),
        BareItem::Boolean(value) => ("boolean", json!(value)),
        BareItem::Date(seconds) => ("date", json!(seconds)),
        BareItem::DisplayString(text) => ("display-string", json!(text)),
    };
    json!({ "type": kind, "value": value })
}

fn parameters(list: &Parameters) -> Value {
    list.iter().map(|(key, value)| json!([key, bare_item(value)])).collect()
}

fn item((value, list): &Item) -> Value {
    json!({ "bareItem": bare_item(value), "parameters": parameters(list) })
}

fn member(found: &Member) -> Value {
    if !found.is_list {
        return item(&found.items[0]);
    }
    let items: Vec<_> = found.items.iter().map(item).collect();
    json!({ "items": items, "parameters": parameters(&found.parameters) })
}

/// JSON has one kind of number: 1.0 and 1 are the same there.
fn same_numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(same_numbers).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, inner)| (name.clone(), same_numbers(inner))).collect()
        }
        other => other.clone(),
    }
}

fn resolved_item((value, list): Item) -> Item {
    (value, last_wins(list))
}

/// Doubled parameters resolved, as the RFC has it.
fn resolved(found: Member) -> Member {
    Member {
        items: found.items.into_iter().map(resolved_item).collect(),
        parameters: last_wins(found.parameters),
        is_list: found.is_list,
    }
}

fn parsed(kind: &str, text: &str) -> Result<(Value, String)> {
    Ok(match kind {
        "item" => {
            let found = resolved_item(parse_item(text)?);
            (item(&found), serialize_item(&found)?)
        }
        "list" => {
            let found: Vec<_> = parse_list(text)?.into_iter().map(resolved).collect();
            (found.iter().map(member).collect(), serialize_list(&found)?)
        }
        _ => {
            let found: Vec<_> = last_wins(parse_dictionary(text)?)
                .into_iter()
                .map(|(key, found)| (key, resolved(found)))
                .collect();
            let value = found.iter().map(|(key, found)| json!([key, member(found)])).collect();
            (value, serialize_dictionary(&found)?)
        }
    })
}

pub(super) fn fields() {
    hold(include_str!("../../vectors/structured-field.json"), |case| {
        let (value, canonical) = parsed(text(case, "type"), text(case, "text"))?;
        if let Some(expected) = case.get("value") {
            assert_eq!(same_numbers(&value), same_numbers(expected), "{}", case["name"]);
        }
        Ok(json!({ "canonical": canonical }))
    });
}

pub(super) fn characters() {
    hold(include_str!("../../vectors/structured-field-characters.json"), |case| {
        let (kind, before, after) = (text(case, "type"), text(case, "before"), text(case, "after"));
        let is_good = |c: &char| parsed(kind, &format!("{before}{c}{after}")).is_ok();
        let accepted: String = ('\0'..='\u{ff}').filter(is_good).collect();
        Ok(json!({ "accepted": accepted }))
    });
}
