//! Whole requests through the flow, with a host in its plainest form: a store in a few maps, a clock that stands.

use super::{hold, read, text, unhex};
use partitioned_authority::{
    canonical::{base64, json::parse, profile::Tag, sha256},
    error::{Code, Error},
    verifier::{
        actions::{Actions, Form},
        control,
        cookie::SessionCookie,
        flow::{self, Admission, Gathered, Issue, Missing, Plan, RawHead, Route, Step},
        head::Head,
        inspect::Config,
        keys::PublicKey,
        secrets::Secrets,
        signals::Policy,
        signature::SignedHead,
        tier::Tier,
        weighing::OnWeak,
        windows::Windows,
    },
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

const HEADER_BYTES: usize = 16_384;
const BODY_BYTES: usize = 1_048_576;
const CONTROL_BYTES: usize = 4_096;

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
    events: HashMap<[u8; 8], u32>,
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
                signals: Policy::from_names("relaxed", "audit", "interactive").unwrap(),
                header_limit: HEADER_BYTES,
                interaction_uses: 4,
                remembers: false,
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
            .get(&cookie.session_id)
            .filter(|session| session.tag == cookie.slot)
            .ok_or(refused(Code::SessionEnded))
    }

    fn verify(&mut self, request: &Request, route: &Value) -> Result<Tier, Error> {
        let action = route["action"].as_str().map(str::to_owned);
        let ticket = route["ticket"] == true;
        let asked = Route::new(text(route, "tier"), action, Tag::Request, ticket, false)?;
        let limit = route["bodyBytes"].as_u64().map_or(BODY_BYTES, |n| usize::try_from(n).unwrap());
        self.run(request, asked, limit).map(|run| run.tier)
    }

    fn consume(&mut self, cookie: &SessionCookie, id: &str, url: &str) -> bool {
        let is_meant = |ticket: &Ticket| {
            ticket.tag == cookie.slot
                && ticket.session.as_ref() == Some(&cookie.session_id)
                && ticket.url.as_deref() == Some(url)
        };
        self.tickets.get(id).is_some_and(is_meant) && self.tickets.remove(id).is_some()
    }

    /// The flow of a request, with this server as its host and its store.
    fn run(&mut self, request: &Request, route: Route, limit: usize) -> Result<Run, Error> {
        let issue = Issue { now: self.now, random: || Some([7; 4]) };
        let raw = RawHead {
            method: &request.method,
            target: &request.target,
            fields: &request.fields,
            count: request.count,
        };
        let mut signed = None;
        let mut step = flow::begin(&self.config, &Rc::new(route), raw, None, issue);
        loop {
            step = match step {
                Step::Refuse(refusal, _) => return Err(refused(refusal.code)),
                Step::Accept(found) => {
                    return Ok(Run { tier: found.tier, session: String::new(), signed: None });
                }
                Step::Admit(admission) => {
                    self.admit(&admission)?;
                    let session = admission.cookie.session_id;
                    return Ok(Run { tier: admission.found.tier, session, signed });
                }
                // The host has WebAuthn verified. Of these cases nothing would be.
                Step::Ask(flow, _) => {
                    flow.failed(&self.config, (Code::UvInvalid, String::new()), issue)
                }
                Step::Gather(flow, plan) => {
                    let missing = self.missing(flow.cookie(), &plan, request, limit)?;
                    if let Plan::Signature { signed: head, .. } = plan {
                        signed = Some(head);
                    }
                    let digest = sha256(&[&request.content]);
                    let gathered = Gathered {
                        digest: Some(digest).filter(|_| !request.content.is_empty()),
                        content: &request.content,
                        ..Gathered::default()
                    };
                    match missing {
                        Some(what) => flow.missing(&self.config, what, issue),
                        None => flow.gathered(&self.config, gathered, issue, 0.0),
                    }
                }
            };
        }
    }

    /// What of a plan is not there.
    fn missing(
        &mut self,
        cookie: &SessionCookie,
        plan: &Plan,
        request: &Request,
        limit: usize,
    ) -> Result<Option<Missing>, Error> {
        if let Plan::Ticket { ticket, url } = plan
            && !self.consume(cookie, ticket, url)
        {
            return Ok(Some(Missing::Ticket));
        }
        let Ok(session) = self.session(cookie) else { return Ok(Some(Missing::Session)) };
        if let Plan::Signature { signed, .. } = plan {
            if session.keyid() != signed.keyid {
                return Ok(Some(Missing::Key));
            }
            if !session.key.verify(signed.base.as_bytes(), &signed.signature) {
                return Ok(Some(Missing::Signature));
            }
        }
        if request.content.len() > limit { Err(refused(Code::BodyLimit)) } else { Ok(None) }
    }

    fn admit(&mut self, admission: &Admission) -> Result<(), Error> {
        let Admission { freshness, replay_key, event, .. } = admission;
        for (is_broken, code) in [
            (self.now < freshness.created_from, Code::TimeFuture),
            (self.now > freshness.created_to, Code::TimeStale),
            (self.now < freshness.nonce_from, Code::NonceInvalid),
            (self.now > freshness.nonce_to, Code::NonceExpired),
            (self.replays.contains(replay_key), Code::NonceUsed),
        ] {
            if is_broken {
                return Err(refused(code));
            }
        }
        if let Some(event) = event {
            let uses = self.events.entry(event.id).or_default();
            if *uses >= event.uses {
                return Err(refused(Code::ProofReused));
            }
            *uses += 1;
        }
        self.replays.insert(replay_key.clone());
        Ok(())
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
            .get(&found.ticket.session_id)
            .is_some_and(|ticket| ticket.tag == found.ticket.slot && ticket.url.is_none());
        if !is_known {
            return Err(refused(Code::EnrolRefused));
        }
        if !found.check_key()?.verify(found.signed.base.as_bytes(), &found.signed.signature) {
            return Err(refused(Code::SigInvalid));
        }
        self.tickets.remove(&found.ticket.session_id);
        Ok(json!({ "endpoint": "enrol", "keyid": found.signed.keyid }))
    }

    fn signed(&mut self, name: &str, request: &Request) -> Result<Value, Error> {
        let route = Route::new("signed", None, Tag::Control, false, false)?;
        let Run { session, signed, .. } = self.run(request, route, CONTROL_BYTES)?;
        let SignedHead { thumbprint, nonce, .. } = signed.unwrap();
        Ok(match name {
            "rekey" => {
                let key = control::rekey(&request.content, &thumbprint, &nonce)?.key;
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

/// An accepted request.
struct Run {
    tier: Tier,
    session: String,
    signed: Option<SignedHead>,
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
