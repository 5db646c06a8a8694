//! Reading and making JavaScript values: the one place where the crate's types meet `JsValue`.

use crate::error::{Code, Error, Result};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

impl From<Error> for JsValue {
    /// A real `Error`, with the stable code as a property, for the TypeScript layer to dress.
    fn from(error: Error) -> Self {
        let value = js_sys::Error::new(error.detail);
        value.set_name("PartitionedAuthorityError");
        set(&value, "code", &error.code.as_str().into());
        value.into()
    }
}

/// Runs when the module is instantiated.
#[wasm_bindgen(start)]
fn start() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
}

/// Sets a property of an object that we made; such a set can't fail.
pub(crate) fn set(target: &JsValue, name: &str, value: &JsValue) {
    let done = Reflect::set(target, &name.into(), value);
    debug_assert!(done.is_ok());
}

/// Reads a property; a missing one is `undefined`.
pub(crate) fn get(target: &JsValue, name: &str) -> Result<JsValue> {
    Reflect::get(target, &name.into())
        .map_err(|_| Code::ConfigInvalid.because("a property can't be read"))
}

/// A property that is a string, or is absent.
pub(crate) fn optional_text(target: &JsValue, name: &str) -> Result<Option<String>> {
    let value = get(target, name)?;
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    value
        .as_string()
        .map(Some)
        .ok_or(Code::ConfigInvalid.because("a property must be a string"))
}

/// A property that must be a string.
pub(crate) fn text(target: &JsValue, name: &str) -> Result<String> {
    optional_text(target, name)?.ok_or(Code::ConfigInvalid.because("a string is missing"))
}

/// The bytes of a `Uint8Array`, copied once.
pub(crate) fn bytes(value: &JsValue) -> Result<Vec<u8>> {
    value
        .dyn_ref::<Uint8Array>()
        .map(Uint8Array::to_vec)
        .ok_or(Code::ConfigInvalid.because("bytes must be a Uint8Array"))
}
