//! `Pas-Consent` as it arrives.

use super::structured_field::{BareItem, Member, parse_dictionary};
use crate::{
    consent::{Consent, Surface},
    error::{Code, Error, Result},
};

/// Reads the field: an sf-dictionary in the one spelling that [`Consent::to_field`] writes.
///
/// # Errors
/// `ERR_SIG_MALFORMED` for anything else.
pub fn read(text: &str) -> Result<Consent> {
    const MALFORMED: Error = Code::SigMalformed.because(&"the consent field is malformed");
    let members = parse_dictionary(text)?;
    let (flag, members) = match members.as_slice() {
        [rest @ .., (name, flag)] if name == "uv" => (Some(flag), rest),
        rest => (None, rest),
    };
    let [(_, act), (_, version), (_, language), (_, shown), (_, surface)] = members else {
        return Err(MALFORMED);
    };
    let consent = Consent {
        act: string(act).ok_or(MALFORMED)?,
        version: bytes(version).ok_or(MALFORMED)?,
        language: string(language).ok_or(MALFORMED)?,
        text: bytes(shown).ok_or(MALFORMED)?,
        surface: token(surface).and_then(Surface::from_name).ok_or(MALFORMED)?,
        verified: flag.is_some(),
    };
    // Names, order, parameters, white space and base64: whatever differs reads as the same value.
    if consent.to_field()? == text { Ok(consent) } else { Err(MALFORMED) }
}

fn item(member: &Member) -> Option<&BareItem> {
    match member.items.as_slice() {
        [(item, _)] if !member.is_list => Some(item),
        _ => None,
    }
}

fn string(member: &Member) -> Option<String> {
    match item(member)? {
        BareItem::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn token(member: &Member) -> Option<&str> {
    match item(member)? {
        BareItem::Token(text) => Some(text),
        _ => None,
    }
}

fn bytes<const N: usize>(member: &Member) -> Option<[u8; N]> {
    match item(member)? {
        BareItem::Bytes(bytes) => bytes.as_slice().try_into().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn consents() -> impl Strategy<Value = Consent> {
        let names = "[ -~]{0,64}";
        (names, any::<[u8; 16]>(), names, any::<[u8; 32]>(), any::<[bool; 2]>()).prop_map(
            |(act, version, language, text, [popup, verified])| {
                let surface = if popup { Surface::Popup } else { Surface::Frame };
                Consent { act, version, language, text, surface, verified }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(consent in consents()) {
            prop_assert_eq!(read(&consent.to_field().unwrap()), Ok(consent));
        }

        #[test]
        fn one_value_has_one_spelling(consent in consents(), at: prop::sample::Index, byte in b' '..=b'~') {
            let field = consent.to_field().unwrap();
            let mut changed = field.clone().into_bytes();
            changed[at.index(field.len())] = byte;
            let changed = String::from_utf8(changed).unwrap();
            match read(&changed) {
                Ok(other) => prop_assert_eq!(other == consent, changed == field),
                Err(error) => prop_assert_eq!(error.code, Code::SigMalformed),
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            if let Ok(consent) = read(&text) {
                prop_assert_eq!(consent.to_field().unwrap(), text);
            }
        }
    }

    const FIELD: &str = "act=\"transfer\", ver=:AQEBAQEBAQEBAQEBAQEBAQ==:, lang=\"en\", text=:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=:, surface=popup";

    #[test]
    fn other_spellings_are_refused() {
        assert!(read(FIELD).is_ok());
        assert!(read(&format!("{FIELD}, uv")).unwrap().verified);
        for (from, to) in [
            ("act=\"transfer\", ", ""),
            ("act", "Act"),
            ("\"transfer\"", "transfer"),
            ("\"transfer\"", "(\"transfer\")"),
            ("\"transfer\"", "\"transfer\";a"),
            (", ver", ",ver"),
            (", ver", ",  ver"),
            ("AQ==:", "AQ:"),
            ("AQ==:", "AR==:"),
            ("=:AgIC", "=:AgICAgIC"),
            ("lang=\"en\"", "lang=en"),
            ("popup", "window"),
            ("popup", "\"popup\""),
            ("popup", "popup, uv=?1"),
            ("popup", "popup, uv=?0"),
            ("popup", "popup, uv=1"),
            ("popup", "popup, uv;a"),
            ("popup", "popup, uv, x"),
            ("popup", "popup, surface=popup"),
            ("act=", "uv, act="),
        ] {
            let changed = FIELD.replacen(from, to, 1);
            assert_ne!(changed, FIELD);
            assert_eq!(read(&changed).unwrap_err().code, Code::SigMalformed, "{changed}");
        }
    }
}
