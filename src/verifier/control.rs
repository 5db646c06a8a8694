//! The frame's own requests under `/.pas/`: time, enrolment, rotation, tickets.
//!
//! Bodies are strict I-JSON objects with known members only.

use super::{
    cookie::{self, SessionCookie},
    head::Head,
    inspect::{Config, message, read_digest, require_sign_origin},
    keys::{self, PublicKey},
    nonce,
    signature::{self, SignedHead},
    tier::Tier,
    windows::{Freshness, check_created},
};
use crate::{
    canonical::{
        Value, base64,
        json::parse,
        jwk::P256Coordinates,
        profile::{Tag, could_name_a_host, is_reserved_path, split_target},
        sha256,
    },
    error::{Code, Error, Result},
};

/// The longest device label, in characters.
pub const LABEL_MAX: usize = 64;

/// `/.pas/*` reads JSON only: never what a form could send.
///
/// # Errors
/// `ERR_JSON_INVALID` unless the content type says so, `ERR_SIG_PROFILE` if it is there twice.
pub fn require_json(head: &Head<'_>) -> Result<()> {
    head.field("content-type")?;
    if head.is_json(false) {
        Ok(())
    } else {
        Err(Code::JsonInvalid.because(&"the content type is not application/json"))
    }
}

/// What the head of a request says that is not signed by a session's key, before its body is read: who is refused by
/// it costs no more.
///
/// # Errors
/// `ERR_ORIGIN_REFUSED`; `ERR_ENROL_REFUSED` for an enrolment without a ticket, `ERR_JSON_INVALID` for a hello.
pub fn check_head(head: &Head<'_>, config: &Config) -> Result<()> {
    require_sign_origin(head, config)?;
    if head.path == ENROL_PATH {
        cookie::enrolment_ticket(head).map(drop)
    } else {
        require_json(head)
    }
}

/// Reads a body whose members are all in `known`.
fn read_body(body: &[u8], known: &[&str]) -> Result<Value> {
    let value = parse(body)?;
    match &value {
        Value::Object(members)
            if members.iter().all(|(name, _)| known.contains(&name.as_str())) =>
        {
            Ok(value)
        }
        _ => Err(Code::JsonInvalid.because(&"not an object of the known members")),
    }
}

/// The answer to `POST /.pas/hello`: the time, and what the caller may sign over.
#[derive(Debug, Eq, PartialEq)]
pub struct Hello {
    /// S for the key the caller names.
    pub nonce: Option<String>,
    /// S for the enrolment ticket the caller holds.
    pub challenge: Option<String>,
    /// The sessions whose present keys the caller asks for, if it does.
    pub sessions: Option<Vec<SessionCookie>>,
}

/// Answers a hello. `now` in milliseconds since the epoch.
///
/// # Errors
/// `ERR_ORIGIN_REFUSED`, or `ERR_JSON_INVALID` for a body other than `{}`, `{"keyid": …}` or
/// `{"keys": true}`.
pub fn hello(
    head: &Head<'_>,
    body: &[u8],
    config: &Config,
    now: u64,
    random: [u8; 4],
) -> Result<Hello> {
    require_sign_origin(head, config)?;
    require_json(head)?;
    let body = read_body(body, &["keyid", "keys"])?;
    let sessions = match body.member("keys") {
        Some(Value::Bool(true)) => Some(cookie::all(head)),
        None => None,
        Some(_) => return Err(Code::JsonInvalid.because(&"keys is not true")),
    };
    let thumbprint = match body.member("keyid") {
        Some(keyid) => Some(
            keyid
                .as_str()
                .and_then(base64::decode_url::<32>)
                .ok_or(Code::JsonInvalid.because(&"keyid is no thumbprint"))?,
        ),
        None => None,
    };
    let ticket = cookie::enrolment_ticket(head).ok();
    Ok(Hello {
        nonce: thumbprint.map(|bound| nonce::issue(&config.secrets.nonce, &bound, now, random)),
        challenge: ticket.map(|ticket| {
            nonce::issue(&config.secrets.challenge, ticket.session_id.as_bytes(), now, random)
        }),
        sessions,
    })
}

