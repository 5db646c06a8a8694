//! Reading and making JavaScript values: the one place where the crate's types meet `JsValue`.

use crate::error::Error;
#[cfg(any(feature = "tracker", feature = "iframe", feature = "verifier"))]
use crate::error::{Code, Result};
use alloc::string::String;
use js_sys::Reflect;
use wasm_bindgen::prelude::*;

impl From<Error> for JsValue {
    /// A real `Error`, with the stable code as a property, for the TypeScript layer to dress.
    fn from(error: Error) -> Self {
        let value = js_sys::Error::new(error.detail);
        set_text(&value, "name", "PartitionedAuthorityError");
        set_text(&value, "code", error.code.as_str());
        value.into()
    }
}

#[wasm_bindgen]
extern "C" {
    /// ECMAScript's `Number::toString`.
    #[cfg(target_arch = "wasm32")]
    #[wasm_bindgen(js_name = String)]
    pub(crate) fn number_to_string(number: f64) -> String;

    /// ECMAScript's `StringToNumber`, correctly rounded.
    #[cfg(all(target_arch = "wasm32", any(feature = "consent", feature = "verifier")))]
    #[wasm_bindgen(js_name = Number)]
    pub(crate) fn number_from_string(text: &str) -> f64;

    /// The page's monotonic time, ms.
    #[cfg(feature = "iframe")]
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(crate) fn monotonic() -> f64;
}

/// Runs when a debug build is instantiated; a release build says nothing of itself.
#[cfg(all(debug_assertions, feature = "std"))]
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Sets a property of an object that we made; such a set can't fail.
pub(crate) fn set(target: &JsValue, name: &str, value: &JsValue) {
    let done = Reflect::set(target, &name.into(), value);
    debug_assert!(done.is_ok());
}

/// Sets a property to a string.
pub(crate) fn set_text(target: &JsValue, name: &str, text: &str) {
    set(target, name, &text.into());
}

/// What a promise of the host gives; however it fails, the error is `failure`.
#[cfg(feature = "iframe")]
pub(crate) async fn settled(
    promise: Result<js_sys::Promise, JsValue>,
    failure: Error,
) -> Result<JsValue> {
    let promise = promise.map_err(|_| failure)?;
    wasm_bindgen_futures::JsFuture::from(promise).await.map_err(|_| failure)
}

/// A promise, and the function that resolves it.
#[cfg(feature = "iframe")]
pub(crate) fn deferred() -> (js_sys::Promise, js_sys::Function) {
    let mut settle = JsValue::UNDEFINED;
    let promise = js_sys::Promise::new(&mut |resolve: js_sys::Function, _| settle = resolve.into());
    // `Promise` has called that closure by now.
    (promise, settle.unchecked_into())
}

/// Reads a property; a missing one is `undefined`.
#[cfg(any(feature = "tracker", feature = "iframe", feature = "verifier"))]
pub(crate) fn get(target: &JsValue, name: &str) -> Result<JsValue> {
    Reflect::get(target, &name.into())
        .map_err(|_| Code::ConfigInvalid.because(&"a string is missing"))
}

/// A property that is a string, or is absent.
#[cfg(any(feature = "tracker", feature = "iframe", feature = "verifier"))]
pub(crate) fn optional_text(target: &JsValue, name: &str) -> Result<Option<String>> {
    let value = get(target, name)?;
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    value.as_string().map(Some).ok_or(Code::ConfigInvalid.because(&"a string is missing"))
}

/// A property that must be a string.
#[cfg(any(feature = "tracker", feature = "iframe", feature = "verifier"))]
pub(crate) fn text(target: &JsValue, name: &str) -> Result<String> {
    optional_text(target, name)?.ok_or(Code::ConfigInvalid.because(&"a string is missing"))
}

/// The bytes of a `Uint8Array`, copied once.
#[cfg(feature = "iframe")]
pub(crate) fn bytes(value: &JsValue) -> Result<alloc::vec::Vec<u8>> {
    value
        .dyn_ref::<js_sys::Uint8Array>()
        .map(js_sys::Uint8Array::to_vec)
        .ok_or(Code::ConfigInvalid.because(&"bytes must be a Uint8Array"))
}

/// Whole milliseconds since the epoch: one unit in a type, and no `u64` across the border.
#[cfg(feature = "verifier")]
pub(crate) fn milliseconds(value: f64) -> Result<u64> {
    if !(0.0..9_007_199_254_740_992.0).contains(&value) {
        return Err(Code::ConfigInvalid.because(&"a time is out of range"));
    }
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within 0..2^53, checked above; the fraction is dropped on purpose"
    )]
    Ok(value as u64)
}

/// A time for JavaScript.
#[cfg(feature = "verifier")]
pub(crate) fn from_milliseconds(value: u64) -> f64 {
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a time, below 2^53")]
    let number = value as f64;
    number
}
