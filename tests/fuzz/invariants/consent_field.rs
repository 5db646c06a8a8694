//! `Pas-Consent` and `PAS-Assertion` as they arrive: one value, one spelling.

use super::fixture::byte_sequence;
use arbitrary::{Result, Unstructured};
use partitioned_authority::{
    consent::{Consent, Surface},
    error::Code,
    verifier::{assertion::Assertion, consent::read},
};

/// The input is the text of a field, and decides a consent.
pub fn check(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        is_one_spelling(text);
    }
    let mut input = Unstructured::new(data);
    let Ok(consent) = any_consent(&mut input) else { return };
    match consent.to_field() {
        Ok(field) => {
            assert_eq!(read(&field), Ok(consent));
            is_one_spelling(&field);
            let Ok(departed) = departed(&mut input, &field) else { return };
            is_one_spelling(&departed);
            if departed != field {
                assert_ne!(read(&departed).ok(), read(&field).ok());
            }
        }
        Err(error) => {
            assert_eq!(error.code, Code::SigMalformed);
            assert!(!printable(&consent.act) || !printable(&consent.language));
        }
    }
}

fn printable(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn is_one_spelling(text: &str) {
    match read(text) {
        Ok(consent) => assert_eq!(consent.to_field().unwrap(), text),
        Err(error) => assert_eq!(error.code, Code::SigMalformed),
    }
    match Assertion::read(text) {
        Ok(Assertion { id, authenticator_data, client_data, signature }) => {
            let [id, auth, client, signature] =
                [id, authenticator_data, client_data, signature].map(|part| byte_sequence(&part));
            assert_eq!(text, format!("id={id}, auth={auth}, client={client}, sig={signature}"));
        }
        Err(error) => assert_eq!(error.code, Code::SigMalformed),
    }
}

fn any_consent(input: &mut Unstructured<'_>) -> Result<Consent> {
    Ok(Consent {
        version: input.arbitrary()?,
        text: input.arbitrary()?,
        surface: if input.arbitrary()? { Surface::Popup } else { Surface::Frame },
        verified: input.arbitrary()?,
        act: input.arbitrary()?,
        language: input.arbitrary()?,
    })
}

/// Another character somewhere, one more, or one less.
fn departed(input: &mut Unstructured<'_>, field: &str) -> Result<String> {
    let mut bytes = field.as_bytes().to_vec();
    let at = input.choose_index(bytes.len())?;
    let byte = input.int_in_range(b' '..=b'~')?;
    match input.int_in_range(0..=2)? {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        _ => {
            bytes.remove(at);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
