//! Steps of a flow as JSON texts for the host, which parses one faster than it is given properties one by one: names
//! and forms, and no decision.

use super::{
    admission::{EvidenceLimit, SessionUpdate},
    cookie::SessionCookie,
    flow::{Admission, Event, Flow, Found, Plan, Question, Receipt, Refusal, Step},
    inspect::{Consented, Interaction},
    reply::{Reply, problem},
    tier::Tier,
    weighing::MovementHashes,
    windows::Freshness,
};
use crate::{
    canonical::{
        base64::encode_url,
        jcs::{push_number, push_string},
    },
    consent::FieldValue,
    error::Code,
    proof::{InteractionProof, Point, kinematics},
};

/// The members of a JSON object, as text.
#[derive(Default)]
struct Members(String);

impl Members {
    #[inline(never)]
    fn begin(&mut self, name: &'static str) {
        self.0.push_str(if self.0.is_empty() { "\"" } else { ",\"" });
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    #[inline(never)]
    fn text(mut self, name: &'static str, text: &str) -> Self {
        self.begin(name);
        push_string(&mut self.0, text);
        self
    }

    fn number(self, name: &'static str, number: impl Into<f64>) -> Self {
        self.double(name, number.into())
    }

    #[inline(never)]
    fn double(mut self, name: &'static str, number: f64) -> Self {
        self.begin(name);
        push_number(&mut self.0, number);
        self
    }

    /// A whole number below 2^53, without asking the host for its digits.
    #[inline(never)]
    fn whole(mut self, name: &'static str, number: u64) -> Self {
        self.begin(name);
        self.0.push_str(&number.to_string());
        self
    }

    #[inline(never)]
    fn flag(mut self, name: &'static str, flag: bool) -> Self {
        self.begin(name);
        self.0.push_str(if flag { "true" } else { "false" });
        self
    }

    #[inline(never)]
    fn texts<T: AsRef<str>>(mut self, name: &'static str, texts: &[T]) -> Self {
        self.begin(name);
        list(&mut self.0, texts, |out, text| push_string(out, text.as_ref()));
        self
    }

    #[inline(never)]
    fn object(mut self, name: &'static str, members: Self) -> Self {
        self.begin(name);
        self.0.push_str(&members.close());
        self
    }

    fn with<T>(self, value: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => add(self, value),
            None => self,
        }
    }

    #[inline(never)]
    fn close(self) -> String {
        ["{", &self.0, "}"].concat()
    }
}

