//! One request, from its head to its admission: what the host fetches next, and what every answer of it means.
//!
//! `begin` reads the head and gives a plan. The host gathers what it names, in its order: the session, the check of
//! the signature, the content. [`Flow::gathered`] judges all of that, and gives the admission with the answer that goes
//! out if the store says yes; rarely a question comes before it. What the store refuses is worded by
//! [`Receipt::refused`]. Nothing here fetches, and nothing else decides.

use super::{
    admission::SessionUpdate,
    control,
    cookie::{self, SessionCookie},
    head::Head,
    inspect::{self, Config, Consented, Inspection, Interaction},
    nonce,
    reply::asks_for_nonce,
    signals::{self, Difference, Mode, OnMismatch, Policy, Signals},
    signature::SignedHead,
    tier::Tier,
    weighing::{MovementHashes, Weighing},
    windows::Freshness,
};
use crate::{
    canonical::{base64, profile::Tag},
    error::{Code, Error, Result},
};
use std::{borrow::Cow, rc::Rc};

/// A route, as it was registered.
#[derive(Clone, Debug)]
pub struct Route {
    /// The weakest tier it accepts.
    pub tier: Tier,
    /// What the person does there.
    pub action: Option<String>,
    /// Whether it is one of the frame's own.
    pub tag: Tag,
    /// Whether a GET may carry a one-use ticket in its URL.
    pub ticket: bool,
    /// Whether the app has a policy for each of its requests.
    pub policy: bool,
}

impl Route {
    /// A route that can be meant.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID`.
    pub fn new(
        tier: &str,
        action: Option<String>,
        tag: Tag,
        ticket: bool,
        policy: bool,
    ) -> Result<Self> {
        let invalid = |detail| Err(Code::ConfigInvalid.because(detail));
        let Some(tier) = Tier::from_name(tier) else { return invalid(&"a route names no tier") };
        let action = action.filter(|name| !name.is_empty());
        if tier >= Tier::Interactive && action.is_none() {
            return invalid(&"a route of the tier interactive or above names its action");
        }
        if policy && action.is_none() {
            return invalid(&"a route with stepUp names its action");
        }
        // Neither a cookie nor a ticket could be stepped up: they carry no signature, and no policy would be asked.
        if policy && (ticket || tier == Tier::Identified) {
            return invalid(&"a route with stepUp is for signed requests only");
        }
        if ticket && tier != Tier::Signed {
            return invalid(&"a ticket stands for the tier signed");
        }
        Ok(Self { tier, action, tag, ticket, policy })
    }

    /// Whether an action that people consent to has to be registered for it.
    #[must_use]
    pub fn consents_to(&self) -> Option<&str> {
        self.action.as_deref().filter(|_| self.tier >= Tier::Consent)
    }
}

/// A request head as the host has it; see [`Head::parse`].
#[derive(Clone, Copy, Debug)]
pub struct RawHead<'a> {
    /// The method.
    pub method: &'a str,
    /// The raw origin-form target.
    pub target: &'a str,
    /// Name, value, name, value … separated by line feeds.
    pub fields: &'a str,
    /// How many fields there are.
    pub count: usize,
}

/// What the host gathers first.
#[derive(Debug)]
pub enum Plan {
    /// The session of a cookie. Content is dropped.
    Session,
    /// The ticket is consumed, and gives the session. Content is dropped.
    Ticket {
        /// Its id.
        ticket: String,
        /// The URL it must have been issued for.
        url: String,
    },
    /// The session and its key, the check of the signature, the content.
    Signature {
        /// What is to verify over what.
        signed: SignedHead,
        /// Whether [`Flow::gathered`] reads the content itself.
        reads_content: bool,
        /// Whether content is of a JSON type.
        is_json: bool,
    },
}

/// What the host gathered.
#[derive(Debug, Default)]
pub struct Gathered<'a> {
    /// SHA-256 of the content, if there is any.
    pub digest: Option<[u8; 32]>,
    /// The content, where the plan says that it is read.
    pub content: &'a [u8],
    /// The signals of the session's enrolment.
    pub enrolled: Option<&'a str>,
    /// Why the content is not what the route takes, if it is not.
    pub unreadable: Option<Failure>,
}

/// What a host could not do, or does not permit.
pub type Failure = (Code, String);

/// What the host looked for and did not find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Missing {
    /// A session that lives.
    Session,
    /// The key that signed, as the session's own.
    Key,
    /// A signature that verifies.
    Signature,
    /// An unused ticket of this session for this URL.
    Ticket,
}

