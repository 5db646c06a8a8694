//! A whole request as text: request line, fields, an empty line, content. What is accepted is what the
//! profile says, byte for byte.

use super::fixture::{AUTHORITY, NOW, SIGN_ORIGIN, byte_sequence, config, secrets};
use partitioned_authority::{
    canonical::{
        base64::{decode_url, encode_url},
        content_digest,
        profile::{Tag, is_reserved_path},
        sha256,
    },
    consent::{Consent, Surface},
    error::Code,
    proof::{InteractionProof, action_hash},
    verifier::{
        head::Head,
        inspect::{Inspection, Route, inspect},
        nonce::issue,
        structured_field::parse_dictionary,
        tier::Tier,
    },
};

/// The longest head, bytes.
const LIMIT: usize = 16_384;

/// The action of the route.
pub const ACTION: &str = "transfer";

/// A message in text: `METHOD TARGET`, then `Name: value` lines, an empty line, content.
struct Text<'a> {
    method: &'a str,
    target: &'a str,
    fields: Vec<(&'a str, &'a str)>,
    content: &'a [u8],
}

fn split(data: &[u8]) -> Option<Text<'_>> {
    let end = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(data.len());
    let (head, content) = (data.get(..end)?, data.get(end + 2..).unwrap_or_default());
    let mut lines = str::from_utf8(head).ok()?.split('\n');
    let (method, target) = lines.next()?.split_once(' ')?;
    let fields = lines.map(|line| line.split_once(':')).collect::<Option<_>>()?;
    Some(Text { method, target, fields, content })
}

/// The input is a request.
pub fn check(data: &[u8]) {
    is_accepted(data);
}

/// Whether its head is accepted, once everything that must hold did.
pub fn is_accepted(data: &[u8]) -> bool {
    let Some(text) = split(data) else { return false };
    let fields: Vec<_> = text.fields.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let fields = fields.join("\n");
    let head = match Head::parse(text.method, text.target, &fields, text.fields.len(), LIMIT) {
        Err(error) => {
            assert!(is_refusal_of_a_head(error.code), "{error}");
            return false;
        }
        Ok(head) => head,
    };
    head_is_kept(&head, &text);
    let control = head.path.starts_with("/.pas/");
    let tag = if control { Tag::Control } else { Tag::Request };
    let route = Route { tier: Tier::Interactive, action: Some(ACTION), tag };
    match inspect(&head, config(), route, NOW) {
        Err(error) => {
            assert!((400..=403).contains(&error.code.status()), "{error}");
            false
        }
        Ok(found) => {
            accepted(&head, found, control, text.content);
            true
        }
    }
}

fn is_refusal_of_a_head(code: Code) -> bool {
    matches!(code, Code::HeaderLimit | Code::SigMalformed | Code::BodyEncoding | Code::SigProfile)
}

/// Nothing of a head is lost, added or changed, but for the whitespace around values.
fn head_is_kept(head: &Head<'_>, text: &Text<'_>) {
    assert_eq!(head.method, text.method);
    let whole = [head.path, head.query].concat();
    assert!(whole == text.target || whole.strip_suffix('?') == Some(text.target));
    for (name, _) in &text.fields {
        let sent = text.fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let sent: Vec<_> = sent.map(|(_, value)| value.trim_matches([' ', '\t'])).collect();
        let lower = name.to_ascii_lowercase();
        assert_eq!(head.fields(&lower).collect::<Vec<_>>(), sent);
        assert_eq!(head.field(&lower).is_ok(), sent.len() == 1);
        assert_ne!(lower, "content-encoding");
    }
}

