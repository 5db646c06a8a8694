//! Base64 as the wire uses it: strict, canonical, constant time (RFC 4648 §4 and §5).
//!
//! Keys and nonces pass through here, so characters come from arithmetic: a table or a branch on a value
//! would show it in the cache.

use alloc::string::String;

/// What tells the two alphabets apart: the last two characters, and padding.
struct Alphabet {
    last: [u8; 2],
    padded: bool,
}

const STANDARD: Alphabet = Alphabet { last: *b"+/", padded: true };
const URL: Alphabet = Alphabet { last: *b"-_", padded: false };

impl Alphabet {
    /// The character of a value below 64.
    fn character(&self, value: u8) -> char {
        let value = i16::from(value);
        let [plus, slash] = self.last.map(i16::from);
        // Each range begins where the mask turns from 0 to all ones, and corrects the ones before it.
        let from = |start: i16, step: i16| ((start - 1 - value) >> 8) & step;
        let upper = value + 65;
        let code = upper
            + from(26, 97 - 26 - 65)
            + from(52, 48 - 52 - 97 + 26)
            + from(62, plus - 62 - 48 + 52)
            + from(63, slash - 63 - plus + 62);
        let [code, _] = code.to_le_bytes();
        char::from(code)
    }

    /// The value of a character; negative for one that is not of this alphabet.
    fn value(&self, character: u8) -> i16 {
        let code = i16::from(character);
        let [plus, slash] = self.last.map(i16::from);
        // All ones where `code` lies within, else 0.
        let within = |first: i16, last: i16, value: i16| {
            (((first - 1 - code) & (code - last - 1)) >> 8) & (value + 1)
        };
        within(65, 90, code - 65)
            + within(97, 122, code - 97 + 26)
            + within(48, 57, code - 48 + 52)
            + within(plus, plus, 62)
            + within(slash, slash, 63)
            - 1
    }

    fn encode(&self, bytes: &[u8]) -> String {
        let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
        let mut push = |bits: u16| {
            let [_, low] = bits.to_be_bytes();
            out.push(self.character(low & 63));
        };
        let (mut bits, mut held) = (0_u16, 0);
        for byte in bytes {
            bits = (bits << 8) | u16::from(*byte);
            held += 8;
            while held >= 6 {
                held -= 6;
                push(bits >> held);
            }
        }
        if held > 0 {
            push(bits << (6 - held));
        }
        while self.padded && !out.len().is_multiple_of(4) {
            out.push('=');
        }
        out
    }

    /// Whether `text` is the one spelling of as many bytes as `out` holds, which are then in it.
    fn decode(&self, text: &str, out: &mut [u8]) -> bool {
        if text.len() != (out.len() * 4).div_ceil(3) {
            return false;
        }
        let mut out = out.iter_mut();
        let (mut bits, mut held, mut refused) = (0_u16, 0, 0_i16);
        for character in text.bytes() {
            let value = self.value(character);
            refused |= value;
            bits = (bits << 6) | (value & 63).unsigned_abs();
            held += 6;
            if held >= 8 {
                held -= 8;
                let [_, byte] = (bits >> held).to_be_bytes();
                if let Some(place) = out.next() {
                    *place = byte;
                }
            }
        }
        let spare = bits & !(u16::MAX << held);
        refused >= 0 && spare == 0
    }
}

/// RFC 4648 §4, padded: inside structured fields.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// RFC 4648 §5, unpadded: nonces, thumbprints, cookies, JWK members.
#[must_use]
pub fn encode_url(bytes: &[u8]) -> String {
    URL.encode(bytes)
}

/// Decodes exactly `N` bytes of unpadded base64url. Non-canonical trailing bits are refused, so that
/// one value has one spelling.
#[must_use]
pub fn decode_url<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    URL.decode(text, &mut out).then_some(out)
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

    #[test]
    fn every_value_and_every_character() {
        // RFC 4648 §10, and all 64 characters.
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(encode(bytes.as_bytes()), text);
        }
        let all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        assert_eq!(encode_url(&decode_url::<48>(all).unwrap()), all);
        for code in 0..=255_u8 {
            let value = all.find(char::from(code)).map_or(-1, |at| i16::try_from(at).unwrap());
            assert_eq!(URL.value(code), value, "{code}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes: [u8; 32], odd: [u8; 31]) {
            proptest::prop_assert_eq!(decode_url(&encode_url(&bytes)), Some(bytes));
            proptest::prop_assert_eq!(decode_url(&encode_url(&odd)), Some(odd));
        }

        #[test]
        fn both_alphabets_are_those_of_rfc_4648(bytes: Vec<u8>) {
            use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
            proptest::prop_assert_eq!(encode(&bytes), Base64::encode_string(&bytes));
            proptest::prop_assert_eq!(encode_url(&bytes), Base64UrlUnpadded::encode_string(&bytes));
        }

        #[test]
        fn any_text_decodes_as_the_other_implementation_says(text in "[A-Za-z0-9_+/=-]{40,45}") {
            use base64ct::{Base64UrlUnpadded, Encoding as _};
            let mut other = [0; 32];
            let other = Base64UrlUnpadded::decode(&text, &mut other).ok().and_then(|b| b.try_into().ok());
            proptest::prop_assert_eq!(decode_url::<32>(&text), other);
        }
    }
}
