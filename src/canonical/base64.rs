//! Base64 as the wire uses it: strict, canonical, constant time (RFC 4648 §4 and §5).

use alloc::string::String;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// RFC 4648 §4, padded: inside structured fields.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// RFC 4648 §5, unpadded: nonces, thumbprints, cookies, JWK members.
#[must_use]
pub fn encode_url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Decodes exactly `N` bytes of unpadded base64url. Non-canonical trailing bits are refused, so that
/// one value has one spelling.
#[must_use]
pub fn decode_url<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    let decoded = Base64UrlUnpadded::decode(text, &mut out).ok()?;
    if decoded.len() != N || Base64UrlUnpadded::encode_string(decoded) != text {
        return None;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_spelling() {
        assert_eq!(decode_url::<2>("AAE"), Some([0, 1]));
        assert_eq!(decode_url::<2>("AAF"), None, "trailing bits");
        assert_eq!(decode_url::<2>("AAE="), None, "padding");
        assert_eq!(decode_url::<2>("AA+"), None, "alphabet");
        assert_eq!(decode_url::<2>("AAAA"), None, "length");
        assert_eq!(decode_url::<2>(""), None, "empty");
        assert_eq!(encode_url(&[0xfb, 0xff]), "-_8");
        assert_eq!(encode(&[0xfb, 0xff]), "+/8=");
    }
}
