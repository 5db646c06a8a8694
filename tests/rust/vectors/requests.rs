//! Whole requests, with what the TypeScript around the verifier does in its plainest form: a store in a
//! few maps, a clock that stands.

use super::{hold, read, text, unhex};
use partitioned_authority::{
    canonical::{base64, json::parse, profile::Tag, sha256},
    error::{Code, Error},
    verifier::{
        actions::{Actions, Form},
        control,
        cookie::{self, SessionCookie},
        head::Head,
        inspect::{self, Config, Inspection, Route, inspect},
        keys::PublicKey,
        secrets::Secrets,
        tier::Tier,
        weighing::OnWeak,
        windows::Windows,
    },
};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

const HEADER_BYTES: usize = 16_384;
const BODY_BYTES: usize = 1_048_576;
const CONTROL_BYTES: usize = 4_096;
const INTERACTION_USES: usize = 4;

const fn refused(code: Code) -> Error {
    Error::new(code, &"as the store or its carrier says")
}

struct Request {
    method: String,
    target: String,
    fields: String,
    count: usize,
    content: Vec<u8>,
}

impl Request {
    fn of(value: &Value) -> Self {
        let pairs = value["fields"].as_array().unwrap();
        let lines = pairs.iter().flat_map(|pair| [pair[0].as_str(), pair[1].as_str()]);
        Self {
            method: text(value, "method").to_owned(),
            target: text(value, "target").to_owned(),
            fields: lines.map(Option::unwrap).collect::<Vec<_>>().join("\n"),
            count: pairs.len(),
            content: unhex(value["content"].as_str().unwrap_or_default()),
        }
    }

    fn head(&self) -> Result<Head<'_>, Error> {
        Head::parse(&self.method, &self.target, &self.fields, self.count, HEADER_BYTES)
    }
}

struct Session {
    tag: String,
    key: PublicKey,
}

impl Session {
    fn keyid(&self) -> String {
        base64::encode_url(&self.key.coordinates.thumbprint())
    }
}

struct Ticket {
    tag: String,
    session: Option<String>,
    url: Option<String>,
}

struct Server {
    config: Config,
    now: u64,
    sessions: HashMap<String, Session>,
    tickets: HashMap<String, Ticket>,
    replays: HashSet<String>,
    events: HashMap<[u8; 8], usize>,
}

impl Server {
    fn of(deployment: &Value) -> Self {
        let members = |name: &str| deployment[name].as_array().unwrap().clone();
        let sessions = members("sessions").into_iter().map(|session| {
            let jwk = parse(session["jwk"].to_string().as_bytes()).unwrap();
            let key = PublicKey::from_jwk(&jwk).unwrap();
            (
                text(&session, "id").to_owned(),
                Session { tag: text(&session, "tag").to_owned(), key },
            )
        });
        let tickets = members("tickets").into_iter().map(|ticket| {
            let optional = |name: &str| ticket[name].as_str().map(str::to_owned);
            let kept = Ticket {
                tag: text(&ticket, "tag").to_owned(),
                session: optional("session"),
                url: optional("url"),
            };
            (text(&ticket, "id").to_owned(), kept)
        });
        Self {
            config: Config {
                authority: text(deployment, "appOrigin").replace("https://", ""),
                app_origin: text(deployment, "appOrigin").to_owned(),
                sign_origin: text(deployment, "signOrigin").to_owned(),
                secrets: Secrets::derive(&unhex(text(deployment, "secret"))).unwrap(),
                windows: Windows::default(),
                actions: actions(&deployment["templates"]),
                on_weak: OnWeak::StepUp,
            },
            now: deployment["now"].as_u64().unwrap(),
            sessions: sessions.collect(),
            tickets: tickets.collect(),
            replays: HashSet::new(),
            events: HashMap::new(),
        }
    }

    fn session(&self, cookie: &SessionCookie) -> Result<&Session, Error> {
        self.sessions
            .get(&cookie.session)
            .filter(|session| session.tag == cookie.tag)
            .ok_or(refused(Code::SessionEnded))
    }

