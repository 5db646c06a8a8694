//! A registered action.

use super::{
    message::{self, Segment, Style},
    pattern::Pattern,
};
use crate::{
    canonical::{Value, jcs, profile::check_method, sha256},
    error::{Code, Detail, Error, Result},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// Most languages of one template.
pub const MAX_LANGUAGES: usize = 100;

/// Where a field stands in a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// `json:<pointer>`: in the content, by an RFC 6901 pointer.
    Json(String),
    /// `query:<name>`: a parameter of the query.
    Query(String),
    /// `path:<name>`: a parameter of the path pattern.
    Path(String),
}

/// A declared field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// Its name in texts and for the handler.
    pub name: String,
    /// Where it stands.
    pub source: Source,
}

/// Where the text is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Surface {
    /// A top-level window of the signing origin.
    Popup,
    /// A dialog in the frame. Weaker: the page can cover, clip and mask it.
    Frame,
}

impl Surface {
    /// The token on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Popup => "popup",
            Self::Frame => "frame",
        }
    }

    /// From its token.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Popup, Self::Frame].into_iter().find(|surface| surface.as_str() == name)
    }
}

/// What a person is asked to consent to.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The action's name: an sf-string of the wire.
    pub act: String,
    /// Whether WebAuthn is asked for as well.
    pub verified: bool,
    /// The method, case kept.
    pub method: String,
    /// Where it may be shown.
    pub surface: Surface,
    /// SHA-256 of the template's canonical JSON, 16 bytes.
    pub version: [u8; 16],
    pub(super) path: Pattern,
    fields: Vec<Field>,
    texts: Vec<(String, Vec<Segment>)>,
}

const fn invalid(detail: Detail) -> Error {
    Code::ConfigInvalid.because(detail)
}

impl Template {
    /// From `{"act", "fields": {name: source}, "method", "path", "surface", "text": {language: text},
    /// "tier"}`, all of them required. Fields keep the order of their names (JCS), so that a template is one
    /// text.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` for anything else, for a field that some language does not show, and for a text
    /// that shows a field which is not declared.
    pub fn from_value(value: &Value) -> Result<Self> {
        const KNOWN: [&str; 7] = ["act", "fields", "method", "path", "surface", "text", "tier"];
        let Value::Object(members) = value else { return Err(invalid(&"a template is an object")) };
        if !members.iter().all(|(name, _)| KNOWN.contains(&name.as_str())) {
            return Err(invalid(&"a template has an unknown member"));
        }
        let text = |name| {
            value.member(name).and_then(Value::as_str).ok_or(invalid(&"a template lacks a member"))
        };
        let entries = |name| match value.member(name) {
            Some(Value::Object(entries)) => entries
                .iter()
                .map(|(key, entry)| Some((key.as_str(), entry.as_str()?)))
                .collect::<Option<Vec<_>>>()
                .ok_or(invalid(&"a template's fields and texts are strings")),
            _ => Err(invalid(&"a template lacks a member")),
        };
        let path = Pattern::parse(text("path")?).ok_or(invalid(&"a path pattern is malformed"))?;
        let mut fields = entries("fields")?
            .into_iter()
            .map(|(name, source)| Ok(Field { name: field_name(name)?, source: source_of(source)? }))
            .collect::<Result<Vec<_>>>()?;
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        let texts = entries("text")?
            .into_iter()
            .map(|(language, text)| Ok((language.to_owned(), message::parse(text)?)))
            .collect::<Result<Vec<_>>>()?;
        let canonical = sha256(&[jcs::canonicalize(value).as_bytes()]);
        let template = Self {
            act: text("act")?.to_owned(),
            verified: match text("tier")? {
                "consent" => false,
                "verified" => true,
                _ => return Err(invalid(&"a template's tier is consent or verified")),
            },
            method: text("method")?.to_owned(),
            surface: Surface::from_name(text("surface")?)
                .ok_or(invalid(&"a template's surface is popup or frame"))?,
            version: *canonical.first_chunk().unwrap_or(&[0; 16]),
            path,
            fields,
            texts,
        };
        template.check()?;
        Ok(template)
    }

