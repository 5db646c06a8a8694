//! The session and enrolment cookies.
//!
//! Session cookie `1.<slot8>.<secret43>`: the slot is the user's place in the store, the secret is 32 random bytes
//! of which the store keeps the SHA-256. It identifies; alone it permits nothing but `identified`.

use super::head::Head;
use crate::{
    canonical::{base64, sha256},
    error::{Code, Error, Result},
};

/// The session cookie of the first account in a browser.
pub const SESSION: &str = "__Host-pas";

/// The enrolment ticket.
pub const ENROL: &str = "__Host-pas-enrol";

/// Length of the slot of the user, bytes.
pub const SLOT_LENGTH: usize = 6;

/// What a session cookie says: where to look, and for what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionCookie {
    /// The slot of the user, base64url, 8 characters.
    pub slot: String,
    /// SHA-256 of the secret, base64url: the session's id.
    pub session_id: String,
    /// The cookie's name.
    pub name: String,
    /// The cookie's value, to set again under another name.
    pub value: String,
}

impl SessionCookie {
    /// Strict: one version, exact lengths, canonical base64url.
    #[must_use]
    pub fn parse(name: &str, value: &str) -> Option<Self> {
        let (slot, secret) = value.strip_prefix("1.")?.split_once('.')?;
        base64::decode_url::<SLOT_LENGTH>(slot)?;
        Some(Self {
            slot: slot.to_owned(),
            session_id: id_of(&base64::decode_url(secret)?),
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    /// The cookie of a new session.
    #[must_use]
    pub fn issue(slot: &[u8; SLOT_LENGTH], secret: &[u8; 32]) -> Self {
        let slot = base64::encode_url(slot);
        let value = format!("1.{slot}.{}", base64::encode_url(secret));
        Self { slot, session_id: id_of(secret), name: SESSION.to_owned(), value }
    }
}

/// The store's name for a 32-byte secret: its SHA-256, base64url.
#[must_use]
pub fn id_of(secret: &[u8; 32]) -> String {
    base64::encode_url(&sha256(&[secret]))
}

/// The name of the cookie of a further account: `__Host-pas-` and the first 8 characters of its keyid.
#[must_use]
pub fn further_account(keyid: &str) -> String {
    format!("{SESSION}-{}", keyid.get(..8).unwrap_or_default())
}

fn pairs<'a>(head: &Head<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    head.fields("cookie")
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
}

/// The value of the cookie `name`.
///
/// # Errors
/// `ERR_SESSION_MISSING` if it is there twice: no rule says which one is meant.
pub fn find<'a>(head: &Head<'a>, name: &str) -> Result<Option<&'a str>> {
    let mut found = None;
    for (key, value) in pairs(head) {
        if key == name && found.replace(value).is_some() {
            return Err(Code::SessionMissing.because(&"a cookie is doubled"));
        }
    }
    Ok(found)
}

/// The session cookie that belongs to `keyid`: the one named after it, else the first account's. Without
/// a keyid the first account's, else that of the only further one.
///
/// # Errors
/// `ERR_SESSION_MISSING` if there is none, it is doubled, malformed, or not the only one that could be
/// meant.
pub fn select(head: &Head<'_>, keyid: Option<&str>) -> Result<SessionCookie> {
    const MISSING: Error = Code::SessionMissing.because(&"no session cookie");
    let named = match keyid.map(further_account) {
        Some(name) => find(head, &name)?.map(|value| (name, value)),
        None => None,
    };
    let (name, value) = match (named, find(head, SESSION)?) {
        (Some(named), _) => named,
        (None, Some(value)) => (SESSION.to_owned(), value),
        (None, None) if keyid.is_none() => {
            let mut further = all(head).into_iter();
            return match (further.next(), further.next()) {
                (Some(only), None) => Ok(only),
                _ => Err(MISSING),
            };
        }
        (None, None) => return Err(MISSING),
    };
    SessionCookie::parse(&name, value)
        .ok_or(Code::SessionMissing.because(&"the session cookie is malformed"))
}

/// Every session cookie of the browser, well-formed ones only: what an enrolment may replace.
#[must_use]
pub fn all(head: &Head<'_>) -> Vec<SessionCookie> {
    pairs(head)
        .filter(|(name, _)| *name == SESSION || is_further_account(name))
        .filter_map(|(name, value)| SessionCookie::parse(name, value))
        .collect()
}

fn is_further_account(name: &str) -> bool {
    name.strip_prefix(SESSION)
        .and_then(|rest| rest.strip_prefix('-'))
        .is_some_and(|keyid| keyid.len() == 8)
}

/// The enrolment ticket, which has the form of a session cookie.
///
/// # Errors
/// `ERR_ENROL_REFUSED` if there is none, it is doubled, or it is malformed.
pub fn enrolment_ticket(head: &Head<'_>) -> Result<SessionCookie> {
    const REFUSED: Error = Code::EnrolRefused.because(&"no enrolment ticket");
    let value = find(head, ENROL).map_err(|_| REFUSED)?.ok_or(REFUSED)?;
    SessionCookie::parse(ENROL, value).ok_or(REFUSED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cookies(cookies: &str, check: impl Fn(&Head<'_>)) {
        let fields = format!("Cookie\n{cookies}");
        check(&Head::parse("GET", "/", &fields, 1, 10_000).unwrap());
    }

    #[test]
    fn the_cookie_is_selected_by_keyid() {
        let first = SessionCookie::issue(&[1; 6], &[2; 32]);
        let further = SessionCookie::issue(&[3; 6], &[4; 32]);
        let (first_value, further_value) = (&first.value, &further.value);
        assert_eq!(further_value.len(), 2 + 8 + 1 + 43);
        with_cookies(
            &format!("a=b; __Host-pas={first_value}; __Host-pas-abcdefgh={further_value}"),
            |head| {
                assert_eq!(select(head, Some("abcdefghi")).unwrap().session_id, further.session_id);
                assert_eq!(select(head, Some("zzzzzzzzz")).unwrap(), first);
                assert_eq!(select(head, None).unwrap(), first);
            },
        );
    }

    #[test]
    fn doubled_and_malformed_cookies_are_refused() {
        let value = SessionCookie::issue(&[1; 6], &[2; 32]).value;
        let tail = value.strip_prefix("1.").unwrap();
        for cookies in [
            String::new(),
            "other=1".into(),
            format!("__Host-pas={value}; __Host-pas={value}"),
            format!("__Host-pas=2.{tail}"),
            format!("__Host-pas={value}A"),
            format!("__Host-pas={value}="),
            "__Host-pas=1..".into(),
            format!("__host-pas={value}"),
        ] {
            with_cookies(&cookies, |head| {
                assert_eq!(select(head, None).unwrap_err().code, Code::SessionMissing, "{cookies}");
            });
        }
        with_cookies(&format!("__Host-pas={value}"), |head| assert!(select(head, None).is_ok()));
    }
}
