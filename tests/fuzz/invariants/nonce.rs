//! Nonces: what this server issued for this key is accepted, and nothing else.

use super::fixture::secrets;
use arbitrary::{Result, Unstructured};
use partitioned_authority::{
    canonical::base64::{decode_url, encode_url},
    error::Code,
    verifier::nonce::{check as check_nonce, issue, replay_key},
};

/// The input is a text offered as a nonce, and what decides an honest one.
pub fn check(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        offered(text, &[1; 32]);
    }
    let _ = honest(&mut Unstructured::new(data));
}

/// Accepted only if issuing again from its own parts gives the same text.
fn offered(text: &str, bound: &[u8]) {
    let secrets = secrets();
    match check_nonce(&secrets.nonce, text, bound) {
        Err(error) => assert_eq!(error.code, Code::NonceInvalid),
        Ok(at) => {
            let (server, client) = text.split_once('.').unwrap();
            let bytes: [u8; 27] = decode_url(server).unwrap();
            let random = bytes.get(7..11).unwrap().try_into().unwrap();
            assert_eq!(issue(&secrets.nonce, bound, at, random), server);
            assert_eq!(encode_url(&decode_url::<16>(client).unwrap()), client);
        }
    }
}

fn honest(input: &mut Unstructured<'_>) -> Result<()> {
    let secrets = secrets();
    let now = input.int_in_range(0..=(1 << 48) - 1)?;
    let bound: [u8; 32] = input.arbitrary()?;
    let (random, client): ([u8; 4], [u8; 16]) = input.arbitrary()?;
    let server = issue(&secrets.nonce, &bound, now, random);
    let nonce = format!("{server}.{}", encode_url(&client));
    assert_eq!(nonce.len(), 59);
    assert_eq!(check_nonce(&secrets.nonce, &nonce, &bound), Ok(now));

    let refused = |text: &str, bound: &[u8]| {
        assert_eq!(
            check_nonce(&secrets.nonce, text, bound).unwrap_err().code,
            Code::NonceInvalid,
            "{text}"
        );
    };
    assert!(check_nonce(&secrets.challenge, &nonce, &bound).is_err(), "another use");
    refused(&nonce, &bound[1..]);
    let mut other = bound;
    other[input.choose_index(32)?] ^= 1 << input.int_in_range(0..=7)?;
    refused(&nonce, &other);
    // Any other character anywhere in S, or a text longer or shorter by one.
    let mut changed = nonce.clone().into_bytes();
    let at = input.choose_index(37)?;
    changed[at] = input.int_in_range(b' '..=b'~')?;
    if changed != nonce.as_bytes() {
        refused(str::from_utf8(&changed).unwrap(), &bound);
    }
    refused(&nonce[1..], &bound);
    refused(&nonce[..58], &bound);
    refused(&format!("{nonce}A"), &bound);

    // Single use is counted on both parts and the key.
    let key = replay_key(&bound, &nonce);
    assert_eq!(key, replay_key(&bound, &nonce));
    assert_ne!(key, replay_key(&other, &nonce));
    let mut client = client;
    client[input.choose_index(16)?] ^= 0x10;
    assert_ne!(key, replay_key(&bound, &format!("{server}.{}", encode_url(&client))));
    Ok(())
}
