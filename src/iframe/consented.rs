//! Requests that a person consents to in a window of the signing origin, and the passkeys of the account.

use super::{
    clock::issued_at,
    consent::Conversation,
    consent_window::ConsentWindow,
    keys::KeySet,
    request::Request,
    runtime::{NO_NONCE, Progress, REFUSED, Runtime, random},
    server::{control, headers},
    web_crypto,
};
use crate::{
    canonical::{base64, jcs, profile::Tag, sha256},
    error::{Code, Error, Result},
    host::{get, set, set_text, text},
};
use alloc::{rc::Rc, string::String};
use js_sys::{Array, Function, JSON, Object, Uint8Array};
use wasm_bindgen::prelude::*;

/// How old a nonce may be to be signed under, ms. What is signed may wait for an authenticator as long again.
const RECENT: f64 = 120_000.0;

const NO_PASSKEY: Error = Code::PasskeyMissing.because(&"no passkey to verify the user with");

/// What a window is asked to show.
struct Asked<'a> {
    request: &'a Request,
    content: JsValue,
    /// The server asks for user verification, whatever the template says.
    verified: bool,
}

/// A person confirmed in this window.
struct Granted {
    window: ConsentWindow,
    field: String,
    verified: bool,
}

/// What a consented request is signed as.
struct Signed {
    base: String,
    headers: Object,
}

impl Runtime {
    /// Signs one request, after a person confirmed exactly this one.
    pub(super) async fn sign_consented(
        self: &Rc<Self>,
        account: Option<&str>,
        message: &JsValue,
        progress: Progress<'_>,
    ) -> Result<Object> {
        let window = self.window(message).await?;
        let request = self.read_request(message).await?;
        let keys = self.select(account).await?;
        let (content, verified) = (get(message, "body")?, get(message, "verified")?.is_truthy());
        let asked = Asked { request: &request, content, verified };
        let (keys, granted) = self.ask(window, asked, &keys, progress).await?;
        let signed = self.sign_granted(request, &granted, &keys, Tag::Request).await?;
        Ok(self.signed(keys, &signed.base, &signed.headers))
    }

    /// The page no longer waits for a consent.
    pub(super) async fn cancel(&self, message: &JsValue) -> Result<Object> {
        let id = text(message, "consentId").map_err(|_| REFUSED)?;
        let asked = get(&self.consents, &id)?;
        if let Some(cancel) = asked.dyn_ref::<Function>() {
            drop(cancel.call0(&JsValue::UNDEFINED));
        } else if asked.is_truthy() {
            // It was asked for a moment ago: whoever makes its channel looks here again.
            set(&self.consents, &id, &JsValue::NULL);
        }
        Ok(Object::new())
    }

    /// Which requests a page has to open a window for.
    pub(super) async fn templates(&self) -> Result<Object> {
        let out = Object::new();
        set_text(&out, "registered", &self.server.templates().await?);
        Ok(out)
    }

    /// The passkeys of the account.
    pub(super) async fn passkeys(&self, account: Option<&str>) -> Result<Object> {
        let keys = self.select(account).await?;
        self.list(&keys).await
    }

    async fn list(&self, keys: &KeySet) -> Result<Object> {
        Ok(self.control("passkeys/list", None, keys).await?.unchecked_into())
    }