    fn verify(&mut self, request: &Request, route: &Value) -> Result<Tier, Error> {
        let tier = Tier::from_name(text(route, "tier")).unwrap();
        if tier == Tier::Identified {
            let head = request.head()?;
            if !matches!(head.method, "GET" | "HEAD") {
                return Err(refused(Code::TierRequired));
            }
            self.session(&cookie::select(&head, None)?)?;
            return Ok(Tier::Identified);
        }
        if route["ticket"] == true
            && let Some(found) = control::ticketed(&request.head()?)?
        {
            return self.consume(&found);
        }
        let limit = route["bodyBytes"].as_u64().map_or(BODY_BYTES, |n| usize::try_from(n).unwrap());
        let route = Route { tier, action: route["action"].as_str(), tag: Tag::Request };
        let (_, verdict) = self.admitted(request, route, limit)?;
        Ok(verdict.tier)
    }

    fn consume(&mut self, found: &control::Ticketed) -> Result<Tier, Error> {
        let is_meant = |ticket: &Ticket| {
            ticket.tag == found.cookie.tag
                && ticket.session.as_ref() == Some(&found.cookie.session)
                && ticket.url.as_ref() == Some(&found.url)
        };
        let is_good = self.tickets.get(&found.ticket).is_some_and(is_meant);
        if !is_good || self.tickets.remove(&found.ticket).is_none() {
            return Err(refused(Code::TicketInvalid));
        }
        self.session(&found.cookie).map(|_| Tier::Signed)
    }

    fn admitted(
        &mut self,
        request: &Request,
        route: Route<'_>,
        limit: usize,
    ) -> Result<(Admitted, inspect::Verdict), Error> {
        let Inspection { cookie, signed, replay_key, freshness, pending } =
            inspect(&request.head()?, &self.config, route, self.now)?;
        let session = self.session(&cookie)?;
        if session.keyid() != signed.keyid {
            return Err(refused(Code::KeyMismatch));
        }
        if !session.key.verify(signed.base.as_bytes(), &signed.signature) {
            return Err(refused(Code::SigInvalid));
        }
        if request.content.len() > limit {
            return Err(refused(Code::BodyLimit));
        }
        let digest = sha256(&[&request.content]);
        let verdict = pending
            .judge(Some(&digest).filter(|_| !request.content.is_empty()), &request.content)?;
        if let Some(refusal) = verdict.refusal {
            return Err(refusal);
        }
        // The host has WebAuthn verified. Of these cases nothing would be.
        if verdict.consented.as_ref().is_some_and(|found| found.assertion.is_some()) {
            return Err(refused(Code::UvInvalid));
        }
        for (is_broken, code) in [
            (self.now < freshness.created_from, Code::TimeFuture),
            (self.now > freshness.created_to, Code::TimeStale),
            (self.now < freshness.nonce_from, Code::NonceInvalid),
            (self.now > freshness.nonce_to, Code::NonceExpired),
            (self.replays.contains(&replay_key), Code::NonceUsed),
        ] {
            if is_broken {
                return Err(refused(code));
            }
        }
        if let Some(interaction) =
            verdict.interaction.as_ref().filter(|_| verdict.tier == Tier::Interactive)
        {
            let uses = self.events.entry(interaction.proof.event_id).or_default();
            if *uses >= INTERACTION_USES {
                return Err(refused(Code::ProofReused));
            }
            *uses += 1;
        }
        self.replays.insert(replay_key);
        let found =
            Admitted { session: cookie.session, keyid: signed.thumbprint, nonce: signed.nonce };
        Ok((found, verdict))
    }

    /// What a 200 of the frame's own request says, in the form of the vectors.
    fn control(&mut self, request: &Request) -> Result<Value, Error> {
        let path = request.target.split('?').next().unwrap();
        match (request.method.as_str(), path.strip_prefix("/.pas/")) {
            ("POST", Some("hello")) => self.hello(request),
            ("POST", Some("enrol")) => self.enrol(request),
            ("POST", Some(name @ ("rekey" | "ticket" | "logout"))) => self.signed(name, request),
            _ => Err(refused(Code::NotFound)),
        }
    }

