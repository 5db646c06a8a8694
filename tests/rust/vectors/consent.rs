//! Consent: templates, what a request shows by them, and the field.

use super::{hex, hold, text, unhex};
use partitioned_authority::{
    canonical::json::parse,
    consent::{FieldValue, Shown, Template},
    error::Error,
    verifier::consent,
};
use serde_json::{Value, json};

fn template(case: &Value) -> Result<Template, Error> {
    Template::from_value(&parse(case["template"].to_string().as_bytes()).unwrap())
}

pub(super) fn templates() {
    hold(include_str!("../../vectors/consent-template.json"), |case| {
        Ok(json!({ "version": hex(&template(case)?.version) }))
    });
}

fn value(value: FieldValue) -> Value {
    match value {
        FieldValue::Text(text) => text.into(),
        FieldValue::Boolean(value) => value.into(),
        // As the file has it: whole numbers without a fraction, and no negative zero.
        FieldValue::Number(number) => serde_json::from_str(&(number + 0.0).to_string()).unwrap(),
    }
}

fn piece(shown: Shown) -> Value {
    let (kind, value) = match shown {
        Shown::Literal(words) => ("literal", words),
        Shown::Text(text) => ("text", text),
        Shown::Number(number) => ("number", number),
        Shown::Date(date) => ("date", date),
        Shown::Money { amount, currency } => {
            return json!({ "kind": "money", "value": amount, "currency": currency });
        }
    };
    json!({ "kind": kind, "value": value })
}

pub(super) fn requests() {
    hold(include_str!("../../vectors/consent-request.json"), |case| {
        let template = template(case).unwrap();
        let content = unhex(text(case, "content"));
        let values = template.values(text(case, "path"), text(case, "query"), &content)?;
        let shown = template.shown(text(case, "language"), &values)?;
        let names = template.fields().iter().map(|field| field.name.clone());
        let values = names.zip(values).map(|(name, found)| json!([name, value(found)]));
        Ok(json!({
            "values": values.collect::<Vec<_>>(),
            "shown": shown.into_iter().map(piece).collect::<Vec<_>>(),
        }))
    });
}

pub(super) fn fields() {
    hold(include_str!("../../vectors/consent-field.json"), |case| {
        let field = text(case, "field");
        let found = consent::read(field)?;
        assert_eq!(found.to_field().unwrap(), field);
        Ok(json!({ "decoded": {
            "act": found.act, "version": hex(&found.version), "language": found.language,
            "text": hex(&found.text), "surface": found.surface.as_str(), "verified": found.verified,
        } }))
    });
}
