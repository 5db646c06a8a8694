//! BroadcastChannel: frames of other tabs learn that the key sets changed.

use crate::{
    error::{Code, Result},
    host::set,
};
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, Event};

const NAME: &str = "partitioned-authority-keys";

/// Announces changes, and hears of those of other frames.
pub(super) struct Changes {
    channel: BroadcastChannel,
    _listener: Closure<dyn FnMut(Event)>,
}

impl Changes {
    /// Calls `on_change` when another frame announces one.
    pub(super) fn listen(on_change: impl Fn() + 'static) -> Result<Self> {
        let channel = BroadcastChannel::new(NAME)
            .map_err(|_| Code::KeyStorage.because(&"no broadcast channel"))?;
        let listener = Closure::<dyn FnMut(Event)>::new(move |_| on_change());
        set(&channel, "onmessage", listener.as_ref());
        Ok(Self { channel, _listener: listener })
    }

    /// Tells the other frames.
    pub(super) fn announce(&self) {
        // A channel that can't post leaves other tabs with a stale cache, which the server refuses and
        // the next look-up mends.
        drop(self.channel.post_message(&JsValue::TRUE));
    }
}
