//! Public keys: a JWK is taken exactly when it is the four members of a point on P-256.

use super::oracle::curve::is_on_curve;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use partitioned_authority::{
    canonical::{Value, base64::encode_url, json::parse, jwk::P256Coordinates, sha256},
    error::Code,
    verifier::keys::PublicKey,
};

/// The input is the text of a JWK. Some also seed a key pair, which is a thousand times as slow.
pub fn check(data: &[u8]) {
    if let Ok(jwk) = parse(data) {
        import(&jwk);
    }
    if data.len().is_multiple_of(32) {
        let mut secret = sha256(&[data]);
        // Below the group's order.
        secret[0] &= 0x7f;
        pair(&secret, data);
    }
}

fn import(jwk: &Value) -> Option<PublicKey> {
    let expected = point(jwk);
    match PublicKey::from_jwk(jwk) {
        Err(error) => {
            assert_eq!(error.code, Code::KeyInvalid);
            assert_eq!(expected, None, "refused {jwk:?}");
            None
        }
        Ok(key) => {
            let (x, y) = expected.unwrap_or_else(|| panic!("accepted {jwk:?}"));
            assert_eq!(key.coordinates, P256Coordinates { x, y });
            let canonical = key.coordinates.to_jwk();
            let again = PublicKey::from_jwk(&parse(canonical.as_bytes()).unwrap()).unwrap();
            assert_eq!(again.coordinates, key.coordinates);
            assert_eq!(key.coordinates.thumbprint(), sha256(&[canonical.as_bytes()]));
            let _ = key.verify(b"", &[1; 64]);
            Some(key)
        }
    }
}

/// What RFC 7518 §6.2.1 and the profile ask for, by other code.
fn point(jwk: &Value) -> Option<([u8; 32], [u8; 32])> {
    let Value::Object(members) = jwk else { return None };
    let text = |name: &str| {
        let mut named = members.iter().filter(|(other, _)| other == name);
        match (named.next(), named.next()) {
            (Some((_, Value::String(text))), None) => Some(text.as_str()),
            _ => None,
        }
    };
    let coordinate = |name| -> Option<[u8; 32]> {
        Base64UrlUnpadded::decode_vec(text(name)?).ok()?.try_into().ok()
    };
    let (x, y) = (coordinate("x")?, coordinate("y")?);
    let typed = text("kty") == Some("EC") && text("crv") == Some("P-256") && members.len() == 4;
    (typed && is_on_curve(&x, &y)).then_some((x, y))
}

/// A key pair's public half is taken, verifies what the private half signs, and nothing near it is taken.
fn pair(secret: &[u8; 32], message: &[u8]) {
    let Ok(private) = SigningKey::from_bytes(&(*secret).into()) else { return };
    let sec1 = private.verifying_key().to_sec1_point(false);
    let (x, y) = (sec1.x().unwrap(), sec1.y().unwrap());
    let jwk = |x: &[u8], y: &[u8]| {
        let member = |name: &str, text: String| (name.to_owned(), Value::String(text));
        Value::Object(vec![
            member("y", encode_url(y)),
            member("kty", "EC".into()),
            member("x", encode_url(x)),
            member("crv", "P-256".into()),
        ])
    };
    let key = import(&jwk(x, y)).unwrap();
    assert!(import(&jwk(y, x)).is_none() || x == y);
    let mut near = y.to_vec();
    near[31] ^= 1;
    assert!(import(&jwk(x, &near)).is_none());

    let signature: Signature = private.sign(message);
    let mut bytes: [u8; 64] = signature.to_bytes().into();
    assert!(key.verify(message, &bytes));
    let at = usize::from(message.first().copied().unwrap_or_default()) % 64;
    bytes[at] ^= 1;
    assert!(!key.verify(message, &bytes));
}
