//! The `pas` profile of RFC 9421: which components are covered, in which order, with which parameters.
//!
//! The frame builds its list from the request it is asked to sign, the verifier from the request it
//! received, both by [`Message::components`]. The tier of a request is a pure function of that list.

use super::signature_base::{Component, ParameterValue};
use crate::error::{Code, Result};
use alloc::vec::Vec;

/// The label of the one member in `Signature-Input` and `Signature`.
pub const LABEL: &str = "pas";

/// Paths under this prefix are requested by the frame itself, never for a page.
pub const RESERVED_PATH: &str = "/.pas/";

/// The names of the parameters, in wire order.
pub const PARAMETER_ORDER: [&str; 5] = ["created", "nonce", "keyid", "alg", "tag"];

/// What a signature is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tag {
    /// A request of the app.
    Request,
    /// A request of the frame, under `/.pas/`.
    Control,
}

impl Tag {
    /// The value of the `tag` parameter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "pas-1",
            Self::Control => "pas-1-ctl",
        }
    }
}

/// A signature algorithm of RFC 9421 §3.3.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256, signature `r ‖ s`, 64 bytes.
    EcdsaP256Sha256,
}

impl Algorithm {
    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
        }
    }

    /// From the registered name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        (name == Self::EcdsaP256Sha256.as_str()).then_some(Self::EcdsaP256Sha256)
    }
}

/// The request as it is signed. Values are raw, as they stand on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// `@method`
    pub method: &'a str,
    /// `@authority`: lower case, default port dropped, from configuration.
    pub authority: &'a str,
    /// `@path`, raw.
    pub path: &'a str,
    /// `@query` with its leading `?`; `?` alone where the target has none.
    pub query: &'a str,
    /// `content-type`, if the field is present.
    pub content_type: Option<&'a str>,
    /// `content-digest`, if there is content.
    pub content_digest: Option<&'a str>,
    /// `interaction-proof`, if the field is present.
    pub interaction_proof: Option<&'a str>,
    /// `pas-consent`, if the field is present.
    pub pas_consent: Option<&'a str>,
}

impl<'a> Message<'a> {
    /// The covered components, in the one order of the profile.
    #[must_use]
    pub fn components(&self) -> Vec<Component<'a>> {
        let mut components = vec![
            ("@method", self.method),
            ("@authority", self.authority),
            ("@path", self.path),
            ("@query", self.query),
        ];
        let optional = [
            ("content-type", self.content_type),
            ("content-digest", self.content_digest),
            ("interaction-proof", self.interaction_proof),
            ("pas-consent", self.pas_consent),
        ];
        components.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        components
    }
}

/// The parameters of the profile, all of them always present.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parameters<'a> {
    /// Seconds since the epoch, by the signer's estimate of the server's clock.
    pub created: i64,
    /// `S.C`: the server's part and the frame's.
    pub nonce: &'a str,
    /// RFC 7638 thumbprint of the session's ECDSA key, base64url.
    pub keyid: &'a str,
    /// The algorithm.
    pub alg: Algorithm,
    /// What the signature is for.
    pub tag: Tag,
}

impl<'a> Parameters<'a> {
    /// In wire order.
    #[must_use]
    pub fn ordered(&self) -> [(&'static str, ParameterValue<'a>); 5] {
        let [created, nonce, keyid, alg, tag] = PARAMETER_ORDER;
        [
            (created, ParameterValue::Integer(self.created)),
            (nonce, ParameterValue::String(self.nonce.into())),
            (keyid, ParameterValue::String(self.keyid.into())),
            (alg, ParameterValue::String(self.alg.as_str().into())),
            (tag, ParameterValue::String(self.tag.as_str().into())),
        ]
    }
}

/// Splits a raw origin-form request target (RFC 9112 §3.2.1) into `@path` and `@query`.
///
/// # Errors
/// `ERR_SIG_MALFORMED` if it does not start with `/`, or holds a fragment or a byte outside visible ASCII.
pub fn split_target(target: &str) -> Result<(&str, &str)> {
    if !target.starts_with('/') || !target.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
        return Err(Code::SigMalformed.because(&"the request target is not in origin form"));
    }
    match target.find('?') {
        Some(at) => target
            .split_at_checked(at)
            .ok_or(Code::SigMalformed.because(&"the request target is not in origin form")),
        None => Ok((target, "?")),
    }
}

