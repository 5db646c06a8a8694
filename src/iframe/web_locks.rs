//! Web Locks: one tab at a time changes the key sets of this origin.

use crate::error::{Code, Error, Result};
use alloc::rc::Rc;
use core::cell::RefCell;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

const NAME: &str = "partitioned-authority-keys";

const FAILED: Error = Code::KeyStorage.because("the lock was not granted");

// web-sys counts LockManager among its unstable interfaces; every engine has shipped it since 2022.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    fn request(name: &str, callback: &Function) -> Result<Promise, JsValue>;
}

/// Runs `work` while holding the lock.
pub(super) async fn exclusive<T: 'static>(
    work: impl Future<Output = Result<T>> + 'static,
) -> Result<T> {
    let result = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&result);
    let run = Closure::once(move |_lock: JsValue| {
        future_to_promise(async move {
            let done = work.await;
            *slot.borrow_mut() = Some(done);
            Ok(JsValue::UNDEFINED)
        })
    });
    let promise = request(NAME, run.as_ref().unchecked_ref()).map_err(|_| FAILED)?;
    JsFuture::from(promise).await.map_err(|_| FAILED)?;
    let done = result.borrow_mut().take();
    done.unwrap_or(Err(FAILED))
}
