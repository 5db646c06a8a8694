//! The handshake and the ports.
//!
//! The frame tells its parent that it is ready; the parent sends a `connect` with one port. Each check
//! is made before anything is awaited. Ports are private but no boundary: a script in the app page may
//! ask for signatures anyway, so any number of ports is fine.

use super::runtime::Runtime;
use crate::{
    error::{Code, Error, Result},
    host::{get, set, set_text, text},
};
use alloc::{borrow::ToOwned, rc::Rc};
use js_sys::{JsString, Object};
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent, MessagePort, Window};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = window)]
    static WINDOW: Option<Window>;
}

/// Longest request id, in UTF-16 code units.
const ID_MAX: u32 = 64;

/// Starts the frame for pages of `app_origin`. Both origins come from the page that embeds the script
/// at the signing origin, never from the parent.
///
/// # Errors
/// `ERR_CONFIG_INVALID` for an origin that is none; `ERR_CHANNEL_REFUSED` if this page is not of
/// `sign_origin`, or its parent is not the top window.
#[wasm_bindgen(js_name = startSigningFrame)]
pub fn start_signing_frame(app_origin: &str, sign_origin: &str) -> Result<(), JsValue> {
    Ok(start(app_origin, sign_origin)?)
}

fn start(app_origin: &str, sign_origin: &str) -> Result<()> {
    const REFUSED: Error = Code::ChannelRefused.because(&"not framed by a top window");
    let window = WINDOW.with(Clone::clone).ok_or(REFUSED)?;
    // A sandboxed or data: frame has the origin "null", whatever its URL says.
    if get(&window, "origin")?.as_string().as_deref() != Some(sign_origin) {
        return Err(Code::ChannelRefused.because(&"not the signing origin"));
    }
    let parent: Window = get(&window, "parent")?.unchecked_into();
    let top: Window = get(&window, "top")?.unchecked_into();
    if parent == window || parent != top {
        return Err(REFUSED);
    }
    let runtime = Runtime::new(app_origin)?;
    let (origin, expected) = (app_origin.to_owned(), parent.clone());
    let on_message = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        if let Some(port) = connecting_port(event.unchecked_ref(), &origin, &expected) {
            serve(&runtime, port);
        }
    });
    window
        .add_event_listener_with_callback("message", on_message.as_ref().unchecked_ref())
        .map_err(|_| REFUSED)?;
    // The listener lives as long as the page.
    on_message.forget();
    let ready = Object::new();
    set_text(&ready, "pas", "ready");
    parent.post_message(&ready, app_origin).map_err(|_| REFUSED)
}

/// The port of a genuine `connect`: from the parent window itself, of exactly the app's origin.
fn connecting_port(event: &MessageEvent, app_origin: &str, parent: &Window) -> Option<MessagePort> {
    let source = event.source()?;
    let is_parent = JsValue::from(source) == JsValue::from(parent.clone());
    if !is_parent || event.origin() != app_origin || !event.is_trusted() {
        return None;
    }
    if text(&event.data(), "pas").ok()? != "connect" {
        return None;
    }
    let ports = event.ports();
    if ports.length() != 1 {
        return None;
    }
    Some(ports.get(0).unchecked_into())
}

/// Answers a port that a page sent, for as long as the page holds its end.
pub fn serve(runtime: &Rc<Runtime>, port: MessagePort) {
    let runtime = Rc::clone(runtime);
    let answers = port.clone();
    let on_message = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let event: MessageEvent = event.unchecked_into();
        let (runtime, port) = (Rc::clone(&runtime), answers.clone());
        wasm_bindgen_futures::spawn_local(async move {
            let message = event.data();
            let id = get(&message, "id").unwrap_or_default();
            let id = id.dyn_ref::<JsString>().filter(|id| id.length() <= ID_MAX);
            let progress = |step: &str| {
                let out = Object::new();
                set(&out, "id", &id.into());
                set_text(&out, "progress", step);
                drop(port.post_message(&out));
            };
            let answer = match id {
                Some(_) => runtime.answer(&message, &progress).await,
                None => Err(Code::ChannelRefused.because(&"a message needs an id")),
            };
            let answer = envelope(id, answer);
            // A port that is gone has nobody waiting.
            drop(port.post_message(&answer));
        });
    });
    set(&port, "onmessage", &on_message.into_js_value());
}

fn envelope(id: Option<&JsString>, answer: Result<Object>) -> Object {
    let (out, ok) = match answer {
        Ok(out) => (out, true),
        Err(error) => {
            let out = Object::new();
            set_text(&out, "code", error.code.as_str());
            (out, false)
        }
    };
    set(&out, "id", &id.into());
    set(&out, "ok", &ok.into());
    out
}
