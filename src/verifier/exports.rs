//! The verifier for JavaScript: two crossings a request.

use super::{
    actions::{Actions, Form},
    assertion::check_place,
    control,
    cookie::{self, SessionCookie},
    flow::{self, Flow, Gathered, Issue, Missing, RawHead, Receipt, Route, Step},
    head::Head,
    inspect::Config,
    keys::PublicKey,
    nonce,
    reply::asks_for_nonce,
    report,
    secrets::{self, Secrets},
    signals::{Mode, Policy, Signals},
    signature::SignedHead,
    slab::Slab,
    tier::Tier,
    weighing::OnWeak,
    windows::{NONCE_LIFETIME, Windows},
};
use crate::{
    canonical::{
        base64,
        jwk::P256Coordinates,
        profile::{Algorithm, Tag},
    },
    consent::Surface,
    error::{Code, Error, Result},
    host::{from_milliseconds, milliseconds, set},
};
use js_sys::{Array, Object, Uint8Array};
use serde::Deserialize;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::prelude::*;

/// Options of [`Verifier`]; see `AuthorityOptions` in the TypeScript layer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    authority: String,
    app_origin: String,
    sign_origin: String,
    header_limit: f64,
    windows: WindowOptions,
    signals: String,
    on_mismatch: String,
    step_up: String,
    on_weak: String,
    interaction_uses: u32,
    remembers: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WindowOptions {
    signed: Option<f64>,
    consent: Option<f64>,
    verified: Option<f64>,
    future: Option<f64>,
    body: Option<f64>,
    skew: Option<f64>,
}

impl WindowOptions {
    fn read(&self) -> Result<Windows> {
        /// A day: beyond it a window is no window.
        const LONGEST: u64 = 86_400_000;
        let default = Windows::default();
        let or = |value: Option<f64>, default| match value.map(milliseconds).transpose()? {
            Some(ms) if ms > LONGEST => {
                Err(Code::ConfigInvalid.because(&"a window is longer than a day"))
            }
            Some(ms) => Ok(ms),
            None => Ok(default),
        };
        Ok(Windows {
            signed: or(self.signed, default.signed)?,
            consent: or(self.consent, default.consent)?,
            verified: or(self.verified, default.verified)?,
            future: or(self.future, default.future)?,
            body: or(self.body, default.body)?,
            skew: or(self.skew, default.skew)?,
        })
    }
}

/// The server's decisions, for one deployment.
#[wasm_bindgen]
pub struct Verifier {
    config: Config,
    routes: Vec<Rc<Route>>,
    flows: Slab<Box<Flow>>,
}

