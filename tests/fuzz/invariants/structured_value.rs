//! Structured fields made from values: written exactly when RFC 9651 can carry them, and read back as they
//! were.

use arbitrary::{Result, Unstructured};
use partitioned_authority::{
    error::Code,
    verifier::structured_field::{
        BareItem, Item, Member, Parameters, parse_dictionary, parse_item, parse_list,
        serialize_dictionary, serialize_item, serialize_list,
    },
};

/// The input decides the members of a dictionary.
pub fn check(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut members = Vec::new();
    while let Ok(member) = any_member(&mut input) {
        members.push(member);
        if members.len() == 8 || input.is_empty() {
            break;
        }
    }
    let writable = members.iter().all(|(key, member)| is_key(key) && is_writable(member));
    agrees(writable, serialize_dictionary(&members), parse_dictionary, &members);

    let list: Vec<Member> = members.into_iter().map(|(_, member)| member).collect();
    let writable = list.iter().all(is_writable);
    agrees(writable, serialize_list(&list), parse_list, &list);

    for item in list.iter().flat_map(|member| &member.items) {
        agrees(is_item(item), serialize_item(item), parse_item, item);
    }
}

fn agrees<T: std::fmt::Debug + PartialEq>(
    writable: bool,
    written: partitioned_authority::error::Result<String>,
    parse: impl Fn(&str) -> partitioned_authority::error::Result<T>,
    value: &T,
) {
    match written {
        Ok(text) => {
            assert!(writable, "{value:?} written as {text:?}");
            assert_eq!(parse(&text).as_ref(), Ok(value), "{text:?}");
        }
        Err(error) => {
            assert_eq!(error.code, Code::SigMalformed);
            assert!(!writable, "refused {value:?}");
        }
    }
}

fn is_writable(member: &Member) -> bool {
    (member.is_list || member.items.len() == 1)
        && member.items.iter().all(is_item)
        && are_parameters(&member.parameters)
}

fn is_item((bare_item, parameters): &Item) -> bool {
    is_bare_item(bare_item) && are_parameters(parameters)
}

fn are_parameters(parameters: &Parameters) -> bool {
    parameters.iter().all(|(key, value)| is_key(key) && is_bare_item(value))
}

fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_lowercase() || c == '*')
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.*".contains(c))
}

fn is_bare_item(bare_item: &BareItem) -> bool {
    match bare_item {
        BareItem::Integer(n) | BareItem::Decimal(n) | BareItem::Date(n) => {
            (-999_999_999_999_999..=999_999_999_999_999).contains(n)
        }
        BareItem::String(text) => text.chars().all(|c| (' '..='~').contains(&c)),
        BareItem::Token(text) => {
            text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*')
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c))
        }
        BareItem::Bytes(_) | BareItem::Boolean(_) | BareItem::DisplayString(_) => true,
    }
}

fn any_member(input: &mut Unstructured<'_>) -> Result<(String, Member)> {
    let key = any_key(input)?;
    let is_list = input.arbitrary()?;
    let mut member = Member { is_list, ..Member::default() };
    let count =
        if is_list { input.int_in_range(0..=4)? } else { usize::from(!input.ratio(1, 16)?) };
    for _ in 0..count {
        member.items.push((any_bare_item(input)?, any_parameters(input)?));
    }
    if is_list {
        member.parameters = any_parameters(input)?;
    }
    Ok((key, member))
}

fn any_parameters(input: &mut Unstructured<'_>) -> Result<Parameters> {
    (0..input.int_in_range(0..=2)?).map(|_| Ok((any_key(input)?, any_bare_item(input)?))).collect()
}

fn any_key(input: &mut Unstructured<'_>) -> Result<String> {
    if input.ratio(1_u8, 16_u8)? {
        return input.arbitrary();
    }
    of(input, "abcdefghijklmnopqrstuvwxyz*", "abcdefghijklmnopqrstuvwxyz0123456789_-.*")
}

/// One character of `first`, then some of `rest`.
fn of(input: &mut Unstructured<'_>, first: &str, rest: &str) -> Result<String> {
    let pick = |input: &mut Unstructured<'_>, from: &str| -> Result<char> {
        Ok(char::from(*input.choose(from.as_bytes())?))
    };
    let mut out = String::from(pick(input, first)?);
    for _ in 0..input.int_in_range(0..=6)? {
        out.push(pick(input, rest)?);
    }
    Ok(out)
}

fn any_bare_item(input: &mut Unstructured<'_>) -> Result<BareItem> {
    let number = |input: &mut Unstructured<'_>| -> Result<i64> {
        let number: i64 = input.arbitrary()?;
        // Most of all numbers are too long.
        Ok(if input.ratio(1_u8, 8_u8)? { number } else { number % 1_000_000_000_000_000 })
    };
    Ok(match input.int_in_range(0..=8)? {
        0 => BareItem::Integer(number(input)?),
        1 => BareItem::Decimal(number(input)?),
        2 => BareItem::Date(number(input)?),
        3 => BareItem::String(input.arbitrary()?),
        4 => BareItem::String(of(input, "\"\\ ~", "\"\\ ~a;,=()")?),
        5 => BareItem::Token(of(input, "aZ*", "aZ09!#$%&'*+-.^_`|~:/")?),
        6 => BareItem::Bytes(input.arbitrary()?),
        7 => BareItem::Boolean(input.arbitrary()?),
        _ => BareItem::DisplayString(input.arbitrary()?),
    })
}
