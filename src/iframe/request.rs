//! What a parent may ask to have signed. It supplies method, URL, content and proof; never component
//! names, parameters, or a path under `/.pas/`.

use crate::{
    canonical::{
        base64,
        digest::content_digest_of,
        profile::{Algorithm, LABEL, Message, Parameters, Tag, check_method, is_reserved_path},
        signature_base::{signature_base, signature_params},
        structured_field::byte_sequence,
    },
    error::{Code, Result},
};
use alloc::{string::String, vec::Vec};

/// A request to sign. Path and query are as the URL parser left them, which is what `fetch` sends.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, case kept.
    pub method: String,
    /// `@path`
    pub path: String,
    /// `@query`, with its `?`.
    pub query: String,
    /// `content-type`, if the request will have one.
    pub content_type: Option<String>,
    /// SHA-256 of the content, if there is any.
    pub content_hash: Option<[u8; 32]>,
    /// The encoded interaction proof.
    pub proof: Option<Vec<u8>>,
    /// The `Pas-Consent` field that the consent window gave.
    pub consent: Option<String>,
}

/// The fields to send, and the base they sign.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// `Signature-Input`
    pub signature_input: String,
    /// `Content-Digest`
    pub content_digest: Option<String>,
    /// `Interaction-Proof`
    pub interaction_proof: Option<String>,
    /// `Pas-Consent`
    pub pas_consent: Option<String>,
    /// What the key signs, ASCII.
    pub base: String,
}

/// Longest proof a request may carry, bytes: 600 characters as a field.
const PROOF_LIMIT: usize = 448;

impl Request {
    /// Refuses what no parent may have signed.
    ///
    /// # Errors
    /// `ERR_PATH_RESERVED` for a path that could reach `/.pas/`; `ERR_SIG_MALFORMED` for a method that
    /// is no token; `ERR_PROOF_MALFORMED` for a proof that is too long.
    pub fn check(&self) -> Result<()> {
        check_method(&self.method)?;
        if is_reserved_path(&self.path) {
            return Err(Code::PathReserved.because(&"a path of the frame"));
        }
        if self.proof.as_ref().is_some_and(|proof| proof.len() > PROOF_LIMIT) {
            return Err(Code::ProofMalformed.because(&"the proof is too long"));
        }
        Ok(())
    }

    /// The signature base and the fields, for the key `keyid` at `created` (s) under `nonce` (`S.C`).
    ///
    /// # Errors
    /// `ERR_SIG_MALFORMED` if a value can't be covered.
    pub fn prepare(
        &self,
        authority: &str,
        keyid: &str,
        created: i64,
        nonce: &str,
        tag: Tag,
    ) -> Result<Prepared> {
        let content_digest = self.content_hash.as_ref().map(content_digest_of);
        let interaction_proof = self.proof.as_deref().map(byte_sequence);
        let message = Message {
            method: &self.method,
            authority,
            path: &self.path,
            query: &self.query,
            content_type: self.content_type.as_deref(),
            content_digest: content_digest.as_deref(),
            interaction_proof: interaction_proof.as_deref(),
            pas_consent: self.consent.as_deref(),
        };
        let parameters = Parameters { created, nonce, keyid, alg: Algorithm::EcdsaP256Sha256, tag };
        let components = message.components();
        let params = signature_params(&components, &parameters.ordered())?;
        let base = signature_base(&components, &params)?;
        Ok(Prepared {
            signature_input: [LABEL, "=", &params].concat(),
            content_digest,
            interaction_proof,
            pas_consent: self.consent.clone(),
            base,
        })
    }
}

/// The `Signature` field value.
#[must_use]
pub fn signature_field(signature: &[u8]) -> String {
    [LABEL, "=", &byte_sequence(signature)].concat()
}

/// `S.C` from the server's part and 16 random bytes.
#[must_use]
pub fn nonce(server: &str, client: &[u8; 16]) -> String {
    [server, ".", &base64::encode_url(client)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> Request {
        Request {
            method: "POST".into(),
            path: path.into(),
            query: "?".into(),
            content_type: None,
            content_hash: None,
            proof: None,
            consent: None,
        }
    }

    #[test]
    fn reserved_paths_are_refused_and_others_are_not() {
        assert_eq!(request("/.pas/enrol").check().unwrap_err().code, Code::PathReserved);
        assert_eq!(request("/%2Epas/enrol").check().unwrap_err().code, Code::PathReserved);
        assert!(request("/api/transfer").check().is_ok());
        let oversized = Request { proof: Some(vec![0; PROOF_LIMIT + 1]), ..request("/a") };
        assert_eq!(oversized.check().unwrap_err().code, Code::ProofMalformed);
    }

    #[test]
    fn the_components_follow_from_the_request_alone() {
        let full = Request {
            content_type: Some("application/json".into()),
            content_hash: Some([0; 32]),
            proof: Some(vec![1]),
            consent: Some("act=\"a\"".into()),
            ..request("/a")
        };
        let prepared = full.prepare("app.example", "k", 5, "S.C", Tag::Request).unwrap();
        assert_eq!(
            prepared.signature_input,
            r#"pas=("@method" "@authority" "@path" "@query" "content-type" "content-digest" "interaction-proof" "pas-consent");created=5;nonce="S.C";keyid="k";alg="ecdsa-p256-sha256";tag="pas-1""#
        );
        assert!(prepared.base.starts_with(
            "\"@method\": POST\n\"@authority\": app.example\n\"@path\": /a\n\"@query\": ?\n"
        ));
        let bare = request("/a").prepare("app.example", "k", 5, "S.C", Tag::Control).unwrap();
        assert!(
            bare.signature_input.starts_with(r#"pas=("@method" "@authority" "@path" "@query");"#)
        );
        assert!(bare.signature_input.ends_with(r#";tag="pas-1-ctl""#));
    }

    #[test]
    fn a_header_can_not_be_smuggled_into_the_base() {
        let injected = Request { content_type: Some("a\n\"@path\": /b".into()), ..request("/a") };
        assert!(injected.prepare("a", "k", 5, "S.C", Tag::Request).is_err());
    }
}