/// The head must be what a signer that keeps to the profile wrote.
fn accepted(head: &Head<'_>, found: Inspection, control: bool, content: &[u8]) {
    let field = |name: &str| head.field(name).unwrap();
    let signed = &found.signed;
    if control {
        assert_eq!(field("origin"), Some(SIGN_ORIGIN));
    } else {
        assert!(!is_reserved_path(head.path));
    }
    let pair = [&*found.cookie.name, "=", &found.cookie.value].concat();
    assert!(
        head.fields("cookie")
            .any(|line| line.split(';').any(|sent| sent.trim_matches([' ', '\t']) == pair))
    );
    assert_eq!(found.cookie.session_id, session_of(&found.cookie.value));

    // The base, by hand.
    let (mut names, mut base) = (Vec::new(), String::new());
    let derived = [
        ("@method", Some(head.method)),
        ("@authority", Some(AUTHORITY)),
        ("@path", Some(head.path)),
        ("@query", Some(head.query)),
    ];
    let fields = ["content-type", "content-digest", "interaction-proof", "pas-consent"]
        .map(|name| (name, field(name)));
    for (name, value) in derived.into_iter().chain(fields) {
        let Some(value) = value else { continue };
        names.push(format!("\"{name}\""));
        base += &format!("\"{name}\": {value}\n");
    }
    let tag = if control { "pas-1-ctl" } else { "pas-1" };
    let params = format!(
        "({});created={};nonce=\"{}\";keyid=\"{}\";alg=\"ecdsa-p256-sha256\";tag=\"{tag}\"",
        names.join(" "),
        signed.created,
        signed.nonce,
        encode_url(&signed.thumbprint),
    );
    base += &format!("\"@signature-params\": {params}");
    assert_eq!(signed.base, base);
    // RFC 9421 §4.1: the field may be spaced otherwise, but it says the same.
    let input = parse_dictionary(field("signature-input").unwrap()).unwrap();
    assert_eq!(input, parse_dictionary(&format!("pas={params}")).unwrap());
    assert_eq!(
        field("signature").map(|text| text.trim_matches(' ').to_owned()),
        Some(format!("pas={}", byte_sequence(&signed.signature)))
    );

    // Time and nonce.
    let created = i128::from(signed.created) * 1000;
    let window = match field("pas-consent") {
        None => 31_000,
        Some(text) if text.ends_with(", uv") => 121_000,
        Some(_) => 61_000,
    };
    assert!(created - 2_000 - 5_000 <= NOW.into() && i128::from(NOW) <= created + window + 5_000);
    let (server, client) = signed.nonce.split_once('.').unwrap();
    assert!(decode_url::<16>(client).is_some());
    let bytes: [u8; 27] = decode_url(server).unwrap();
    let mut at = [0; 8];
    at[2..].copy_from_slice(&bytes[1..7]);
    let at = u64::from_be_bytes(at);
    assert_eq!(
        issue(&secrets().nonce, &signed.thumbprint, at, bytes[7..11].try_into().unwrap()),
        server
    );
    let freshness = found.freshness;
    assert_eq!(i128::from(freshness.created_from), created - 2_000);
    assert_eq!(i128::from(freshness.created_to), created + window);
    assert_eq!((freshness.nonce_from, freshness.nonce_to), (at - 2_000, at + 302_000));
    assert_eq!(freshness.replay_until, freshness.created_to + 35_000);
    let hash = sha256(&[&signed.thumbprint, signed.nonce.as_bytes()]);
    assert_eq!(found.replay_key, encode_url(&hash[..16]));

    judged(head, found, content);
}

fn judged(head: &Head<'_>, found: Inspection, content: &[u8]) {
    let field = |name: &str| head.field(name).unwrap().map(|text| text.trim_matches(' '));
    let hash = (!content.is_empty()).then(|| sha256(&[content]));
    let digest = hash.map(|_| content_digest(content));
    match found.pending.judge(hash.as_ref(), content) {
        Err(error) if is_refusal_of_a_consent(error.code) => {
            assert!(field("pas-consent").is_some() || field("pas-assertion").is_some());
        }
        Err(error) => {
            assert!(matches!(error.code, Code::DigestMismatch | Code::SigProfile));
            assert_ne!(field("content-digest"), digest.as_deref());
        }
        Ok(verdict) => {
            assert_eq!(field("content-digest"), digest.as_deref());
            let proof = verdict.interaction.as_ref().map(|found| &found.proof);
            let sent = proof.map(InteractionProof::encode).map(|bytes| byte_sequence(&bytes));
            assert_eq!(field("interaction-proof"), sent.as_deref());
            let target = [head.path, head.query].concat();
            let expected =
                action_hash(ACTION, digest.as_deref().unwrap_or_default(), head.method, &target);
            let counts = verdict.interaction.as_ref().is_some_and(|found| {
                assert_eq!(found.bound, found.proof.action_hash == expected);
                found.bound && found.assessment.plausible
            });
            let consent = verdict.consented.as_ref().map(|found| &found.consent);
            assert_eq!(
                field("pas-consent"),
                consent.map(|consent| consent.to_field().unwrap()).as_deref()
            );
            let reached = match consent {
                Some(consent) => consented(head, consent, content),
                None if counts => Tier::Interactive,
                None => Tier::Signed,
            };
            assert_eq!(verdict.tier, reached);
            assert_eq!(
                verdict.refusal.map(|refusal| refusal.code),
                (reached < Tier::Interactive).then_some(Code::TierRequired)
            );
        }
    }
}

const fn is_refusal_of_a_consent(code: Code) -> bool {
    matches!(code, Code::ConsentMismatch | Code::UvInvalid | Code::JsonInvalid)
}

/// The one action of the fixture, and nothing but what its text shows.
fn consented(head: &Head<'_>, consent: &Consent, content: &[u8]) -> Tier {
    assert_eq!((head.method, head.path, head.query), ("POST", "/transfer", "?"));
    assert_eq!((consent.act.as_str(), consent.language.as_str()), (ACTION, "en"));
    assert_eq!(consent.surface, Surface::Popup);
    let body: serde_json::Value = serde_json::from_slice(content).unwrap();
    let members = body.as_object().unwrap();
    assert_eq!(members.keys().collect::<Vec<_>>(), ["to"]);
    assert!(members["to"].as_str().is_none_or(|text| text.chars().count() <= 200));
    assert_eq!(consent.verified, head.field("pas-assertion").unwrap().is_some());
    if consent.verified { Tier::Verified } else { Tier::Consent }
}

/// The store's name of a cookie's session.
fn session_of(cookie: &str) -> String {
    let (_, secret) = cookie.rsplit_once('.').unwrap();
    encode_url(&sha256(&[&decode_url::<32>(secret).unwrap()]))
}
