//! SHA-256 and the `Content-Digest` field (RFC 9530 §2).

use super::structured_field::byte_sequence;
use alloc::string::String;
use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Sha256Digest = [u8; 32];

/// SHA-256 over the concatenation of `parts`.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Sha256Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The field value for a hash that was computed elsewhere, for example while bytes travelled.
#[must_use]
pub fn content_digest_of(hash: &Sha256Digest) -> String {
    let mut field = String::from("sha-256=");
    field.push_str(&byte_sequence(hash));
    field
}

/// The `Content-Digest` field value of `content`: `sha-256`, sole member.
#[must_use]
pub fn content_digest(content: &[u8]) -> String {
    content_digest_of(&sha256(&[content]))
}

#[cfg(test)]
mod tests {
    use super::content_digest;

    #[test]
    fn rfc_9530_appendix_d() {
        assert_eq!(
            content_digest(b"{\"hello\": \"world\"}\n"),
            "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
        );
    }
}
