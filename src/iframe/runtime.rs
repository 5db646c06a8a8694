//! One operation per message type. A parent can ask for signatures, enrolment, rotation, tickets and
//! log-out; it can't name, replace, export or delete a key, nor set the clock.

use super::{
    broadcast_channel::Changes,
    clock::{ServerClock, issued_at},
    keys::{self, KeySet, Keys},
    limiter::Limiter,
    request::{self, Prepared, Request},
    server::{Hello, Server, Signer, headers},
    web_crypto,
    web_locks::{KEYS, Lock},
};
use crate::{
    canonical::{exports::whole_part, profile::Tag},
    error::{Code, Error, Result},
    host::{bytes, get, monotonic, optional_text, set, set_text, text},
};
use alloc::{borrow::ToOwned, boxed::Box, rc::Rc, string::String, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    pin::Pin,
};
use js_sys::{Array, ArrayBuffer, Object};
use wasm_bindgen::prelude::*;
use web_sys::{CryptoKey, Url};

/// Tells the page how far its message is.
pub type Progress<'a> = &'a dyn Fn(&str);

/// The state of one frame.
pub struct Runtime {
    pub(super) server: Server,
    clock: Cell<ServerClock>,
    limiter: Cell<Limiter>,
    keys: Rc<RefCell<Keys>>,
    /// The last S that the frame itself learned, by keyid.
    nonces: Object,
    rekey_after: Cell<Option<f64>>,
    rekeying: Cell<bool>,
    changes: Changes,
    /// By the id of a consent, each good for one: how to cancel it.
    pub(super) consents: Object,
}

pub(super) const REFUSED: Error = Code::ChannelRefused.because(&"not a message of this protocol");
pub(super) const NO_NONCE: Error = Code::ServerUnreachable.because(&"the server gave no nonce");
const KEY_MISMATCH: Error = Code::KeyMismatch.because(&"the session has another key");
const NOT_ENROLLED: Error = Code::NotEnrolled.because(&"no key for this account");

/// `S.C`: the server's part, and 16 random bytes.
fn full_nonce(server: &str) -> Result<String> {
    Ok(request::nonce(server, &random()?))
}

pub(super) fn random() -> Result<[u8; 16]> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| Code::KeyStorage.because(&"no randomness"))?;
    Ok(random)
}

impl Runtime {
    /// A runtime that serves pages of `app_origin` only.
    pub fn new(app_origin: &str) -> Result<Rc<Self>> {
        let invalid = Code::ConfigInvalid.because(&"the app origin is no origin");
        let url = Url::new(app_origin).map_err(|_| invalid)?;
        if url.origin() != app_origin {
            return Err(invalid);
        }
        let keys = Rc::new(RefCell::new(Keys::default()));
        let shared = Rc::clone(&keys);
        let changes = Changes::listen(move || shared.borrow_mut().invalidate())?;
        Ok(Rc::new(Self {
            server: Server { origin: app_origin.to_owned(), authority: url.host() },
            clock: Cell::default(),
            limiter: Cell::default(),
            keys,
            nonces: Object::new(),
            rekey_after: Cell::default(),
            rekeying: Cell::default(),
            changes,
            consents: Object::new(),
        }))
    }

