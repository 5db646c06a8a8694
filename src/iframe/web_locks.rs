//! Web Locks: one tab at a time changes the key sets of this origin.

use crate::{
    error::{Code, Error, Result},
    host::settled,
};
use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

const NAME: &str = "partitioned-authority-keys";

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
    /// Waits for the lock.
    pub async fn acquire() -> Result<Self> {
        let (held, release) = deferred();
        let (granted, grant) = deferred();
        // The browser holds the lock until the promise that the callback returns is settled.
        let callback = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_| {
            drop(grant.call0(&JsValue::UNDEFINED));
            held.clone()
        });
        let lock = Self { release };
        let ended = request(NAME, callback.as_ref().unchecked_ref()).map_err(|_| FAILED)?;
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

/// A promise, and the function that resolves it.
fn deferred() -> (Promise, Function) {
    let mut settle = JsValue::UNDEFINED;
    let promise = Promise::new(&mut |resolve: Function, _| settle = resolve.into());
    // `Promise` has called that closure by now.
    (promise, settle.unchecked_into())
}
