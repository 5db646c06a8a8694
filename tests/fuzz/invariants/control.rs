//! The bodies of `/.pas/*`, and URL tickets: closed objects, and nothing granted that was not asked for.

use super::{
    fixture::{COOKIE, NOW, Request, SIGN_ORIGIN, config, joined, jwk, secrets, sign, thumbprint},
    oracle::json,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use partitioned_authority::{
    canonical::{Value, base64::encode_url, sha256},
    error::Code,
    verifier::{
        control::{check_ticket_url, enrol, hello, rekey, ticket_request, ticketed},
        head::Head,
        nonce,
    },
};

/// The first byte picks the endpoint; the rest is its body, or for `?` a query.
pub fn check(data: &[u8]) {
    let Some((endpoint, body)) = data.split_first() else { return };
    match endpoint {
        b'h' => of_hello(body),
        b'e' => of_enrol(body),
        b'r' => of_rekey(body),
        b't' => of_ticket(body),
        b'?' => of_query(body),
        _ => {}
    }
}

/// The members of a body, if it is an object of known ones.
fn members(body: &[u8], known: &[&str]) -> Option<Vec<(String, Value)>> {
    match json::parse(body)? {
        Value::Object(members) if members.iter().all(|(name, _)| known.contains(&&**name)) => {
            Some(members)
        }
        _ => None,
    }
}

fn member<'a>(members: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    members.iter().find_map(|(other, value)| (other == name).then_some(value))
}

fn of_hello(body: &[u8]) {
    let fields = format!(
        "Origin\n{SIGN_ORIGIN}\nCookie\n__Host-pas={COOKIE}; __Host-pas-enrol={COOKIE}\nContent-Type\napplication/json"
    );
    let head = Head::parse("POST", "/.pas/hello", &fields, 3, 10_000).unwrap();
    let members = members(body, &["keyid", "keys"]);
    let keyid = members.as_deref().map(|members| match member(members, "keyid") {
        None => Ok(None),
        Some(Value::String(text)) => match Base64UrlUnpadded::decode_vec(text) {
            Ok(bytes) if bytes.len() == 32 => Ok(Some(bytes)),
            _ => Err(()),
        },
        Some(_) => Err(()),
    });
    let keys = members.as_deref().map(|members| match member(members, "keys") {
        None => Ok(false),
        Some(Value::Bool(true)) => Ok(true),
        Some(_) => Err(()),
    });
    match hello(&head, body, config(), NOW, [3; 4]) {
        Err(error) => {
            assert_eq!(error.code, Code::JsonInvalid);
            assert!(!matches!((keyid, keys), (Some(Ok(_)), Some(Ok(_)))), "{}", error.detail);
        }
        Ok(hello) => {
            let (Some(Ok(keyid)), Some(Ok(keys))) = (keyid, keys) else {
                panic!("accepted {body:?}")
            };
            let good = |text: &str, key, bound: &[u8]| {
                let nonce = format!("{text}.AAECAwQFBgcICQoLDA0ODw");
                assert_eq!(nonce::check(key, &nonce, bound), Ok(NOW));
            };
            assert_eq!(hello.nonce.is_some(), keyid.is_some());
            if let (Some(text), Some(bound)) = (&hello.nonce, &keyid) {
                good(text, &secrets().nonce, bound);
            }
            let challenge = hello.challenge.unwrap();
            let secret = COOKIE.rsplit_once('.').unwrap().1;
            let session = encode_url(&sha256(&[&Base64UrlUnpadded::decode_vec(secret).unwrap()]));
            good(&challenge, &secrets().challenge, session.as_bytes());
            assert_eq!(hello.sessions.map(|all| all.len()), keys.then_some(1));
        }
    }
    let foreign = fields.replace(SIGN_ORIGIN, "https://app.example.com");
    let head = Head::parse("POST", "/.pas/hello", &foreign, 3, 10_000).unwrap();
    assert_eq!(hello_code(&head, body), Code::OriginRefused);
}

fn hello_code(head: &Head<'_>, body: &[u8]) -> Code {
    hello(head, body, config(), NOW, [3; 4]).unwrap_err().code
}

/// Any body, honestly signed by the one key: taken only if it carries that key and nothing else.
fn of_enrol(body: &[u8]) {
    let mut request = Request::new();
    request.method = "POST".into();
    request.path = "/.pas/enrol".into();
    request.control = true;
    request.content = body.to_vec();
    request.content_type = Some("application/json".into());
    let secret = COOKIE.rsplit_once('.').unwrap().1;
    let session = encode_url(&sha256(&[&Base64UrlUnpadded::decode_vec(secret).unwrap()]));
    let server = nonce::issue(&secrets().challenge, session.as_bytes(), NOW - 1000, [1; 4]);
    request.nonce = format!("{server}.AAECAwQFBgcICQoLDA0ODw");
    let mut fields = request.fields(&[5; 64]);
    fields[1].1 = format!("__Host-pas-enrol={COOKIE}");
    let text = joined(&fields);
    let head = Head::parse("POST", "/.pas/enrol", &text, fields.len(), 100_000).unwrap();

    let own = json::parse(jwk().as_bytes()).unwrap();
    let sent = members(body, &["jwk"]).and_then(|members| member(&members, "jwk").cloned());
    let is_own = sent.is_some_and(|sent| same_members(&sent, &own));
    match enrol(&head, body, config(), NOW).and_then(|found| found.check_key().map(|_| found)) {
        Ok(found) => {
            assert!(is_own);
            assert_eq!(found.key.thumbprint(), thumbprint());
            assert_eq!(found.signed.base, request.base());
            assert_eq!((found.ticket.session_id, found.present.len()), (session, 0));
        }
        Err(error) => {
            assert!(!is_own, "{error}");
            let codes = [Code::JsonInvalid, Code::KeyInvalid, Code::EnrolRefused, Code::SigProfile];
            assert!(codes.contains(&error.code), "{error}");
            assert_eq!(error.code == Code::SigProfile, body.is_empty());
        }
    }
    // The same content under another's digest.
    if !body.is_empty() {
        let other = [body, b" "].concat();
        assert_eq!(enrol(&head, &other, config(), NOW).unwrap_err().code, Code::DigestMismatch);
    }
}

