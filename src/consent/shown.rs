//! What stands in a text for each field: checked to be showable in its style, so that what is shown is the
//! whole value.

use super::{
    escape::escaped,
    message::{Segment, Style},
    template::Template,
    values::FieldValue,
};
use crate::{
    canonical::jcs::push_number,
    error::{Code, Detail, Error, Result},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// A piece of text to draw. Numbers and dates are formatted by the host for the language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Shown {
    /// Words of the template.
    Literal(String),
    /// A value as it is, misleading characters escaped. To be drawn in a bidirectional isolate.
    Text(String),
    /// A decimal number: `-?digits(.digits)?`.
    Number(String),
    /// Money.
    Money {
        /// A decimal number.
        amount: String,
        /// ISO 4217, three capital letters.
        currency: String,
    },
    /// A date and time, RFC 3339, with its offset.
    Date(String),
}

const fn mismatch(detail: Detail) -> Error {
    Code::ConsentMismatch.because(detail)
}

impl Template {
    /// The text in `language` with the `values` that [`Template::values`] read.
    ///
    /// # Errors
    /// `ERR_CONSENT_MISMATCH` for a language the template has not, or a value that its style can't show.
    pub fn shown(&self, language: &str, values: &[FieldValue]) -> Result<Vec<Shown>> {
        let value = |wanted: &str| {
            self.fields()
                .iter()
                .zip(values)
                .find_map(|(field, value)| (field.name == wanted).then_some(value))
                .ok_or(mismatch(&"a field is missing"))
        };
        let show = |segment: &Segment| {
            Ok(match segment {
                Segment::Literal(words) => Shown::Literal(words.clone()),
                Segment::Field { name, style } => match style {
                    Style::Text => Shown::Text(as_text(value(name)?)?),
                    Style::Number => Shown::Number(decimal(value(name)?)?),
                    Style::Currency(field) => Shown::Money {
                        amount: decimal(value(name)?)?,
                        currency: currency(value(field)?)?,
                    },
                    Style::Date => Shown::Date(date(value(name)?)?),
                },
            })
        };
        let segments = self.text(language).ok_or(mismatch(&"no text in this language"))?;
        segments.iter().map(show).collect()
    }
}

fn as_text(value: &FieldValue) -> Result<String> {
    Ok(match value {
        FieldValue::Text(text) => escaped(text),
        FieldValue::Number(_) => decimal(value)?,
        FieldValue::Boolean(value) => (if *value { "true" } else { "false" }).to_owned(),
    })
}

/// A number that can be written out: no exponent, at most 15 digits, or a string of that form.
fn decimal(value: &FieldValue) -> Result<String> {
    const NO_NUMBER: Error = Code::ConsentMismatch.because(&"a value is no plain decimal number");
    let text = match value {
        FieldValue::Number(number) => {
            let mut text = String::new();
            push_number(&mut text, *number);
            text
        }
        FieldValue::Text(text) => text.clone(),
        FieldValue::Boolean(_) => return Err(NO_NUMBER),
    };
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let ok = plain(whole)
        && plain(fraction)
        && (whole == "0" || !whole.starts_with('0'))
        && digits.len() <= 16;
    ok.then_some(text).ok_or(NO_NUMBER)
}

fn currency(value: &FieldValue) -> Result<String> {
    match value {
        FieldValue::Text(code)
            if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) =>
        {
            Ok(code.clone())
        }
        _ => Err(mismatch(&"a value is no currency")),
    }
}

/// RFC 3339 §5.6, capital `T` and `Z`; a date alone is one without a time.
fn date(value: &FieldValue) -> Result<String> {
    const NO_DATE: Error = Code::ConsentMismatch.because(&"a value is no date");
    let FieldValue::Text(text) = value else { return Err(NO_DATE) };
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let rest = shape.strip_prefix("0000-00-00").ok_or(NO_DATE)?;
    let zone = |rest: &str| matches!(rest, "Z" | "+00:00" | "-00:00");
    let time = |rest: &str| {
        let rest = rest.strip_prefix("T00:00:00")?;
        Some(match rest.strip_prefix('.') {
            Some(fraction) => {
                let zone_at = fraction.trim_start_matches('0');
                zone(zone_at) && (1..=9).contains(&(fraction.len() - zone_at.len()))
            }
            None => zone(rest),
        })
    };
    (rest.is_empty() || time(rest) == Some(true)).then(|| text.clone()).ok_or(NO_DATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.into())
    }

    #[test]
    fn numbers_are_written_out_whole() {
        for (value, shown) in [
            (FieldValue::Number(12.5), "12.5"),
            (FieldValue::Number(-0.0), "0"),
            (FieldValue::Number(-3.0), "-3"),
            (text("10.50"), "10.50"),
            (text("0.07"), "0.07"),
        ] {
            assert_eq!(decimal(&value).unwrap(), shown);
        }
        for value in [
            FieldValue::Number(1e21),
            FieldValue::Number(1e-7),
            FieldValue::Number(0.1 + 0.2),
            FieldValue::Boolean(true),
            text("1e3"),
            text("01"),
            text("1."),
            text(".5"),
            text("+1"),
            text("1,5"),
            text(""),
            text("-"),
            text("١"),
        ] {
            assert_eq!(decimal(&value).unwrap_err().code, Code::ConsentMismatch, "{value:?}");
        }
    }

    #[test]
    fn dates_have_an_offset() {
        for good in ["2026-01-31", "2026-01-31T10:00:00Z", "2026-01-31T10:00:00.123+01:00"] {
            assert_eq!(date(&text(good)).unwrap(), good);
        }
        for bad in [
            "",
            "2026-1-31",
            "2026-01-31T10:00:00",
            "2026-01-31T10:00Z",
            "2026-01-31 10:00:00Z",
            "2026-01-31T10:00:00.Z",
            "tomorrow",
        ] {
            assert!(date(&text(bad)).is_err(), "{bad}");
        }
        assert!(date(&FieldValue::Number(0.0)).is_err());
    }

    #[test]
    fn currencies_are_codes() {
        assert_eq!(currency(&text("EUR")).unwrap(), "EUR");
        for bad in [text("eur"), text("€"), text("EURO"), FieldValue::Number(1.0)] {
            assert!(currency(&bad).is_err());
        }
    }
}
