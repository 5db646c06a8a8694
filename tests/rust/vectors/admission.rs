//! Histories of requests, and a store in memory around the rule, which shows what the rule answers. The clock that a
//! step shows may run back; the store remembers the time of what it wrote.

use partitioned_authority::verifier::{
    admission::{
        Admission, Event, EvidenceLimit, EvidenceSum, Kept, Rate, RateState, Rates, SessionUpdate,
        Uses, admit,
    },
    tier::Tier,
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

#[derive(Default)]
struct Session {
    key_id: String,
    idle_ms: f64,
    last_seen_at: f64,
    idle_expires_at: f64,
    absolute_expires_at: f64,
    evidence: EvidenceSum,
    full_at: f64,
    network: Value,
    tiers: Map<String, Value>,
    replays: HashMap<String, f64>,
    events: HashMap<String, Uses>,
}

/// What is kept in one slot.
#[derive(Default)]
struct Account {
    high: f64,
    lost_until: f64,
    full_at: f64,
    max_replays: Option<usize>,
    sessions: HashMap<String, Session>,
}

/// The answers to the requests of a history, in their order.
pub(crate) fn answers(history: &Value) -> Vec<Value> {
    let max_replays =
        history.get("maxReplayEntries").map(|max| usize::try_from(max.as_u64().unwrap()).unwrap());
    let mut account = Account { max_replays, ..Account::default() };
    let mut answers = Vec::new();
    for step in history["steps"].as_array().unwrap() {
        let clock = number(&step["clock"]);
        if let Some(wanted) = step.get("open") {
            account.open(wanted, clock);
        } else if let Some(until) = step.get("lost") {
            account.lost_until = number(until);
        } else {
            answers.push(account.admit(&step["admit"], clock));
        }
    }
    answers
}

impl Account {
    fn open(&mut self, wanted: &Value, clock: f64) {
        let now = clock.max(self.high);
        self.high = now;
        let (idle_ms, absolute_ms) = (number(&wanted["idleMs"]), number(&wanted["absoluteMs"]));
        let session = Session {
            key_id: text(&wanted["keyId"]).to_owned(),
            idle_ms,
            last_seen_at: now,
            idle_expires_at: now + idle_ms.min(absolute_ms),
            absolute_expires_at: now + absolute_ms,
            network: wanted["network"].clone(),
            ..Session::default()
        };
        self.sessions.insert(text(&wanted["id"]).to_owned(), session);
    }

    /// Whether one more replay entry has its place, when those that no longer count are gone.
    fn has_room(&self, now: f64) -> bool {
        let counting =
            |session: &Session| session.replays.values().filter(|until| **until >= now).count();
        self.max_replays.is_none_or(|max| self.sessions.values().map(counting).sum::<usize>() < max)
    }

    fn admit(&mut self, wanted: &Value, clock: f64) -> Value {
        let admission = admission(wanted);
        let has_room = self.has_room(clock.max(self.high));
        let found = self.sessions.get(admission.session_id);
        let kept = found.map(|session| Kept {
            high: self.high,
            lost_until: self.lost_until,
            key_id: &session.key_id,
            idle_ms: session.idle_ms,
            last_seen_at: session.last_seen_at,
            idle_expires_at: session.idle_expires_at,
            absolute_expires_at: session.absolute_expires_at,
            evidence: session.evidence,
            session_full_at: session.full_at,
            account_full_at: self.full_at,
            replay_until: session.replays.get(admission.replay_key).copied(),
            event: admission.event.and_then(|event| session.events.get(event.id).copied()),
            has_room,
        });
        let writes = match admit(kept.as_ref(), &admission, clock) {
            Ok(writes) => writes,
            Err(refusal) => {
                // Seen to be over, it stays so.
                if refusal.code.as_str() == "ERR_SESSION_ENDED" {
                    self.sessions.remove(admission.session_id);
                }
                let mut answer = json!({ "code": refusal.code.as_str() });
                if let Some(ms) = refusal.retry_after_ms {
                    answer["retryAfterMs"] = exact(ms);
                }
                if let Some(left) = refusal.rates {
                    answer["rates"] = rates(left);
                }
                return answer;
            }
        };
        self.high = writes.now;
        self.full_at = writes.account_full_at;
        let session = self.sessions.get_mut(admission.session_id).unwrap();
        session.last_seen_at = writes.now;
        session.idle_expires_at = writes.idle_expires_at;
        session.evidence = writes.evidence;
        session.full_at = writes.session_full_at;
        session.tiers.insert(admission.tier.as_str().to_owned(), exact(writes.now));
        if let Some(network) = admission.network {
            session.network = network.into();
        }
        session.replays.insert(admission.replay_key.to_owned(), admission.replay_until);
        if let (Some(event), Some(uses)) = (admission.event, writes.event) {
            session.events.insert(event.id.to_owned(), uses);
        }
        json!({
            "session": {
                "lastSeenAt": exact(session.last_seen_at),
                "idleExpiresAt": exact(session.idle_expires_at),
                "network": session.network,
                "tiers": session.tiers,
                "evidence": { "sum": session.evidence.sum, "interactions": session.evidence.interactions },
            },
            "rates": rates(writes.rates),
        })
    }
}

fn admission(wanted: &Value) -> Admission<'_> {
    let event = &wanted["event"];
    Admission {
        slot: text(&wanted["slot"]),
        session_id: text(&wanted["sessionId"]),
        key_id: text(&wanted["keyId"]),
        replay_key: text(&wanted["replayKey"]),
        event: (!event.is_null()).then(|| Event {
            id: text(&event["id"]),
            limit: whole(&event["limit"]),
            evidence: event.get("evidence").map(update),
        }),
        tier: Tier::from_name(text(&wanted["tier"])).unwrap(),
        network: wanted["network"].as_str(),
        elapsed_ms: number(&wanted["elapsedMs"]),
        created: number(&wanted["created"]),
        created_from: number(&wanted["createdFrom"]),
        created_to: number(&wanted["createdTo"]),
        nonce_from: number(&wanted["nonceFrom"]),
        nonce_to: number(&wanted["nonceTo"]),
        replay_until: number(&wanted["replayUntil"]),
        session_rate: rate(&wanted["sessionRate"]),
        account_rate: rate(&wanted["accountRate"]),
    }
}

fn update(evidence: &Value) -> SessionUpdate {
    SessionUpdate {
        delta: whole(&evidence["delta"]),
        cap: whole(&evidence["cap"]),
        limit: evidence.get("limit").map(|limit| EvidenceLimit {
            sum: whole(&limit["sum"]),
            interactions: whole(&limit["interactions"]),
        }),
    }
}

fn rate(wanted: &Value) -> Rate {
    Rate { limit: number(&wanted["limit"]), window_ms: number(&wanted["windowMs"]) }
}

fn rates(left: Rates) -> Value {
    let state = |RateState { remaining, reset_ms }| json!({ "remaining": exact(remaining), "resetMs": exact(reset_ms) });
    json!({ "session": state(left.session), "account": state(left.account) })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn whole<T: TryFrom<i64, Error: core::fmt::Debug>>(value: &Value) -> T {
    value.as_i64().unwrap().try_into().unwrap()
}

/// As JavaScript writes it: without a fraction of 0.
fn exact(number: f64) -> Value {
    serde_json::from_str(&number.to_string()).unwrap()
}
