//! The verifier for JavaScript: two crossings a request.

use super::{
    actions::{Actions, Form},
    assertion::{Assertion, check_place},
    control,
    cookie::{self, SessionCookie},
    head::Head,
    inspect::{self, Config, Consented, Route},
    keys::PublicKey,
    nonce,
    secrets::{self, Secrets},
    signals::{self, Difference, Mode, OnMismatch, Policy, Signals},
    signature::SignedHead,
    tier::Tier,
    weighing::{OnWeak, Weighing},
    windows::{NONCE_LIFETIME, Windows},
};
use crate::{
    canonical::{base64, jwk::P256Coordinates, profile::Tag},
    consent::{FieldValue, Surface},
    error::{Code, Error, Result},
    host::{from_milliseconds, milliseconds, set, set_text},
    proof::{InteractionProof, Point, kinematics},
};
use js_sys::{Array, Object, Uint8Array};
use serde::{Deserialize, Serialize};
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
    header_limit: usize,
    policy: Policy,
}

/// What is left to judge of a request whose head was inspected.
#[wasm_bindgen]
pub struct Pending {
    request: inspect::Pending,
    /// The thumbprint that the next nonce is bound to, for a request that is answered with one.
    bound: Option<[u8; 32]>,
    watch: Watch,
    /// Whether content would be of a type that the route reads.
    readable: Result<()>,
}

/// What a request looks like, and what that may do to it.
struct Watch {
    seen: Signals,
    policy: Policy,
    /// Whether it would have client hints.
    has_hints: bool,
}

impl Watch {
    /// The tier that is needed, whether the request is refused, and what differs from the enrolment.
    fn judge(
        &self,
        enrolled: Option<&str>,
        reached: Tier,
        required: Tier,
    ) -> (Tier, Option<Error>, Difference) {
        let mut difference = Difference::default();
        if let (true, Some(then)) =
            (self.policy.mode != Mode::Off, enrolled.and_then(Signals::from_text))
        {
            let then = if self.has_hints { then } else { then.without_hints() };
            difference = self.seen.difference(&then, self.policy.mode);
        }
        let (tier, refusal) = signals::judge(&difference, self.policy, reached, required);
        (tier, refusal, difference)
    }
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
            header_limit: usize::try_from(header_limit)
                .map_err(|_| Code::ConfigInvalid.because(&"the header limit is out of range"))?,
            config: Config {
                authority: options.authority,
                app_origin: options.app_origin,
                sign_origin: options.sign_origin,
                secrets: masters.try_fold(current, |all, next| all.and_previous(&next))?,
                windows: options.windows.read()?,
                actions: Actions::default(),
                on_weak: OnWeak::from_name(&options.on_weak)?,
            },
            policy: Policy::from_names(&options.signals, &options.on_mismatch, &options.step_up)?,
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

    /// Everything the head of a signed request says; `pending` goes on once the signature held.
    ///
    /// # Errors
    /// The code of the first check that fails.
    #[expect(clippy::too_many_arguments, reason = "plain arguments cross the border cheapest")]
    pub fn inspect(
        &self,
        method: &str,
        target: &str,
        fields: &str,
        count: usize,
        network: Option<String>,
        tier: &str,
        action: Option<String>,
        control: bool,
        now: f64,
    ) -> Result<Object, JsValue> {
        let head = self.head(method, target, fields, count)?;
        let route = Route {
            tier: Tier::from_name(tier).ok_or(Code::ConfigInvalid.because(&"no such tier"))?,
            action: action.as_deref(),
            tag: if control { Tag::Control } else { Tag::Request },
        };
        let found = inspect::inspect(&head, &self.config, route, milliseconds(now)?)?;
        let out = Object::new();
        set_cookie(&out, &found.cookie);
        set_signed(&out, &found.signed);
        let bound = (!control).then_some(found.signed.thumbprint);
        set(&out, "replayKey", &found.replay_key.into());
        let freshness = found.freshness;
        for (name, ms) in [
            ("created", freshness.created),
            ("createdFrom", freshness.created_from),
            ("createdTo", freshness.created_to),
            ("nonceFrom", freshness.nonce_from),
            ("nonceTo", freshness.nonce_to),
            ("replayUntil", freshness.replay_until),
        ] {
            set(&out, name, &from_milliseconds(ms).into());
        }
        let possible = action.is_some_and(|action| self.config.actions.has(&action));
        let mut policy = self.policy.where_consent_is(possible);
        if control && head.path == control::LOGOUT_PATH {
            // Whoever looks like another browser is welcome to go.
            policy.on_mismatch = OnMismatch::Audit;
        }
        let watch = Watch { seen: self.observe(&head, network), policy, has_hints: true };
        let readable = if control { control::require_json(&head) } else { Ok(()) };
        set(&out, "readsContent", &found.pending.reads_content().into());
        let pending = Pending { request: found.pending, bound, watch, readable };
        set(&out, "pending", &pending.into());
        Ok(out)
    }