impl Missing {
    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "session" => Some(Self::Session),
            "key" => Some(Self::Key),
            "signature" => Some(Self::Signature),
            "ticket" => Some(Self::Ticket),
            _ => None,
        }
    }

    const fn error(self) -> Error {
        match self {
            Self::Session => Code::SessionEnded.because(&"no such session"),
            Self::Key => Code::KeyMismatch.because(&"not the session's key"),
            Self::Signature => Code::SigInvalid.because(&"the signature does not verify"),
            Self::Ticket => Code::TicketInvalid
                .because(&"unknown, used, expired, or for another session or URL"),
        }
    }
}

/// A question to the host, before the request is admitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Question {
    /// Which tier does the app's policy want of this request?
    Policy,
    /// Does the assertion verify, by a passkey of the account?
    Passkey,
    /// Was the movement seen before?
    Movement,
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// The host gathers.
    Gather(Box<Flow>, Plan),
    /// The host answers.
    Ask(Box<Flow>, Question),
    /// The store admits it, or refuses.
    Admit(Box<Admission>),
    /// It is accepted, and nothing is counted.
    Accept(Box<Found>),
    /// It is refused; whether that counts against an address.
    Refuse(Box<Refusal>, bool),
}

impl Step {
    #[cold]
    fn refuse(refusal: Refusal, route: &Route) -> Self {
        let is_attempt = is_attempt(refusal.code, route.tier);
        Self::Refuse(Box::new(refusal), is_attempt)
    }
}

/// What is counted of an accepted request, and what goes out with it.
#[derive(Debug)]
pub struct Admission {
    /// The session it claims.
    pub cookie: SessionCookie,
    /// The thumbprint of the key that signed.
    pub keyid: String,
    /// What single use is counted on.
    pub replay_key: String,
    /// When it is fresh.
    pub freshness: Freshness,
    /// The masked network it came from.
    pub network: Option<String>,
    /// The interaction that it spends.
    pub event: Option<Event>,
    /// What is known of it.
    pub found: Found,
    /// For the case that the store says no.
    pub receipt: Receipt,
}

/// An interaction to be counted.
#[derive(Debug)]
pub struct Event {
    /// Its id.
    pub id: [u8; 8],
    /// How many requests it may serve.
    pub uses: u32,
    /// What it does to the session's sum.
    pub update: Option<SessionUpdate>,
}

/// What is known of a request.
#[derive(Debug)]
pub struct Found {
    /// The tier it reached.
    pub tier: Tier,
    /// What differs from the browser that enrolled.
    pub changed: Vec<&'static str>,
    /// The interaction proof and what it is worth.
    pub interaction: Option<Interaction>,
    /// Whether its movement was seen before.
    pub seen: bool,
    /// What a person consented to.
    pub consented: Option<Consented>,
    /// S for the next request.
    pub nonce: Option<String>,
}

/// What a refusal by the store is worded by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// S for a fresh signature.
    pub nonce: Option<String>,
    /// What a session in doubt is refused with, and the tier that would do.
    pub weak: Option<(Code, Tier)>,
    /// What the evidence was, for the operator.
    pub reasons: String,
}

impl Receipt {
    /// The refusal that the store's code means.
    #[must_use]
    pub fn refused(self, code: Code) -> (Code, Option<Tier>, Cow<'static, str>) {
        match self.weak {
            Some((answer, tier)) if code == Code::TierRequired => {
                let why =
                    format!("the session's interactions speak for a program ({})", self.reasons);
                (answer, Some(tier), why.into())
            }
            _ => (code, None, "refused by the store".into()),
        }
    }
}

/// Why a request is refused.
#[derive(Debug)]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// For the operator.
    pub detail: Cow<'static, str>,
    /// The tier that would do.
    pub tier: Option<Tier>,
    /// S for a fresh signature, where one is asked for.
    pub nonce: Option<String>,
    /// What differs from the browser that enrolled.
    pub changed: Vec<&'static str>,
    /// The evidence.
    pub interaction: Option<Interaction>,
    /// Whether its movement was seen before.
    pub seen: bool,
}

