//! RFC 9651 §4.1: values into text.

use super::{BareItem, Item, Member, Parameters};
use crate::{
    canonical::structured_field::{INTEGER_MAX, byte_sequence, push_integer, push_string},
    error::{Code, Detail, Result},
};
use sfv::{KeyRef, TokenRef};

/// The text of a Dictionary.
///
/// # Errors
/// `ERR_SIG_MALFORMED` for a value that no structured field can carry: see [`serialize_item`].
pub fn serialize_dictionary(members: &[(String, Member)]) -> Result<String> {
    let mut out = String::new();
    for (key, member) in members {
        separate(&mut out, ", ");
        push_key(&mut out, key)?;
        match member.items.as_slice() {
            // §4.1.2 step 2: true is left to its parameters.
            [(BareItem::Boolean(true), parameters)] if !member.is_list => {
                push_parameters(&mut out, parameters)?;
            }
            _ => {
                out.push('=');
                push_member(&mut out, member)?;
            }
        }
    }
    Ok(out)
}

/// The text of a List.
///
/// # Errors
/// `ERR_SIG_MALFORMED` for a value that no structured field can carry: see [`serialize_item`].
pub fn serialize_list(members: &[Member]) -> Result<String> {
    let mut out = String::new();
    for member in members {
        separate(&mut out, ", ");
        push_member(&mut out, member)?;
    }
    Ok(out)
}

/// The text of an Item.
///
/// # Errors
/// `ERR_SIG_MALFORMED` for numbers beyond 15 digits, strings that are not printable ASCII, and malformed
/// keys and tokens.
pub fn serialize_item(item: &Item) -> Result<String> {
    let mut out = String::new();
    push_item(&mut out, item)?;
    Ok(out)
}

fn separate(out: &mut String, separator: &str) {
    if !out.is_empty() {
        out.push_str(separator);
    }
}

fn push_member(out: &mut String, member: &Member) -> Result<()> {
    if !member.is_list {
        return member
            .items
            .first()
            .map_or(Err(refused(&"a member has no item")), |item| push_item(out, item));
    }
    let mut items = String::new();
    for item in &member.items {
        separate(&mut items, " ");
        push_item(&mut items, item)?;
    }
    out.push('(');
    out.push_str(&items);
    out.push(')');
    push_parameters(out, &member.parameters)
}

fn push_item(out: &mut String, (bare_item, parameters): &Item) -> Result<()> {
    push_bare_item(out, bare_item)?;
    push_parameters(out, parameters)
}

fn push_parameters(out: &mut String, parameters: &Parameters) -> Result<()> {
    for (key, value) in parameters {
        out.push(';');
        push_key(out, key)?;
        if *value != BareItem::Boolean(true) {
            out.push('=');
            push_bare_item(out, value)?;
        }
    }
    Ok(())
}

const fn refused(detail: Detail) -> crate::error::Error {
    Code::SigMalformed.because(detail)
}

fn push_key(out: &mut String, key: &str) -> Result<()> {
    out.push_str(KeyRef::from_str(key).map_err(|_| refused(&"not a key"))?.as_str());
    Ok(())
}

fn push_bare_item(out: &mut String, bare_item: &BareItem) -> Result<()> {
    match bare_item {
        BareItem::Integer(number) => push_integer(out, *number)?,
        BareItem::Decimal(thousandths) => push_decimal(out, *thousandths)?,
        BareItem::String(text) => push_string(out, text)?,
        BareItem::Token(text) => {
            out.push_str(TokenRef::from_str(text).map_err(|_| refused(&"not a token"))?.as_str());
        }
        BareItem::Bytes(bytes) => out.push_str(&byte_sequence(bytes)),
        BareItem::Boolean(value) => out.push_str(if *value { "?1" } else { "?0" }),
        BareItem::Date(seconds) => {
            out.push('@');
            push_integer(out, *seconds)?;
        }
        BareItem::DisplayString(text) => push_display_string(out, text),
    }
    Ok(())
}

/// §4.1.5: at least one and at most three digits after the point.
fn push_decimal(out: &mut String, thousandths: i64) -> Result<()> {
    if thousandths.unsigned_abs() > INTEGER_MAX.unsigned_abs() {
        return Err(refused(&"not a decimal of at most 12 digits before the point"));
    }
    if thousandths < 0 {
        out.push('-');
    }
    let (whole, mut rest) = (thousandths.abs() / 1000, thousandths.abs() % 1000);
    push_integer(out, whole)?;
    out.push('.');
    let mut unit = 100;
    loop {
        push_integer(out, rest / unit)?;
        rest %= unit;
        unit /= 10;
        if rest == 0 {
            return Ok(());
        }
    }
}

/// §4.1.11: percent-encoded UTF-8, hexadecimal digits in lower case.
fn push_display_string(out: &mut String, text: &str) {
    out.push_str("%\"");
    for byte in text.bytes() {
        if matches!(byte, b'%' | b'"' | 0..=0x1f | 0x7f..) {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(digit.into(), 16));
            }
        } else {
            out.push(char::from(byte));
        }
    }
    out.push('"');
}
