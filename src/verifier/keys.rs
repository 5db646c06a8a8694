//! Public keys: strict import, and ECDSA verification by `p256` where the host has no faster one.

use crate::{
    canonical::{Value, jwk::P256Coordinates},
    error::{Code, Error, Result},
};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};

/// A point that is on the curve.
#[derive(Clone, Copy, Debug)]
pub struct PublicKey {
    /// Its coordinates.
    pub coordinates: P256Coordinates,
    key: VerifyingKey,
}

const INVALID: Error = Code::KeyInvalid.because(&"not a P-256 public JWK");

impl PublicKey {
    /// From a JWK, see [`coordinates`].
    ///
    /// # Errors
    /// `ERR_KEY_INVALID`.
    pub fn from_jwk(jwk: &Value) -> Result<Self> {
        Self::from_coordinates(coordinates(jwk)?)
    }

    /// From coordinates.
    ///
    /// # Errors
    /// `ERR_KEY_INVALID` if the point is not on the curve.
    pub fn from_coordinates(coordinates: P256Coordinates) -> Result<Self> {
        let mut point = Vec::with_capacity(65);
        point.push(4);
        point.extend_from_slice(&coordinates.x);
        point.extend_from_slice(&coordinates.y);
        let key = VerifyingKey::from_sec1_bytes(&point)
            .map_err(|_| Code::KeyInvalid.because(&"the point is not on the curve"))?;
        Ok(Self { coordinates, key })
    }

    /// ECDSA over SHA-256 of `base`; `signature` is `r ‖ s` with both in 1..n. High-S is accepted:
    /// WebCrypto makes it, and single use is counted on the nonce, never on the signature.
    #[must_use]
    pub fn verify(&self, base: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify(base, &signature).is_ok())
    }
}

/// The coordinates of a JWK that holds `kty`, `crv`, `x`, `y` and nothing else. Whether they are on the
/// curve is not asked: that is work on the curve.
///
/// Optional members are refused rather than ignored: a key that says more than it is used for (`use`,
/// `key_ops`, `alg`), or that is private (`d`), is a client's mistake worth hearing of.
///
/// # Errors
/// `ERR_KEY_INVALID`.
pub fn coordinates(jwk: &Value) -> Result<P256Coordinates> {
    let Value::Object(members) = jwk else { return Err(INVALID) };
    if members.iter().any(|(name, _)| name == "d") {
        return Err(Code::KeyInvalid.because(&"a private key was sent"));
    }
    let member = |name| jwk.member(name).and_then(Value::as_str).ok_or(INVALID);
    if members.len() != 4 || member("kty")? != "EC" || member("crv")? != "P-256" {
        return Err(INVALID);
    }
    P256Coordinates::from_members(member("x")?, member("y")?).ok_or(INVALID)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::json::parse;

    const GOOD: &str = r#"{"kty":"EC","crv":"P-256","x":"qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA","y":"Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0"}"#;

    fn import(text: &str) -> Result<PublicKey> {
        PublicKey::from_jwk(&parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn only_a_plain_public_key_on_the_curve_is_taken() {
        assert!(import(GOOD).is_ok());
        for bad in [
            GOOD.replace("qIVY", "qIVZ"),
            GOOD.replace("P-256", "P-384"),
            GOOD.replace("EC", "OKP"),
            GOOD.replace('}', r#","d":"AAAA"}"#),
            GOOD.replace('}', r#","use":"enc"}"#),
            GOOD.replace("Mc4n", "Mc4nA"),
            GOOD.replace("6F0", "6F1"),
            GOOD.replace(r#""kty":"EC","#, ""),
            "[]".into(),
            "null".into(),
            r#"{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#.into(),
        ] {
            assert_eq!(import(&bad).unwrap_err().code, Code::KeyInvalid, "{bad}");
        }
    }

    #[test]
    fn rfc_9421_b_2_4_verifies_and_its_changes_do_not() {
        let key = import(GOOD).unwrap();
        let base = "\"@status\": 200\n\"content-type\": application/json\n\"content-digest\": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n\"content-length\": 23\n\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" \"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"";
        let text = "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==";
        use base64ct::Encoding;
        let signature = base64ct::Base64::decode_vec(text).unwrap();
        assert!(key.verify(base.as_bytes(), &signature));
        assert!(!key.verify(base.replace("200", "201").as_bytes(), &signature));
        assert!(!key.verify(base.as_bytes(), &signature[..63]));
        assert!(!key.verify(base.as_bytes(), &[0; 64]));
        assert!(!key.verify(base.as_bytes(), &[0xff; 64]));
    }
}
