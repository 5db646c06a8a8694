//! Key sets, one per (account, session), newest last.

use super::indexed_db::KeyStore;
use crate::{
    error::{Code, Result},
    host::{get, set, text},
};
use alloc::{string::String, vec::Vec};
use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::CryptoKey;

/// A key and the session it speaks for.
#[derive(Clone)]
pub(super) struct KeySet {
    /// Thumbprint, base64url.
    pub(super) keyid: String,
    /// The server's opaque name of the account.
    pub(super) account: String,
    /// The session's id.
    pub(super) session: String,
    /// When the key was made, ms since the epoch by the server's clock.
    pub(super) created: f64,
    /// Not extractable.
    pub(super) key: CryptoKey,
}

impl KeySet {
    fn to_record(&self) -> JsValue {
        let record = Object::new();
        set(&record, "keyid", &self.keyid.as_str().into());
        set(&record, "account", &self.account.as_str().into());
        set(&record, "session", &self.session.as_str().into());
        set(&record, "created", &self.created.into());
        set(&record, "key", &self.key);
        record.into()
    }

    fn from_record(record: &JsValue) -> Result<Self> {
        let key: CryptoKey = get(record, "key")?
            .dyn_into()
            .map_err(|_| Code::KeyStorage.because("a stored key is none"))?;
        Ok(Self {
            keyid: text(record, "keyid")?,
            account: text(record, "account")?,
            session: text(record, "session")?,
            created: get(record, "created")?.as_f64().unwrap_or_default(),
            key,
        })
    }
}

/// The key sets of this origin: in IndexedDB, and in memory where the browser refuses to store them.
#[derive(Default)]
pub(super) struct Keys {
    cache: Option<Vec<KeySet>>,
    unstored: Vec<KeySet>,
}

impl Keys {
    /// Forgets what was read, because another frame changed it.
    pub(super) fn invalidate(&mut self) {
        self.cache = None;
    }

    /// What was read before, if it still holds.
    pub(super) fn cached(&self) -> Option<Vec<KeySet>> {
        let mut all = self.cache.clone()?;
        all.extend(self.unstored.iter().cloned());
        Some(all)
    }

    /// Keeps what [`read_all`] found.
    pub(super) fn remember(&mut self, all: Vec<KeySet>) {
        self.cache = Some(all);
    }

    /// Keeps a set in memory only: the session ends with this page.
    pub(super) fn keep_in_memory(&mut self, set: KeySet) {
        self.unstored.push(set);
    }

    /// Whether a set lives in memory only.
    pub(super) fn is_persistent(&self, keyid: &str) -> bool {
        !self.unstored.iter().any(|set| set.keyid == keyid)
    }

    /// Drops a set from memory.
    pub(super) fn forget(&mut self, keyid: &str) {
        self.unstored.retain(|set| set.keyid != keyid);
        self.cache = None;
    }
}

/// Reads every stored set, oldest first. A browser that stores nothing has none.
pub(super) async fn read_all() -> Vec<KeySet> {
    let Ok(store) = KeyStore::open().await else { return Vec::new() };
    let Ok(records) = store.all().await else { return Vec::new() };
    let mut sets: Vec<_> =
        records.iter().filter_map(|record| KeySet::from_record(&record).ok()).collect();
    sets.sort_by(|a, b| a.created.total_cmp(&b.created));
    sets
}

/// Stores a set; complete when it returns.
pub(super) async fn write(set: &KeySet) -> Result<()> {
    KeyStore::open().await?.put(&set.keyid, &set.to_record()).await
}

/// Deletes a stored set; complete when it returns.
pub(super) async fn delete(keyid: &str) -> Result<()> {
    KeyStore::open().await?.delete(keyid).await
}