/// Whether a refusal counts against an address. What is the server's own matter does not: a store that is down must not
/// lock its clients out afterwards. Nor is a page shell asked for before the log-in anybody's attempt.
#[must_use]
pub fn is_attempt(code: Code, tier: Tier) -> bool {
    !matches!(
        code,
        Code::StoreDown
            | Code::StoreFull
            | Code::StoreChanged
            | Code::VerifierFault
            | Code::RateLimited
            | Code::ConfigInvalid
    ) && (tier != Tier::Identified || code != Code::SessionMissing)
}

/// What nonces are made of, beside their key.
#[derive(Clone, Copy, Debug)]
pub struct Issue {
    /// This node's clock, ms since the epoch.
    pub now: u64,
    /// Draws fresh random bytes; `None` from a host that has none.
    pub random: fn() -> Option<[u8; 4]>,
}

/// A request under way.
#[derive(Debug)]
pub struct Flow {
    route: Rc<Route>,
    cookie: SessionCookie,
    network: Option<String>,
    watch: Watch,
    signed: Option<Box<Signed>>,
}

/// What a signed request has more.
#[derive(Debug)]
struct Signed {
    keyid: String,
    /// What its nonces are bound to.
    thumbprint: [u8; 32],
    replay_key: String,
    freshness: Freshness,
    is_json: bool,
    pending: Option<inspect::Pending>,
    /// Once it was judged.
    found: Option<Found>,
    weak: Option<(Code, Tier)>,
    /// Questions that are left, the last one first.
    questions: Vec<Question>,
}

/// What a request looks like, and what that may do to it.
#[derive(Debug)]
struct Watch {
    seen: Signals,
    policy: Policy,
    /// Whether it would have client hints.
    has_hints: bool,
}

impl Watch {
    fn difference(&self, enrolled: Option<&str>) -> Difference {
        let known = enrolled.filter(|_| self.policy.mode != Mode::Off).and_then(Signals::from_text);
        let Some(then) = known else { return Difference::default() };
        let then = if self.has_hints { then } else { then.without_hints() };
        self.seen.difference(&then, self.policy.mode)
    }
}

/// Reads the head of a request. `network` is the masked prefix of where it came from.
#[must_use]
pub fn begin(
    config: &Config,
    route: &Rc<Route>,
    raw: RawHead<'_>,
    network: Option<String>,
    issue: Issue,
) -> Step {
    let begun = Head::parse(raw.method, raw.target, raw.fields, raw.count, config.header_limit)
        .and_then(|head| begin_with(config, route, &head, network, issue.now));
    begun.unwrap_or_else(|error| {
        let thumbprint = claimed_key(raw.fields).filter(|_| asks_for_nonce(error.code));
        let refusal = Refusal {
            code: error.code,
            detail: Cow::Borrowed(*error.detail),
            tier: Some(route.tier),
            nonce: thumbprint.and_then(|bound| nonce_for(config, &bound, issue)),
            changed: Vec::new(),
            interaction: None,
            seen: false,
        };
        Step::refuse(refusal, route)
    })
}

fn begin_with(
    config: &Config,
    route: &Rc<Route>,
    head: &Head<'_>,
    network: Option<String>,
    now: u64,
) -> Result<Step> {
    let flow = |cookie, watch, signed, plan| {
        let flow =
            Flow { route: Rc::clone(route), cookie, network: network.clone(), watch, signed };
        Ok(Step::Gather(Box::new(flow), plan))
    };
    let observe = || match config.signals.mode {
        Mode::Off => Signals::default(),
        _ => Signals::observe(head, network.clone()),
    };
    // A picture or a download has no client hints, and nobody can be asked about it.
    let bare = || Watch {
        seen: observe().without_hints(),
        policy: config.signals.where_consent_is(false),
        has_hints: false,
    };
    if route.tier == Tier::Identified {
        if !matches!(head.method, "GET" | "HEAD") {
            return Err(Code::TierRequired.because(&"a cookie alone permits reading only"));
        }
        return flow(cookie::select(head, None)?, bare(), None, Plan::Session);
    }
    if route.ticket
        && let Some(found) = control::ticketed(head)?
    {
        let plan = Plan::Ticket { ticket: found.ticket, url: found.url };
        return flow(found.cookie, bare(), None, plan);
    }
    let asked =
        inspect::Route { tier: route.tier, action: route.action.as_deref(), tag: route.tag };
    let Inspection { cookie, signed, replay_key, freshness, pending } =
        inspect::inspect(head, config, asked, now)?;
    let possible = route.action.as_deref().is_some_and(|action| config.actions.has(action));
    let mut policy = config.signals.where_consent_is(possible);
    if route.tag == Tag::Control && head.path == control::LOGOUT_PATH {
        // Whoever looks like another browser is welcome to go.
        policy.on_mismatch = OnMismatch::Audit;
    }
    let watch = Watch { seen: observe(), policy, has_hints: true };
    // The frame sends `application/json` and nothing else; an app's routes read every JSON type.
    let is_json = head.is_json(route.tag == Tag::Request);
    let rest = Signed {
        keyid: signed.keyid.clone(),
        thumbprint: signed.thumbprint,
        replay_key,
        freshness,
        is_json,
        found: None,
        weak: None,
        questions: Vec::new(),
        pending: None,
    };
    let reads_content = pending.reads_content();
    let rest = Box::new(Signed { pending: Some(pending), ..rest });
    flow(cookie, watch, Some(rest), Plan::Signature { signed, reads_content, is_json })
}

