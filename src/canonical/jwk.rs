//! P-256 public keys and their RFC 7638 thumbprint.

use super::{
    base64,
    digest::{Sha256Digest, sha256},
};
use alloc::string::String;

/// The coordinates of a P-256 public key, 32 bytes each, big endian. Not yet known to be on the curve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct P256Coordinates {
    /// x
    pub x: [u8; 32],
    /// y
    pub y: [u8; 32],
}

impl P256Coordinates {
    /// From the `x` and `y` members of a JWK (RFC 7518 §6.2.1): exactly 32 bytes each.
    #[must_use]
    pub fn from_members(x: &str, y: &str) -> Option<Self> {
        Some(Self { x: base64::decode_url(x)?, y: base64::decode_url(y)? })
    }

    /// The required members in lexicographic order: the JSON that the thumbprint hashes, and a valid JWK.
    #[must_use]
    pub fn to_jwk(&self) -> String {
        let (x, y) = (base64::encode_url(&self.x), base64::encode_url(&self.y));
        [r#"{"crv":"P-256","kty":"EC","x":""#, &x, r#"","y":""#, &y, "\"}"].concat()
    }

    /// RFC 7638 §3 with SHA-256, unencoded.
    #[must_use]
    pub fn thumbprint(&self) -> Sha256Digest {
        sha256(&[self.to_jwk().as_bytes()])
    }
}
