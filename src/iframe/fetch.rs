//! `fetch`: the frame's own requests to the app's server.

use crate::{
    error::{Code, Error, Result},
    host::{optional_text, set, set_text, settled},
};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Response};

/// How long a call may take, ms.
const TIMEOUT: u32 = 10_000;

const UNREACHABLE: Error = Code::ServerUnreachable.because("the app's server did not answer");

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;
}

/// Posts `body` with `fields` to `url`; gives the JSON of a 2xx answer.
///
/// # Errors
/// The code of a problem+json answer, or `ERR_SERVER_UNREACHABLE`.
pub(super) async fn post(
    url: &str,
    fields: &[(&str, &str)],
    body: Option<&str>,
) -> Result<JsValue> {
    let (init, headers) = (Object::new(), Object::new());
    for (name, value) in fields {
        set_text(&headers, name, value);
    }
    for (name, value) in [
        ("method", "POST"),
        ("mode", "cors"),
        ("credentials", "include"),
        ("cache", "no-store"),
        ("redirect", "error"),
    ] {
        set_text(&init, name, value);
    }
    set(&init, "headers", &headers);
    set(&init, "signal", &AbortSignal::timeout_with_u32(TIMEOUT));
    if let Some(body) = body {
        set_text(&init, "body", body);
    }
    let response: Response = settled(fetch(url, &init), UNREACHABLE).await?.unchecked_into();
    let json = settled(response.json(), UNREACHABLE).await?;
    if response.ok() {
        return Ok(json);
    }
    let code = optional_text(&json, "code").ok().flatten();
    let known = code.and_then(|name| Code::ALL.iter().find(|code| code.as_str() == name));
    Err(known.map_or(UNREACHABLE, |code| code.because("the app's server refused")))
}