impl Flow {
    /// The session that the request claims.
    #[must_use]
    pub const fn cookie(&self) -> &SessionCookie {
        &self.cookie
    }

    /// What is known so far, once it was judged.
    #[must_use]
    pub fn found(&self) -> Option<&Found> {
        self.signed.as_ref().and_then(|signed| signed.found.as_ref())
    }

    /// The movement to look for, with [`Question::Movement`].
    #[must_use]
    pub fn movement(&self) -> Option<&MovementHashes> {
        self.found()?.interaction.as_ref()?.weighing.as_ref()?.movement.as_ref()
    }

    /// Everything was there: judges it. `elapsed` is the time since the head arrived, ms.
    #[must_use]
    pub fn gathered(
        mut self: Box<Self>,
        config: &Config,
        gathered: Gathered<'_>,
        issue: Issue,
        elapsed: f64,
    ) -> Step {
        let difference = self.watch.difference(gathered.enrolled);
        let Some(signed) = self.signed.as_mut() else {
            let reached = self.route.tier;
            let judged = if reached == Tier::Identified {
                (reached, None)
            } else {
                signals::judge(&difference, self.watch.policy, reached, reached)
            };
            let found = Found {
                tier: reached,
                changed: Vec::new(),
                interaction: None,
                seen: false,
                consented: None,
                nonce: None,
            };
            return match judged {
                (_, None) if reached == Tier::Identified => Step::Accept(Box::new(found)),
                (_, None) => Step::Accept(Box::new(Found { changed: difference.changed, ..found })),
                (tier, Some(error)) => {
                    let detail = changed_detail(&error, &difference);
                    let refusal = self.refusal(config, (error.code, detail), Some(tier), issue);
                    Step::refuse(Refusal { changed: difference.changed, ..refusal }, &self.route)
                }
            };
        };
        let Some(pending) = signed.pending.take() else { return self.faulted(config, issue) };
        let verdict = match pending.judge(gathered.digest.as_ref(), gathered.content) {
            Ok(verdict) => verdict,
            Err(error) => return self.refuse(config, error, issue),
        };
        let tag = self.route.tag;
        let (has_content, is_json) = (gathered.digest.is_some(), signed.is_json);
        const NO_JSON: Error =
            Code::JsonInvalid.because(&"the content type is not application/json");
        if tag == Tag::Control && has_content && !is_json {
            return self.refuse(config, NO_JSON, issue);
        }
        let (required, change) =
            signals::judge(&difference, self.watch.policy, verdict.tier, verdict.required);
        if let Some(error) = change.or(verdict.refusal) {
            let detail = match change {
                Some(change) => changed_detail(&change, &difference),
                None => evidence_detail(verdict.interaction.as_ref()),
            };
            let refusal = self.refusal(config, (error.code, detail), Some(required), issue);
            let (changed, interaction) = (difference.changed, verdict.interaction);
            return Step::refuse(Refusal { changed, interaction, ..refusal }, &self.route);
        }
        if let Some(failure) = gathered.unreadable {
            return self.failed(config, failure, issue);
        }
        // Another type would let a client choose whether its content is read.
        if self.route.policy && has_content && !is_json {
            return self.refuse(config, NO_JSON, issue);
        }
        let weighing = verdict.interaction.as_ref().and_then(|found| found.weighing.as_ref());
        let moved = verdict.tier == Tier::Interactive
            && weighing.is_some_and(|weighing| weighing.movement.is_some());
        let asserted = verdict.consented.as_ref().is_some_and(|found| found.assertion.is_some());
        signed.questions = [
            (config.remembers && moved, Question::Movement),
            (asserted, Question::Passkey),
            (self.route.policy, Question::Policy),
        ]
        .into_iter()
        .filter_map(|(is_asked, question)| is_asked.then_some(question))
        .collect();
        signed.weak = verdict.on_weak.map(|(error, tier)| (error.code, tier));
        signed.found = Some(Found {
            tier: verdict.tier,
            changed: difference.changed,
            interaction: verdict.interaction,
            seen: false,
            consented: verdict.consented,
            nonce: None,
        });
        self.next(config, issue, elapsed)
    }

