//! `PAS-Assertion`: a WebAuthn assertion over a request. Its signature and flags are checked by the host's
//! WebAuthn library; where it was made is checked here.

use super::structured_field::{BareItem, parse_dictionary};
use crate::{
    canonical::{Value, json, structured_field::byte_sequence},
    consent::Surface,
    error::{Code, Detail, Error, Result},
};

const NAMES: [&str; 4] = ["id", "auth", "client", "sig"];

/// The parts of an assertion (WebAuthn §5.2.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assertion {
    /// The credential.
    pub id: Vec<u8>,
    /// `authenticatorData`
    pub authenticator_data: Vec<u8>,
    /// `clientDataJSON`
    pub client_data: Vec<u8>,
    /// `signature`
    pub signature: Vec<u8>,
}

const fn invalid(detail: Detail) -> Error {
    Code::UvInvalid.because(detail)
}

impl Assertion {
    /// Reads the field: an sf-dictionary of four byte sequences, in one spelling.
    ///
    /// # Errors
    /// `ERR_SIG_MALFORMED` for anything else.
    pub fn read(text: &str) -> Result<Self> {
        const MALFORMED: Error = Code::SigMalformed.because(&"the assertion is malformed");
        let mut parts = Vec::new();
        for (name, member) in parse_dictionary(text)? {
            match member.items.as_slice() {
                [(BareItem::Bytes(bytes), _)] if !member.is_list => {
                    parts.push((name, bytes.clone()));
                }
                _ => return Err(MALFORMED),
            }
        }
        let spelt: Vec<String> =
            parts.iter().map(|(name, bytes)| [name, "=", &byte_sequence(bytes)].concat()).collect();
        let expected = parts.iter().map(|(name, _)| name.as_str()).eq(NAMES);
        if !expected || spelt.join(", ") != text {
            return Err(MALFORMED);
        }
        let [id, authenticator_data, client_data, signature] =
            <[_; 4]>::try_from(parts).map_err(|_| MALFORMED)?.map(|(_, bytes)| bytes);
        Ok(Self { id, authenticator_data, client_data, signature })
    }
}

/// Whether a ceremony took place where it must (WebAuthn §5.8.1): in a pop-up it is top-level, in the frame it
/// is below the app and nobody else.
///
/// # Errors
/// `ERR_UV_INVALID`.
pub fn check_place(client_data: &[u8], surface: Surface, app_origin: &str) -> Result<()> {
    let data = json::parse(client_data).map_err(|_| invalid(&"the client data is no I-JSON"))?;
    let cross = match data.member("crossOrigin") {
        None => false,
        Some(Value::Bool(cross)) => *cross,
        Some(_) => return Err(invalid(&"crossOrigin is no boolean")),
    };
    match (surface, cross, data.member("topOrigin")) {
        (Surface::Popup, false, None) | (Surface::Frame, true, None) => Ok(()),
        (Surface::Frame, true, Some(top)) if top.as_str() == Some(app_origin) => Ok(()),
        _ => Err(invalid(&"the authenticator was asked in another place")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: &str = "id=:AQ==:, auth=:AgI=:, client=:AwMD:, sig=:BA==:";

    #[test]
    fn four_parts_in_one_spelling() {
        let read = Assertion::read(FIELD).unwrap();
        assert_eq!(
            [read.id, read.authenticator_data, read.client_data, read.signature],
            [vec![1], vec![2, 2], vec![3, 3, 3], vec![4]]
        );
        for (from, to) in [
            ("id=", "ID="),
            ("id=:AQ==:, ", ""),
            (", sig=:BA==:", ""),
            (", sig", ",sig"),
            ("AQ==", "AQ"),
            ("AQ==", "AR=="),
            (":BA==:", ":BA==:, x=:AQ==:"),
            (":BA==:", ":BA==:;x"),
            (":BA==:", "\"BA==\""),
            (":BA==:", "(:BA==:)"),
            (":BA==:", ":BA==:, sig=:BA==:"),
            ("auth", "client"),
        ] {
            let changed = FIELD.replacen(from, to, 1);
            assert_ne!(changed, FIELD);
            assert_eq!(
                Assertion::read(&changed).unwrap_err().code,
                Code::SigMalformed,
                "{changed}"
            );
        }
    }

    #[test]
    fn a_ceremony_has_its_place() {
        const APP: &str = "https://app.example.com";
        let place = |members: &str, surface| {
            let data = format!(r#"{{"type":"webauthn.get"{members}}}"#);
            check_place(data.as_bytes(), surface, APP).map_err(|error| error.code)
        };
        let framed = r#","crossOrigin":true"#;
        let below_app = r#","crossOrigin":true,"topOrigin":"https://app.example.com""#;
        for (members, popup, frame) in [
            ("", true, false),
            (r#","crossOrigin":false"#, true, false),
            (framed, false, true),
            (below_app, false, true),
            (r#","crossOrigin":false,"topOrigin":"https://app.example.com""#, false, false),
            (r#","crossOrigin":true,"topOrigin":"https://evil.example.com""#, false, false),
            (r#","crossOrigin":true,"topOrigin":null"#, false, false),
            (r#","crossOrigin":"false""#, false, false),
            (r#","crossOrigin":null"#, false, false),
            (r#","crossOrigin":true,"crossOrigin":false"#, false, false),
        ] {
            for (surface, good) in [(Surface::Popup, popup), (Surface::Frame, frame)] {
                let expected = if good { Ok(()) } else { Err(Code::UvInvalid) };
                assert_eq!(place(members, surface), expected, "{members} {surface:?}");
            }
        }
        assert!(check_place(b"[", Surface::Popup, APP).is_err());
    }
}