fn same_members(a: &Value, b: &Value) -> bool {
    let (Value::Object(a), Value::Object(b)) = (a, b) else { return false };
    a.len() == b.len() && a.iter().all(|member| b.contains(member))
}

/// `pop` is good only over both thumbprints and the nonce of this very request.
fn of_rekey(body: &[u8]) {
    let (old, nonce) = ([9; 32], "S.C");
    match rekey(body, &old, nonce) {
        Err(error) => {
            let codes = [Code::JsonInvalid, Code::KeyInvalid, Code::SigInvalid];
            assert!(codes.contains(&error.code), "{error}");
        }
        Ok(rotation) => {
            let new = rotation.key.coordinates.thumbprint();
            let members = members(body, &["jwk", "pop"]).unwrap();
            let Some(Value::String(pop)) = member(&members, "pop") else { panic!("no pop") };
            let pop = Base64UrlUnpadded::decode_vec(pop).unwrap();
            let base = [b"pas-1 rekey\0".as_slice(), &old, &new, nonce.as_bytes()].concat();
            assert!(rotation.key.verify(&base, &pop));
            assert_eq!(rekey(body, &[8; 32], nonce).unwrap_err().code, Code::SigInvalid);
            assert_eq!(rekey(body, &old, "S.D").unwrap_err().code, Code::SigInvalid);
        }
    }
    // An honest rotation to the fixture's key, offered with the input as its nonce.
    let Ok(nonce) = str::from_utf8(body) else { return };
    if body.len().is_multiple_of(16) {
        let base = [b"pas-1 rekey\0".as_slice(), &old, &thumbprint(), body].concat();
        let pop = Base64UrlUnpadded::encode_string(&sign(&base));
        let honest = format!(r#"{{"jwk":{},"pop":"{pop}"}}"#, jwk());
        assert!(rekey(honest.as_bytes(), &old, nonce).is_ok());
        assert!(rekey(honest.as_bytes(), &old, &format!("{nonce}.")).is_err());
    }
}

fn of_ticket(body: &[u8]) {
    let url = members(body, &["url"]).and_then(|members| match member(&members, "url") {
        Some(Value::String(url)) => Some(url.clone()),
        _ => None,
    });
    match ticket_request(body) {
        Ok(found) => {
            assert_eq!(Some(&found), url.as_ref());
            assert!(
                found.starts_with('/') && found.bytes().all(|b| b.is_ascii_graphic() && b != b'#')
            );
            let (path, query) = found.split_once('?').unwrap_or((&found, ""));
            assert!(!query.contains("pas_ticket="));
            assert!(!path.to_ascii_lowercase().contains("/.pas/"));
            redeemed(&found);
        }
        Err(error) => {
            assert_eq!(error.code, Code::JsonInvalid);
            assert!(url.is_none_or(|url| check_ticket_url(&url).is_err()));
        }
    }
}

/// A ticket put on a URL as the client does comes back with exactly that URL.
fn redeemed(url: &str) {
    let separator = if url.contains('?') { '&' } else { '?' };
    let target = format!("{url}{separator}pas_ticket={COOKIE}");
    let fields = format!("Cookie\n__Host-pas={COOKIE}");
    let head = Head::parse("GET", &target, &fields, 1, usize::MAX).unwrap();
    let found = ticketed(&head).unwrap().unwrap();
    assert_eq!(found.url, url);
    let head = Head::parse("POST", &target, &fields, 1, usize::MAX).unwrap();
    assert_eq!(ticketed(&head).unwrap_err().code, Code::TicketInvalid);
    let head = Head::parse("GET", &target, "", 0, usize::MAX).unwrap();
    assert_eq!(ticketed(&head).unwrap_err().code, Code::SessionMissing);
}

fn of_query(query: &[u8]) {
    let Ok(query) = str::from_utf8(query) else { return };
    let target = format!("/file?{query}");
    let fields = format!("Cookie\n__Host-pas={COOKIE}");
    let Ok(head) = Head::parse("GET", &target, &fields, 1, usize::MAX) else { return };
    match ticketed(&head) {
        Ok(None) => assert!(!query.contains("pas_ticket=")),
        Ok(Some(found)) => {
            let (before, value) = target.split_once("pas_ticket=").unwrap();
            assert_eq!(before.len(), found.url.len() + 1);
            assert!(before.starts_with(&found.url) && before.ends_with(['?', '&']));
            assert!(
                !value.contains(['&', '='])
                    && value.len() == 54
                    && value.starts_with("1.AQIDBAUG.")
            );
            assert_eq!(found.cookie.value, COOKIE);
            check_ticket_url(&found.url).unwrap();
        }
        Err(error) => {
            assert!(matches!(error.code, Code::TicketInvalid | Code::SessionMissing));
            assert!(query.contains("pas_ticket="));
        }
    }
}