#[wasm_bindgen]
impl Verifier {
    /// From options and the master secrets, at least 32 bytes each, the current one first.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, masters: Vec<Uint8Array>) -> Result<Self, JsValue> {
        let options: Options = serde_wasm_bindgen::from_value(options)
            .map_err(|_| Code::ConfigInvalid.because(&"the verifier's options are malformed"))?;
        let header_limit = milliseconds(options.header_limit)?;
        let mut masters = masters.iter().map(Uint8Array::to_vec);
        let current = Secrets::derive(&masters.next().unwrap_or_default())?;
        Ok(Self {
            routes: Vec::new(),
            flows: Slab::default(),
            config: Config {
                header_limit: usize::try_from(header_limit).map_err(|_| {
                    Code::ConfigInvalid.because(&"the header limit is out of range")
                })?,
                interaction_uses: options.interaction_uses,
                remembers: options.remembers,
                signals: Policy::from_names(
                    &options.signals,
                    &options.on_mismatch,
                    &options.step_up,
                )?,
                authority: options.authority,
                app_origin: options.app_origin,
                sign_origin: options.sign_origin,
                secrets: masters.try_fold(current, |all, next| all.and_previous(&next))?,
                windows: options.windows.read()?,
                actions: Actions::default(),
                on_weak: OnWeak::from_name(&options.on_weak)?,
            },
        })
    }

    /// Registers an action by its template, a JSON text; `previous` for a form that is no longer shown but
    /// still accepted, `own` for those of the protocol.
    ///
    /// # Errors
    /// See [`Actions::register`].
    pub fn register(&mut self, template: &[u8], previous: bool, own: bool) -> Result<(), JsValue> {
        let form = if previous { Form::Previous } else { Form::Current };
        Ok(self.config.actions.register(template, form, own)?)
    }

    /// Whether there is an action of this name.
    #[wasm_bindgen(js_name = hasAction)]
    #[must_use]
    pub fn has_action(&self, act: &str) -> bool {
        self.config.actions.has(act)
    }

    /// Whether a WebAuthn ceremony took place in a pop-up of the signing origin.
    ///
    /// # Errors
    /// See [`check_place`].
    #[wasm_bindgen(js_name = checkPopup)]
    pub fn check_popup(&self, client_data: &[u8]) -> Result<(), JsValue> {
        Ok(check_place(client_data, Surface::Popup, &self.config.app_origin)?)
    }

    /// Registers a route; gives its number.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` for one that can't be meant, or whose action is not registered.
    pub fn route(
        &mut self,
        tier: &str,
        action: Option<String>,
        control: bool,
        ticket: bool,
        policy: bool,
    ) -> Result<usize, JsValue> {
        let route = read_route(tier, action, control, ticket, policy)?;
        if route.consents_to().is_some_and(|action| !self.config.actions.has(action)) {
            return Err(Code::ConfigInvalid
                .because(&"no action of this name is registered")
                .into());
        }
        self.routes.push(Rc::new(route));
        Ok(self.routes.len().saturating_sub(1))
    }

    /// Drops every registered route; requests under way keep theirs.
    #[wasm_bindgen(js_name = forgetRoutes)]
    pub fn forget_routes(&mut self) {
        self.routes.clear();
    }

    /// Begins with the head of a request to a registered route: a step.
    #[expect(clippy::too_many_arguments, reason = "plain arguments cross the border cheapest")]
    pub fn begin(
        &mut self,
        route: usize,
        method: &str,
        target: &str,
        fields: &str,
        count: usize,
        network: Option<String>,
        now: f64,
    ) -> Result<String, JsValue> {
        let route = self.routes.get(route).ok_or(Code::ConfigInvalid.because(&"no such route"))?;
        let raw = RawHead { method, target, fields, count };
        let step = flow::begin(&self.config, route, raw, network, issue(now)?);
        self.step(step)
    }

    /// Everything of the plan was there. `digest` is the SHA-256 of the content that arrived, absent if none did;
    /// `content` is it where the plan said that it is read; `enrolled` are the signals of the session's enrolment;
    /// `failure` and `detail` say why the content is not what the route takes. `elapsed` is the time since the head
    /// arrived, ms.
    #[expect(clippy::too_many_arguments, reason = "plain arguments cross the border cheapest")]
    pub fn gathered(
        &mut self,
        flow: u32,
        digest: Option<Vec<u8>>,
        content: &[u8],
        enrolled: Option<String>,
        failure: Option<String>,
        detail: Option<String>,
        now: f64,
        elapsed: f64,
    ) -> Result<String, JsValue> {
        let flow = self.taken(flow)?;
        let digest = digest
            .map(<[u8; 32]>::try_from)
            .transpose()
            .map_err(|_| Code::ConfigInvalid.because(&"a digest is 32 bytes"))?;
        let unreadable = failure.map(|code| (code_of(&code), detail.unwrap_or_default()));
        let gathered = Gathered { digest, content, enrolled: enrolled.as_deref(), unreadable };
        let step = flow.gathered(&self.config, gathered, issue(now)?, elapsed);
        self.step(step)
    }

    /// The app's policy wants a tier, or nothing more.
    pub fn policy(
        &mut self,
        flow: u32,
        wanted: Option<String>,
        now: f64,
        elapsed: f64,
    ) -> Result<String, JsValue> {
        let flow = self.taken(flow)?;
        let step = flow.policy(&self.config, wanted.as_deref(), issue(now)?, elapsed);
        self.step(step)
    }

    /// The assertion verifies.
    pub fn asserted(&mut self, flow: u32, now: f64, elapsed: f64) -> Result<String, JsValue> {
        let flow = self.taken(flow)?;
        let step = flow.asserted(&self.config, issue(now)?, elapsed);
        self.step(step)
    }

    /// Whether the movement was seen before.
    pub fn moved(
        &mut self,
        flow: u32,
        seen: bool,
        now: f64,
        elapsed: f64,
    ) -> Result<String, JsValue> {
        let flow = self.taken(flow)?;
        let step = flow.moved(&self.config, seen, issue(now)?, elapsed);
        self.step(step)
    }

    /// The host did not find what the plan names.
    pub fn missing(&mut self, flow: u32, what: &str, now: f64) -> Result<String, JsValue> {
        let flow = self.taken(flow)?;
        let what = Missing::from_name(what)
            .ok_or(Code::ConfigInvalid.because(&"no such thing to be missing"))?;
        let step = flow.missing(&self.config, what, issue(now)?);
        self.step(step)
    }

    /// The host failed, or refuses: by a code, in words for the operator.
    pub fn failed(
        &mut self,
        flow: u32,
        code: &str,
        detail: String,
        now: f64,
    ) -> Result<String, JsValue> {
        let flow = self.taken(flow)?;
        let step = flow.failed(&self.config, (code_of(code), detail), issue(now)?);
        self.step(step)
    }

    /// Drops a flow that goes no further.
    pub fn forget(&mut self, flow: u32) {
        drop(self.flows.take(flow));
    }

    /// The refusal that a store's code means, by the members of the admission's receipt; `retry_after` in ms.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` for a time that is none.
    pub fn refused(
        code: &str,
        nonce: Option<String>,
        weak: Option<String>,
        tier: Option<String>,
        reasons: String,
        retry_after: Option<f64>,
    ) -> Result<String, JsValue> {
        let weak = weak
            .zip(tier)
            .and_then(|(weak, tier)| Some((Code::from_name(&weak)?, Tier::from_name(&tier)?)));
        let receipt = Receipt { nonce, weak, reasons };
        let nonce = receipt.nonce.clone();
        let (code, tier, detail) = receipt.refused(code_of(code));
        let nonce = nonce.filter(|_| asks_for_nonce(code));
        let retry_after = retry_after.map(milliseconds).transpose()?;
        let is_attempt = flow::is_attempt(code, Tier::Signed);
        Ok(report::refusal(code, &detail, tier, nonce.as_deref(), retry_after, is_attempt))
    }

    /// S for the key that a head claims, if it claims one.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` for a time that is none.
    #[wasm_bindgen(js_name = claimedNonce)]
    pub fn claimed_nonce(&self, fields: &str, now: f64) -> Result<Option<String>, JsValue> {
        let Some(bound) = flow::claimed_key(fields) else { return Ok(None) };
        Ok(Some(self.issue_nonce(&bound, now)?))
    }

    /// A fresh S for the key `keyid`.
    ///
    /// # Errors
    /// `ERR_KEY_INVALID` if it is no thumbprint.
    pub fn nonce(&self, keyid: &str, now: f64) -> Result<String, JsValue> {
        let thumbprint = base64::decode_url::<32>(keyid)
            .ok_or(Code::KeyInvalid.because(&"keyid is no thumbprint"))?;
        Ok(self.issue_nonce(&thumbprint, now)?)
    }

    /// Whether a request of the frame may be read at all: what its head says.
    ///
    /// # Errors
    /// See [`control::check_head`].
    #[wasm_bindgen(js_name = checkControl)]
    pub fn check_control(
        &self,
        method: &str,
        target: &str,
        fields: &str,
        count: usize,
    ) -> Result<(), JsValue> {
        let head = self.head(method, target, fields, count)?;
        Ok(control::check_head(&head, &self.config)?)
    }

    /// `POST /.pas/hello`: `{ nonce?, challenge?, sessions?: { slot, sessionId, … }[] }`.
    ///
    /// # Errors
    /// See [`control::hello`].
    pub fn hello(
        &self,
        method: &str,
        target: &str,
        fields: &str,
        count: usize,
        body: &[u8],
        now: f64,
    ) -> Result<Object, JsValue> {
        let head = self.head(method, target, fields, count)?;
        let hello = control::hello(&head, body, &self.config, milliseconds(now)?, random()?)?;
        let out = Object::new();
        set(&out, "nonce", &hello.nonce.into());
        set(&out, "challenge", &hello.challenge.into());
        let sessions = hello.sessions.map(|all| all.iter().map(described).collect::<Array>());
        set(&out, "sessions", &sessions.into());
        Ok(out)
    }

    /// `POST /.pas/enrol`: ticket, key, signature to verify, the sessions the browser already has, and what
    /// it looks like.
    ///
    /// # Errors
    /// See [`control::enrol`].
    #[expect(clippy::too_many_arguments, reason = "plain arguments cross the border cheapest")]
    pub fn enrol(
        &self,
        method: &str,
        target: &str,
        fields: &str,
        count: usize,
        network: Option<String>,
        body: &[u8],
        now: f64,
    ) -> Result<Object, JsValue> {
        let head = self.head(method, target, fields, count)?;
        let enrolment = control::enrol(&head, body, &self.config, milliseconds(now)?)?;
        let out = Object::new();
        set(&out, "ticket", &described(&enrolment.ticket));
        set(&out, "present", &enrolment.present.iter().map(described).collect::<Array>());
        set(&out, "newKey", &new_key(&enrolment.key));
        set_signed(&out, &enrolment.signed);
        set(&out, "furtherCookie", &cookie::further_account(&enrolment.signed.keyid).into());
        if self.config.signals.mode != Mode::Off {
            set(&out, "signals", &self.observe(&head, network).to_text()?.into());
        }
        Ok(out)
    }

    /// Whether coordinates are a point of the curve, and the key that `keyid` names.
    ///
    /// # Errors
    /// See [`control::check_new_key`].
    #[wasm_bindgen(js_name = checkNewKey)]
    pub fn check_new_key(&self, keyid: &str, x: &str, y: &str) -> Result<(), JsValue> {
        const INVALID: Error = Code::KeyInvalid.because(&"no P-256 public key");
        let thumbprint = base64::decode_url::<32>(keyid).ok_or(INVALID)?;
        let key = P256Coordinates::from_members(x, y).ok_or(INVALID)?;
        control::check_new_key(key, &thumbprint)?;
        Ok(())
    }

    /// The body of `POST /.pas/logout`: whether every session of the user ends.
    ///
    /// # Errors
    /// See [`control::logout`].
    pub fn logout(&self, body: &[u8]) -> Result<bool, JsValue> {
        Ok(control::logout(body)?)
    }

    /// The body of `POST /.pas/rekey`, whose request `keyid` signed under `nonce`: the new key.
    ///
    /// # Errors
    /// See [`control::rekey`].
    pub fn rekey(&self, body: &[u8], keyid: &str, nonce: &str) -> Result<Object, JsValue> {
        let old =
            base64::decode_url(keyid).ok_or(Code::KeyInvalid.because(&"keyid is no thumbprint"))?;
        Ok(new_key(&control::rekey(body, &old, nonce)?.key.coordinates))
    }

    /// The body of a control request that has none.
    ///
    /// # Errors
    /// See [`control::empty`].
    pub fn empty(&self, body: &[u8]) -> Result<(), JsValue> {
        Ok(control::empty(body)?)
    }

    /// The body of `POST /.pas/passkeys/register`, for the host's library to read.
    ///
    /// # Errors
    /// See [`control::registration`].
    pub fn registration(&self, body: &[u8]) -> Result<(), JsValue> {
        Ok(control::registration(body)?)
    }

    /// The body of `POST /.pas/ticket`: the URL.
    ///
    /// # Errors
    /// See [`control::ticket_request`].
    #[wasm_bindgen(js_name = ticketRequest)]
    pub fn ticket_request(&self, body: &[u8]) -> Result<String, JsValue> {
        Ok(control::ticket_request(body)?)
    }

    /// Whether a ticket may be issued for `url`.
    ///
    /// # Errors
    /// See [`control::check_ticket_url`].
    #[wasm_bindgen(js_name = checkTicketUrl)]
    pub fn check_ticket_url(&self, url: &str) -> Result<(), JsValue> {
        Ok(control::check_ticket_url(url)?)
    }

    /// A fresh secret of the user whose slot is `slot`, for a session or a ticket:
    /// `{ slot, sessionId, cookieName, cookieValue }`, where `sessionId` is what the store keeps.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` if the slot is none.
    pub fn issue(&self, slot: &str) -> Result<Object, JsValue> {
        let slot =
            base64::decode_url(slot).ok_or(Code::ConfigInvalid.because(&"no slot of a user"))?;
        let out = Object::new();
        set_cookie(&out, &SessionCookie::issue(&slot, &random()?));
        Ok(out)
    }

    /// The slots of a user in the store, the current one first.
    #[wasm_bindgen(js_name = userSlots)]
    #[must_use]
    pub fn user_slots(&self, user_id: &str) -> Vec<String> {
        self.config
            .secrets
            .user_slots(user_id)
            .iter()
            .map(|slot| base64::encode_url(slot))
            .collect()
    }
}

