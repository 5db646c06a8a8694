//! WebCrypto: a private key is made here, stays here, and never enters wasm memory.

use crate::{
    canonical::{Sha256Digest, base64, jwk::P256Coordinates, sha256},
    error::{Code, Error, Result},
    host::{get, set_text, settled, text},
};
use alloc::{string::String, vec::Vec};
use js_sys::{Array, ArrayBuffer, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::CryptoKey;

const FAILED: Error = Code::KeyStorage.because(&"WebCrypto refused");

// `crypto.subtle` is absent outside a secure context: then each of these throws, which is caught.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = generateKey)]
    fn generate_key(
        algorithm: &Object,
        extractable: bool,
        usages: &Array,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = exportKey)]
    fn export_key(format: &str, key: &CryptoKey) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = sign)]
    fn sign_bytes(
        algorithm: &Object,
        key: &CryptoKey,
        bytes: &Uint8Array,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"])]
    fn digest(algorithm: &str, content: &ArrayBuffer) -> Result<Promise, JsValue>;
}

fn ecdsa(parameter: &str, value: &str) -> Object {
    let algorithm = Object::new();
    set_text(&algorithm, "name", "ECDSA");
    set_text(&algorithm, parameter, value);
    algorithm
}

/// A fresh ECDSA P-256 key.
pub struct FreshKey {
    /// It can't be exported.
    pub private: CryptoKey,
    /// The public key as JSON.
    pub jwk: String,
    /// Its thumbprint.
    pub thumbprint: Sha256Digest,
    /// Its thumbprint, base64url.
    pub keyid: String,
}

/// Makes a key pair.
pub async fn generate() -> Result<FreshKey> {
    let usages = Array::of2(&"sign".into(), &"verify".into());
    let pair = generate_key(&ecdsa("namedCurve", "P-256"), false, &usages);
    let pair = settled(pair, FAILED).await?;
    let private: CryptoKey = get(&pair, "privateKey")?.unchecked_into();
    if private.extractable() {
        return Err(Code::KeyStorage.because(&"the key is extractable"));
    }
    let public: CryptoKey = get(&pair, "publicKey")?.unchecked_into();
    let jwk = settled(export_key("jwk", &public), FAILED).await?;
    described(private, &jwk)
}

fn described(private: CryptoKey, jwk: &JsValue) -> Result<FreshKey> {
    let coordinates = P256Coordinates::from_members(&text(jwk, "x")?, &text(jwk, "y")?);
    let jwk = coordinates.ok_or(FAILED)?.to_jwk();
    let thumbprint = sha256(&[jwk.as_bytes()]);
    let keyid = base64::encode_url(&thumbprint);
    Ok(FreshKey { private, jwk, thumbprint, keyid })
}

/// ECDSA with SHA-256 over `base`: `r ‖ s`, 64 bytes.
pub async fn sign(key: &CryptoKey, base: &[u8]) -> Result<Vec<u8>> {
    let signature = sign_bytes(&ecdsa("hash", "SHA-256"), key, &Uint8Array::from(base));
    let signature = settled(signature, FAILED).await?;
    Ok(Uint8Array::new(&signature).to_vec())
}

/// SHA-256 of content that never enters wasm memory.
pub async fn hash(content: &ArrayBuffer) -> Result<Sha256Digest> {
    let hash = settled(digest("SHA-256", content), FAILED).await?;
    Uint8Array::new(&hash).to_vec().try_into().map_err(|_| FAILED)
}