/// Whether `method` is a token (RFC 9110 §9.1). Its case is kept: methods are case-sensitive.
///
/// # Errors
/// `ERR_SIG_MALFORMED` if it is not.
pub fn check_method(method: &str) -> Result<()> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if method.is_empty() || method.len() > 32 || !method.bytes().all(token) {
        return Err(Code::SigMalformed.because(&"the method is not a token"));
    }
    Ok(())
}

/// Whether a path, however it is percent-encoded, cased or slashed, could be routed to
/// [`RESERVED_PATH`] by some server.
#[must_use]
pub fn is_reserved_path(path: &str) -> bool {
    lenient(path).split(|byte| *byte == b'/').any(|segment| segment == b".pas")
}

/// Whether a path, however it is percent-encoded or slashed, could be read as the address of another host: it begins
/// with two slashes, or does so once dot segments are removed.
#[must_use]
pub fn could_name_a_host(path: &str) -> bool {
    let mut depth = 0_usize;
    let mut begins_empty = false;
    for segment in lenient(path).split(|byte| *byte == b'/').skip(1) {
        match segment {
            _ if begins_empty => return true,
            b"." => {}
            b".." => depth = depth.saturating_sub(1),
            _ => {
                begins_empty = depth == 0 && segment.is_empty();
                depth = depth.saturating_add(1);
            }
        }
    }
    false
}

/// A path as the most lenient server reads it: decoded, in lower case, with slashes for backslashes.
fn lenient(path: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(mut byte) = rest.next() {
        if byte == b'%' {
            let mut ahead = rest.clone();
            let mut digit = || char::from(ahead.next()?).to_digit(16);
            let escaped = digit().zip(digit()).map(|(high, low)| u8::try_from(high * 16 + low));
            if let Some(Ok(escaped)) = escaped {
                (byte, rest) = (escaped, ahead);
            }
        }
        decoded.push(if byte == b'\\' { b'/' } else { byte.to_ascii_lowercase() });
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_split_and_never_normalised() {
        assert_eq!(split_target("/a/../b?x=1?y"), Ok(("/a/../b", "?x=1?y")));
        assert_eq!(split_target("/"), Ok(("/", "?")));
        assert_eq!(split_target("/?"), Ok(("/", "?")));
        assert_eq!(split_target("/%2e%2E"), Ok(("/%2e%2E", "?")));
        for target in ["", "a", "*", "http://a/", "/a b", "/é", "/a#b", "/a\n"] {
            assert_eq!(split_target(target).unwrap_err().code, Code::SigMalformed, "{target:?}");
        }
    }

    #[test]
    fn addresses_of_other_hosts_are_seen_through_encodings() {
        for path in [
            "//evil.test/x",
            "/.//evil.test/x",
            "/a/..//evil.test/x",
            "/a/b/../.././/evil.test",
            "/\\evil.test/x",
            "/%2fevil.test",
            "/%5Cevil.test",
            "/%2e//evil.test",
            "/%2E%2e/%2fevil.test",
            "/%2f..",
            "/../..//x",
            "//",
        ] {
            assert!(could_name_a_host(path), "{path}");
        }
        for path in [
            "/",
            "/.",
            "/./",
            "/a/../",
            "/a",
            "/a//b",
            "/a/.//b",
            "/a%2f%2fb",
            "/.a//b",
            "/%2",
            "/a/b/..//c",
        ] {
            assert!(!could_name_a_host(path), "{path}");
        }
    }

    #[test]
    fn reserved_paths_are_seen_through_encodings() {
        for path in [
            "/.pas/hello",
            "/.pas",
            "/%2epas/hello",
            "/%2Epa%73/x",
            "/.PAS/hello",
            "//.pas/x",
            "/a/../.pas/x",
            "/\\.pas/x",
            "/a%2f.pas%2fx",
        ] {
            assert!(is_reserved_path(path), "{path}");
        }
        for path in [
            "/",
            "/pas/",
            "/.past/",
            "/a.pas/b",
            "/%2",
            "/%zz",
            "/.well-known/partitioned-authority",
        ] {
            assert!(!is_reserved_path(path), "{path}");
        }
    }

    #[test]
    fn methods_keep_their_case() {
        assert!(check_method("GET").is_ok() && check_method("patch").is_ok());
        for method in ["", "GE T", "GET\n", "É", &"A".repeat(33)] {
            assert!(check_method(method).is_err(), "{method:?}");
        }
    }
}