impl Verifier {
    fn head<'a>(
        &self,
        method: &'a str,
        target: &'a str,
        fields: &'a str,
        count: usize,
    ) -> Result<Head<'a>> {
        Head::parse(method, target, fields, count, self.config.header_limit)
    }

    /// A step as a text; a flow that goes on is put away.
    fn step(&mut self, step: Step) -> Result<String, JsValue> {
        let mut overflow = false;
        let text = report::step(step, |flow| {
            self.flows.keep(flow).unwrap_or_else(|_| {
                overflow = true;
                0
            })
        });
        if overflow {
            return Err(Code::StoreFull.because(&"too many requests are under way").into());
        }
        Ok(text)
    }

    fn taken(&mut self, flow: u32) -> Result<Box<Flow>> {
        self.flows.take(flow).ok_or(Code::VerifierFault.because(&"no such request is under way"))
    }

    fn issue_nonce(&self, thumbprint: &[u8; 32], now: f64) -> Result<String> {
        let random = drawn().ok_or(Code::VerifierFault.because(&"the host has no randomness"))?;
        Ok(nonce::issue(&self.config.secrets.nonce, thumbprint, milliseconds(now)?, random))
    }

    fn observe(&self, head: &Head<'_>, network: Option<String>) -> Signals {
        match self.config.signals.mode {
            Mode::Off => Signals::default(),
            _ => Signals::observe(head, network),
        }
    }
}

