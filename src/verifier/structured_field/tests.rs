use super::*;
use crate::error::Code;

#[test]
fn doubled_keys_stay_visible() {
    let members = parse_dictionary(r#"a=:AAE=:, a=("x" "y";z);n=1;n=2, b"#).unwrap();
    assert_eq!(members.len(), 3);
    let (_, list) = &members[1];
    assert!(list.is_list);
    assert_eq!(list.items[0], (BareItem::String("x".into()), vec![]));
    assert_eq!(list.items[1].1.len(), 1);
    assert_eq!(
        list.parameters,
        [("n".into(), BareItem::Integer(1)), ("n".into(), BareItem::Integer(2))]
    );
    assert_eq!(members[0].1.items, [(BareItem::Bytes(vec![0, 1]), vec![])]);
}

#[test]
fn of_doubled_keys_the_last_value_counts_at_the_place_of_the_first() {
    let members = last_wins(parse_dictionary("a=1, b=2, a=3").unwrap());
    assert_eq!(serialize_dictionary(&members).unwrap(), "a=3, b=2");
    let (_, parameters) = parse_item("1;p;q;p=?0").unwrap();
    assert_eq!(
        last_wins(parameters),
        [("p".into(), BareItem::Boolean(false)), ("q".into(), BareItem::Boolean(true))]
    );
}

#[test]
fn malformed_text_is_refused() {
    assert_eq!(parse_byte_sequence(":AAE=:"), Ok(vec![0, 1]));
    for text in ["", "a=", "a=(", "A=1", "a=1,", "a=1 b=2", "a=\"\u{e9}\"", "a=1000000000000000"] {
        assert!(parse_dictionary(text).is_err() || text.is_empty(), "{text}");
    }
    for text in ["", "a", "1", ":AAE=", ":A*:", ":AAE=:;p", "\"a\"", ":AAE:", ":AAF=:", ":AA E=:"] {
        assert_eq!(parse_byte_sequence(text).unwrap_err().code, Code::SigMalformed, "{text}");
    }
    for text in [",", "1,", "(1", "(1)2", "1;", "1 2", "(1,2)"] {
        assert_eq!(parse_list(text).unwrap_err().code, Code::SigMalformed, "{text}");
    }
}

#[test]
fn every_type_is_written_in_its_one_form() {
    for (text, canonical) in [
        ("1", "1"),
        ("-0", "0"),
        ("1.50", "1.5"),
        ("1.00", "1.0"),
        ("-0.001", "-0.001"),
        ("0.25", "0.25"),
        ("999999999999.999", "999999999999.999"),
        ("\"a\\\"\\\\\"", "\"a\\\"\\\\\""),
        ("*t/o:k", "*t/o:k"),
        (":AAE:", ":AAE=:"),
        ("?1;a;b=?0", "?1;a;b=?0"),
        ("@-5", "@-5"),
        ("%\"f%c3%bc%22\"", "%\"f%c3%bc%22\""),
    ] {
        assert_eq!(serialize_item(&parse_item(text).unwrap()).unwrap(), canonical);
    }
    for text in ["(1  2 );a, (), a;b", "a"] {
        let members = parse_list(text).unwrap();
        let written = serialize_list(&members).unwrap();
        assert_eq!(parse_list(&written).unwrap(), members);
        assert!(!written.contains("  "));
    }
    assert_eq!(
        serialize_dictionary(&parse_dictionary("a=?1;x, b=(1), c=?0").unwrap()).unwrap(),
        "a;x, b=(1), c=?0"
    );
}

#[test]
fn what_no_field_can_carry_is_refused() {
    let item = |bare_item| serialize_item(&(bare_item, vec![]));
    for refused in [
        BareItem::Integer(1_000_000_000_000_000),
        BareItem::Decimal(-1_000_000_000_000_000),
        BareItem::Decimal(i64::MIN),
        BareItem::Date(i64::MIN),
        BareItem::String("é".into()),
        BareItem::Token("1".into()),
        BareItem::Token(String::new()),
    ] {
        assert_eq!(item(refused).unwrap_err().code, Code::SigMalformed);
    }
    let keyed = |key: &str| {
        serialize_item(&(BareItem::Integer(1), vec![(key.into(), BareItem::Boolean(true))]))
    };
    assert!(keyed("a").is_ok() && keyed("A").is_err() && keyed("").is_err());
    assert!(serialize_list(&[Member::default()]).is_err());
}
