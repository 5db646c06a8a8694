//! Structured field values (RFC 9651): dictionaries, lists and items.
//!
//! The parser keeps a value whole. A doubled key or parameter stays visible, because the profile refuses
//! what the RFC resolves to "last one wins"; [`last_wins`] is that resolution.

mod parse;
mod serialize;

pub use parse::{parse_byte_sequence, parse_dictionary, parse_item, parse_list};
pub use serialize::{serialize_dictionary, serialize_item, serialize_list};

use std::collections::BTreeMap;

/// A bare item (RFC 9651 §3.3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BareItem {
    /// An Integer of at most 15 digits.
    Integer(i64),
    /// A Decimal in thousandths, at most 15 digits.
    Decimal(i64),
    /// A String: printable ASCII.
    String(String),
    /// A Token.
    Token(String),
    /// A Byte Sequence.
    Bytes(Vec<u8>),
    /// A Boolean.
    Boolean(bool),
    /// A Date: seconds since the epoch.
    Date(i64),
    /// A Display String: any Unicode scalar values.
    DisplayString(String),
}

/// Parameters in the order of the text, doubled ones included.
pub type Parameters = Vec<(String, BareItem)>;

/// A bare item with its parameters.
pub type Item = (BareItem, Parameters);

/// A member of a list or dictionary.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Member {
    /// The items of an inner list; one item if the member is an item itself.
    pub items: Vec<Item>,
    /// Whether the member is an inner list.
    pub is_list: bool,
    /// The parameters of the inner list.
    pub parameters: Parameters,
}

/// A dictionary in the order of the text, doubled keys included.
pub type Dictionary = Vec<(String, Member)>;

/// RFC 9651 §4.2.2 step 7 and §4.2.3.2 step 2: of doubled keys the last value counts, at the place of the
/// first.
#[must_use]
pub fn last_wins<V>(members: Vec<(String, V)>) -> Vec<(String, V)> {
    let mut places = BTreeMap::new();
    let mut out: Vec<(String, V)> = Vec::with_capacity(members.len());
    for (key, value) in members {
        let place = *places.entry(key.clone()).or_insert(out.len());
        match out.get_mut(place) {
            Some(member) => member.1 = value,
            None => out.push((key, value)),
        }
    }
    out
}

#[cfg(test)]
mod tests;
