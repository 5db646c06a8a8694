//! `fetch`: the frame's own requests to the app's server.

use crate::{
    error::{Code, Error, Result},
    host::{optional_text, set, set_text, settled},
};
use alloc::string::String;
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Response};

/// How long a call may take, ms.
const TIMEOUT: u32 = 10_000;

const UNREACHABLE: Error = Code::ServerUnreachable.because(&"the server did not answer");

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;
}

/// The type of every body the frame sends.
pub(super) const JSON: &str = "application/json";

/// Posts `body` with `headers` to `url`; gives the JSON of a 2xx answer.
///
/// # Errors
/// The code of a problem+json answer, or `ERR_SERVER_UNREACHABLE`.
pub(super) async fn post(url: &str, headers: Object, body: Option<&str>) -> Result<JsValue> {
    let response = answer(url, &init("POST", &headers, body)).await?;
    let json = settled(response.json(), UNREACHABLE).await?;
    if response.ok() { Ok(json) } else { Err(refusal(&json)) }
}

/// The text of a 2xx answer to a `GET`.
///
/// # Errors
/// `ERR_SERVER_UNREACHABLE` for any other.
pub(super) async fn get(url: &str) -> Result<String> {
    let response = answer(url, &init("GET", &Object::new(), None)).await?;
    let text = settled(response.text(), UNREACHABLE).await?;
    text.as_string().filter(|_| response.ok()).ok_or(UNREACHABLE)
}

async fn answer(url: &str, init: &Object) -> Result<Response> {
    Ok(settled(fetch(url, init), UNREACHABLE).await?.unchecked_into())
}

fn init(method: &str, headers: &Object, body: Option<&str>) -> Object {
    let init = Object::new();
    for (name, value) in [
        ("method", method),
        ("mode", "cors"),
        ("credentials", "include"),
        ("cache", "no-store"),
        ("redirect", "error"),
    ] {
        set_text(&init, name, value);
    }
    if let Some(body) = body {
        set_text(headers, "content-type", JSON);
        set_text(&init, "body", body);
    }
    set(&init, "headers", headers);
    set(&init, "signal", &AbortSignal::timeout_with_u32(TIMEOUT));
    init
}

fn refusal(problem: &JsValue) -> Error {
    let code = optional_text(problem, "code").ok().flatten();
    let known = code.and_then(|name| Code::from_name(&name));
    known.map_or(UNREACHABLE, |code| code.because(&"the server refused"))
}
