use super::*;
use crate::{canonical::json::parse, consent::FieldValue};

const TRANSFER: &str = r#"{
    "act": "transfer", "tier": "consent", "method": "POST", "path": "/api/accounts/:from/transfers",
    "surface": "popup",
    "fields": {"from": "path:from", "to": "json:/to", "amount": "json:/amount/value",
               "currency": "json:/amount/currency", "when": "query:when"},
    "text": {"en": "Send {amount, currency} from {from} to {to} on {when, date}",
             "de": "{amount, currency} von {from} an {to} am {when, date} senden"}
}"#;

const BODY: &str = r#"{"amount":{"currency":"EUR","value":12.5},"to":"bob"}"#;

fn template(text: &str) -> Result<Template> {
    Template::from_value(&parse(text.as_bytes()).unwrap())
}

fn values(path: &str, query: &str, body: &str) -> Result<Vec<FieldValue>> {
    template(TRANSFER).unwrap().values(path, query, body.as_bytes())
}

const PATH: &str = "/api/accounts/a%20b/transfers";

#[test]
fn values_come_from_the_request_in_the_order_of_names() {
    let text = |text: &str| FieldValue::Text(text.into());
    assert_eq!(
        values(PATH, "?when=2026-01-01T00:00:00%2B01:00", BODY).unwrap(),
        [
            FieldValue::Number(12.5),
            text("EUR"),
            text("a b"),
            text("bob"),
            text("2026-01-01T00:00:00+01:00")
        ]
    );
}

#[test]
fn what_is_not_shown_is_refused() {
    let refused = |path: &str, query: &str, body: &str| values(path, query, body).unwrap_err().code;
    assert!(values(PATH, "?when=x", BODY).is_ok());
    for (path, query, body) in [
        (PATH, "?", BODY),
        (PATH, "?when=x&also=y", BODY),
        (PATH, "?when=x&when=y", BODY),
        (PATH, "?when", BODY),
        (PATH, "?when=%", BODY),
        (PATH, "?when=%ff", BODY),
        (PATH, "?when=x&", BODY),
        (PATH, "?when=x", ""),
        (PATH, "?when=x", "[]"),
        (PATH, "?when=x", r#"{"amount":{"currency":"EUR","value":12.5},"to":"bob","note":"x"}"#),
        (PATH, "?when=x", r#"{"amount":{"currency":"EUR","value":12.5,"x":{}},"to":"bob"}"#),
        (PATH, "?when=x", r#"{"amount":{"currency":"EUR","value":12.5}}"#),
        (PATH, "?when=x", r#"{"amount":{"currency":"EUR","value":null},"to":"bob"}"#),
        (PATH, "?when=x", r#"{"amount":{"currency":"EUR","value":[1]},"to":"bob"}"#),
        ("/api/accounts/a%2fb/transfers", "?when=x", BODY),
        ("/api/accounts/%2e%2e/transfers", "?when=x", BODY),
        ("/api/accounts/transfers", "?when=x", BODY),
    ] {
        assert_eq!(refused(path, query, body), Code::ConsentMismatch, "{path} {query} {body}");
    }
    assert_eq!(refused(PATH, "?when=x", r#"{"to":"a","to":"b"}"#), Code::JsonInvalid);
    let long = BODY.replace("bob", &"b".repeat(201));
    assert_eq!(refused(PATH, "?when=x", &long), Code::ConsentMismatch);
    assert!(values(PATH, "?when=x", &BODY.replace("bob", &"é".repeat(200))).is_ok());
}

#[test]
fn a_template_is_checked_when_it_is_registered() {
    assert!(template(TRANSFER).is_ok());
    for (from, to) in [
        ("\"consent\"", "\"signed\""),
        ("\"popup\"", "\"window\""),
        ("\"POST\"", "\"PO ST\""),
        ("/api/accounts/:from", "api/accounts/:from"),
        ("path:from", "path:other"),
        ("json:/to", "json:to"),
        ("json:/to", "body:/to"),
        ("json:/to", "json:/~2"),
        ("json:/to", "json:/amount/value"),
        ("\"to\": \"json", "\"t o\": \"json"),
        ("an {to} am", "an am"),
        ("an {to} am", "an {to} {you} am"),
        ("\"de\"", "\"de_DE\""),
        ("\"transfer\"", "\"\""),
        ("\"transfer\"", "\"tränsfer\""),
        ("\"surface\"", "\"Surface\""),
    ] {
        let changed = TRANSFER.replace(from, to);
        assert_ne!(changed, TRANSFER);
        assert_eq!(template(&changed).unwrap_err().code, Code::ConfigInvalid, "{from} {to}");
    }
}

#[test]
fn the_version_is_of_the_content_not_of_its_spelling() {
    let version = template(TRANSFER).unwrap().version;
    assert_eq!(template(&TRANSFER.replace("\n", " ")).unwrap().version, version);
    assert_ne!(template(&TRANSFER.replace("Send", "Give")).unwrap().version, version);
}

#[test]
fn languages_fall_back_to_the_first() {
    let template = template(TRANSFER).unwrap();
    for (wanted, shown) in [
        (&["de"][..], "de"),
        (&["de-AT"], "de"),
        (&["fr", "DE"], "de"),
        (&["fr"], "en"),
        (&[], "en"),
    ] {
        assert_eq!(template.language(wanted), shown);
    }
    assert!(template.text("en").is_some() && template.text("fr").is_none());
}

#[test]
fn a_template_belongs_to_method_and_path() {
    let template = template(TRANSFER).unwrap();
    assert!(template.is_of("POST", PATH));
    assert!(!template.is_of("post", PATH) && !template.is_of("POST", "/api/accounts/x"));
}