/// An enrolment that holds, but for its ticket, its key and its signature, in this order: before the ticket
/// was found to be there, nothing is computed on the curve.
#[derive(Debug)]
pub struct Enrolment {
    /// The ticket to consume.
    pub ticket: SessionCookie,
    /// The new key.
    pub key: P256Coordinates,
    /// The proof of possession to verify with that key.
    pub signed: SignedHead,
    /// The session cookies that the browser already holds.
    pub present: Vec<SessionCookie>,
}

impl Enrolment {
    /// The key, once the ticket is known.
    ///
    /// # Errors
    /// See [`check_new_key`].
    pub fn check_key(&self) -> Result<PublicKey> {
        check_new_key(self.key, &self.signed.thumbprint)
    }
}

/// A key that is enrolled by what `thumbprint` names signed.
///
/// # Errors
/// `ERR_KEY_INVALID` off the curve, `ERR_ENROL_REFUSED` if it is another key.
pub fn check_new_key(key: P256Coordinates, thumbprint: &[u8; 32]) -> Result<PublicKey> {
    let key = PublicKey::from_coordinates(key)?;
    if key.coordinates.thumbprint() != *thumbprint {
        return Err(Code::EnrolRefused.because(&"keyid is not the thumbprint of the key"));
    }
    Ok(key)
}

/// Reads `POST /.pas/enrol`: body `{"jwk": …}`, signed by that key over a challenge bound to the ticket.
///
/// # Errors
/// `ERR_ORIGIN_REFUSED`, `ERR_KEY_INVALID` for what is no key, `ERR_JSON_INVALID`, `ERR_DIGEST_MISMATCH`,
/// the signature codes, the time codes, and `ERR_ENROL_REFUSED` if ticket and challenge don't belong
/// together.
pub fn enrol(head: &Head<'_>, body: &[u8], config: &Config, now: u64) -> Result<Enrolment> {
    const REFUSED: Error = Code::EnrolRefused.because(&"the challenge is not this ticket's");
    require_sign_origin(head, config)?;
    let ticket = cookie::enrolment_ticket(head)?;
    let message = message(head, config)?;
    if message.pas_consent.is_some() {
        return Err(Code::ConsentMismatch.because(&"an enrolment is not consented to"));
    }
    if head.fields("pas-assertion").next().is_some() {
        return Err(Code::UvInvalid.because(&"an enrolment has no assertion"));
    }
    let signed = signature::read(head, &message, Tag::Control)?;
    let digest =
        message.content_digest.ok_or(Code::SigProfile.because(&"an enrolment has content"))?;
    if read_digest(digest)? != sha256(&[body]) {
        return Err(Code::DigestMismatch.because(&"the content is another"));
    }
    require_json(head)?;
    let body = read_body(body, &["jwk"])?;
    let key = keys::coordinates(body.member("jwk").unwrap_or(&Value::Null))?;
    check_created(signed.created, now, Tier::Signed, &config.windows)?;
    let issued =
        nonce::check(&config.secrets.challenge, &signed.nonce, ticket.session_id.as_bytes())
            .map_err(|_| REFUSED)?;
    Freshness::of(signed.created, issued, Tier::Signed, &config.windows)?
        .check_nonce(now, &config.windows)?;
    Ok(Enrolment { ticket, key, signed, present: cookie::all(head) })
}

/// A rotation: the new key, and its own signature over both thumbprints and the nonce of the request
/// that the old key signed.
#[derive(Debug)]
pub struct Rotation {
    /// The new key.
    pub key: PublicKey,
}