    /// The session that the cookie alone names: `{ tag, session }`.
    ///
    /// # Errors
    /// `ERR_SESSION_MISSING`, and `ERR_TIER_REQUIRED` for methods other than GET and HEAD.
    pub fn identify(
        &self,
        method: &str,
        target: &str,
        fields: &str,
        count: usize,
    ) -> Result<Object, JsValue> {
        let head = self.head(method, target, fields, count)?;
        if !matches!(method, "GET" | "HEAD") {
            return Err(Code::TierRequired.because(&"a cookie alone permits reading only").into());
        }
        let out = Object::new();
        set_cookie(&out, &cookie::select(&head, None)?);
        Ok(out)
    }

    /// The key thumbprint that a head claims, to issue a nonce for; `undefined` if it has none.
    #[wasm_bindgen(js_name = claimedKey)]
    #[must_use]
    pub fn claimed_key(fields: &str) -> Option<String> {
        let (_, rest) = fields.split_once(";keyid=\"")?;
        let (keyid, _) = rest.split_once('"')?;
        base64::decode_url::<32>(keyid).map(|_| keyid.to_owned())
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

    /// `POST /.pas/hello`: `{ nonce?, challenge?, sessions?: { tag, session, … }[] }`.
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
        set_key(&out, &enrolment.key);
        set_signed(&out, &enrolment.signed);
        set(&out, "furtherCookie", &cookie::further_account(&enrolment.signed.keyid).into());
        if self.policy.mode != Mode::Off {
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
        let out = Object::new();
        set_key(&out, &control::rekey(body, &old, nonce)?.key.coordinates);
        Ok(out)
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

    /// A request with a URL ticket: `{ tag, session, ticket, url, pending }`; `undefined` if it has none.
    ///
    /// # Errors
    /// See [`control::ticketed`].
    pub fn ticketed(
        &self,
        method: &str,
        target: &str,
        fields: &str,
        count: usize,
        network: Option<String>,
    ) -> Result<Option<Object>, JsValue> {
        let head = self.head(method, target, fields, count)?;
        let Some(ticketed) = control::ticketed(&head)? else { return Ok(None) };
        let out = Object::new();
        set_cookie(&out, &ticketed.cookie);
        set(&out, "ticket", &ticketed.ticket.into());
        set(&out, "url", &ticketed.url.into());
        let seen = self.observe(&head, network).without_hints();
        let policy = self.policy.where_consent_is(false);
        let watch = Watch { seen, policy, has_hints: false };
        let request = inspect::Pending::of_ticket();
        let pending = Pending { request, bound: None, watch, readable: Ok(()) };
        set(&out, "pending", &pending.into());
        Ok(Some(out))
    }

    /// A fresh secret of the user with `tag`, for a session or a ticket:
    /// `{ tag, session, cookieName, cookieValue }`, where `session` is what the store keeps.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` if the tag is none.
    pub fn issue(&self, tag: &str) -> Result<Object, JsValue> {
        let tag = base64::decode_url(tag).ok_or(Code::ConfigInvalid.because(&"no user tag"))?;
        let out = Object::new();
        set_cookie(&out, &SessionCookie::issue(&tag, &random()?));
        Ok(out)
    }

    /// The store's slot tags of a user, the current one first.
    #[wasm_bindgen(js_name = userTags)]
    #[must_use]
    pub fn user_tags(&self, user_id: &str) -> Vec<String> {
        self.config.secrets.user_tags(user_id).iter().map(|tag| base64::encode_url(tag)).collect()
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
        Head::parse(method, target, fields, count, self.header_limit)
    }

    fn issue_nonce(&self, thumbprint: &[u8; 32], now: f64) -> Result<String> {
        Ok(nonce::issue(&self.config.secrets.nonce, thumbprint, milliseconds(now)?, random()?))
    }

    fn observe(&self, head: &Head<'_>, network: Option<String>) -> Signals {
        match self.policy.mode {
            Mode::Off => Signals::default(),
            _ => Signals::observe(head, network),
        }
    }
}

#[wasm_bindgen]
impl Verifier {
    /// The verdict, which spends `pending`. `digest` is the SHA-256 of the content that arrived, absent if none did;
    /// `content` is it where `readsContent` said so; `enrolled` are the signals of the session's enrolment. A request
    /// that is not refused has the next nonce on its verdict: made `now`, before the request is admitted, and sent
    /// only with the answer to one that was.
    ///
    /// # Errors
    /// See [`inspect::Pending::judge`], and [`control::require_json`] for a control request with content.
    pub fn judge(
        &self,
        pending: Pending,
        digest: Option<Vec<u8>>,
        content: &[u8],
        enrolled: Option<String>,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let digest = digest
            .map(<[u8; 32]>::try_from)
            .transpose()
            .map_err(|_| Code::ConfigInvalid.because(&"a digest is 32 bytes"))?;
        let verdict = pending.request.judge(digest.as_ref(), content)?;
        if digest.is_some() {
            pending.readable?;
        }
        let (required, refusal, difference) =
            pending.watch.judge(enrolled.as_deref(), verdict.tier, verdict.required);
        let weighing = verdict
            .interaction
            .as_ref()
            .filter(|_| verdict.tier == Tier::Interactive)
            .and_then(|found| found.weighing.as_ref())
            .map(WeighingReport::of);
        let weak = verdict
            .on_weak
            .map(|(refusal, tier)| WeakReport { code: refusal.code.as_str(), tier: tier.as_str() });
        let interaction = verdict.interaction.map(|found| InteractionReport {
            kind: found.proof.kind.as_str(),
            event_id: base64::encode_url(&found.proof.event_id),
            age_ms: found.proof.age_ms,
            bound: found.bound,
            plausible: found.assessment.plausible,
            score: found.assessment.score,
            band: found.assessment.band.as_str(),
            reasons: found.assessment.reasons,
            samples: found.proof.samples.len(),
            features: found.proof.private.is_none().then(|| FeatureReport::of(&found.proof)),
        });
        let for_change = refusal.is_some();
        let refusal = refusal.or(verdict.refusal);
        let next_nonce = match pending.bound.filter(|_| refusal.is_none()) {
            Some(bound) => Some(self.issue_nonce(&bound, now)?),
            None => None,
        };
        let report = VerdictReport {
            tier: verdict.tier.as_str(),
            required: required.as_str(),
            refusal: refusal.map(|refusal| refusal.code.as_str()),
            detail: refusal.map(|refusal| *refusal.detail),
            for_change,
            changed: difference.changed,
            next_nonce,
            interaction,
            weighing,
            weak,
        };
        let out = serde_wasm_bindgen::to_value(&report)?;
        if let Some(consented) = &verdict.consented {
            set(&out, "consent", &consent_report(consented));
            if let Some(assertion) = &consented.assertion {
                set(&out, "assertion", &assertion_report(assertion));
            }
        }
        Ok(out)
    }
}

/// `{ act, language, text, surface, verified, values: [name, value][] }`
fn consent_report(consented: &Consented) -> Object {
    let Consented { consent, values, .. } = consented;
    let out = Object::new();
    set_text(&out, "act", &consent.act);
    set_text(&out, "language", &consent.language);
    set_text(&out, "text", &base64::encode_url(&consent.text));
    set_text(&out, "surface", consent.surface.as_str());
    set(&out, "verified", &consent.verified.into());
    let entry = |(name, value): &(String, FieldValue)| {
        let value = match value {
            FieldValue::Text(text) => text.as_str().into(),
            FieldValue::Number(number) => (*number).into(),
            FieldValue::Boolean(value) => (*value).into(),
        };
        Array::of2(&name.as_str().into(), &value)
    };
    set(&out, "values", &values.iter().map(entry).collect::<Array>());
    out
}

/// `{ id, authenticatorData, clientDataJSON, signature }`, base64url.
fn assertion_report(assertion: &Assertion) -> Object {
    let out = Object::new();
    for (name, bytes) in [
        ("id", &assertion.id),
        ("authenticatorData", &assertion.authenticator_data),
        ("clientDataJSON", &assertion.client_data),
        ("signature", &assertion.signature),
    ] {
        set_text(&out, name, &base64::encode_url(bytes));
    }
    out
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerdictReport {
    tier: &'static str,
    required: &'static str,
    refusal: Option<&'static str>,
    detail: Option<&'static str>,
    /// Whether it is refused for what changed.
    for_change: bool,
    changed: Vec<&'static str>,
    /// S for the session's next request.
    next_nonce: Option<String>,
    interaction: Option<InteractionReport>,
    /// How the store weighs it.
    weighing: Option<WeighingReport>,
    /// What weak evidence is refused with.
    weak: Option<WeakReport>,
}

#[derive(Serialize)]
struct WeakReport {
    code: &'static str,
    tier: &'static str,
}

#[derive(Serialize)]
struct WeighingReport {
    weight: i16,
    most: u16,
    doubt: DoubtReport,
    movement: Option<MovementReport>,
}

#[derive(Serialize)]
struct DoubtReport {
    sum: u16,
    interactions: u8,
}

#[derive(Serialize)]
struct MovementReport {
    of: String,
    signatures: Vec<String>,
    least: u8,
    weight: i16,
}

impl WeighingReport {
    fn of(weighing: &Weighing) -> Self {
        let (sum, interactions) = weighing.doubt;
        let movement = weighing.movement.as_ref().map(|movement| MovementReport {
            of: base64::encode_url(&movement.of),
            signatures: movement.signatures.iter().map(|one| base64::encode_url(one)).collect(),
            least: movement.least,
            weight: movement.weight,
        });
        Self {
            weight: weighing.weight,
            most: weighing.most,
            doubt: DoubtReport { sum, interactions },
            movement,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InteractionReport {
    kind: &'static str,
    event_id: String,
    age_ms: u16,
    bound: bool,
    plausible: bool,
    score: f64,
    band: &'static str,
    reasons: Vec<&'static str>,
    samples: usize,
    /// `None` in privacy mode.
    features: Option<FeatureReport>,
}

/// What was measured, for operators; units as in `proof::kinematics`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FeatureReport {
    path_length: f64,
    duration_ms: f64,
    mean_velocity: f64,
    peak_velocity: f64,
    mean_acceleration: f64,
    mean_jerk: f64,
    curvature: f64,
    straightness: f64,
    pauses: u16,
    pause_ms: f64,
    dwell_ms: Option<u16>,
    offset_x: f64,
    offset_y: f64,
}

impl FeatureReport {
    fn of(proof: &InteractionProof) -> Self {
        let mut points = proof.points();
        points.push(Point::default());
        let measured = kinematics::measure(&points);
        let (offset_x, offset_y) = proof.press.offset_from_centre();
        Self {
            path_length: measured.path_length,
            duration_ms: measured.duration_ms,
            mean_velocity: measured.mean_velocity,
            peak_velocity: measured.peak_velocity,
            mean_acceleration: measured.mean_acceleration,
            mean_jerk: measured.mean_jerk,
            curvature: measured.curvature,
            straightness: measured.straightness,
            pauses: measured.pauses,
            pause_ms: measured.pause_ms,
            dwell_ms: proof.press.dwell_ms,
            offset_x,
            offset_y,
        }
    }
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
    set(out, "tag", &cookie.tag.as_str().into());
    set(out, "session", &cookie.session.as_str().into());
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

fn set_key(out: &Object, coordinates: &P256Coordinates) {
    set(out, "newKeyid", &base64::encode_url(&coordinates.thumbprint()).into());
    set(out, "x", &base64::encode_url(&coordinates.x).into());
    set(out, "y", &base64::encode_url(&coordinates.y).into());
}
