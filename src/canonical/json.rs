//! I-JSON values and a strict parser (RFC 8259, RFC 7493).
//!
//! Refused: a byte-order mark, invalid UTF-8, duplicate names, lone surrogates, numbers that overflow,
//! nesting beyond [`MAX_DEPTH`], texts beyond [`MAX_LENGTH`], anything after the value. One text gives one value or none.

use crate::error::{Code, Detail, Error, Result};
use alloc::{string::String, vec::Vec};

/// Longest text, bytes.
pub const MAX_LENGTH: usize = 1 << 20;

/// Deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 64;

/// A JSON value. Object members keep the order of the text; names are unique.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// A string of Unicode scalar values.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The member `name` of an object.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                members.iter().find_map(|(key, value)| (key == name).then_some(value))
            }
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

const fn invalid(detail: Detail) -> Error {
    Code::JsonInvalid.because(detail)
}

/// Parses one JSON text.
///
/// # Errors
/// `ERR_JSON_INVALID`, with the reason in its detail.
pub fn parse(text: &[u8]) -> Result<Value> {
    if text.len() > MAX_LENGTH {
        return Err(invalid(&"the text is longer than 1 MiB"));
    }
    let text = core::str::from_utf8(text).map_err(|_| invalid(&"the text is not UTF-8"))?;
    let mut parser = Parser { rest: text };
    parser.skip_space();
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.rest.is_empty() { Ok(value) } else { Err(invalid(&"text after the value")) }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn eat(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes the longest prefix whose bytes satisfy `keep`, which must hold for ASCII bytes only.
    fn take(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.eat("true") => Ok(Value::Bool(true)),
            _ if self.eat("false") => Ok(Value::Bool(false)),
            _ if self.eat("null") => Ok(Value::Null),
            _ => Err(invalid(&"a value is missing")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value> {
        self.open("{", depth)?;
        let mut members: Vec<(String, Value)> = Vec::new();
        if self.eat("}") {
            return Ok(Value::Object(members));
        }
        // A sorted list of names beside the members finds duplicates without quadratic work.
        let mut names = alloc::collections::BTreeSet::new();
        loop {
            self.skip_space();
            let name = self.string()?;
            if !names.insert(name.clone()) {
                return Err(invalid(&"a name occurs twice in an object"));
            }
            self.skip_space();
            if !self.eat(":") {
                return Err(invalid(&"a colon is missing"));
            }
            self.skip_space();
            members.push((name, self.value(depth + 1)?));
            self.skip_space();
            if self.eat("}") {
                return Ok(Value::Object(members));
            }
            if !self.eat(",") {
                return Err(invalid(&"an object is not closed"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value> {
        self.open("[", depth)?;
        let mut items = Vec::new();
        if self.eat("]") {
            return Ok(Value::Array(items));
        }
        loop {
            self.skip_space();
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.eat("]") {
                return Ok(Value::Array(items));
            }
            if !self.eat(",") {
                return Err(invalid(&"an array is not closed"));
            }
        }
    }

    fn open(&mut self, bracket: &str, depth: usize) -> Result<()> {
        if depth >= MAX_DEPTH {
            return Err(invalid(&"nested too deeply"));
        }
        self.eat(bracket);
        self.skip_space();
        Ok(())
    }

    /// RFC 8259 §6: the grammar is narrower than what Rust's own parser accepts.
    fn number(&mut self) -> Result<Value> {
        let start = self.rest;
        self.eat("-");
        let integer = self.take(|c| c.is_ascii_digit());
        if integer.is_empty() || (integer.len() > 1 && integer.starts_with('0')) {
            return Err(invalid(&"a number is malformed"));
        }
        if self.eat(".") && self.take(|c| c.is_ascii_digit()).is_empty() {
            return Err(invalid(&"a number is malformed"));
        }
        if self.eat("e") || self.eat("E") {
            if !self.eat("+") {
                self.eat("-");
            }
            if self.take(|c| c.is_ascii_digit()).is_empty() {
                return Err(invalid(&"a number is malformed"));
            }
        }
        let text = start.strip_suffix(self.rest).unwrap_or_default();
        match double(text) {
            Some(number) if number.is_finite() => Ok(Value::Number(number)),
            _ => Err(invalid(&"a number is out of range")),
        }
    }

    fn string(&mut self) -> Result<String> {
        if !self.eat("\"") {
            return Err(invalid(&"a string is missing"));
        }
        let mut out = String::new();
        loop {
            out.push_str(self.take(|c| c >= ' ' && c != '"' && c != '\\'));
            if self.eat("\"") {
                return Ok(out);
            }
            if !self.eat("\\") {
                return Err(invalid(&"a string is not closed or holds a control character"));
            }
            out.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char> {
        let mut rest = self.rest.chars();
        let escaped = match rest.next() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.rest = rest.as_str();
                return self.unicode_escape();
            }
            _ => return Err(invalid(&"an unknown escape")),
        };
        self.rest = rest.as_str();
        Ok(escaped)
    }

    fn unicode_escape(&mut self) -> Result<char> {
        let first = self.hex4()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or(invalid(&"an escape is no character"));
        }
        if first >= 0xdc00 || !self.eat("\\u") {
            return Err(invalid(&"a lone surrogate"));
        }
        let second = self.hex4()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(invalid(&"a lone surrogate"));
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
            .ok_or(invalid(&"an escape is no character"))
    }

    fn hex4(&mut self) -> Result<u32> {
        let (digits, rest) =
            self.rest.split_at_checked(4).ok_or(invalid(&"an escape is cut short"))?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(invalid(&"an escape is not hexadecimal"));
        }
        self.rest = rest;
        u32::from_str_radix(digits, 16).map_err(|_| invalid(&"an escape is not hexadecimal"))
    }
}

/// The double nearest to a number in JSON's grammar. Artefacts that read numbers ask the engine: the tables of
/// Rust's own parser would be a tenth of it.
#[cfg(all(target_arch = "wasm32", any(feature = "consent", feature = "verifier")))]
fn double(text: &str) -> Option<f64> {
    Some(crate::host::number_from_string(text))
}

#[cfg(not(all(target_arch = "wasm32", any(feature = "consent", feature = "verifier"))))]
fn double(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &[u8]) -> &'static str {
        let error = parse(text).unwrap_err();
        assert_eq!(error.code, Code::JsonInvalid);
        error.detail
    }

    #[test]
    fn accepts_what_rfc_8259_gives() {
        let value = parse(br#" {"a":[1,-0.5e2,true,null],"\u00e9\ud83d\ude00":"\/\n"} "#).unwrap();
        assert_eq!(
            value.member("a"),
            Some(&Value::Array(vec![
                Value::Number(1.0),
                Value::Number(-50.0),
                Value::Bool(true),
                Value::Null
            ]))
        );
        assert_eq!(value.member("é😀").and_then(Value::as_str), Some("/\n"));
        assert_eq!(parse(b"{}"), Ok(Value::Object(vec![])));
        assert_eq!(parse(b"[ ]"), Ok(Value::Array(vec![])));
    }

    #[test]
    fn refuses_what_i_json_refuses() {
        assert_eq!(refused(br#"{"a":1,"a":2}"#), "a name occurs twice in an object");
        assert_eq!(refused(br#"{"a":1,"\u0061":2}"#), "a name occurs twice in an object");
        assert_eq!(refused(b"\xef\xbb\xbf{}"), "a value is missing");
        assert_eq!(refused(b"\"\xff\""), "the text is not UTF-8");
        assert_eq!(refused(br#""\ud800""#), "a lone surrogate");
        assert_eq!(refused(br#""\udc00""#), "a lone surrogate");
        assert_eq!(refused(br#""\ud800\u0041""#), "a lone surrogate");
        assert_eq!(refused(b"1e400"), "a number is out of range");
        for text in [
            "",
            "01",
            "+1",
            "1.",
            ".5",
            "1e",
            "--1",
            "NaN",
            "Infinity",
            "0x10",
            "'a'",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12\"",
            "[1 2]",
            "1 2",
            "\"",
            "[",
            "{",
            "tru",
            "\u{a0}1",
        ] {
            refused(text.as_bytes());
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(refused(&nested(MAX_DEPTH + 1)), "nested too deeply");
        refused(&vec![b'['; 1_000_000]);
    }

    #[test]
    fn length_is_bounded() {
        let mut text = vec![b' '; MAX_LENGTH];
        text[0] = b'1';
        assert_eq!(parse(&text), Ok(Value::Number(1.0)));
        text.push(b' ');
        assert_eq!(refused(&text), "the text is longer than 1 MiB");
    }
}
