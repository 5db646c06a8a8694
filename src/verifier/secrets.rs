//! One master secret; every use has its own key (HKDF-SHA256, RFC 5869). Secrets rotate with overlap: the
//! current one makes, previous ones are still believed.

use super::cookie::SLOT_LENGTH;
use crate::error::{Code, Result};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// Shortest master secret, bytes.
pub const MINIMUM_LENGTH: usize = 32;

/// A derived HMAC-SHA256 key.
#[derive(Clone)]
struct MacKey([u8; 32]);

impl MacKey {
    /// HMAC-SHA256 over the concatenation of `parts`.
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
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

/// The keys of one use, the current one first.
#[derive(Clone)]
pub struct KeyRing {
    current: MacKey,
    previous: Vec<MacKey>,
}

impl KeyRing {
    /// HMAC-SHA256 over the concatenation of `parts`, by the current key.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.current.mac(parts)
    }

    /// Whether `tag` is the beginning of the MAC by any of the keys. In constant time: every key is tried,
    /// whichever fits.
    #[must_use]
    pub fn verify<const N: usize>(&self, parts: &[&[u8]], tag: &[u8; N]) -> bool {
        let fits = |key: &MacKey| {
            key.mac(parts)
                .first_chunk::<N>()
                .map_or(Choice::from(0), |expected| expected.ct_eq(tag))
        };
        self.all().map(fits).fold(Choice::from(0), |any, one| any | one).into()
    }

    fn all(&self) -> impl Iterator<Item = &MacKey> {
        core::iter::once(&self.current).chain(&self.previous)
    }
}

/// What movement hashes are made with. Only the current one: they are forgotten within hours.
#[derive(Clone)]
pub struct MovementKey(MacKey);

impl MovementKey {
    /// The key itself, for [`crate::evidence::movement_hashes`].
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0.0
    }

    /// A short name for `parts`.
    #[must_use]
    pub fn name(&self, parts: &[&[u8]]) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = self.0.mac(parts);
        [a, b, c, d, e, f, g, h]
    }
}

impl core::fmt::Debug for MovementKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MovementKey")
    }
}

/// The server's derived keys.
#[derive(Clone)]
pub struct Secrets {
    /// Kn: nonces of requests.
    pub nonce: KeyRing,
    /// Kc: challenges of enrolment.
    pub challenge: KeyRing,
    /// Kt: slots of users.
    tag: KeyRing,
    /// Km: movement hashes.
    pub movement: MovementKey,
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
        let expand = |label: &[u8]| {
            let mut out = [0; 32];
            hkdf.expand(label, &mut out)
                .map_err(|_| Code::ConfigInvalid.because(&"the secret can't be expanded"))?;
            Ok(MacKey(out))
        };
        let key = |label: &[u8]| Ok(KeyRing { current: expand(label)?, previous: Vec::new() });
        Ok(Self {
            nonce: key(b"pas-1 nonce")?,
            challenge: key(b"pas-1 challenge")?,
            tag: key(b"pas-1 tag")?,
            movement: MovementKey(expand(b"pas-1 movement")?),
        })
    }

    /// Believes in what `master` made as well.
    ///
    /// # Errors
    /// As [`Secrets::derive`].
    pub fn and_previous(mut self, master: &[u8]) -> Result<Self> {
        let Self { nonce, challenge, tag, .. } = Self::derive(master)?;
        self.nonce.previous.push(nonce.current);
        self.challenge.previous.push(challenge.current);
        self.tag.previous.push(tag.current);
        Ok(self)
    }

    /// The slots of a user in the store, HMAC(Kt, user id), 6 bytes each: the current one first, then those
    /// that sessions made under previous secrets still have.
    #[must_use]
    pub fn user_slots(&self, user_id: &str) -> Vec<[u8; SLOT_LENGTH]> {
        let slot = |key: &MacKey| {
            let mut slot = [0; SLOT_LENGTH];
            for (to, from) in slot.iter_mut().zip(key.mac(&[user_id.as_bytes()])) {
                *to = from;
            }
            slot
        };
        self.tag.all().map(slot).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previous_keys_are_believed_and_make_nothing() {
        let (old, new) = (Secrets::derive(&[1; 32]).unwrap(), Secrets::derive(&[2; 32]).unwrap());
        let both = new.clone().and_previous(&[1; 32]).unwrap();
        let message: [&[u8]; 2] = [b"a", b"b"];
        assert_eq!(both.nonce.mac(&message), new.nonce.mac(&message));
        let tag = |secrets: &Secrets| *secrets.nonce.mac(&message).first_chunk::<16>().unwrap();
        assert!(both.nonce.verify(&message, &tag(&old)) && both.nonce.verify(&message, &tag(&new)));
        assert!(new.nonce.verify(&message, &tag(&new)) && !new.nonce.verify(&message, &tag(&old)));
        assert!(!both.nonce.verify(&[b"a"], &tag(&old)));
        assert!(!both.challenge.verify(&message, &tag(&old)), "another use");
        let mut changed = tag(&old);
        changed[15] ^= 1;
        assert!(!both.nonce.verify(&message, &changed));
        assert_eq!(
            both.user_slots("alice"),
            [new.user_slots("alice"), old.user_slots("alice")].concat()
        );
    }

    #[test]
    fn every_secret_has_its_length() {
        assert!(Secrets::derive(&[0; 31]).is_err());
        let secrets = Secrets::derive(&[0; 32]).unwrap();
        assert!(secrets.clone().and_previous(&[0; 31]).is_err());
        assert!(secrets.and_previous(&[0; 32]).is_ok());
    }
}