/// A route of the host's words; see [`Route::new`].
fn read_route(
    tier: &str,
    action: Option<String>,
    control: bool,
    ticket: bool,
    policy: bool,
) -> Result<Route> {
    let tag = if control { Tag::Control } else { Tag::Request };
    Route::new(tier, action, tag, ticket, policy)
}

/// Whether a route can be meant.
///
/// # Errors
/// `ERR_CONFIG_INVALID`.
#[wasm_bindgen(js_name = checkRoute)]
pub fn check_route(
    tier: &str,
    action: Option<String>,
    ticket: bool,
    policy: bool,
) -> Result<(), JsValue> {
    read_route(tier, action, false, ticket, policy)?;
    Ok(())
}

/// A refusal with its answer: `tier` is what would do, `retry_after` is in ms.
///
/// # Errors
/// `ERR_CONFIG_INVALID` for a time that is none.
#[wasm_bindgen(js_name = refusal)]
pub fn refusal(
    code: &str,
    detail: &str,
    tier: Option<String>,
    nonce: Option<String>,
    retry_after: Option<f64>,
) -> Result<String, JsValue> {
    let code = code_of(code);
    let tier = tier.as_deref().and_then(Tier::from_name);
    let retry_after = retry_after.map(milliseconds).transpose()?;
    let is_attempt = flow::is_attempt(code, tier.unwrap_or(Tier::Signed));
    let nonce = nonce.filter(|_| asks_for_nonce(code));
    Ok(report::refusal(code, detail, tier, nonce.as_deref(), retry_after, is_attempt))
}

