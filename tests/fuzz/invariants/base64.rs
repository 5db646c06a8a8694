//! One spelling a value, in both alphabets; the `base64ct` crate is the second opinion.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use partitioned_authority::canonical::base64::{decode_url, encode, encode_url};

/// Any bytes encode as the other implementation does; any text decodes exactly when the other one says so.
pub fn check(data: &[u8]) {
    assert_eq!(encode(data), Base64::encode_string(data));
    assert_eq!(encode_url(data), Base64UrlUnpadded::encode_string(data));
    let Ok(text) = str::from_utf8(data) else { return };
    // Every length the protocol decodes: tag, C, hash, S, signature; and the smallest ones.
    decodes::<0>(text);
    decodes::<1>(text);
    decodes::<2>(text);
    decodes::<3>(text);
    decodes::<6>(text);
    decodes::<16>(text);
    decodes::<27>(text);
    decodes::<32>(text);
    decodes::<64>(text);
}

fn decodes<const N: usize>(text: &str) {
    let other = Base64UrlUnpadded::decode_vec(text).ok().filter(|bytes| bytes.len() == N);
    let ours = decode_url::<N>(text);
    assert_eq!(ours.map(|bytes| bytes.to_vec()), other, "{N} {text:?}");
    if let Some(bytes) = ours {
        assert_eq!(encode_url(&bytes), text);
    }
}