    /// The app's policy wants a tier, by its name, or nothing more.
    #[must_use]
    pub fn policy(
        self: Box<Self>,
        config: &Config,
        wanted: Option<&str>,
        issue: Issue,
        elapsed: f64,
    ) -> Step {
        let Some(reached) = self.answers(Question::Policy) else {
            return self.faulted(config, issue);
        };
        match wanted.map(|name| (name, Tier::from_name(name))) {
            Some((name, None)) => {
                self.failed(config, (Code::VerifierFault, format!("stepUp gave {name}")), issue)
            }
            Some((_, Some(tier))) if tier > reached => {
                let why = (Code::TierRequired, "the app's policy asks for more".to_owned());
                let changed = self.found().map(|found| found.changed.clone()).unwrap_or_default();
                let refusal = self.refusal(config, why, Some(tier), issue);
                Step::refuse(Refusal { changed, ..refusal }, &self.route)
            }
            _ => self.next_after(config, issue, elapsed),
        }
    }

    /// The assertion verifies.
    #[must_use]
    pub fn asserted(self: Box<Self>, config: &Config, issue: Issue, elapsed: f64) -> Step {
        match self.answers(Question::Passkey) {
            Some(_) => self.next_after(config, issue, elapsed),
            None => self.faulted(config, issue),
        }
    }

    /// Whether the movement was seen before.
    #[must_use]
    pub fn moved(
        mut self: Box<Self>,
        config: &Config,
        seen: bool,
        issue: Issue,
        elapsed: f64,
    ) -> Step {
        if self.answers(Question::Movement).is_none() {
            return self.faulted(config, issue);
        }
        if let Some(found) = self.signed.as_mut().and_then(|signed| signed.found.as_mut()) {
            found.seen = seen;
        }
        let weak = self.signed.as_ref().and_then(|signed| signed.weak);
        match weak.filter(|_| seen) {
            Some((code, tier)) => {
                let reasons = reasons_of(self.found().and_then(|found| found.interaction.as_ref()));
                let why = (code, format!("the movement was seen before ({reasons})"));
                let mut refusal = self.refusal(config, why, Some(tier), issue);
                if let Some(found) = self.signed.take().and_then(|signed| signed.found) {
                    refusal = Refusal {
                        changed: found.changed,
                        interaction: found.interaction,
                        seen,
                        ..refusal
                    };
                }
                Step::refuse(refusal, &self.route)
            }
            None => self.next_after(config, issue, elapsed),
        }
    }

    /// The host did not find something.
    #[must_use]
    pub fn missing(self: Box<Self>, config: &Config, what: Missing, issue: Issue) -> Step {
        let error = what.error();
        self.refuse(config, error, issue)
    }

    /// The host failed, or refuses.
    #[cold]
    #[must_use]
    #[expect(clippy::boxed_local, reason = "as every other answer takes it")]
    pub fn failed(self: Box<Self>, config: &Config, failure: Failure, issue: Issue) -> Step {
        let tier = Some(self.route.tier);
        Step::refuse(self.refusal(config, failure, tier, issue), &self.route)
    }

    /// The tier that was reached, if this question was asked.
    fn answers(&self, question: Question) -> Option<Tier> {
        let signed = self.signed.as_ref()?;
        signed.questions.last().filter(|asked| **asked == question)?;
        signed.found.as_ref().map(|found| found.tier)
    }

    fn next_after(mut self: Box<Self>, config: &Config, issue: Issue, elapsed: f64) -> Step {
        if let Some(signed) = self.signed.as_mut() {
            signed.questions.pop();
        }
        self.next(config, issue, elapsed)
    }

