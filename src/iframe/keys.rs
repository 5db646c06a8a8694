//! Key sets, one per (account, session), newest last.

use super::indexed_db::{self, Operation};
use crate::{
    error::{Code, Result},
    host::{get, set, set_text, text},
};
use alloc::{rc::Rc, string::String, vec::Vec};
use core::cell::Cell;
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use web_sys::CryptoKey;

/// A key and the session it speaks for.
pub struct KeySet {
    /// Thumbprint, base64url.
    pub keyid: String,
    /// The server's opaque name of the account.
    pub account: String,
    /// The session's id.
    pub session: String,
    /// When the key was made, ms since the epoch by the server's clock.
    pub created: f64,
    /// Not extractable.
    pub key: CryptoKey,
    /// The server has not confirmed it: a rotation that is under way, or whose answer was lost.
    pub pending: Cell<bool>,
}

impl KeySet {
    fn to_record(&self) -> JsValue {
        let record = Object::new();
        set_text(&record, "keyid", &self.keyid);
        set_text(&record, "account", &self.account);
        set_text(&record, "session", &self.session);
        set(&record, "created", &self.created.into());
        set(&record, "key", &self.key);
        set(&record, "pending", &self.pending.get().into());
        record.into()
    }

    fn from_record(record: &JsValue) -> Result<Self> {
        let key: CryptoKey = get(record, "key")?
            .dyn_into()
            .map_err(|_| Code::KeyStorage.because(&"a stored key is none"))?;
        Ok(Self {
            keyid: text(record, "keyid")?,
            account: text(record, "account")?,
            session: text(record, "session")?,
            created: get(record, "created")?.as_f64().unwrap_or_default(),
            key,
            pending: Cell::new(get(record, "pending")?.is_truthy()),
        })
    }
}

/// The key sets of this origin: in IndexedDB, and in memory where the browser refuses to store them.
#[derive(Default)]
pub struct Keys {
    cache: Option<Vec<Rc<KeySet>>>,
    unstored: Vec<Rc<KeySet>>,
}

impl Keys {
    /// Forgets what was read, because another frame changed it.
    pub fn invalidate(&mut self) {
        self.cache = None;
    }

    /// What was read before, if it still holds.
    pub fn cached(&self) -> Option<Vec<Rc<KeySet>>> {
        let mut all = self.cache.clone()?;
        all.extend(self.unstored.iter().cloned());
        Some(all)
    }

    /// Keeps what [`read_all`] found.
    pub fn remember(&mut self, all: Vec<Rc<KeySet>>) {
        self.cache = Some(all);
    }

    /// Keeps a set in memory only: the session ends with this page.
    pub fn keep_in_memory(&mut self, set: Rc<KeySet>) {
        self.forget(&set.keyid);
        self.unstored.push(set);
    }

    /// Whether a set lives in memory only.
    pub fn is_persistent(&self, keyid: &str) -> bool {
        !self.unstored.iter().any(|set| set.keyid == keyid)
    }

    /// Drops a set from memory.
    pub fn forget(&mut self, keyid: &str) {
        self.unstored.retain(|set| set.keyid != keyid);
        self.cache = None;
    }
}

/// Reads every stored set, oldest first. A browser that stores nothing has none.
pub async fn read_all() -> Vec<Rc<KeySet>> {
    let Ok(records) = indexed_db::run(Operation::All).await else { return Vec::new() };
    let records: Array = records.unchecked_into();
    let mut sets: Vec<Rc<KeySet>> = Vec::new();
    for set in records.iter().filter_map(|record| KeySet::from_record(&record).ok()) {
        // There are a handful: the library's sort would be larger than all of this file.
        let earlier = sets.iter().take_while(|other| other.created <= set.created).count();
        sets.insert(earlier, Rc::new(set));
    }
    sets
}

/// Stores a set; complete when it returns.
pub fn write(set: &KeySet) -> impl Future<Output = Result<JsValue>> {
    indexed_db::run(Operation::Put(&set.keyid, set.to_record()))
}

/// Deletes a stored set; complete when it returns.
pub fn delete(keyid: &str) -> impl Future<Output = Result<JsValue>> {
    indexed_db::run(Operation::Delete(keyid))
}
