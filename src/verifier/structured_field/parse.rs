//! RFC 9651 §4.2: text into values, by the `sfv` crate.

use super::{BareItem, Dictionary, Item, Member, Parameters};
use crate::{
    canonical::structured_field::byte_sequence,
    error::{Code, Error, Result},
};
use core::convert::Infallible;
use sfv::{BareItemFromInput, KeyRef, Parser, visitor};

const MALFORMED: Error = Code::SigMalformed.because(&"not a structured field");

/// Parses a Dictionary.
///
/// # Errors
/// `ERR_SIG_MALFORMED` if the text is not one.
pub fn parse_dictionary(text: &str) -> Result<Dictionary> {
    Parser::new(text).parse_dictionary_with_visitor(Entries(Vec::new())).map_err(|_| MALFORMED)
}

/// Parses a List.
///
/// # Errors
/// `ERR_SIG_MALFORMED` if the text is not one.
pub fn parse_list(text: &str) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    Parser::new(text).parse_list_with_visitor(Members(&mut members)).map_err(|_| MALFORMED)?;
    Ok(members)
}

/// Parses an Item.
///
/// # Errors
/// `ERR_SIG_MALFORMED` if the text is not one.
pub fn parse_item(text: &str) -> Result<Item> {
    let mut items = Vec::new();
    Parser::new(text).parse_item_with_visitor(Items(&mut items)).map_err(|_| MALFORMED)?;
    items.pop().ok_or(MALFORMED)
}

/// Parses an Item that is a Byte Sequence without parameters, in canonical base64: one value, one spelling.
/// RFC 9651 §4.2.7 lets parsers take missing padding and stray bits.
///
/// # Errors
/// `ERR_SIG_MALFORMED` if the text is not one.
pub fn parse_byte_sequence(text: &str) -> Result<Vec<u8>> {
    match parse_item(text)? {
        (BareItem::Bytes(bytes), parameters)
            if parameters.is_empty() && text == byte_sequence(&bytes) =>
        {
            Ok(bytes)
        }
        _ => Err(Code::SigMalformed.because(&"not a byte sequence")),
    }
}

struct Entries(Dictionary);
struct Members<'m>(&'m mut Vec<Member>);
struct Items<'m>(&'m mut Vec<Item>);
struct Entry<'m>(Option<&'m mut Member>);
struct List<'m>(Option<&'m mut Member>);
struct Collect<'m>(Option<&'m mut Parameters>);

impl<'de> visitor::DictionaryVisitor<'de> for Entries {
    type Out = Dictionary;
    type Error = Infallible;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl visitor::EntryVisitor<'de>, Self::Error> {
        self.0.push((key.as_str().to_owned(), Member::default()));
        Ok(Entry(self.0.last_mut().map(|(_, member)| member)))
    }

    fn finish(self) -> Result<Self::Out, Self::Error> {
        Ok(self.0)
    }
}

impl<'de> visitor::ListVisitor<'de> for Members<'_> {
    type Out = ();
    type Error = Infallible;

    fn entry(&mut self) -> Result<impl visitor::EntryVisitor<'de>, Self::Error> {
        self.0.push(Member::default());
        Ok(Entry(self.0.last_mut()))
    }

    fn finish(self) -> Result<(), Self::Error> {
        Ok(())
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

fn own(item: BareItemFromInput<'_>) -> BareItem {
    match item {
        BareItemFromInput::Integer(number) => BareItem::Integer(number.into()),
        BareItemFromInput::Decimal(number) => {
            BareItem::Decimal(number.as_integer_scaled_1000().into())
        }
        BareItemFromInput::String(text) => BareItem::String(text.as_str().to_owned()),
        BareItemFromInput::Token(text) => BareItem::Token(text.as_str().to_owned()),
        BareItemFromInput::ByteSequence(bytes) => BareItem::Bytes(bytes),
        BareItemFromInput::Boolean(value) => BareItem::Boolean(value),
        BareItemFromInput::Date(date) => BareItem::Date(date.unix_seconds().into()),
        BareItemFromInput::DisplayString(text) => BareItem::DisplayString(text.into_owned()),
    }
}
