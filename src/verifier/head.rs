//! The head of a request: method, target and fields, exactly as they arrived.

use crate::{
    canonical::profile::{check_method, split_target},
    error::{Code, Result},
};

/// Fields that let some frameworks run another method, or another target, than the signed one.
const OVERRIDES: [&str; 5] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// A request head. Field values are trimmed of optional whitespace (RFC 9110 §5.5).
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// The method, case kept.
    pub method: &'a str,
    /// `@path`, raw.
    pub path: &'a str,
    /// `@query`, raw, with its `?`.
    pub query: &'a str,
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Head<'a> {
    /// Reads a head from its parts. `fields` holds name, value, name, value … separated by line feeds,
    /// which no field may contain; `count` is the number of fields the host saw, so that one that did
    /// contain a line feed is noticed.
    ///
    /// # Errors
    /// `ERR_HEADER_LIMIT` above `limit` bytes; `ERR_SIG_MALFORMED` for a method, target or field list
    /// that is not what HTTP allows; `ERR_BODY_ENCODING` for a `Content-Encoding`; `ERR_SIG_PROFILE`
    /// for an override of method or target.
    pub fn parse(
        method: &'a str,
        target: &'a str,
        fields: &'a str,
        count: usize,
        limit: usize,
    ) -> Result<Self> {
        if fields.len().saturating_add(target.len()) > limit {
            return Err(Code::HeaderLimit.because(&"the head is larger than the limit"));
        }
        check_method(method)?;
        let (path, query) = split_target(target)?;
        let mut lines = fields.split('\n');
        let mut parsed = Vec::with_capacity(count);
        if count > 0 {
            while let Some(name) = lines.next() {
                let value =
                    lines.next().ok_or(Code::SigMalformed.because(&"a field has no value"))?;
                parsed.push((name, value.trim_matches([' ', '\t'])));
            }
        }
        if parsed.len() != count {
            return Err(Code::SigMalformed.because(&"a field holds a line feed"));
        }
        let head = Self { method, path, query, fields: parsed };
        if head.fields("content-encoding").next().is_some() {
            return Err(
                Code::BodyEncoding.because(&"encoded content is hashed by no one agreement")
            );
        }
        if OVERRIDES.iter().any(|name| head.fields(name).next().is_some()) {
            return Err(Code::SigProfile.because(&"an override of method or target is not covered"));
        }
        Ok(head)
    }

    /// Every value of the field `name`, given in lower case.
    pub fn fields(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    /// Whether content is of a JSON type: `application/json`, and with `suffixes` also `application/…+json`.
    #[must_use]
    pub fn is_json(&self, suffixes: bool) -> bool {
        let Ok(Some(value)) = self.field("content-type") else { return false };
        let essence = value.split(';').next().unwrap_or_default().trim_end();
        let Some((kind, subtype)) = essence.split_once('/') else { return false };
        let suffixed = |subtype: &str| {
            let Some((name, suffix)) = subtype.rsplit_once('+') else { return false };
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
            suffix.eq_ignore_ascii_case("json") && !name.is_empty() && name.chars().all(is_word)
        };
        kind.eq_ignore_ascii_case("application")
            && (subtype.eq_ignore_ascii_case("json") || (suffixes && suffixed(subtype)))
    }

    /// The one value of a field that must not be doubled.
    ///
    /// # Errors
    /// `ERR_SIG_PROFILE` if there are two.
    pub fn field(&self, name: &str) -> Result<Option<&'a str>> {
        let mut values = self.fields(name);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(Code::SigProfile.because(&"a field is doubled")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: &str, count: usize) -> Result<Head<'_>> {
        Head::parse("GET", "/a?b", fields, count, 1000)
    }

    #[test]
    fn reads_fields_as_they_are() {
        let head = head("Host\nx\nSignature\n a  \nCookie\n1\ncookie\n2", 4).unwrap();
        assert_eq!((head.path, head.query), ("/a", "?b"));
        assert_eq!(head.field("signature"), Ok(Some("a")));
        assert_eq!(head.fields("cookie").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(head.field("absent"), Ok(None));
        assert_eq!(head.field("cookie").unwrap_err().code, Code::SigProfile);
    }

    #[test]
    fn refuses_what_is_not_a_head() {
        assert!(head("", 0).is_ok());
        assert_eq!(head("a\nb\nc", 1).unwrap_err().code, Code::SigMalformed);
        assert_eq!(
            head("a\nb\nc\nd", 1).unwrap_err().code,
            Code::SigMalformed,
            "an injected field"
        );
        assert_eq!(head("Content-Encoding\ngzip", 1).unwrap_err().code, Code::BodyEncoding);
        assert_eq!(head("X-HTTP-Method-Override\nDELETE", 1).unwrap_err().code, Code::SigProfile);
        let long = format!("a\n{}", "b".repeat(1_000_000));
        assert_eq!(head(&long, 1).unwrap_err().code, Code::HeaderLimit);
        assert_eq!(Head::parse("GET", "a", "", 0, 9).unwrap_err().code, Code::SigMalformed);
        assert_eq!(Head::parse("G T", "/", "", 0, 9).unwrap_err().code, Code::SigMalformed);
    }
}