/// A code by its name. What is none is a fault of the host's.
fn code_of(name: &str) -> Code {
    Code::from_name(name).unwrap_or(Code::VerifierFault)
}

fn issue(now: f64) -> Result<Issue> {
    Ok(Issue { now: milliseconds(now)?, random: drawn })
}

/// ECDSA P-256 with SHA-256 by `p256`: `key` is `x ‖ y`, `signature` is `r ‖ s`, 64 bytes each.
///
/// # Errors
/// `ERR_KEY_INVALID` if the key is not on the curve.
#[wasm_bindgen(js_name = verifyEcdsaP256)]
pub fn verify_ecdsa_p256(key: &[u8], base: &[u8], signature: &[u8]) -> Result<bool, JsValue> {
    const INVALID: Error = Code::KeyInvalid.because(&"a key is 64 bytes");
    let (x, y) = key.split_at_checked(32).ok_or(INVALID)?;
    let coordinates = P256Coordinates {
        x: x.try_into().map_err(|_| INVALID)?,
        y: y.try_into().map_err(|_| INVALID)?,
    };
    Ok(PublicKey::from_coordinates(coordinates)?.verify(base, signature))
}

/// HMAC-SHA256 over `base`, compared in constant time.
#[wasm_bindgen(js_name = verifyHmacSha256)]
#[must_use]
pub fn verify_hmac_sha256(key: &[u8], base: &[u8], mac: &[u8]) -> bool {
    secrets::verify_mac(key, base, mac)
}

