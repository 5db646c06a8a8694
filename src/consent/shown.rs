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
        // They would be shown as a boolean is, and mean another thing to a handler.
        FieldValue::Text(text) if matches!(text.as_str(), "true" | "false") => {
            return Err(mismatch(&"a string that reads as a boolean"));
        }
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

/// RFC 3339 §5.6, capital `T` and `Z`; a date alone is one without a time. One that does not exist would be
/// shown as another.
fn date(value: &FieldValue) -> Result<String> {
    const NO_DATE: Error = Code::ConsentMismatch.because(&"a value is no date");
    let FieldValue::Text(text) = value else { return Err(NO_DATE) };
    exists(text).ok_or(NO_DATE)?;
    Ok(text.clone())
}

/// `Some` if the text is a date, or a date and time, that exists.
fn exists(text: &str) -> Option<()> {
    let (date, time) = text.split_at_checked(10)?;
    let (year, date) = number(date, 4)?;
    let (month, date) = number(date.strip_prefix('-')?, 2)?;
    let (day, date) = number(date.strip_prefix('-')?, 2)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let is_date = date.is_empty() && (1..=days).contains(&day);
    (is_date && (time.is_empty() || is_time(time).is_some())).then_some(())
}

/// `Thh:mm:ss`, a fraction of at most nine digits, and an offset.
fn is_time(text: &str) -> Option<()> {
    let (hour, rest) = number(text.strip_prefix('T')?, 2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = number(rest.strip_prefix(':')?, 2)?;
    let rest = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (1..=9).contains(&(fraction.len() - zone.len())).then_some(zone)?
        }
    };
    let in_range = hour <= 23 && minute <= 59 && second <= 59;
    in_range.then_some(())?;
    if rest == "Z" {
        return Some(());
    }
    let (hour, rest) = number(rest.strip_prefix(['+', '-'])?, 2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
    (hour <= 23 && minute <= 59 && rest.is_empty()).then_some(())
}

/// So many digits, and what comes after them.
fn number(text: &str, digits: usize) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    let value = number.chars().try_fold(0, |sum, digit| Some(sum * 10 + digit.to_digit(10)?))?;
    Some((value, rest))
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
        for good in [
            "2026-01-31",
            "2024-02-29",
            "2026-01-31T10:00:00Z",
            "2026-01-31T10:00:00.123+01:00",
            "2026-12-31T23:59:59.999999999-23:59",
        ] {
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
            "2026-00-01",
            "2026-13-01",
            "2026-01-00",
            "2026-02-29",
            "2100-02-29",
            "2026-04-31",
            "2026-01-31T24:00:00Z",
            "2026-01-31T10:60:00Z",
            "2026-01-31T10:00:60Z",
            "2026-01-31T10:00:00+24:00",
            "2026-01-31T10:00:00+01:60",
            "2026-01-31T10:00:00.1234567890Z",
            "2026-01-31T10:00:00z",
            "２026-01-31",
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
