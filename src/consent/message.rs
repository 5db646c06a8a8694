//! The grammar of a template's text.
//!
//! `{name}` shows a field; `{name, number}` and `{name, date}` format it for the language; `{name, currency}`
//! formats money in the currency that the field `currency` names, `{name, currency, field}` in that of
//! another field. `{{` and `}}` are braces.

use crate::error::{Code, Detail, Error, Result};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// How a field is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Style {
    /// As it is.
    Text,
    /// A number in the way of the language.
    Number,
    /// Money in the currency that another field names (ISO 4217).
    Currency(String),
    /// A date and time, of an RFC 3339 text or milliseconds since the epoch.
    Date,
}

/// A piece of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Segment {
    /// Words of the template.
    Literal(String),
    /// A field of the request.
    Field {
        /// Its name.
        name: String,
        /// How it is shown.
        style: Style,
    },
}

const fn invalid(detail: Detail) -> Error {
    Code::ConfigInvalid.because(detail)
}

/// Parses a text.
///
/// # Errors
/// `ERR_CONFIG_INVALID` for a brace that is not closed or not opened, or an unknown style.
pub(super) fn parse(text: &str) -> Result<Vec<Segment>> {
    let mut segments = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, tail) = rest.split_at(at);
        literal.push_str(before);
        if let Some(after) = tail.strip_prefix("{{") {
            literal.push('{');
            rest = after;
        } else if let Some(after) = tail.strip_prefix("}}") {
            literal.push('}');
            rest = after;
        } else {
            let (inside, after) = tail
                .strip_prefix('{')
                .and_then(|open| open.split_once('}'))
                .ok_or(invalid(&"a brace of a text is not matched"))?;
            if !literal.is_empty() {
                segments.push(Segment::Literal(core::mem::take(&mut literal)));
            }
            segments.push(placeholder(inside)?);
            rest = after;
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        segments.push(Segment::Literal(literal));
    }
    Ok(segments)
}

fn placeholder(inside: &str) -> Result<Segment> {
    let mut parts = inside.split(',').map(str::trim);
    let name = parts.next().unwrap_or_default().to_owned();
    let style = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => Style::Text,
        (Some("number"), None, _) => Style::Number,
        (Some("date"), None, _) => Style::Date,
        (Some("currency"), field, None) => Style::Currency(field.unwrap_or("currency").to_owned()),
        _ => return Err(invalid(&"a placeholder has an unknown style")),
    };
    Ok(Segment::Field { name, style })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, style: Style) -> Segment {
        Segment::Field { name: name.into(), style }
    }

    #[test]
    fn words_and_placeholders() {
        assert_eq!(
            parse("Send {amount, currency} to {to}").unwrap(),
            [
                Segment::Literal("Send ".into()),
                field("amount", Style::Currency("currency".into())),
                Segment::Literal(" to ".into()),
                field("to", Style::Text),
            ]
        );
        assert_eq!(
            parse("{n,number}{{x}}{d , date}{a, currency, unit}").unwrap(),
            [
                field("n", Style::Number),
                Segment::Literal("{x}".into()),
                field("d", Style::Date),
                field("a", Style::Currency("unit".into())),
            ]
        );
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for text in ["{", "}", "{a", "a}", "{a, plural}", "{a, number, x}", "{a, currency, b, c}"] {
            assert_eq!(parse(text).unwrap_err().code, Code::ConfigInvalid, "{text}");
        }
    }
}
