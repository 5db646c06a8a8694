//! The closed schema: what a request holds is what its template declares, no more and no less.

use super::{
    escape::LONGEST,
    template::{Field, Source, Template},
};
use crate::{
    canonical::json::{self, Value},
    error::{Code, Detail, Error, Result},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// A value that can be shown.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// A string, at most [`LONGEST`] characters.
    Text(String),
    /// A number.
    Number(f64),
    /// A boolean.
    Boolean(bool),
}

const fn mismatch(detail: Detail) -> Error {
    Code::ConsentMismatch.because(detail)
}

const NOT_SHOWN: Error = mismatch(&"the request holds something that is not shown");

impl Template {
    /// The values of the template's fields in its order, from the raw path, the raw query with its `?`, and
    /// the content. Content without a field in it must be absent.
    ///
    /// # Errors
    /// `ERR_CONSENT_MISMATCH` for a member or parameter that is not declared, missing, doubled, `null`, or too
    /// long to be shown; `ERR_JSON_INVALID` for content that is no strict I-JSON.
    pub fn values(&self, path: &str, query: &str, content: &[u8]) -> Result<Vec<FieldValue>> {
        let parameters = self.path.matched(path).ok_or(mismatch(&"another path"))?;
        let query = query_parameters(query)?;
        let content = if content.is_empty() { None } else { Some(json::parse(content)?) };
        let mut members = Vec::new();
        if let Some(value) = &content {
            let declared = |pointer: &str| {
                let is =
                    |field: &Field| matches!(&field.source, Source::Json(json) if json == pointer);
                self.fields().iter().any(is)
            };
            leaves(value, &declared, &mut String::new(), &mut members)?;
        }
        let is = |source: &Source| self.fields().iter().any(|field| field.source == *source);
        let shown = query.iter().all(|(name, _)| is(&Source::Query(name.clone())))
            && parameters.iter().all(|(name, _)| is(&Source::Path((*name).to_owned())));
        if !shown {
            return Err(NOT_SHOWN);
        }
        self.fields().iter().map(|field| value_of(field, &parameters, &query, &members)).collect()
    }
}

fn value_of(
    field: &Field,
    parameters: &[(&str, &str)],
    query: &[(String, String)],
    members: &[(String, &Value)],
) -> Result<FieldValue> {
    const MISSING: Error = Code::ConsentMismatch.because(&"a field is missing");
    let value = match &field.source {
        Source::Path(wanted) => {
            let raw =
                sole(parameters.iter().filter(|(name, _)| name == wanted).map(|(_, raw)| raw))?;
            let text = percent_decoded(raw, false)?;
            // A server that decodes first would route another path.
            if text.contains(['/', '\\']) || matches!(text.as_str(), "." | "..") {
                return Err(mismatch(&"a path segment means more than one"));
            }
            FieldValue::Text(text)
        }
        Source::Query(wanted) => FieldValue::Text(sole(
            query.iter().filter(|(name, _)| name == wanted).map(|(_, text)| text.clone()),
        )?),
        Source::Json(wanted) => {
            match members.iter().find(|(pointer, _)| pointer == wanted).ok_or(MISSING)?.1 {
                Value::String(text) => FieldValue::Text(text.clone()),
                Value::Number(number) => FieldValue::Number(*number),
                Value::Bool(value) => FieldValue::Boolean(*value),
                _ => return Err(mismatch(&"a value can't be shown")),
            }
        }
    };
    match &value {
        FieldValue::Text(text) if text.chars().nth(LONGEST).is_some() => {
            Err(mismatch(&"a value is too long to be shown"))
        }
        _ => Ok(value),
    }
}

fn sole<T>(mut all: impl Iterator<Item = T>) -> Result<T> {
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(mismatch(&"a field is missing")),
        _ => Err(mismatch(&"a field is doubled")),
    }
}

/// Every leaf of a JSON value with its pointer (RFC 6901). An empty object or array is a leaf: nothing of it
/// could be shown. The first that is not declared ends it, so that content costs no more than it may hold.
fn leaves<'v>(
    value: &'v Value,
    declared: &impl Fn(&str) -> bool,
    pointer: &mut String,
    out: &mut Vec<(String, &'v Value)>,
) -> Result<()> {
    let length = pointer.len();
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                leaves(member, declared, pointer, out)?;
                pointer.truncate(length);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                pointer.push('/');
                crate::canonical::structured_field::push_integer(
                    pointer,
                    i64::try_from(index).map_err(|_| mismatch(&"an array is too long"))?,
                )?;
                leaves(item, declared, pointer, out)?;
                pointer.truncate(length);
            }
        }
        leaf if declared(pointer) => out.push((pointer.clone(), leaf)),
        _ => return Err(NOT_SHOWN),
    }
    Ok(())
}

/// `application/x-www-form-urlencoded`, strictly.
fn query_parameters(query: &str) -> Result<Vec<(String, String)>> {
    let text = query.strip_prefix('?').unwrap_or(query);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split('&')
        .map(|pair| {
            let (name, value) =
                pair.split_once('=').ok_or(mismatch(&"a parameter has no value"))?;
            Ok((percent_decoded(name, true)?, percent_decoded(value, true)?))
        })
        .collect()
}

fn percent_decoded(text: &str, plus_is_space: bool) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' if plus_is_space => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) =
                    digit().zip(digit()).ok_or(mismatch(&"a percent sign stands alone"))?;
                u8::try_from(high * 16 + low)
                    .map_err(|_| mismatch(&"a percent sign stands alone"))?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| mismatch(&"a parameter is not UTF-8"))
}