    fn check(&self) -> Result<()> {
        check_method(&self.method).map_err(|_| invalid(&"a template's method is no token"))?;
        let name = |text: &str| {
            !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| matches!(b, b' '..=b'~'))
        };
        if !name(&self.act) {
            return Err(invalid(&"an action's name is 1 to 64 printable ASCII characters"));
        }
        if self.texts.is_empty() || self.texts.len() > MAX_LANGUAGES {
            return Err(invalid(&"a template has a text in at least one language"));
        }
        if !self.texts.iter().all(|(language, _)| is_language(language)) {
            return Err(invalid(&"a language is no BCP 47 tag"));
        }
        for (index, field) in self.fields.iter().enumerate() {
            if self.fields.iter().take(index).any(|earlier| earlier.source == field.source) {
                return Err(invalid(&"two fields have one source"));
            }
            if let Source::Path(wanted) = &field.source
                && !self.path.names().any(|name| name == wanted)
            {
                return Err(invalid(&"a field names a parameter that the path has not"));
            }
        }
        for (_, segments) in &self.texts {
            self.check_text(segments)?;
        }
        Ok(())
    }

    /// Every field is shown, and only fields are.
    fn check_text(&self, segments: &[Segment]) -> Result<()> {
        let mut shown: Vec<&str> = Vec::new();
        for segment in segments {
            if let Segment::Field { name, style } = segment {
                shown.push(name);
                if let Style::Currency(currency) = style {
                    shown.push(currency);
                }
            }
        }
        let declared = |name: &str| self.fields.iter().any(|field| field.name == name);
        if !shown.iter().all(|name| declared(name)) {
            return Err(invalid(&"a text shows a field that is not declared"));
        }
        if !self.fields.iter().all(|field| shown.contains(&field.name.as_str())) {
            return Err(invalid(&"a text does not show every field"));
        }
        Ok(())
    }

    /// Whether it is the template of a request.
    #[must_use]
    pub fn is_of(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path.matched(path).is_some()
    }

    /// Whether some request is of both templates.
    #[cfg(feature = "verifier")]
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.method == other.method && self.path.overlaps(&other.path)
    }

    /// The declared fields, by name.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The text in a language of the template.
    #[must_use]
    pub fn text(&self, language: &str) -> Option<&[Segment]> {
        let (_, segments) = self.texts.iter().find(|(tag, _)| tag == language)?;
        Some(segments)
    }

    /// Its languages, in the order of the registration.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|(language, _)| language.as_str())
    }

    /// The language to show to a person who prefers `wanted`, best first: an exact one, else one of the same
    /// primary language, else the first.
    #[must_use]
    pub fn language<'a>(&'a self, wanted: &[&str]) -> &'a str {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        wanted
            .iter()
            .find_map(|want| {
                self.languages()
                    .find(|tag| tag.eq_ignore_ascii_case(want))
                    .or_else(|| self.languages().find(|tag| primary(tag) == primary(want)))
            })
            .or_else(|| self.languages().next())
            .unwrap_or_default()
    }
}

fn field_name(name: &str) -> Result<String> {
    let word = !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    word.then(|| name.to_owned()).ok_or(invalid(&"a field's name is a word"))
}

fn source_of(text: &str) -> Result<Source> {
    let pointer = |text: &str| {
        // RFC 6901: a tilde is always the first half of an escape.
        let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        (escapes && (text.is_empty() || text.starts_with('/'))).then(|| text.to_owned())
    };
    match text.split_once(':') {
        Some(("json", rest)) => pointer(rest).map(Source::Json),
        Some(("query", rest)) if !rest.is_empty() => Some(Source::Query(rest.to_owned())),
        Some(("path", rest)) if !rest.is_empty() => Some(Source::Path(rest.to_owned())),
        _ => None,
    }
    .ok_or(invalid(&"a field's source is json:<pointer>, query:<name> or path:<name>"))
}

/// RFC 5646 as far as its shape goes.
fn is_language(tag: &str) -> bool {
    !tag.is_empty()
        && tag.len() <= 35
        && tag.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests;
