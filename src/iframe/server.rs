//! The frame's calls to `/.pas/*`, signed as control requests where a key is needed.

use super::{
    fetch,
    request::{Prepared, Request, signature_field},
    web_crypto,
};
use crate::{
    canonical::{
        profile::{RESERVED_PATH, Tag},
        sha256,
    },
    error::{Code, Error, Result},
    host::{get, optional_text, set_text},
};
use alloc::{borrow::ToOwned, string::String};
use js_sys::Object;
use wasm_bindgen::JsValue;
use web_sys::CryptoKey;

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
    /// The keys that this browser's sessions have at the server, if a key was named.
    pub(super) keys: JsValue,
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

const MALFORMED: Error = Code::ServerUnreachable.because(&"the answer is malformed");

impl Server {
    fn url(&self, name: &str) -> String {
        [&self.origin, RESERVED_PATH, name].concat()
    }

    /// `POST /.pas/hello`.
    pub(super) async fn hello(&self, keyid: Option<&str>) -> Result<Hello> {
        let body = match keyid {
            Some(keyid) => [r#"{"keys":true,"keyid":""#, keyid, r#""}"#].concat(),
            None => "{}".to_owned(),
        };
        read_hello(&fetch::post(&self.url("hello"), Object::new(), Some(&body)).await?)
    }

    /// `GET /.pas/templates`: what people are shown before they consent.
    pub(super) async fn templates(&self) -> Result<String> {
        fetch::get(&self.url("templates")).await
    }

    /// A signed `POST` to `/.pas/{name}`.
    pub(super) async fn post(
        &self,
        name: &str,
        body: Option<&str>,
        signer: Signer<'_>,
    ) -> Result<JsValue> {
        let prepared = self.prepare(&control(name, body), &signer)?;
        let signature = web_crypto::sign(signer.key, prepared.base.as_bytes()).await?;
        self.send(name, body, headers(&prepared, &signature)).await
    }

    /// A `POST` to `/.pas/{name}` with the fields of its signature.
    pub(super) async fn send(
        &self,
        name: &str,
        body: Option<&str>,
        headers: Object,
    ) -> Result<JsValue> {
        fetch::post(&self.url(name), headers, body).await
    }

    fn prepare(&self, request: &Request, signer: &Signer<'_>) -> Result<Prepared> {
        request.prepare(&self.authority, signer.keyid, signer.created, signer.nonce, Tag::Control)
    }
}

/// A request of the frame itself.
pub(super) fn control(name: &str, body: Option<&str>) -> Request {
    Request {
        method: "POST".into(),
        path: [RESERVED_PATH, name].concat(),
        query: "?".into(),
        content_type: body.map(|_| fetch::JSON.into()),
        content_hash: body.map(|body| sha256(&[body.as_bytes()])),
        proof: None,
        consent: None,
    }
}

fn read_hello(answer: &JsValue) -> Result<Hello> {
    Ok(Hello {
        now: get(answer, "now")?.as_f64().ok_or(MALFORMED)?,
        nonce: optional_text(answer, "nonce")?,
        challenge: optional_text(answer, "challenge")?,
        rekey_after: get(answer, "rekeyAfter")?.as_f64(),
        keys: get(answer, "keys")?,
    })
}

/// The fields of a signed request.
pub(super) fn headers(prepared: &Prepared, signature: &[u8]) -> Object {
    let headers = Object::new();
    set_text(&headers, "signature-input", &prepared.signature_input);
    set_text(&headers, "signature", &signature_field(signature));
    for (name, value) in [
        ("content-digest", &prepared.content_digest),
        ("interaction-proof", &prepared.interaction_proof),
        ("pas-consent", &prepared.pas_consent),
    ] {
        if let Some(value) = value {
            set_text(&headers, name, value);
        }
    }
    headers
}
