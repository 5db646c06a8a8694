//! WebCrypto: a private key is made here, stays here, and never enters wasm memory.

use crate::{
    canonical::jwk::P256Coordinates,
    error::{Code, Error, Result},
    host::{get, set, text},
};
use alloc::vec::Vec;
use js_sys::{Array, ArrayBuffer, Object, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

const FAILED: Error = Code::KeyStorage.because("WebCrypto refused");

fn failed(_: JsValue) -> Error {
    FAILED
}

fn subtle() -> Result<SubtleCrypto> {
    let window = web_sys::window().ok_or(FAILED)?;
    // Absent outside a secure context.
    let subtle = window.crypto().map_err(failed)?.subtle();
    if subtle.is_undefined() { Err(FAILED) } else { Ok(subtle) }
}

fn algorithm(members: [(&str, &str); 2]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        set(&object, name, &value.into());
    }
    object
}

/// A fresh ECDSA P-256 key pair: a private key that can't be exported, and the public coordinates.
pub(super) async fn generate() -> Result<(CryptoKey, P256Coordinates)> {
    let subtle = subtle()?;
    let usages = Array::of2(&"sign".into(), &"verify".into());
    let algorithm = algorithm([("name", "ECDSA"), ("namedCurve", "P-256")]);
    let promise = subtle.generate_key_with_object(&algorithm, false, &usages).map_err(failed)?;
    let pair = JsFuture::from(promise).await.map_err(failed)?;
    let private: CryptoKey = get(&pair, "privateKey")?.unchecked_into();
    if private.extractable() {
        return Err(Code::KeyStorage.because("the browser made an extractable key"));
    }
    let public: CryptoKey = get(&pair, "publicKey")?.unchecked_into();
    let promise = subtle.export_key("jwk", &public).map_err(failed)?;
    let jwk = JsFuture::from(promise).await.map_err(failed)?;
    let coordinates =
        P256Coordinates::from_members(&text(&jwk, "x")?, &text(&jwk, "y")?).ok_or(FAILED)?;
    Ok((private, coordinates))
}

/// ECDSA with SHA-256 over `base`: `r ‖ s`, 64 bytes.
pub(super) async fn sign(key: &CryptoKey, base: &[u8]) -> Result<Vec<u8>> {
    let algorithm = algorithm([("name", "ECDSA"), ("hash", "SHA-256")]);
    let promise = subtle()?
        .sign_with_object_and_js_u8_array(&algorithm, key, &Uint8Array::from(base))
        .map_err(failed)?;
    let signature = JsFuture::from(promise).await.map_err(failed)?;
    Ok(Uint8Array::new(&signature).to_vec())
}

/// SHA-256 of content that never enters wasm memory.
pub(super) async fn sha256(content: &ArrayBuffer) -> Result<[u8; 32]> {
    let promise =
        subtle()?.digest_with_str_and_buffer_source("SHA-256", content).map_err(failed)?;
    let hash = JsFuture::from(promise).await.map_err(failed)?;
    Uint8Array::new(&hash).to_vec().try_into().map_err(|_| FAILED)
}
