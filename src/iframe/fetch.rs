//! `fetch`: the frame's own requests to the app's server.

use crate::{
    error::{Code, Error, Result},
    host::optional_text,
};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Headers, RequestCache, RequestCredentials, RequestInit, RequestMode,
    RequestRedirect, Response,
};

/// How long a call may take, ms.
const TIMEOUT: u32 = 10_000;

const UNREACHABLE: Error = Code::ServerUnreachable.because("the app's server did not answer");

fn unreachable(_: JsValue) -> Error {
    UNREACHABLE
}

/// Posts `body` with `fields` to `url`; gives the JSON of a 2xx answer.
///
/// # Errors
/// The code of a problem+json answer, or `ERR_SERVER_UNREACHABLE`.
pub(super) async fn post(
    url: &str,
    fields: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Result<JsValue> {
    let headers = Headers::new().map_err(unreachable)?;
    for (name, value) in fields {
        headers.set(name, value).map_err(unreachable)?;
    }
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_mode(RequestMode::Cors);
    init.set_credentials(RequestCredentials::Include);
    init.set_cache(RequestCache::NoStore);
    init.set_redirect(RequestRedirect::Error);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT)));
    if let Some(body) = body {
        init.set_body(&Uint8Array::from(body));
    }
    let window = web_sys::window().ok_or(UNREACHABLE)?;
    let response =
        JsFuture::from(window.fetch_with_str_and_init(url, &init)).await.map_err(unreachable)?;
    let response: Response = response.unchecked_into();
    let json = JsFuture::from(response.json().map_err(unreachable)?).await.map_err(unreachable)?;
    if response.ok() {
        return Ok(json);
    }
    let code = optional_text(&json, "code").ok().flatten();
    let known = code.and_then(|name| Code::ALL.iter().find(|code| code.as_str() == name));
    Err(known.map_or(UNREACHABLE, |code| code.because("the app's server refused")))
}
