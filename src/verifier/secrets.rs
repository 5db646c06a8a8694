//! One master secret; every use has its own key (HKDF-SHA256, RFC 5869).

use super::cookie::TAG_LENGTH;
use crate::error::{Code, Result};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Shortest master secret, bytes.
pub const MINIMUM_LENGTH: usize = 32;

/// A derived HMAC-SHA256 key.
#[derive(Clone)]
pub struct MacKey([u8; 32]);

impl MacKey {
    /// HMAC-SHA256 over the concatenation of `parts`.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of any length, so the error arm is unreachable; an all-zero answer would
        // still match no tag that this server issued.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Whether `mac` is HMAC-SHA256 over `message` under `key`. Compared in constant time.
#[must_use]
pub fn verify_mac(key: &[u8], message: &[u8], mac: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(key)
        .is_ok_and(|hmac| hmac.chain_update(message).verify_slice(mac).is_ok())
}

/// The server's derived keys.
#[derive(Clone)]
pub struct Secrets {
    /// Kn: nonces of requests.
    pub nonce: MacKey,
    /// Kc: challenges of enrolment.
    pub challenge: MacKey,
    /// Kt: user tags.
    tag: MacKey,
}

impl Secrets {
    /// Derives every key from the master secret.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` for a secret shorter than 32 bytes.
    pub fn derive(master: &[u8]) -> Result<Self> {
        if master.len() < MINIMUM_LENGTH {
            return Err(Code::ConfigInvalid.because(&"the secret is shorter than 32 bytes"));
        }
        let hkdf = Hkdf::<Sha256>::new(None, master);
        let key = |label: &[u8]| {
            let mut out = [0; 32];
            hkdf.expand(label, &mut out)
                .map_err(|_| Code::ConfigInvalid.because(&"the secret can't be expanded"))?;
            Ok(MacKey(out))
        };
        Ok(Self {
            nonce: key(b"pas-1 nonce")?,
            challenge: key(b"pas-1 challenge")?,
            tag: key(b"pas-1 tag")?,
        })
    }

    /// The store's slot tag of a user: HMAC(Kt, user id), 6 bytes.
    #[must_use]
    pub fn user_tag(&self, user_id: &str) -> [u8; TAG_LENGTH] {
        let mut tag = [0; TAG_LENGTH];
        for (to, from) in tag.iter_mut().zip(self.tag.mac(&[user_id.as_bytes()])) {
            *to = from;
        }
        tag
    }
}
