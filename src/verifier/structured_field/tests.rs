use super::*;
use crate::{
    canonical::{
        profile::{Algorithm, PARAMETER_ORDER, Parameters as Profile, Tag},
        signature_base::signature_params,
        structured_field::{INTEGER_MAX, byte_sequence, push_integer, push_string},
    },
    error::Code,
};
use proptest::prelude::*;

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

const KEY: &str = "[a-z*][a-z0-9_.*-]{0,8}";

fn any_bare_item() -> impl Strategy<Value = BareItem> {
    prop_oneof![
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(BareItem::Integer),
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(BareItem::Decimal),
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(BareItem::Date),
        "[ -~]{0,20}".prop_map(BareItem::String),
        "[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,12}".prop_map(BareItem::Token),
        any::<Vec<u8>>().prop_map(BareItem::Bytes),
        any::<bool>().prop_map(BareItem::Boolean),
        any::<String>().prop_map(BareItem::DisplayString),
    ]
}

fn any_parameters() -> impl Strategy<Value = Parameters> {
    prop::collection::vec((KEY, any_bare_item()), 0..3)
}

fn any_member() -> impl Strategy<Value = Member> {
    let item = || (any_bare_item(), any_parameters());
    prop_oneof![
        item().prop_map(|item| Member { items: vec![item], ..Member::default() }),
        (prop::collection::vec(item(), 0..4), any_parameters())
            .prop_map(|(items, parameters)| Member { items, is_list: true, parameters }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back(members in prop::collection::vec((KEY, any_member()), 0..5)) {
        let text = serialize_dictionary(&members).unwrap();
        prop_assert_eq!(parse_dictionary(&text).unwrap(), members.clone());
        let list: Vec<_> = members.into_iter().map(|(_, member)| member).collect();
        prop_assert_eq!(parse_list(&serialize_list(&list).unwrap()).unwrap(), list);
    }

    #[test]
    fn the_signer_writes_what_this_parser_reads(
        text in "[ -~]{0,40}",
        number in -INTEGER_MAX..=INTEGER_MAX,
        bytes: Vec<u8>,
    ) {
        let mut written = String::new();
        push_string(&mut written, &text).unwrap();
        prop_assert_eq!(parse_item(&written), Ok((BareItem::String(text), vec![])));
        written.clear();
        push_integer(&mut written, number).unwrap();
        prop_assert_eq!(parse_item(&written), Ok((BareItem::Integer(number), vec![])));
        prop_assert_eq!(parse_byte_sequence(&byte_sequence(&bytes)), Ok(bytes));
    }

    #[test]
    fn what_the_signer_refuses_no_field_can_carry(text: String, number: i64) {
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        prop_assert_eq!(push_string(&mut String::new(), &text).is_ok(), printable);
        let short = (-INTEGER_MAX..=INTEGER_MAX).contains(&number);
        prop_assert_eq!(push_integer(&mut String::new(), number).is_ok(), short);
    }

    #[test]
    fn signature_parameters_read_back(
        names in prop::collection::vec("[ -~]{1,12}", 0..6),
        created in 0..=INTEGER_MAX,
        nonce in "[ -~]{0,60}",
        keyid in "[ -~]{0,43}",
        control: bool,
    ) {
        let tag = if control { Tag::Control } else { Tag::Request };
        let (nonce, keyid, alg) = (nonce.as_str(), keyid.as_str(), Algorithm::EcdsaP256Sha256);
        let profile = Profile { created, nonce, keyid, alg, tag };
        let components: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        let text = signature_params(&components, &profile.ordered()).unwrap();
        let members = parse_list(&text).unwrap();
        let [member] = members.as_slice() else { panic!("{text}") };
        let covered = names.iter().map(|name| (BareItem::String(name.clone()), vec![]));
        prop_assert!(member.is_list && covered.eq(member.items.iter().cloned()));
        let texts = [nonce, keyid, alg.as_str(), tag.as_str()].map(|text| BareItem::String(text.into()));
        let values = [BareItem::Integer(created)].into_iter().chain(texts);
        let expected: Vec<_> = PARAMETER_ORDER.map(str::to_owned).into_iter().zip(values).collect();
        prop_assert_eq!(&member.parameters, &expected);
    }
}