/// Every code with its status and next step: `[code, status, next?][]`.
#[wasm_bindgen(js_name = errorTable)]
#[must_use]
pub fn error_table() -> Array {
    Code::ALL
        .iter()
        .map(|code| {
            let next = code.next_step().map_or(JsValue::UNDEFINED, JsValue::from);
            Array::of3(&code.as_str().into(), &code.status().into(), &next)
        })
        .collect()
}

/// Lifetime of a nonce, ms.
#[wasm_bindgen(js_name = nonceLifetime)]
#[must_use]
pub fn nonce_lifetime() -> f64 {
    from_milliseconds(NONCE_LIFETIME)
}

/// Nonces drawn at a time: a call of the host costs more than the bytes it gives.
const DRAWS: usize = 256;

thread_local! {
    /// Random bytes of nonces that are not issued yet. No secret is among them: a MAC covers each.
    static POOL: RefCell<Vec<[u8; 4]>> = const { RefCell::new(Vec::new()) };
}

/// Fresh random bytes of a nonce; `None` from a host that has none.
fn drawn() -> Option<[u8; 4]> {
    POOL.with_borrow_mut(|pool| {
        if pool.is_empty() {
            let bytes: [u8; 4 * DRAWS] = random().ok()?;
            pool.extend(bytes.as_chunks::<4>().0);
        }
        pool.pop()
    })
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| Code::VerifierFault.because(&"the host has no randomness"))?;
    Ok(bytes)
}

fn described(cookie: &SessionCookie) -> Object {
    let out = Object::new();
    set_cookie(&out, cookie);
    out
}

fn set_cookie(out: &Object, cookie: &SessionCookie) {
    set(out, "slot", &cookie.slot.as_str().into());
    set(out, "sessionId", &cookie.session_id.as_str().into());
    set(out, "cookieName", &cookie.name.as_str().into());
    set(out, "cookieValue", &cookie.value.as_str().into());
}

fn set_signed(out: &Object, signed: &SignedHead) {
    set(out, "keyid", &signed.keyid.as_str().into());
    set(out, "nonce", &signed.nonce.as_str().into());
    set(out, "alg", &signed.alg.as_str().into());
    set(out, "base", &signed.base.as_str().into());
    set(out, "signature", &Uint8Array::from(signed.signature.as_slice()).into());
}

/// A key that takes its place in a session, as stores keep it.
fn new_key(coordinates: &P256Coordinates) -> Object {
    let jwk = Object::new();
    set(&jwk, "kty", &"EC".into());
    set(&jwk, "crv", &"P-256".into());
    set(&jwk, "x", &base64::encode_url(&coordinates.x).into());
    set(&jwk, "y", &base64::encode_url(&coordinates.y).into());
    let out = Object::new();
    set(&out, "alg", &Algorithm::EcdsaP256Sha256.as_str().into());
    set(&out, "keyId", &base64::encode_url(&coordinates.thumbprint()).into());
    set(&out, "jwk", &jwk);
    out
}
