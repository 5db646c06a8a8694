//! Nonces `S.C`: the server's part is stateless and bound to one key, the frame's part is random.
//!
//! | bytes of S | what |
//! |---|---|
//! | 0 | version, 1 |
//! | 1–6 | milliseconds since the epoch, big endian |
//! | 7–10 | random |
//! | 11–26 | HMAC-SHA256(Kn, "pas-1 nonce" ‖ 0 ‖ bytes 0–10 ‖ bound)\[0..16\] |
//!
//! `bound` is the thumbprint of the key, or for an enrolment challenge the hash of the ticket.

use super::secrets::KeyRing;
use crate::{
    canonical::{base64, sha256},
    error::{Code, Error, Result},
};

const VERSION: u8 = 1;
const BODY: usize = 11;
const TAG: usize = 16;
const LABEL: &[u8] = b"pas-1 nonce\0";

const INVALID: Error =
    Code::NonceInvalid.because(&"the nonce was not issued by this server for this key");

/// Makes S. `now` is in whole milliseconds since the epoch.
#[must_use]
pub fn issue(keys: &KeyRing, bound: &[u8], now: u64, random: [u8; 4]) -> String {
    let [_, _, ms @ ..] = now.to_be_bytes();
    let mut body = [VERSION; BODY];
    for (to, from) in body.iter_mut().skip(1).zip(ms.into_iter().chain(random)) {
        *to = from;
    }
    let mac = keys.mac(&[LABEL, &body, bound]);
    let bytes: Vec<u8> = body.into_iter().chain(mac.into_iter().take(TAG)).collect();
    base64::encode_url(&bytes)
}

/// Checks `S.C` against the keys that may have issued S and what it was bound to; gives the time of issue in
/// milliseconds since the epoch.
///
/// # Errors
/// `ERR_NONCE_INVALID`, whatever is wrong.
pub fn check(keys: &KeyRing, nonce: &str, bound: &[u8]) -> Result<u64> {
    let (server, client) = nonce.split_once('.').ok_or(INVALID)?;
    base64::decode_url::<16>(client).ok_or(INVALID)?;
    let bytes: [u8; BODY + TAG] = base64::decode_url(server).ok_or(INVALID)?;
    let (body, received) = bytes.split_first_chunk::<BODY>().ok_or(INVALID)?;
    let received = received.first_chunk::<TAG>().ok_or(INVALID)?;
    // Constant time: the tag is a secret of the server until it is issued.
    if !keys.verify(&[LABEL, body, bound], received) || body.first() != Some(&VERSION) {
        return Err(INVALID);
    }
    Ok(body.iter().skip(1).take(6).fold(0, |ms, byte| (ms << 8) | u64::from(*byte)))
}

/// What single use is counted on: SHA-256(thumbprint ‖ nonce)\[0..16\], base64url.
#[must_use]
pub fn replay_key(thumbprint: &[u8; 32], nonce: &str) -> String {
    let hash = sha256(&[thumbprint, nonce.as_bytes()]);
    base64::encode_url(hash.first_chunk::<16>().unwrap_or(&[0; 16]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::secrets::Secrets;

    const C: &str = "AAECAwQFBgcICQoLDA0ODw";

    #[test]
    fn a_nonce_is_good_for_one_key_of_one_server() {
        let secrets = Secrets::derive(&[7; 32]).unwrap();
        let now = 1_800_000_000_123;
        let server = issue(&secrets.nonce, &[1; 32], now, [9; 4]);
        assert_eq!(server.len(), 36);
        let nonce = format!("{server}.{C}");
        assert_eq!(check(&secrets.nonce, &nonce, &[1; 32]), Ok(now));
        assert!(check(&secrets.nonce, &nonce, &[2; 32]).is_err(), "another key");
        assert!(check(&secrets.challenge, &nonce, &[1; 32]).is_err(), "another use");
        let other = Secrets::derive(&[8; 32]).unwrap();
        assert!(check(&other.nonce, &nonce, &[1; 32]).is_err(), "another server");
    }

    #[test]
    fn every_changed_character_is_refused() {
        let key = Secrets::derive(&[7; 32]).unwrap().nonce;
        let nonce = format!("{}.{C}", issue(&key, &[1; 32], 1_800_000_000_123, [9; 4]));
        for index in 0..37 {
            let mut changed = nonce.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(check(&key, &changed, &[1; 32]).unwrap_err().code, Code::NonceInvalid);
        }
        for malformed in [
            "",
            ".",
            C,
            &format!("{nonce}A"),
            nonce.strip_suffix('w').unwrap(),
            &nonce.replace('.', ".."),
        ] {
            assert!(check(&key, malformed, &[1; 32]).is_err(), "{malformed}");
        }
    }

    #[test]
    fn the_replay_key_depends_on_key_and_both_parts() {
        let all =
            [replay_key(&[1; 32], "a.b"), replay_key(&[2; 32], "a.b"), replay_key(&[1; 32], "a.c")];
        assert!(all[0] != all[1] && all[0] != all[2] && all[0].len() == 22);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_issued_is_good_for_what_it_is_bound_to(
            now in 0..1_u64 << 48,
            random: [u8; 4],
            client: [u8; 16],
            bound: [u8; 32],
            other: [u8; 32],
        ) {
            proptest::prop_assume!(bound != other);
            let key = Secrets::derive(&[7; 32]).unwrap().nonce;
            let server = issue(&key, &bound, now, random);
            let nonce = format!("{server}.{}", base64::encode_url(&client));
            proptest::prop_assert_eq!(check(&key, &nonce, &bound), Ok(now));
            proptest::prop_assert!(check(&key, &nonce, &other).is_err());
        }

        #[test]
        fn no_text_of_its_shape_is_good_by_itself(text in "AQ[A-Za-z0-9_-]{34}\\.[A-Za-z0-9_-]{21}[AQgw]") {
            let key = Secrets::derive(&[7; 32]).unwrap().nonce;
            let refused = check(&key, &text, &[1; 32]).unwrap_err().code;
            proptest::prop_assert_eq!(refused, Code::NonceInvalid);
        }
    }
}
