//! IndexedDB: one operation on the key store of this origin.

use crate::{
    error::{Code, Error, Result},
    host::{set, settled},
};
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Event, IdbDatabase, IdbOpenDbRequest, IdbTransaction};

const NAME: &str = "partitioned-authority";
const STORE: &str = "keys";

const FAILED: Error = Code::KeyStorage.because(&"IndexedDB refused");

fn failed(_: JsValue) -> Error {
    FAILED
}

// Where there is no `indexedDB` this throws, which is caught.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = indexedDB)]
    fn open(name: &str, version: u32) -> Result<IdbOpenDbRequest, JsValue>;

    // web-sys would bring a table of all modes.
    #[wasm_bindgen(extends = IdbDatabase)]
    type Connection;
    #[wasm_bindgen(catch, method)]
    fn transaction(this: &Connection, store: &str, mode: &str) -> Result<IdbTransaction, JsValue>;
}

/// What to do with the store.
pub(super) enum Operation<'a> {
    /// Read everything, as an array.
    All,
    /// Store a value under a key.
    Put(&'a str, JsValue),
    /// Delete what is under a key.
    Delete(&'a str),
}

struct Database(Connection);

impl Drop for Database {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Runs `operation` in a transaction of its own; returns once that is complete.
pub(super) async fn run(operation: Operation<'_>) -> Result<JsValue> {
    let request = open(NAME, 1).map_err(failed)?;
    let opening = request.clone();
    let upgrade = Closure::<dyn FnMut(Event)>::new(move |_| {
        if let Ok(database) = opening.result() {
            let database: IdbDatabase = database.unchecked_into();
            // A failure here aborts the upgrade, which the request then reports.
            drop(database.create_object_store(STORE));
        }
    });
    set(&request, "onupgradeneeded", upgrade.as_ref());
    happened(&request, "onsuccess").await?;
    let database = Database(request.result().map_err(failed)?.unchecked_into());
    let mode = if matches!(operation, Operation::All) { "readonly" } else { "readwrite" };
    let transaction = database.0.transaction(STORE, mode).map_err(failed)?;
    let store = transaction.object_store(STORE).map_err(failed)?;
    let request = match operation {
        Operation::All => store.get_all(),
        Operation::Put(key, value) => store.put_with_key(&value, &key.into()),
        Operation::Delete(key) => store.delete(&key.into()),
    };
    let request = request.map_err(failed)?;
    // Only `complete` means that it is stored.
    happened(&transaction, "oncomplete").await?;
    request.result().map_err(failed)
}

/// Waits for an event of a request or a transaction.
fn happened(target: &JsValue, event: &str) -> impl Future<Output = Result<JsValue>> + use<> {
    let promise = Promise::new(&mut |resolve: Function, reject: Function| {
        set(target, event, &resolve);
        set(target, "onerror", &reject);
        set(target, "onabort", &reject);
    });
    settled(Ok(promise), FAILED)
}
