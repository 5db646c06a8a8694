//! The frame's calls to `/.pas/*`, signed as control requests where a key is needed.

use super::{
    fetch,
    request::{self, Request},
    web_crypto,
};
use crate::{
    canonical::{Sha256Digest, profile::Tag, sha256},
    error::{Code, Error, Result},
    host::{get, optional_text},
};
use alloc::{borrow::ToOwned, string::String};
use wasm_bindgen::JsValue;
use web_sys::CryptoKey;

const JSON: &str = "application/json";

/// The server as the page that embeds the script names it.
#[derive(Clone)]
pub(super) struct Server {
    /// The app's origin.
    pub(super) origin: String,
    /// `@authority`.
    pub(super) authority: String,
}

/// The answer to a hello.
pub(super) struct Hello {
    /// Milliseconds since the epoch.
    pub(super) now: f64,
    /// S for the key that was named.
    pub(super) nonce: Option<String>,
    /// S for the enrolment ticket the browser holds.
    pub(super) challenge: Option<String>,
    /// How old a key may get, ms.
    pub(super) rekey_after: Option<f64>,
}

/// Who signs a control request, and when.
pub(super) struct Signer<'a> {
    pub(super) key: &'a CryptoKey,
    pub(super) keyid: &'a str,
    /// Seconds since the epoch.
    pub(super) created: i64,
    /// `S.C`
    pub(super) nonce: &'a str,
}

const MALFORMED: Error = Code::ServerUnreachable.because("the server's answer is malformed");

impl Server {
    /// `POST /.pas/hello`.
    pub(super) async fn hello(&self, keyid: Option<&str>) -> Result<Hello> {
        let body = match keyid {
            Some(keyid) => [r#"{"keyid":""#, keyid, r#""}"#].concat(),
            None => "{}".to_owned(),
        };
        let url = [&self.origin, "/.pas/hello"].concat();
        let answer = fetch::post(&url, &[("content-type", JSON)], Some(&body)).await?;
        Ok(Hello {
            now: get(&answer, "now")?.as_f64().ok_or(MALFORMED)?,
            nonce: optional_text(&answer, "nonce")?,
            challenge: optional_text(&answer, "challenge")?,
            rekey_after: get(&answer, "rekeyAfter")?.as_f64(),
        })
    }

    /// A signed `POST` to `/.pas/{name}`.
    pub(super) async fn post(
        &self,
        name: &str,
        body: Option<&str>,
        signer: Signer<'_>,
    ) -> Result<JsValue> {
        let path = ["/.pas/", name].concat();
        let url = [self.origin.as_str(), &path].concat();
        let request = Request {
            method: "POST".into(),
            path,
            query: "?".into(),
            content_type: body.map(|_| JSON.into()),
            content_hash: body.map(|body| -> Sha256Digest { sha256(&[body.as_bytes()]) }),
            proof: None,
        };
        let prepared = request.prepare(
            &self.authority,
            signer.keyid,
            signer.created,
            signer.nonce,
            Tag::Control,
        )?;
        let signature = web_crypto::sign(signer.key, prepared.base.as_bytes()).await?;
        let signature = request::signature_field(&signature);
        let mut fields =
            vec![("signature-input", prepared.signature_input.as_str()), ("signature", &signature)];
        if let Some(digest) = &prepared.content_digest {
            fields.extend([("content-type", JSON), ("content-digest", digest)]);
        }
        fetch::post(&url, &fields, body).await
    }
}