    fn next(mut self: Box<Self>, config: &Config, issue: Issue, elapsed: f64) -> Step {
        let asked = self.signed.as_ref().and_then(|signed| signed.questions.last().copied());
        if let Some(question) = asked {
            return Step::Ask(self, question);
        }
        if elapsed > milliseconds(config.windows.body) {
            const LATE: Error = Code::TimeStale
                .because(&"the request took longer than its replay entry allows for");
            return self.refuse(config, LATE, issue);
        }
        let Some(signed) = self.signed.take() else { return self.faulted(config, issue) };
        let Signed { keyid, thumbprint, replay_key, freshness, found, weak, .. } = *signed;
        let Some(mut found) = found else { return self.faulted(config, issue) };
        // Before it is admitted: what was admitted can't be refused for want of a nonce.
        found.nonce = nonce_for(config, &thumbprint, issue);
        if found.nonce.is_none() {
            const BARREN: Error = Code::VerifierFault.because(&"the host has no randomness");
            return self.refuse(config, BARREN, issue);
        }
        let receipt = Receipt {
            nonce: found.nonce.clone(),
            weak,
            reasons: reasons_of(found.interaction.as_ref()),
        };
        let event = found
            .interaction
            .as_ref()
            .filter(|_| found.tier == Tier::Interactive)
            .map(|interaction| Event::of(interaction, found.seen, weak.is_some(), config));
        Step::Admit(Box::new(Admission {
            cookie: self.cookie,
            keyid,
            replay_key,
            freshness,
            network: self.network,
            event,
            found,
            receipt,
        }))
    }

    #[cold]
    fn refuse(self: Box<Self>, config: &Config, error: Error, issue: Issue) -> Step {
        self.failed(config, (error.code, (*error.detail).to_owned()), issue)
    }

    /// The host answered what was not asked.
    #[cold]
    fn faulted(self: Box<Self>, config: &Config, issue: Issue) -> Step {
        self.refuse(config, Code::VerifierFault.because(&"an answer to no question"), issue)
    }

    #[cold]
    fn refusal(&self, config: &Config, why: Failure, tier: Option<Tier>, issue: Issue) -> Refusal {
        let (code, detail) = why;
        let bound = self.signed.as_ref().filter(|_| asks_for_nonce(code));
        Refusal {
            code,
            detail: detail.into(),
            tier,
            nonce: bound.and_then(|signed| nonce_for(config, &signed.thumbprint, issue)),
            changed: Vec::new(),
            interaction: None,
            seen: false,
        }
    }
}

impl Event {
    fn of(interaction: &Interaction, seen: bool, is_limited: bool, config: &Config) -> Self {
        let update = interaction.weighing.as_ref().map(|Weighing { update, movement }| {
            let again = movement.as_ref().filter(|_| seen).map_or(0, |found| found.delta);
            SessionUpdate {
                delta: update.delta.saturating_add(again),
                limit: update.limit.filter(|_| is_limited),
                ..*update
            }
        });
        Self { id: interaction.proof.event_id, uses: config.interaction_uses, update }
    }
}

fn nonce_for(config: &Config, thumbprint: &[u8; 32], issue: Issue) -> Option<String> {
    let random = (issue.random)()?;
    Some(nonce::issue(&config.secrets.nonce, thumbprint, issue.now, random))
}

/// The key thumbprint that a head claims, to make a nonce for. Nothing is verified of it.
#[must_use]
pub fn claimed_key(fields: &str) -> Option<[u8; 32]> {
    let (_, rest) = fields.split_once(";keyid=\"")?;
    let (keyid, _) = rest.split_once('"')?;
    base64::decode_url(keyid)
}

fn reasons_of(interaction: Option<&Interaction>) -> String {
    interaction.map(|found| found.assessment.reasons.join("; ")).unwrap_or_default()
}

fn changed_detail(error: &Error, difference: &Difference) -> String {
    format!("{}: {}", error.detail, difference.changed.join(", "))
}

fn evidence_detail(interaction: Option<&Interaction>) -> String {
    match interaction {
        None => "no interaction proof".to_owned(),
        Some(found) if !found.bound => {
            "the interaction proof is bound to another action or request".to_owned()
        }
        Some(found) => {
            let word = if found.assessment.plausible { "weak" } else { "not plausible" };
            format!("interaction {word}: {}", found.assessment.reasons.join("; "))
        }
    }
}

/// A duration, as the host measures it.
fn milliseconds(ms: u64) -> f64 {
    // Options are held to a day.
    f64::from(u32::try_from(ms).unwrap_or(u32::MAX))
}
