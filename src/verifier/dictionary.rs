//! Structured-field dictionaries and items (RFC 9651), kept whole: a doubled key or parameter stays
//! visible, because the profile refuses what the RFC would resolve to "last one wins".

use crate::error::{Code, Error, Result};
use core::convert::Infallible;
use sfv::{BareItemFromInput, KeyRef, Parser, visitor};

/// A bare item, as far as the protocol uses them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Item {
    /// An Integer.
    Integer(i64),
    /// A String.
    String(String),
    /// A Byte Sequence.
    Bytes(Vec<u8>),
    /// Any other type.
    #[default]
    Other,
}

/// Parameters in the order of the text, doubled ones included.
pub type Parameters = Vec<(String, Item)>;

/// The value of a dictionary member.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Member {
    /// The items of an inner list; one item if the member is an item itself.
    pub items: Vec<(Item, Parameters)>,
    /// Whether the member is an inner list.
    pub is_list: bool,
    /// The parameters of the inner list.
    pub parameters: Parameters,
}

const MALFORMED: Error = Code::SigMalformed.because(&"not a structured field");

/// Parses a Dictionary.
///
/// # Errors
/// `ERR_SIG_MALFORMED` if the text is not one.
pub fn parse_dictionary(text: &str) -> Result<Vec<(String, Member)>> {
    Parser::new(text).parse_dictionary_with_visitor(Entries(Vec::new())).map_err(|_| MALFORMED)
}

/// Parses an Item that is a Byte Sequence without parameters.
///
/// # Errors
/// `ERR_SIG_MALFORMED` if the text is not one.
pub fn parse_byte_sequence(text: &str) -> Result<Vec<u8>> {
    let mut items = Vec::new();
    Parser::new(text).parse_item_with_visitor(Items(&mut items)).map_err(|_| MALFORMED)?;
    match items.pop() {
        Some((Item::Bytes(bytes), parameters)) if parameters.is_empty() => Ok(bytes),
        _ => Err(Code::SigMalformed.because(&"not a byte sequence")),
    }
}

struct Entries(Vec<(String, Member)>);
struct Items<'m>(&'m mut Vec<(Item, Parameters)>);
struct Entry<'m>(Option<&'m mut Member>);
struct List<'m>(Option<&'m mut Member>);
struct Collect<'m>(Option<&'m mut Parameters>);

impl<'de> visitor::DictionaryVisitor<'de> for Entries {
    type Out = Vec<(String, Member)>;
    type Error = Infallible;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl visitor::EntryVisitor<'de>, Self::Error> {
        self.0.push((key.as_str().to_owned(), Member::default()));
        Ok(Entry(self.0.last_mut().map(|(_, member)| member)))
    }

    fn finish(self) -> Result<Self::Out, Self::Error> {
        Ok(self.0)
    }
}

impl<'de> visitor::EntryVisitor<'de> for Entry<'_> {
    type Error = Infallible;

    fn item(self) -> Result<impl visitor::ItemVisitor<'de>, Self::Error> {
        Ok(self.0.map(|member| Items(&mut member.items)))
    }

    fn inner_list(self) -> Result<impl visitor::InnerListVisitor<'de>, Self::Error> {
        let mut member = self.0;
        if let Some(member) = &mut member {
            member.is_list = true;
        }
        Ok(List(member))
    }
}

impl<'de> visitor::ItemVisitor<'de> for Items<'_> {
    type Out = ();
    type Error = Infallible;

    fn bare_item(
        self,
        item: BareItemFromInput<'de>,
    ) -> Result<impl visitor::ParameterVisitor<'de, Out = Self::Out>, Self::Error> {
        self.0.push((own(item), Vec::new()));
        Ok(Collect(self.0.last_mut().map(|(_, parameters)| parameters)))
    }
}

impl<'de> visitor::InnerListVisitor<'de> for List<'_> {
    type Error = Infallible;

    fn item(&mut self) -> Result<impl visitor::ItemVisitor<'de>, Self::Error> {
        Ok(self.0.as_mut().map(|member| Items(&mut member.items)))
    }

    fn finish(self) -> Result<impl visitor::ParameterVisitor<'de>, Self::Error> {
        Ok(Collect(self.0.map(|member| &mut member.parameters)))
    }
}

impl<'de> visitor::ParameterVisitor<'de> for Collect<'_> {
    type Out = ();
    type Error = Infallible;

    fn parameter(
        &mut self,
        key: &'de KeyRef,
        value: BareItemFromInput<'de>,
    ) -> Result<(), Self::Error> {
        if let Some(parameters) = self.0.as_mut() {
            parameters.push((key.as_str().to_owned(), own(value)));
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Self::Error> {
        Ok(())
    }
}

fn own(item: BareItemFromInput<'_>) -> Item {
    match item {
        BareItemFromInput::Integer(number) => Item::Integer(number.into()),
        BareItemFromInput::String(text) => Item::String(text.as_str().to_owned()),
        BareItemFromInput::ByteSequence(bytes) => Item::Bytes(bytes),
        _ => Item::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_keys_stay_visible() {
        let members = parse_dictionary(r#"a=:AAE=:, a=("x" "y";z);n=1;n=2, b"#).unwrap();
        assert_eq!(members.len(), 3);
        let (_, list) = &members[1];
        assert!(list.is_list);
        assert_eq!(list.items[0], (Item::String("x".into()), vec![]));
        assert_eq!(list.items[1].1.len(), 1);
        assert_eq!(
            list.parameters,
            [("n".into(), Item::Integer(1)), ("n".into(), Item::Integer(2))]
        );
        assert_eq!(members[0].1.items, [(Item::Bytes(vec![0, 1]), vec![])]);
    }

    #[test]
    fn malformed_text_is_refused() {
        assert_eq!(parse_byte_sequence(":AAE=:"), Ok(vec![0, 1]));
        for text in
            ["", "a=", "a=(", "A=1", "a=1,", "a=1 b=2", "a=\"\u{e9}\"", "a=1000000000000000"]
        {
            assert!(parse_dictionary(text).is_err() || text.is_empty(), "{text}");
        }
        for text in ["", "a", "1", ":AAE=", ":A*:", ":AAE=:;p", "\"a\""] {
            assert_eq!(parse_byte_sequence(text).unwrap_err().code, Code::SigMalformed, "{text}");
        }
    }
}
