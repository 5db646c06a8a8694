//! IndexedDB: promises over its requests and transactions.

use crate::error::{Code, Error, Result};
use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbFactory, IdbRequest, IdbTransaction, IdbTransactionMode};

const NAME: &str = "partitioned-authority";
const STORE: &str = "keys";

const FAILED: Error = Code::KeyStorage.because("IndexedDB refused");

fn failed(_: JsValue) -> Error {
    FAILED
}

/// The key store of this origin.
#[derive(Clone)]
pub(super) struct KeyStore(IdbDatabase);

impl KeyStore {
    /// Opens it, made on first use.
    pub(super) async fn open() -> Result<Self> {
        let window = web_sys::window().ok_or(FAILED)?;
        let factory: IdbFactory = window.indexed_db().map_err(failed)?.ok_or(FAILED)?;
        let request = factory.open_with_u32(NAME, 1).map_err(failed)?;
        let opening = request.clone();
        let upgrade = Closure::once(move || {
            if let Ok(database) = opening.result() {
                let database: IdbDatabase = database.unchecked_into();
                // A failure here aborts the upgrade, which the request then reports.
                drop(database.create_object_store(STORE));
            }
        });
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let database = settled(&request).await?;
        Ok(Self(database.unchecked_into()))
    }

    fn transaction(&self, mode: IdbTransactionMode) -> Result<IdbTransaction> {
        self.0.transaction_with_str_and_mode(STORE, mode).map_err(failed)
    }

    /// Stores `value` under `key`; returns once the transaction is complete.
    pub(super) async fn put(&self, key: &str, value: &JsValue) -> Result<()> {
        let transaction = self.transaction(IdbTransactionMode::Readwrite)?;
        let store = transaction.object_store(STORE).map_err(failed)?;
        store.put_with_key(value, &key.into()).map_err(failed)?;
        completed(&transaction).await
    }

    /// Deletes what is under `key`; returns once the transaction is complete.
    pub(super) async fn delete(&self, key: &str) -> Result<()> {
        let transaction = self.transaction(IdbTransactionMode::Readwrite)?;
        let store = transaction.object_store(STORE).map_err(failed)?;
        store.delete(&key.into()).map_err(failed)?;
        completed(&transaction).await
    }

    /// Everything stored.
    pub(super) async fn all(&self) -> Result<Array> {
        let transaction = self.transaction(IdbTransactionMode::Readonly)?;
        let store = transaction.object_store(STORE).map_err(failed)?;
        let request = store.get_all().map_err(failed)?;
        Ok(settled(&request).await?.unchecked_into())
    }
}

impl Drop for KeyStore {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The result of a request.
async fn settled(request: &IdbRequest) -> Result<JsValue> {
    let promise = Promise::new(&mut |resolve: Function, reject: Function| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(promise).await.map_err(failed)?;
    request.result().map_err(failed)
}

/// The end of a transaction: only `complete` means that it is stored.
async fn completed(transaction: &IdbTransaction) -> Result<()> {
    let promise = Promise::new(&mut |resolve: Function, reject: Function| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onerror(Some(&reject));
        transaction.set_onabort(Some(&reject));
    });
    JsFuture::from(promise).await.map_err(failed)?;
    Ok(())
}