fn list<T>(out: &mut String, items: &[T], mut push: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

/// A step; `keep` puts a flow that goes on away, and gives its number.
pub(super) fn step(step: Step, keep: impl FnOnce(Box<Flow>) -> u32) -> String {
    let members = match step {
        Step::Gather(flow, plan) => {
            let members = cookie(Members::default().text("kind", "gather"), flow.cookie());
            planned(members, &plan).whole("flow", keep(flow).into())
        }
        Step::Ask(flow, question) => asked(Members::default().text("kind", "ask"), &flow, question)
            .whole("flow", keep(flow).into()),
        Step::Admit(admission) => Members::default()
            .text("kind", "admit")
            .object("admission", admitted(&admission))
            .object("found", found(&admission.found))
            .object("receipt", receipt(&admission.receipt)),
        Step::Accept(known) => {
            Members::default().text("kind", "accept").object("found", found(&known))
        }
        Step::Refuse(refusal, is_attempt) => {
            let Refusal { code, detail, tier, nonce, changed, interaction: proof, seen } = *refusal;
            refused(code, &detail, tier, nonce.as_deref(), None, is_attempt)
                .text("kind", "refuse")
                .with(some(changed), |members, changed| members.texts("changed", &changed))
                .with(proof, |members, proof| {
                    members.object("interaction", interaction(&proof, seen))
                })
        }
    };
    members.close()
}

/// A refusal with its answer; `retry_after` in ms.
pub(super) fn refusal(
    code: Code,
    detail: &str,
    tier: Option<Tier>,
    nonce: Option<&str>,
    retry_after: Option<u64>,
    is_attempt: bool,
) -> String {
    refused(code, detail, tier, nonce, retry_after, is_attempt).close()
}

fn refused(
    code: Code,
    detail: &str,
    tier: Option<Tier>,
    nonce: Option<&str>,
    retry_after: Option<u64>,
    is_attempt: bool,
) -> Members {
    let Reply { status, fields, body } = problem(code, tier, nonce, retry_after);
    let mut members = Members::default()
        .text("code", code.as_str())
        .whole("status", status.into())
        .text("detail", detail)
        .with(tier, |members, tier| members.text("tier", tier.as_str()))
        .with(nonce, |members, nonce| members.text("nonce", nonce))
        .flag("isAttempt", is_attempt)
        .text("body", &body);
    members.begin("headers");
    list(&mut members.0, &fields, |out, (name, value)| {
        list(out, &[*name, value.as_str()], |out, text| push_string(out, text))
    });
    members
}

/// A list that has something in it.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

fn cookie(members: Members, cookie: &SessionCookie) -> Members {
    members
        .text("slot", &cookie.slot)
        .text("sessionId", &cookie.session_id)
        .text("cookieName", &cookie.name)
        .text("cookieValue", &cookie.value)
}

fn planned(members: Members, plan: &Plan) -> Members {
    match plan {
        Plan::Session => members.text("plan", "session"),
        Plan::Ticket { ticket, url } => {
            members.text("plan", "ticket").text("ticket", ticket).text("url", url)
        }
        Plan::Signature { signed, reads_content, is_json } => members
            .text("plan", "signature")
            .text("keyid", &signed.keyid)
            .text("nonce", &signed.nonce)
            .text("alg", signed.alg.as_str())
            .text("base", &signed.base)
            .text("signature", &encode_url(&signed.signature))
            .flag("readsContent", *reads_content)
            .flag("isJson", *is_json),
    }
}

fn asked(members: Members, flow: &Flow, question: Question) -> Members {
    let assertion = || flow.found()?.consented.as_ref()?.assertion.as_ref();
    match question {
        Question::Policy => members
            .text("question", "policy")
            .with(flow.found(), |members, known| members.object("found", found(known))),
        Question::Passkey => {
            members.text("question", "passkey").with(assertion(), |members, parts| {
                let parts = Members::default()
                    .text("id", &encode_url(&parts.id))
                    .text("authenticatorData", &encode_url(&parts.authenticator_data))
                    .text("clientDataJSON", &encode_url(&parts.client_data))
                    .text("signature", &encode_url(&parts.signature));
                members.object("assertion", parts)
            })
        }
        Question::Movement => members
            .text("question", "movement")
            .with(flow.movement(), |members, one| members.object("movement", movement(one))),
    }
}

fn movement(movement: &MovementHashes) -> Members {
    let hashes: Vec<_> = movement.hashes.iter().map(|one| encode_url(one)).collect();
    Members::default()
        .text("owner", &encode_url(&movement.owner))
        .texts("hashes", &hashes)
        .number("matchesNeeded", movement.matches_needed)
}

/// The admission, but for the rates, which are the host's.
fn admitted(admission: &Admission) -> Members {
    let Admission { cookie, keyid, replay_key, freshness, network, event, .. } = admission;
    let Freshness { created, created_from, created_to, nonce_from, nonce_to, replay_until } =
        *freshness;
    let members = Members::default()
        .text("slot", &cookie.slot)
        .text("sessionId", &cookie.session_id)
        .text("keyId", keyid)
        .text("tier", admission.found.tier.as_str())
        .text("replayKey", replay_key);
    [
        ("created", created),
        ("createdFrom", created_from),
        ("createdTo", created_to),
        ("nonceFrom", nonce_from),
        ("nonceTo", nonce_to),
        ("replayUntil", replay_until),
    ]
    .into_iter()
    .fold(members, |members, (name, ms)| members.whole(name, ms))
    .with(network.as_deref(), |members, network| members.text("network", network))
    .with(event.as_ref(), |members, one| members.object("event", spent(one)))
}

fn spent(event: &Event) -> Members {
    Members::default()
        .text("id", &encode_url(&event.id))
        .whole("limit", event.uses.into())
        .with(event.update, |members, update| members.object("evidence", updated(update)))
}

fn updated(update: SessionUpdate) -> Members {
    Members::default().number("delta", update.delta).number("cap", update.cap).with(
        update.limit,
        |members, EvidenceLimit { sum, interactions }| {
            let limit = Members::default().number("sum", sum).number("interactions", interactions);
            members.object("limit", limit)
        },
    )
}

fn receipt(receipt: &Receipt) -> Members {
    Members::default()
        .with(receipt.nonce.as_deref(), |members, nonce| members.text("nonce", nonce))
        .with(receipt.weak, |members, (code, tier)| {
            members.text("code", code.as_str()).text("tier", tier.as_str())
        })
        .text("reasons", &receipt.reasons)
}

/// What is known of a request.
fn found(found: &Found) -> Members {
    Members::default()
        .text("tier", found.tier.as_str())
        .with(some(found.changed.clone()), |members, changed| members.texts("changed", &changed))
        .with(found.interaction.as_ref(), |members, one| {
            members.object("interaction", interaction(one, found.seen))
        })
        .with(found.consented.as_ref(), |members, one| members.object("consent", consent(one)))
        .with(found.nonce.as_deref(), |members, nonce| members.text("nonce", nonce))
}

fn consent(consented: &Consented) -> Members {
    let Consented { consent, values, .. } = consented;
    let mut members = Members::default()
        .text("act", &consent.act)
        .text("language", &consent.language)
        .text("text", &encode_url(&consent.text))
        .text("surface", consent.surface.as_str())
        .flag("verified", consent.verified);
    // Pairs: the name of a field may be that of a property which every object has.
    members.begin("values");
    list(&mut members.0, values, |out, (name, value)| {
        out.push('[');
        push_string(out, name);
        out.push(',');
        match value {
            FieldValue::Text(text) => push_string(out, text),
            FieldValue::Number(number) => push_number(out, *number),
            FieldValue::Boolean(flag) => out.push_str(if *flag { "true" } else { "false" }),
        }
        out.push(']');
    });
    members
}

fn interaction(found: &Interaction, seen: bool) -> Members {
    let Interaction { proof, bound, assessment, .. } = found;
    let samples = u16::try_from(proof.samples.len()).unwrap_or(u16::MAX);
    let measured = proof.private.is_none().then(|| features(proof));
    Members::default()
        .text("kind", proof.kind.as_str())
        .text("eventId", &encode_url(&proof.event_id))
        .number("ageMs", proof.age_ms)
        .flag("bound", *bound)
        .flag("plausible", assessment.plausible)
        .number("score", assessment.score)
        .text("band", assessment.band.as_str())
        .texts("reasons", &assessment.reasons)
        .number("samples", samples)
        .with(measured, |members, measured| members.object("features", measured))
        .with(seen.then_some(true), |members, seen| members.flag("seen", seen))
}

/// What was measured, for operators; units as in `proof::kinematics`. Not in privacy mode.
fn features(proof: &InteractionProof) -> Members {
    let mut points = proof.points();
    points.push(Point::default());
    let measured = kinematics::measure(&points);
    let (offset_x, offset_y) = proof.press.offset_from_centre();
    [
        ("pathLength", measured.path_length),
        ("durationMs", measured.duration_ms),
        ("meanVelocity", measured.mean_velocity),
        ("peakVelocity", measured.peak_velocity),
        ("meanAcceleration", measured.mean_acceleration),
        ("meanJerk", measured.mean_jerk),
        ("curvature", measured.curvature),
        ("straightness", measured.straightness),
        ("pauses", f64::from(measured.pauses)),
        ("pauseMs", measured.pause_ms),
        ("offsetX", offset_x),
        ("offsetY", offset_y),
    ]
    .into_iter()
    .fold(Members::default(), |members, (name, value)| members.number(name, value))
    .with(proof.press.dwell_ms, |members, dwell| members.number("dwellMs", dwell))
}
