//! Path patterns: `/accounts/:id/close`. A segment that begins with `:` stands for any one segment.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// A pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pattern(Vec<Segment>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Segment {
    Literal(String),
    Parameter(String),
}

impl Pattern {
    /// From its text; `None` unless it begins with `/` and its literal segments are what a raw path can hold.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let segments = text.strip_prefix('/')?.split('/').map(|segment| {
            Some(match segment.strip_prefix(':') {
                Some("") => return None,
                Some(name) => Segment::Parameter(name.to_owned()),
                None => Segment::Literal(segment.to_owned()),
            })
        });
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        segments.collect::<Option<_>>().filter(|_| visible).map(Self)
    }

    /// The raw segments that the parameters stand for, if `path` is of this pattern. Literal segments are
    /// compared as bytes: a path in another percent-encoding is another path.
    pub(super) fn matched<'a>(&self, path: &'a str) -> Option<Vec<(&str, &'a str)>> {
        let mut raw = path.strip_prefix('/')?.split('/');
        let mut found = Vec::new();
        for segment in &self.0 {
            let value = raw.next()?;
            match segment {
                Segment::Literal(expected) if expected == value => {}
                Segment::Parameter(name) if !value.is_empty() => found.push((name.as_str(), value)),
                _ => return None,
            }
        }
        raw.next().is_none().then_some(found)
    }

    /// Whether some path is of both.
    #[cfg(feature = "verifier")]
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let meet = |pair: (&Segment, &Segment)| match pair {
            (Segment::Literal(a), Segment::Literal(b)) => a == b,
            (Segment::Literal(text), Segment::Parameter(_))
            | (Segment::Parameter(_), Segment::Literal(text)) => !text.is_empty(),
            (Segment::Parameter(_), Segment::Parameter(_)) => true,
        };
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(meet)
    }

    /// The names of its parameters.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Parameter(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_for_one_segment() {
        let pattern = Pattern::parse("/accounts/:id/close").unwrap();
        assert_eq!(pattern.matched("/accounts/a%20b/close"), Some(vec![("id", "a%20b")]));
        assert_eq!(pattern.names().collect::<Vec<_>>(), ["id"]);
        for path in [
            "/accounts//close",
            "/accounts/a/close/",
            "/accounts/a",
            "/Accounts/a/close",
            "/accounts/a/%63lose",
        ] {
            assert_eq!(pattern.matched(path), None, "{path}");
        }
        assert_eq!(Pattern::parse("/").unwrap().matched("/"), Some(vec![]));
        for text in ["", "a", "/a?b", "/a b", "/:", "/é"] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
    }
}
