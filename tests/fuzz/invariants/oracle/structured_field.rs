//! RFC 9651 §4.2, step by step, with every doubled key kept.

use base64ct::{Base64Unpadded, Encoding as _};
use partitioned_authority::verifier::structured_field::{
    BareItem, Dictionary, Item, Member, Parameters,
};

/// What is left of a field's text; every step takes from its front.
struct Text<'a>(&'a [u8]);

/// A whole field: leading and trailing spaces go, nothing may be left (§4.2 steps 2 to 7).
fn whole<'a, T>(text: &'a str, parse: impl FnOnce(&mut Text<'a>) -> Option<T>) -> Option<T> {
    if !text.is_ascii() {
        return None;
    }
    let mut text = Text(text.as_bytes());
    text.skip(b" ");
    let value = parse(&mut text)?;
    text.skip(b" ");
    text.0.is_empty().then_some(value)
}

/// §4.2.2
pub fn dictionary(text: &str) -> Option<Dictionary> {
    whole(text, |text| {
        let mut out = Vec::new();
        while !text.0.is_empty() {
            let key = text.key()?;
            let member = if text.eat(b'=') {
                text.member()?
            } else {
                let parameters = text.parameters()?;
                Member { items: vec![(BareItem::Boolean(true), parameters)], ..Member::default() }
            };
            out.push((key, member));
            if !text.another()? {
                break;
            }
        }
        Some(out)
    })
}

/// §4.2.1
pub fn list(text: &str) -> Option<Vec<Member>> {
    whole(text, |text| {
        let mut out = Vec::new();
        while !text.0.is_empty() {
            out.push(text.member()?);
            if !text.another()? {
                break;
            }
        }
        Some(out)
    })
}

/// §4.2.3
pub fn item(text: &str) -> Option<Item> {
    whole(text, Text::item)
}

impl Text<'_> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn skip(&mut self, bytes: &[u8]) {
        self.take(|byte| bytes.contains(&byte));
    }

    fn take(&mut self, keep: impl Fn(u8) -> bool) -> String {
        let end = self.0.iter().position(|byte| !keep(*byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken.iter().copied().map(char::from).collect()
    }

    /// After a member: the end, or a comma and more (no trailing comma).
    fn another(&mut self) -> Option<bool> {
        self.skip(b" \t");
        if self.0.is_empty() {
            return Some(false);
        }
        if !self.eat(b',') {
            return None;
        }
        self.skip(b" \t");
        (!self.0.is_empty()).then_some(true)
    }

    fn member(&mut self) -> Option<Member> {
        if self.peek() == Some(b'(') {
            return self.inner_list();
        }
        Some(Member { items: vec![self.item()?], ..Member::default() })
    }

    fn inner_list(&mut self) -> Option<Member> {
        self.next();
        let mut items = Vec::new();
        loop {
            self.skip(b" ");
            if self.eat(b')') {
                return Some(Member { items, is_list: true, parameters: self.parameters()? });
            }
            items.push(self.item()?);
            if !matches!(self.peek()?, b' ' | b')') {
                return None;
            }
        }
    }

    fn item(&mut self) -> Option<Item> {
        Some((self.bare_item()?, self.parameters()?))
    }

    fn parameters(&mut self) -> Option<Parameters> {
        let mut out = Vec::new();
        while self.eat(b';') {
            self.skip(b" ");
            let key = self.key()?;
            let value = if self.eat(b'=') { self.bare_item()? } else { BareItem::Boolean(true) };
            out.push((key, value));
        }
        Some(out)
    }

    fn key(&mut self) -> Option<String> {
        let starts = matches!(self.peek()?, b'a'..=b'z' | b'*');
        starts.then(|| {
            self.take(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'))
        })
    }

    fn bare_item(&mut self) -> Option<BareItem> {
        match self.peek()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => Some(BareItem::Token(
                self.take(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&b)),
            )),
            b':' => self.bytes(),
            b'?' => {
                self.next();
                match self.next()? {
                    b'1' => Some(BareItem::Boolean(true)),
                    b'0' => Some(BareItem::Boolean(false)),
                    _ => None,
                }
            }
            b'@' => {
                self.next();
                match self.number()? {
                    BareItem::Integer(seconds) => Some(BareItem::Date(seconds)),
                    _ => None,
                }
            }
            b'%' => self.display_string(),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<BareItem> {
        let sign = if self.eat(b'-') { -1 } else { 1 };
        let whole = self.take(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 {
            return None;
        }
        if self.peek() != Some(b'.') {
            return Some(BareItem::Integer(sign * whole.parse::<i64>().ok()?));
        }
        self.next();
        let fraction = self.take(|b| b.is_ascii_digit());
        if whole.len() > 12 || !(1..=3).contains(&fraction.len()) {
            return None;
        }
        let thousandths: i64 = format!("{whole}{fraction:0<3}").parse().ok()?;
        Some(BareItem::Decimal(sign * thousandths))
    }

    fn string(&mut self) -> Option<BareItem> {
        self.next();
        let mut out = String::new();
        loop {
            match self.next()? {
                b'"' => return Some(BareItem::String(out)),
                b'\\' => match self.next()? {
                    escaped @ (b'"' | b'\\') => out.push(char::from(escaped)),
                    _ => return None,
                },
                plain @ b' '..=b'~' => out.push(char::from(plain)),
                _ => return None,
            }
        }
    }

    /// §4.2.7: padding may be left out, all or in part, and stray bits are ignored, as the RFC recommends.
    fn bytes(&mut self) -> Option<BareItem> {
        self.next();
        let text = self.take(|b| b != b':');
        if !self.eat(b':') {
            return None;
        }
        let bare = text.trim_end_matches('=');
        if text.len() > bare.len().next_multiple_of(4) {
            return None;
        }
        let mut canonical = bare.to_owned();
        if let Some(last) = canonical.pop() {
            // The nearest character below that has no stray bits.
            let spare = match bare.len() % 4 {
                2 => 15,
                3 => 3,
                _ => 0,
            };
            const ALPHABET: &str =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let value = ALPHABET.find(last)? & !spare;
            canonical.push_str(ALPHABET.get(value..=value)?);
        }
        Base64Unpadded::decode_vec(&canonical).ok().map(BareItem::Bytes)
    }

    /// §4.2.10
    fn display_string(&mut self) -> Option<BareItem> {
        self.next();
        if !self.eat(b'"') {
            return None;
        }
        let mut out = Vec::new();
        loop {
            match self.next()? {
                b'"' => return String::from_utf8(out).ok().map(BareItem::DisplayString),
                b'%' => {
                    let digits = [self.next()?, self.next()?];
                    if !digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                        return None;
                    }
                    out.push(u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?);
                }
                plain @ b' '..=b'~' => out.push(plain),
                _ => return None,
            }
        }
    }
}