/// Reads the body of `POST /.pas/rekey`: `{"jwk": …, "pop": …}`. `pop` is base64url of the new key's
/// signature over `"pas-1 rekey" ‖ 0 ‖ old thumbprint ‖ new thumbprint ‖ nonce`.
///
/// # Errors
/// `ERR_JSON_INVALID`, `ERR_KEY_INVALID`, and `ERR_SIG_INVALID` if the new key did not sign.
pub fn rekey(body: &[u8], old: &[u8; 32], nonce: &str) -> Result<Rotation> {
    let body = read_body(body, &["jwk", "pop"])?;
    let key = PublicKey::from_jwk(body.member("jwk").unwrap_or(&Value::Null))?;
    let pop = body
        .member("pop")
        .and_then(Value::as_str)
        .and_then(base64::decode_url::<64>)
        .ok_or(Code::JsonInvalid.because(&"pop is no signature"))?;
    let new = key.coordinates.thumbprint();
    let base = [b"pas-1 rekey\0".as_slice(), old, &new, nonce.as_bytes()].concat();
    if !key.verify(&base, &pop) {
        return Err(Code::SigInvalid.because(&"the new key did not sign"));
    }
    Ok(Rotation { key })
}

/// Where a key is enrolled.
pub const ENROL_PATH: &str = "/.pas/enrol";

/// Where a session is logged out.
pub const LOGOUT_PATH: &str = "/.pas/logout";

/// Reads the body of `POST /.pas/logout`: none, or `{"everywhere": true}`, which is what it gives.
///
/// # Errors
/// `ERR_JSON_INVALID`.
pub fn logout(body: &[u8]) -> Result<bool> {
    if body.is_empty() {
        return Ok(false);
    }
    match read_body(body, &["everywhere"])?.member("everywhere") {
        Some(Value::Bool(true)) => Ok(true),
        _ => Err(Code::JsonInvalid.because(&"everywhere is not true")),
    }
}

/// Reads the body of a control request that has none: no content, or `{}`.
///
/// # Errors
/// `ERR_JSON_INVALID`.
pub fn empty(body: &[u8]) -> Result<()> {
    if body.is_empty() { Ok(()) } else { read_body(body, &[]).map(drop) }
}

/// Whether the body of `POST /.pas/passkeys/register` is `{"response": {…}}`, for the host's WebAuthn library
/// to read.
///
/// # Errors
/// `ERR_JSON_INVALID`.
pub fn registration(body: &[u8]) -> Result<()> {
    match read_body(body, &["response"])?.member("response") {
        Some(Value::Object(_)) => Ok(()),
        _ => Err(Code::JsonInvalid.because(&"response is no object")),
    }
}

/// The query parameter that carries a URL ticket. It stands last.
pub const TICKET_PARAMETER: &str = "pas_ticket=";

/// Reads the body of `POST /.pas/ticket`: `{"url": "/path?query"}`.
///
/// # Errors
/// `ERR_JSON_INVALID` unless it is an origin-form target that is neither reserved nor ticketed, and can't be read as
/// the address of another host.
pub fn ticket_request(body: &[u8]) -> Result<String> {
    let body = read_body(body, &["url"])?;
    let url = body.member("url").and_then(Value::as_str).unwrap_or_default();
    check_ticket_url(url)?;
    Ok(url.to_owned())
}

/// Whether a ticket may be issued for `url`.
///
/// # Errors
/// As [`ticket_request`].
pub fn check_ticket_url(url: &str) -> Result<()> {
    const INVALID: Error = Code::JsonInvalid.because(&"not a URL a ticket can be issued for");
    let (path, query) = split_target(url).map_err(|_| INVALID)?;
    let refused =
        is_reserved_path(path) || could_name_a_host(path) || query.contains(TICKET_PARAMETER);
    if refused { Err(INVALID) } else { Ok(()) }
}

/// A request that carries a ticket in place of a signature.
#[derive(Debug)]
pub struct Ticketed {
    /// The session cookie it came with.
    pub cookie: SessionCookie,
    /// The id of the ticket to consume.
    pub ticket: String,
    /// The URL without the ticket: what it must have been issued for.
    pub url: String,
}

