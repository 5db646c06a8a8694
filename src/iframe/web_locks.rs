//! Web Locks: one tab at a time changes the key sets of this origin, and a window knows when another is gone.

use crate::{
    error::{Code, Error, Result},
    host::{deferred, settled},
};
use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

/// Of who changes the key sets.
pub const KEYS: &str = "partitioned-authority-keys";

const FAILED: Error = Code::KeyStorage.because(&"the lock was not granted");

// web-sys counts LockManager among its unstable interfaces; every engine has shipped it since 2022.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"])]
    fn request(name: &str, callback: &Function) -> Result<Promise, JsValue>;
}

/// The lock, held until this is dropped.
pub struct Lock {
    release: Function,
}

impl Lock {
    /// Waits for the lock of this name.
    pub async fn acquire(name: &str) -> Result<Self> {
        let (held, release) = deferred();
        let (granted, grant) = deferred();
        // The browser holds the lock until the promise that the callback returns is settled.
        let callback = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_| {
            drop(grant.call0(&JsValue::UNDEFINED));
            held.clone()
        });
        let lock = Self { release };
        let ended = request(name, callback.as_ref().unchecked_ref()).map_err(|_| FAILED)?;
        // A request that the browser refuses is never granted.
        settled(Ok(Promise::race(&Array::of2(&granted, &ended))), FAILED).await?;
        Ok(lock)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The function that settles a promise does not throw.
        drop(self.release.call0(&JsValue::UNDEFINED));
    }
}

/// Calls `then` once whoever holds the lock now is gone, in whatever way.
pub(super) fn released(name: &str, then: impl FnOnce() + 'static) {
    let callback = Closure::once_into_js(then);
    // Where locks fail a window says itself that it closes, and time runs out for one that could not.
    drop(request(name, callback.unchecked_ref()));
}
