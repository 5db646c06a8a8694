//! Serialising the structured-field values the protocol writes (RFC 9651 §4.1).

use super::base64;
use crate::error::{Code, Error, Result};
use alloc::string::String;

/// A Byte Sequence: `:base64:`.
#[must_use]
pub fn byte_sequence(bytes: &[u8]) -> String {
    let mut out = String::from(":");
    out.push_str(&base64::encode(bytes));
    out.push(':');
    out
}

pub(super) const NOT_PRINTABLE: Error = Code::SigMalformed.because(&"not printable ASCII");

/// Appends a String: quoted, printable ASCII only, with `"` and `\` escaped.
///
/// # Errors
/// `ERR_SIG_MALFORMED` for a character outside 0x20–0x7e.
pub fn push_string(out: &mut String, text: &str) -> Result<()> {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(NOT_PRINTABLE);
    }
    out.push('"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push('\\');
        }
        out.push(char::from(byte));
    }
    out.push('"');
    Ok(())
}

/// The widest Integer, 15 decimal digits (RFC 9651 §3.3.1).
pub const INTEGER_MAX: i64 = 999_999_999_999_999;

/// Appends an Integer.
///
/// # Errors
/// `ERR_SIG_MALFORMED` beyond 15 digits.
pub fn push_integer(out: &mut String, number: i64) -> Result<()> {
    if number.unsigned_abs() > INTEGER_MAX.unsigned_abs() {
        return Err(Code::SigMalformed.because(&"not an integer of at most 15 digits"));
    }
    if number < 0 {
        out.push('-');
    }
    push_digits(out, number.unsigned_abs());
    Ok(())
}

/// By hand: the formatter of the standard library would be a tenth of an artefact.
fn push_digits(out: &mut String, number: u64) {
    if number > 9 {
        push_digits(out, number / 10);
    }
    out.extend(u32::try_from(number % 10).ok().and_then(|digit| char::from_digit(digit, 10)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_or_refused() {
        let mut out = String::new();
        push_string(&mut out, r#"a"b\c"#).unwrap();
        assert_eq!(out, r#""a\"b\\c""#);
        assert_eq!(push_string(&mut String::new(), "é").unwrap_err().code, Code::SigMalformed);
        assert_eq!(push_string(&mut String::new(), "a\n").unwrap_err().code, Code::SigMalformed);
    }

    #[test]
    fn integers_keep_to_fifteen_digits() {
        let mut out = String::new();
        for number in [0, 10, -907, INTEGER_MAX, -INTEGER_MAX] {
            out.clear();
            push_integer(&mut out, number).unwrap();
            assert_eq!(out, number.to_string());
        }
        assert!(push_integer(&mut out, INTEGER_MAX + 1).is_err());
        assert!(push_integer(&mut out, i64::MIN).is_err());
    }
}