    /// A person consents to a new passkey, which is made in the window.
    pub(super) async fn add_passkey(
        &self,
        account: Option<&str>,
        message: &JsValue,
        progress: Progress<'_>,
    ) -> Result<Object> {
        let window = self.window(message).await?;
        let keys = self.select(account).await?;
        let list = self.list(&keys).await?;
        if !get(&list, "mayAdd")?.is_truthy() {
            return Err(Code::PolicyRefused.because(&"no passkey may be added now"));
        }
        let body = members(message, &[("label", "label")])?;
        let (keys, window, answer) =
            self.change("passkeys/add", &body, window, &keys, &list, progress).await?;
        window.say("create", answer.unchecked_ref());
        let response = get(&window.expect("created").await?, "response")?;
        let response = JSON::stringify(&response).ok().and_then(|text| text.as_string());
        let body = [r#"{"response":"#, &response.ok_or(REFUSED)?, "}"].concat();
        Ok(self.control("passkeys/register", Some(&body), &keys).await?.unchecked_into())
    }

    /// A person consents to the end of a passkey.
    pub(super) async fn remove_passkey(
        &self,
        account: Option<&str>,
        message: &JsValue,
        progress: Progress<'_>,
    ) -> Result<Object> {
        let window = self.window(message).await?;
        let keys = self.select(account).await?;
        let list = self.list(&keys).await?;
        let body = members(message, &[("id", "passkey"), ("label", "label")])?;
        let (_, _, answer) =
            self.change("passkeys/remove", &body, window, &keys, &list, progress).await?;
        Ok(answer.unchecked_into())
    }

    /// A change of the passkeys in `list` that a person consents to. One that is ended needs what one that is
    /// added does.
    async fn change(
        &self,
        name: &str,
        body: &str,
        window: ConsentWindow,
        keys: &KeySet,
        list: &JsValue,
        progress: Progress<'_>,
    ) -> Result<(Rc<KeySet>, ConsentWindow, JsValue)> {
        let verified = get(list, "addTier")? == "verified";
        let request = control(name, Some(body));
        let content = Uint8Array::from(body.as_bytes()).buffer().into();
        let asked = Asked { request: &request, content, verified };
        let (keys, granted) = self.ask(window, asked, keys, progress).await?;
        let signed = self.sign_granted(request, &granted, &keys, Tag::Control).await?;
        let answer = self.server.send(name, Some(body), signed.headers).await?;
        Ok((keys, granted.window, answer))
    }

    /// The window of the consent that a message names.
    async fn window(&self, message: &JsValue) -> Result<ConsentWindow> {
        let id = text(message, "consentId").map_err(|_| REFUSED)?;
        if !Conversation::is_id(&id) || !get(&self.consents, &id)?.is_undefined() {
            return Err(REFUSED);
        }
        // Before anything is awaited: one id, one consent.
        set(&self.consents, &id, &JsValue::TRUE);
        let window =
            ConsentWindow::listen(&self.consents, &id, base64::encode_url(&random()?)).await?;
        if get(&self.consents, &id)?.is_null() {
            return Err(Code::ConsentCancelled.because(&"the page gave up"));
        }
        set(&self.consents, &id, &window.canceller());
        Ok(window)
    }

    /// Has a person asked. What is shown is the frame's copy of the content, in the server's words.
    async fn ask(
        &self,
        window: ConsentWindow,
        asked: Asked<'_>,
        keys: &KeySet,
        progress: Progress<'_>,
    ) -> Result<(Rc<KeySet>, Granted)> {
        // Nobody is asked for a key that another tab has rotated away.
        let keys = self.confirmed(keys).await?;
        let offer = Object::new();
        set_text(&offer, "registered", &self.server.templates().await?);
        set_text(&offer, "method", &asked.request.method);
        set_text(&offer, "path", &asked.request.path);
        set_text(&offer, "query", &asked.request.query);
        set(&offer, "content", &asked.content);
        set(&offer, "verified", &asked.verified.into());
        window.expect("ready").await?;
        window.say("offer", &offer);
        let shown = window.expect("shown").await?;
        progress("shown");
        let verified = get(&shown, "verified")?.is_truthy();
        if verified {
            let list = self.list(&keys).await?;
            let passkeys = get(&list, "passkeys")?;
            if passkeys.dyn_ref::<Array>().is_none_or(|list| list.length() == 0) {
                return Err(NO_PASSKEY);
            }
            window.say("passkeys", &list);
        }
        let field = text(&window.expect("confirmed").await?, "field")?;
        Ok((keys, Granted { window, field, verified }))
    }

    /// Signs what was confirmed, as of now; an authenticator signs its hash.
    async fn sign_granted(
        &self,
        mut request: Request,
        granted: &Granted,
        keys: &KeySet,
        tag: Tag,
    ) -> Result<Signed> {
        request.consent = Some(granted.field.clone());
        let nonce = self.recent_nonce(&keys.keyid).await?;
        let prepared = self.prepare(&request, &keys.keyid, &nonce, tag)?;
        let signature = web_crypto::sign(&keys.key, prepared.base.as_bytes()).await?;
        let headers = headers(&prepared, &signature);
        if granted.verified {
            let challenge = Object::new();
            let hash = sha256(&[prepared.base.as_bytes()]);
            set(&challenge, "challenge", &Uint8Array::from(hash.as_slice()));
            granted.window.say("challenge", &challenge);
            let asserted = granted.window.expect("asserted").await?;
            set_text(&headers, "pas-assertion", &text(&asserted, "field")?);
        }
        Ok(Signed { base: prepared.base, headers })
    }

    /// S that outlives the request, by the frame's own knowledge.
    async fn recent_nonce(&self, keyid: &str) -> Result<String> {
        if let Some(nonce) = self.learned(keyid) {
            let issued = issued_at(&nonce).ok_or(NO_NONCE)?;
            if self.now()? - issued < RECENT {
                return Ok(nonce);
            }
        }
        self.hello(Some(keyid)).await?.nonce.ok_or(NO_NONCE)
    }
}

/// A JSON object: by name, which string of the message its member is.
fn members(message: &JsValue, members: &[(&str, &str)]) -> Result<String> {
    let mut out = String::new();
    for (name, source) in members {
        out.push(if out.is_empty() { '{' } else { ',' });
        jcs::push_string(&mut out, name);
        out.push(':');
        jcs::push_string(&mut out, &text(message, source).map_err(|_| REFUSED)?);
    }
    out.push('}');
    Ok(out)
}
