//! Cookies: which session is meant is never a matter of opinion.

use super::fixture::COOKIE;
use partitioned_authority::{
    canonical::{
        base64::{decode_url, encode_url},
        sha256,
    },
    error::Code,
    verifier::{
        cookie::{
            ENROL, SESSION, SessionCookie, all, enrolment_ticket, find, further_account, select,
        },
        head::Head,
    },
};

/// Each line of the input is one `Cookie` field.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let lines: Vec<&str> = text.split('\n').collect();
    let fields = lines.iter().map(|line| format!("Cookie\n{line}")).collect::<Vec<_>>().join("\n");
    let head = Head::parse("GET", "/", &fields, lines.len(), usize::MAX).unwrap();
    let pairs = pairs(&lines);

    for (name, _) in &pairs {
        found(&head, &pairs, name);
    }
    found(&head, &pairs, SESSION);
    found(&head, &pairs, "absent");
    let sessions = all(&head);
    for cookie in &sessions {
        well_formed(cookie);
        assert!(pairs.contains(&(&cookie.name, &cookie.value)));
    }
    let expected = pairs.iter().filter(|(name, value)| is_session(name) && is_value(value));
    assert_eq!(sessions.len(), expected.count());

    selected(&head, &pairs, None);
    selected(&head, &pairs, Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    for (name, _) in &pairs {
        if let Some(keyid) = name.strip_prefix("__Host-pas-").filter(|rest| rest.len() >= 8) {
            selected(&head, &pairs, Some(keyid));
        }
    }

    let sent: Vec<_> = pairs.iter().filter(|(name, _)| *name == ENROL).collect();
    match enrolment_ticket(&head) {
        Ok(ticket) => {
            well_formed(&ticket);
            assert_eq!(sent, [&(ENROL, &*ticket.value)]);
        }
        Err(error) => {
            assert_eq!(error.code, Code::EnrolRefused);
            assert!(sent.len() != 1 || !is_value(sent[0].1));
        }
    }

    if data.len() >= 38 {
        issued(data);
    }
}

/// RFC 6265 §5.4 as servers read it: pairs by semicolons, the name up to the first `=`.
fn pairs<'a>(lines: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let mut out = Vec::new();
    for pair in lines.iter().flat_map(|line| line.trim_matches([' ', '\t']).split(';')) {
        let pair = pair.trim_matches([' ', '\t']);
        if let Some(at) = pair.find('=') {
            out.push((&pair[..at], &pair[at + 1..]));
        }
    }
    out
}

fn is_session(name: &str) -> bool {
    name == "__Host-pas" || (name.starts_with("__Host-pas-") && name.len() == 19)
}

/// `1.<8>.<43>`, base64url without padding or stray bits.
fn is_value(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    let ["1", tag, secret] = parts.as_slice() else { return false };
    let alphabet =
        |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let last = "AEIMQUYcgkosw048";
    tag.len() == 8
        && alphabet(tag)
        && secret.len() == 43
        && alphabet(secret)
        && secret.ends_with(|c| last.contains(c))
}

fn well_formed(cookie: &SessionCookie) {
    assert!(is_value(&cookie.value), "{cookie:?}");
    let parts: Vec<&str> = cookie.value.split('.').collect();
    assert_eq!(parts[1], cookie.slot);
    assert_eq!(encode_url(&sha256(&[&decode_url::<32>(parts[2]).unwrap()])), cookie.session_id);
    assert_eq!(SessionCookie::parse(&cookie.name, &cookie.value).as_ref(), Some(cookie));
}

fn found(head: &Head<'_>, pairs: &[(&str, &str)], name: &str) {
    let values: Vec<_> =
        pairs.iter().filter(|(other, _)| *other == name).map(|(_, v)| *v).collect();
    match find(head, name) {
        Ok(value) => assert_eq!(value.into_iter().collect::<Vec<_>>(), values),
        Err(error) => assert!(error.code == Code::SessionMissing && values.len() > 1),
    }
}

/// The account's own cookie, else the first account's; without a keyid the first account's, else the only one.
fn selected(head: &Head<'_>, pairs: &[(&str, &str)], keyid: Option<&str>) {
    let named = |name: &str| pairs.iter().filter(|(other, _)| *other == name).collect::<Vec<_>>();
    let own = keyid.map(further_account).map(|name| named(&name)).unwrap_or_default();
    let mut meant = if own.is_empty() { named("__Host-pas") } else { own };
    if keyid.is_none() && meant.is_empty() {
        meant = pairs.iter().filter(|(name, value)| is_session(name) && is_value(value)).collect();
    }
    if named("__Host-pas").len() > 1 {
        // No browser sends that; whatever else there is, it is refused.
        meant.clear();
    }
    match select(head, keyid) {
        Ok(cookie) => {
            well_formed(&cookie);
            assert_eq!(meant, [&(&*cookie.name, &*cookie.value)]);
        }
        Err(error) => {
            assert_eq!(error.code, Code::SessionMissing);
            assert!(meant.len() != 1 || !is_value(meant[0].1), "{meant:?}");
        }
    }
}

/// A cookie of our own making comes back as it was, among strangers, and doubled it is refused.
fn issued(data: &[u8]) {
    let (tag, secret) = (data[..6].try_into().unwrap(), data[6..38].try_into().unwrap());
    let cookie = SessionCookie::issue(&tag, &secret);
    well_formed(&cookie);
    let line = |text: String| format!("Cookie\n{text}");
    let once = line(format!("a=b; {}={}; c", cookie.name, cookie.value));
    let head = Head::parse("GET", "/", &once, 1, usize::MAX).unwrap();
    assert_eq!(select(&head, None), Ok(cookie.clone()));
    let twice = line(format!("{SESSION}={COOKIE}; {}={}", cookie.name, cookie.value));
    let head = Head::parse("GET", "/", &twice, 1, usize::MAX).unwrap();
    assert_eq!(select(&head, None).unwrap_err().code, Code::SessionMissing);
}