    /// Answers one message of a port.
    pub async fn answer(
        self: Rc<Self>,
        message: &JsValue,
        progress: Progress<'_>,
    ) -> Result<Object> {
        let mut limiter = self.limiter.get();
        let allowed = limiter.allow(monotonic());
        self.limiter.set(limiter);
        if !allowed {
            return Err(Code::RateLimited.because(&"too many requests"));
        }
        let account = optional_text(message, "account").map_err(|_| REFUSED)?;
        let account = account.as_deref();
        let kind = text(message, "type").map_err(|_| REFUSED)?;
        // Boxed: one state machine over all operations is larger than each by itself.
        let operation: Pin<Box<dyn Future<Output = Result<Object>> + '_>> = match kind.as_str() {
            "state" => Box::pin(self.state(account)),
            "enrol" => Box::pin(self.enrol()),
            "sign" if get(message, "consentId")?.is_undefined() => {
                Box::pin(self.sign(account, message))
            }
            "sign" => Box::pin(self.sign_consented(account, message, progress)),
            "cancel" => Box::pin(self.cancel(message)),
            "templates" => Box::pin(self.templates()),
            "passkeys" => Box::pin(self.passkeys(account)),
            "add-passkey" => Box::pin(self.add_passkey(account, message, progress)),
            "remove-passkey" => Box::pin(self.remove_passkey(account, message, progress)),
            "ticket" => Box::pin(self.ticket(account, message)),
            "rekey" => Box::pin(self.rekey_now(account)),
            "logout" => Box::pin(self.logout(account, message)),
            _ => return Err(REFUSED),
        };
        operation.await
    }

    async fn state(&self, account: Option<&str>) -> Result<Object> {
        let all = self.key_sets().await;
        let selected = newest(&all, account);
        let out = selected.map_or_else(Object::new, |found| self.described(found));
        set(&out, "enrolled", &selected.is_some().into());
        let accounts: Array =
            all.iter().filter(|set| !set.pending.get()).map(|set| self.described(set)).collect();
        set(&out, "accounts", &accounts);
        Ok(out)
    }

    /// The frame asks, the frame makes the key, the frame proves it: no page script stands between.
    async fn enrol(&self) -> Result<Object> {
        let _lock = Lock::acquire(KEYS).await?;
        let hello = self.hello(None).await?;
        let challenge =
            hello.challenge.ok_or(Code::EnrolRefused.because(&"no enrolment ticket"))?;
        let fresh = web_crypto::generate().await?;
        let body = [r#"{"jwk":"#, &fresh.jwk, "}"].concat();
        let nonce = full_nonce(&challenge)?;
        let signer = self.signer(&fresh.private, &fresh.keyid, &nonce)?;
        let answer = self.server.post("enrol", Some(&body), signer).await?;
        let enrolled = Rc::new(KeySet {
            account: text(&answer, "account")?,
            session: text(&answer, "session")?,
            created: hello.now,
            keyid: fresh.keyid,
            key: fresh.private,
            pending: Cell::new(false),
        });
        self.learn(&enrolled.keyid, optional_text(&answer, "nonce")?.as_deref());
        self.settle(&enrolled).await;
        Ok(self.described(&enrolled))
    }

    /// Stores a set, or keeps it in memory where the browser refuses.
    async fn keep(&self, set: &Rc<KeySet>) {
        if keys::write(set).await.is_err() {
            self.keys.borrow_mut().keep_in_memory(Rc::clone(set));
        }
    }

    /// Makes `set` the only one of its account.
    async fn settle(&self, set: &Rc<KeySet>) {
        set.pending.set(false);
        self.keep(set).await;
        self.retire(&set.account, &set.keyid).await;
    }

    /// Deletes every set of an account but the one of `kept`.
    async fn retire(&self, account: &str, kept: &str) {
        for set in &self.read_key_sets().await {
            if set.account == account && set.keyid != kept {
                self.keys.borrow_mut().forget(&set.keyid);
                // Where nothing can be stored there is nothing to delete.
                keys::delete(&set.keyid).await.ok();
            }
        }
        self.keys.borrow_mut().invalidate();
        self.changes.announce();
    }

    async fn sign(self: &Rc<Self>, account: Option<&str>, message: &JsValue) -> Result<Object> {
        let request = self.read_request(message).await?;
        let mut keys = self.select(account).await?;
        if get(message, "refusedKey")? == *keys.keyid {
            // With no other key the server's refusal stands.
            keys = self.confirmed(&keys).await.unwrap_or(keys);
        }
        let server_nonce = self.fresh_nonce(&keys.keyid, message).await?;
        let prepared = self.prepare(&request, &keys.keyid, &server_nonce, Tag::Request)?;
        let signature = web_crypto::sign(&keys.key, prepared.base.as_bytes()).await?;
        Ok(self.signed(keys, &prepared.base, &headers(&prepared, &signature)))
    }

    /// The answer to a page that asked for a signature.
    pub(super) fn signed(
        self: &Rc<Self>,
        keys: Rc<KeySet>,
        base: &str,
        headers: &Object,
    ) -> Object {
        let out = Object::new();
        set(&out, "headers", headers);
        set_text(&out, "base", base);
        set_text(&out, "keyId", &keys.keyid);
        set_text(&out, "account", &keys.account);
        self.rekey_if_due(keys);
        out
    }

    /// The key that the session of `doubted` has at the server: another tab may have rotated it, or the
    /// answer to a rotation may have been lost. Its other keys are of no more use.
    pub(super) async fn confirmed(&self, doubted: &KeySet) -> Result<Rc<KeySet>> {
        let all = self.read_key_sets().await;
        let present = self.hello(Some(&doubted.keyid)).await?.keys;
        let present: &Array = present.dyn_ref().ok_or(KEY_MISMATCH)?;
        let found = all.into_iter().find(|set| {
            set.session == doubted.session && present.includes(&set.keyid.as_str().into(), 0)
        });
        let found = found.ok_or(KEY_MISMATCH)?;
        self.settle(&found).await;
        Ok(found)
    }

    /// What a parent asks to have signed.
    pub(super) async fn read_request(&self, message: &JsValue) -> Result<Request> {
        let url = self.read_url(message)?;
        let search = url.search();
        let mut request = Request {
            method: text(message, "method").map_err(|_| REFUSED)?,
            path: url.pathname(),
            query: if search.is_empty() { "?".to_owned() } else { search },
            content_type: optional_text(message, "contentType").map_err(|_| REFUSED)?,
            content_hash: None,
            proof: match get(message, "proof")? {
                proof if proof.is_undefined() => None,
                proof => Some(bytes(&proof).map_err(|_| REFUSED)?),
            },
            consent: None,
        };
        request.check()?;
        request.content_hash = content_hash(&get(message, "body")?).await?;
        Ok(request)
    }

    fn read_url(&self, message: &JsValue) -> Result<Url> {
        let url = Url::new(&text(message, "url").map_err(|_| REFUSED)?).map_err(|_| REFUSED)?;
        if url.origin() == self.server.origin {
            Ok(url)
        } else {
            Err(Code::OriginNotListed.because(&"not a URL of the app's origin"))
        }
    }

    /// What `keyid` signs now, under `server_nonce`.
    pub(super) fn prepare(
        &self,
        request: &Request,
        keyid: &str,
        server_nonce: &str,
        tag: Tag,
    ) -> Result<Prepared> {
        let (authority, nonce) = (&self.server.authority, full_nonce(server_nonce)?);
        request.prepare(authority, keyid, self.seconds()?, &nonce, tag)
    }

    /// S to sign under: what the page learned from responses, unless the clock must be asked for first.
    async fn fresh_nonce(&self, keyid: &str, message: &JsValue) -> Result<String> {
        let resync = get(message, "resync")?.is_truthy();
        let bound = get(message, "nonceKey")?;
        // S is for one key: that for another, as after a rotation elsewhere, is of no use.
        let offered = if bound.is_undefined() || bound == *keyid {
            optional_text(message, "nonce").map_err(|_| REFUSED)?
        } else {
            None
        };
        let mut offered = offered.or_else(|| self.learned(keyid));
        if let Some(nonce) = &offered {
            let issued = issued_at(nonce).ok_or(REFUSED)?;
            if resync {
                offered = None;
            } else if !self.clock.get().is_behind(issued, monotonic()) {
                return Ok(nonce.clone());
            }
        }
        let own = self.hello(Some(keyid)).await?.nonce;
        // A page may offer a nonce from the future; the clock was asked again and knows better.
        offered.or(own).ok_or(NO_NONCE)
    }

    async fn ticket(&self, account: Option<&str>, message: &JsValue) -> Result<Object> {
        let keys = self.select(account).await?;
        let url = self.read_url(message)?;
        let target = [url.pathname(), url.search()].concat();
        let mut body = String::from(r#"{"url":"#);
        crate::canonical::jcs::push_string(&mut body, &target);
        body.push('}');
        let answer = match self.control("ticket", Some(&body), &keys).await {
            // Another tab rotated the key. Nothing was done yet.
            Err(Error { code: Code::KeyMismatch, .. }) => {
                self.control("ticket", Some(&body), &*self.confirmed(&keys).await?).await?
            }
            answer => answer?,
        };
        let out = Object::new();
        set_text(&out, "url", &text(&answer, "url")?);
        Ok(out)
    }

    /// The old key signs the request, the new key signs over both: only a frame that holds the old one
    /// can rotate it.
    async fn rekey(&self, old: Rc<KeySet>) -> Result<Rc<KeySet>> {
        let _lock = Lock::acquire(KEYS).await?;
        let current = self.confirmed(&old).await?;
        if current.keyid != old.keyid {
            return Ok(current); // Another tab was first, or an earlier rotation held.
        }
        let fresh = web_crypto::generate().await?;
        let old_thumbprint: [u8; 32] =
            crate::canonical::base64::decode_url(&old.keyid).ok_or(NOT_ENROLLED)?;
        let nonce = self.control_nonce(&old.keyid)?;
        let base =
            [b"pas-1 rekey\0".as_slice(), &old_thumbprint, &fresh.thumbprint, nonce.as_bytes()]
                .concat();
        let pop =
            crate::canonical::base64::encode_url(&web_crypto::sign(&fresh.private, &base).await?);
        let body = [r#"{"jwk":"#, &fresh.jwk, r#","pop":""#, &pop, r#""}"#].concat();
        let new = Rc::new(KeySet {
            keyid: fresh.keyid,
            account: old.account.clone(),
            session: old.session.clone(),
            created: self.now()?,
            key: fresh.private,
            pending: Cell::new(true),
        });
        // Stored before it counts: if the answer is lost, the key is not. After a failure nobody knows
        // what became of it (browsers repeat a request whose connection broke), so it stays pending.
        self.keep(&new).await;
        let signer = self.signer(&old.key, &old.keyid, &nonce)?;
        let answer = self.server.post("rekey", Some(&body), signer).await?;
        self.learn(&new.keyid, optional_text(&answer, "nonce")?.as_deref());
        self.settle(&new).await;
        Ok(new)
    }

    fn rekey_if_due(self: &Rc<Self>, keys: Rc<KeySet>) {
        let due = match (self.rekey_after.get(), self.now()) {
            (Some(after), Ok(now)) => now - keys.created > after,
            _ => false,
        };
        if !due || self.rekeying.replace(true) {
            return;
        }
        let this = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            // A rotation that fails leaves the old key in force; the next request tries again.
            drop(this.rekey(keys).await);
            this.rekeying.set(false);
        });
    }

    async fn rekey_now(&self, account: Option<&str>) -> Result<Object> {
        let old = self.select(account).await?;
        Ok(self.described(&*self.rekey(old).await?))
    }

    async fn logout(&self, account: Option<&str>, message: &JsValue) -> Result<Object> {
        let keys = self.select(account).await?;
        // Not while a key rotates: the session would outlive its log-out.
        let _lock = Lock::acquire(KEYS).await?;
        // A session that is gone has no key; the server is asked all the same, for its cookie to go.
        let current = self.confirmed(&keys).await.unwrap_or_else(|_| Rc::clone(&keys));
        let everywhere = get(message, "everywhere")?.is_truthy();
        let body = everywhere.then_some(r#"{"everywhere":true}"#);
        let outcome = self.control("logout", body, &current).await;
        // A session that is gone already, or whose cookie is, is logged out: here, and nowhere else.
        let gone = matches!(
            outcome,
            Err(Error { code: Code::SessionEnded | Code::SessionMissing | Code::KeyMismatch, .. })
        );
        if gone || outcome.is_ok() {
            self.retire(&keys.account, "").await;
        }
        if !gone || everywhere {
            outcome?;
        }
        Ok(Object::new())
    }

    /// A signed control request, under a nonce asked for first.
    pub(super) async fn control(
        &self,
        name: &str,
        body: Option<&str>,
        keys: &KeySet,
    ) -> Result<JsValue> {
        self.hello(Some(&keys.keyid)).await?;
        let nonce = self.control_nonce(&keys.keyid)?;
        let signer = self.signer(&keys.key, &keys.keyid, &nonce)?;
        self.server.post(name, body, signer).await
    }

    fn control_nonce(&self, keyid: &str) -> Result<String> {
        full_nonce(&self.learned(keyid).ok_or(NO_NONCE)?)
    }

    pub(super) async fn hello(&self, keyid: Option<&str>) -> Result<Hello> {
        let hello = self.server.hello(keyid).await?;
        let mut clock = self.clock.get();
        clock.set(hello.now, monotonic());
        self.clock.set(clock);
        self.rekey_after.set(hello.rekey_after);
        if let Some(keyid) = keyid {
            self.learn(keyid, hello.nonce.as_deref());
        }
        Ok(hello)
    }

    fn signer<'a>(&self, key: &'a CryptoKey, keyid: &'a str, nonce: &'a str) -> Result<Signer<'a>> {
        Ok(Signer { key, keyid, created: self.seconds()?, nonce })
    }

    /// The server's time, ms.
    pub(super) fn now(&self) -> Result<f64> {
        self.clock.get().now(monotonic()).ok_or(Code::ServerUnreachable.because(&"no time"))
    }

    fn seconds(&self) -> Result<i64> {
        Ok(whole_part(self.now()? / 1000.0))
    }

    pub(super) fn learned(&self, keyid: &str) -> Option<String> {
        optional_text(&self.nonces, keyid).ok().flatten()
    }

    fn learn(&self, keyid: &str, nonce: Option<&str>) {
        if let Some(nonce) = nonce {
            set_text(&self.nonces, keyid, nonce);
        }
    }

    async fn key_sets(&self) -> Vec<Rc<KeySet>> {
        let cached = self.keys.borrow().cached();
        match cached {
            Some(cached) => cached,
            None => self.read_key_sets().await,
        }
    }

    /// As they are stored now: another frame may have changed them.
    async fn read_key_sets(&self) -> Vec<Rc<KeySet>> {
        let all = keys::read_all().await;
        let mut keys = self.keys.borrow_mut();
        keys.remember(all);
        keys.cached().unwrap_or_default()
    }

    pub(super) async fn select(&self, account: Option<&str>) -> Result<Rc<KeySet>> {
        newest(&self.key_sets().await, account).cloned().ok_or(NOT_ENROLLED)
    }

    fn described(&self, keys: &KeySet) -> Object {
        let out = Object::new();
        set_text(&out, "account", &keys.account);
        set_text(&out, "keyId", &keys.keyid);
        set_text(&out, "session", &keys.session);
        set(&out, "persistent", &self.keys.borrow().is_persistent(&keys.keyid).into());
        out
    }
}

/// The newest set, of `account` if one is named.
fn newest<'a>(all: &'a [Rc<KeySet>], account: Option<&str>) -> Option<&'a Rc<KeySet>> {
    let named = |set: &&Rc<KeySet>| account.is_none_or(|account| set.account == account);
    all.iter().filter(|set| !set.pending.get()).rfind(named)
}

/// The hash of a body that is an `ArrayBuffer`, which arrived as the frame's own copy. A shared buffer
/// could change between hashing and sending, so it is refused.
async fn content_hash(body: &JsValue) -> Result<Option<[u8; 32]>> {
    if body.is_undefined() {
        return Ok(None);
    }
    let body = body.dyn_ref::<ArrayBuffer>().ok_or(REFUSED)?;
    if body.byte_length() == 0 {
        return Ok(None);
    }
    web_crypto::hash(body).await.map(Some)
}