/// Reads a ticketed `GET` or `HEAD`; `None` if the target has no ticket. A ticket has the form of a
/// session cookie: its slot says which of a browser's accounts it is for.
///
/// # Errors
/// `ERR_TICKET_INVALID` for a malformed ticket or another method, `ERR_SESSION_MISSING` without the one
/// cookie of its account.
pub fn ticketed(head: &Head<'_>) -> Result<Option<Ticketed>> {
    const INVALID: Error = Code::TicketInvalid.because(&"the ticket is malformed");
    let Some((before, value)) = head.query.split_once(TICKET_PARAMETER) else { return Ok(None) };
    let query = match before.split_at_checked(before.len().saturating_sub(1)) {
        Some((query, "?" | "&")) => query,
        _ => return Err(INVALID),
    };
    if !matches!(head.method, "GET" | "HEAD") {
        return Err(Code::TicketInvalid.because(&"a ticket is for GET"));
    }
    let ticket = SessionCookie::parse(TICKET_PARAMETER, value).ok_or(INVALID)?;
    let mut own = cookie::all(head).into_iter().filter(|cookie| cookie.slot == ticket.slot);
    match (own.next(), own.next()) {
        (Some(cookie), None) => {
            // Another account's cookie of the same name: no rule says which one is meant.
            cookie::find(head, &cookie.name)?;
            let url = format!("{}{query}", head.path);
            Ok(Some(Ticketed { cookie, ticket: ticket.session_id, url }))
        }
        _ => Err(Code::SessionMissing.because(&"not exactly one session of the ticket's account")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_out_has_no_body_or_one() {
        assert_eq!(logout(b""), Ok(false));
        assert_eq!(logout(br#"{"everywhere": true}"#), Ok(true));
        for bad in [
            "{}",
            r#"{"everywhere":false}"#,
            r#"{"everywhere":1}"#,
            "[]",
            "true",
            " ",
            r#"{"everywhere":true,"x":1}"#,
        ] {
            assert_eq!(logout(bad.as_bytes()).unwrap_err().code, Code::JsonInvalid, "{bad}");
        }
    }

    #[test]
    fn only_json_is_read() {
        let is_json = |fields: &str, count| {
            require_json(&Head::parse("POST", "/", fields, count, 1000).unwrap()).is_ok()
        };
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json ;x",
        ] {
            assert!(is_json(&format!("Content-Type\n{good}"), 1), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/json5",
            "application/x-www-form-urlencoded",
            "json",
            "text/plain; application/json",
        ] {
            assert!(!is_json(&format!("Content-Type\n{bad}"), 1), "{bad}");
        }
        assert!(!is_json("", 0));
        assert!(!is_json("Content-Type\napplication/json\nContent-Type\napplication/json", 2));
    }

    #[test]
    fn a_ticket_goes_with_one_cookie_of_its_account() {
        let own = SessionCookie::issue(&[1; 6], &[2; 32]).value;
        let other = SessionCookie::issue(&[3; 6], &[4; 32]).value;
        let ticket = SessionCookie::issue(&[1; 6], &[5; 32]).value;
        let target = format!("/a?b&pas_ticket={ticket}");
        let read = |cookies: String| {
            let fields = format!("Cookie\n{cookies}");
            let head = Head::parse("GET", &target, &fields, 1, 10_000).unwrap();
            ticketed(&head).map(|found| found.map(|ticketed| ticketed.url))
        };
        assert_eq!(read(format!("__Host-pas={own}")), Ok(Some("/a?b".to_owned())));
        assert_eq!(
            read(format!("__Host-pas={other}; __Host-pas-abcdefgh={own}")),
            Ok(Some("/a?b".to_owned()))
        );
        for refused in [
            format!("__Host-pas={other}"),
            format!("__Host-pas={own}; __Host-pas={own}"),
            format!("__Host-pas={own}; __Host-pas={other}"),
        ] {
            assert_eq!(read(refused).unwrap_err().code, Code::SessionMissing);
        }
    }
}
