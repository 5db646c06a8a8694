//! Listeners on the window: passive, capturing, for trusted events only, removed when dropped.

use super::{
    dom::{InputEvent, window},
    handlers::{HANDLERS, State},
};
use crate::error::{Code, Error, Result};
use alloc::{rc::Rc, vec::Vec};
use wasm_bindgen::prelude::*;
use web_sys::{AddEventListenerOptions, EventTarget};

/// All listeners of a running tracker.
#[derive(Debug)]
pub(super) struct Listeners {
    _listeners: Vec<Listener>,
}

impl Listeners {
    /// Adds them to the window.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` where there is no window.
    pub(super) fn add(state: &Rc<State>) -> Result<Self> {
        let window = window().ok_or(Code::ConfigInvalid.because(&"the tracker needs a window"))?;
        let mut listeners = Vec::with_capacity(HANDLERS.len());
        for (name, handler) in HANDLERS {
            let state = Rc::clone(state);
            let handle = move |event: &InputEvent| handler(&state, event);
            listeners.push(Listener::add(&window, name, handle)?);
        }
        Ok(Self { _listeners: listeners })
    }
}

#[derive(Debug)]
struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(InputEvent)>,
}

impl Listener {
    fn add(
        target: &EventTarget,
        name: &'static str,
        handle: impl Fn(&InputEvent) + 'static,
    ) -> Result<Self> {
        const REFUSED: Error = Code::ConfigInvalid.because(&"a listener can't be added");
        let closure = Closure::<dyn FnMut(InputEvent)>::new(move |event: InputEvent| {
            // A script's own events are no interaction.
            if event.is_trusted() {
                handle(&event);
            }
        });
        let options = AddEventListenerOptions::new();
        // Capturing: before the page's own handlers, which may stop propagation or ask for a proof.
        options.set_capture(true);
        options.set_passive(true);
        target
            .add_event_listener_with_callback_and_add_event_listener_options(
                name,
                closure.as_ref().unchecked_ref(),
                &options,
            )
            .map_err(|_| REFUSED)?;
        Ok(Self { target: target.clone(), name, closure })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.closure.as_ref().unchecked_ref();
        // It fails only where a page patched the method; the closure then throws when called.
        let _ = self.target.remove_event_listener_with_callback_and_bool(self.name, function, true);
    }
}