    fn hello(&self, request: &Request) -> Result<Value, Error> {
        let body = limited(request)?;
        let found = control::hello(&request.head()?, body, &self.config, self.now, [7; 4])?;
        let mut answer = json!({
            "endpoint": "hello",
            "nonce": found.nonce.is_some(),
            "challenge": found.challenge.is_some(),
        });
        if let Some(sessions) = found.sessions {
            let live = sessions.iter().filter_map(|cookie| self.session(cookie).ok());
            answer["keys"] = live.map(|session| Value::from(session.keyid())).collect();
        }
        Ok(answer)
    }

    fn enrol(&mut self, request: &Request) -> Result<Value, Error> {
        let body = limited(request)?;
        let found = control::enrol(&request.head()?, body, &self.config, self.now)?;
        let is_known = self
            .tickets
            .get(&found.ticket.session)
            .is_some_and(|ticket| ticket.tag == found.ticket.tag && ticket.url.is_none());
        if !is_known {
            return Err(refused(Code::EnrolRefused));
        }
        if !found.check_key()?.verify(found.signed.base.as_bytes(), &found.signed.signature) {
            return Err(refused(Code::SigInvalid));
        }
        self.tickets.remove(&found.ticket.session);
        Ok(json!({ "endpoint": "enrol", "keyid": found.signed.keyid }))
    }

    fn signed(&mut self, name: &str, request: &Request) -> Result<Value, Error> {
        let route = Route { tier: Tier::Signed, action: None, tag: Tag::Control };
        let (Admitted { session, keyid, nonce }, _) =
            self.admitted(request, route, CONTROL_BYTES)?;
        if !request.content.is_empty() {
            control::require_json(&request.head()?)?;
        }
        Ok(match name {
            "rekey" => {
                let key = control::rekey(&request.content, &keyid, &nonce)?.key;
                let session = self.sessions.get_mut(&session).unwrap();
                session.key = key;
                json!({ "endpoint": name, "keyid": session.keyid() })
            }
            "ticket" => {
                json!({ "endpoint": name, "url": control::ticket_request(&request.content)? })
            }
            _ => {
                if control::logout(&request.content)? {
                    self.sessions.clear();
                }
                self.sessions.remove(&session);
                json!({ "endpoint": name })
            }
        })
    }
}

fn actions(templates: &Value) -> Actions {
    let mut actions = Actions::default();
    for template in templates.as_array().into_iter().flatten() {
        actions.register(template.to_string().as_bytes(), Form::Current, false).unwrap();
    }
    actions
}

/// What is left of an inspection once it was admitted.
struct Admitted {
    session: String,
    keyid: [u8; 32],
    nonce: String,
}

fn limited(request: &Request) -> Result<&[u8], Error> {
    if request.content.len() > CONTROL_BYTES {
        Err(refused(Code::BodyLimit))
    } else {
        Ok(&request.content)
    }
}

pub(super) fn of_the_app() {
    let file = include_str!("../../vectors/request.json");
    let deployment = &read(file)["deployment"];
    hold(file, |case| {
        let mut server = Server::of(deployment);
        let request = Request::of(&case["request"]);
        for earlier in case["events"].as_array().into_iter().flatten() {
            server.verify(&Request::of(earlier), &case["route"]).unwrap();
        }
        for _ in 0..case["before"].as_u64().unwrap_or(0) {
            server.verify(&request, &case["route"]).unwrap();
        }
        Ok(json!({ "tier": server.verify(&request, &case["route"])?.as_str() }))
    });
}

pub(super) fn of_the_frame() {
    let file = include_str!("../../vectors/control.json");
    let deployment = &read(file)["deployment"];
    hold(file, |case| {
        let mut server = Server::of(deployment);
        let request = Request::of(&case["request"]);
        for _ in 0..case["before"].as_u64().unwrap_or(0) {
            server.control(&request).unwrap();
        }
        Ok(json!({ "answer": server.control(&request)? }))
    });
}
