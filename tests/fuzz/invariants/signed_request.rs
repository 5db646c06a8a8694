//! A signer that keeps to the profile is accepted; each single departure from it is refused.

use super::{
    fixture::{NOW, Request, config, joined, jwk, secrets, sign, signature_input, thumbprint},
    signature_input::ACTION,
};
use arbitrary::{Result, Unstructured};
use base64ct::{Base64, Encoding as _};
use partitioned_authority::{
    canonical::{json::parse, profile::Tag, sha256},
    error::{Code, Error},
    proof::{
        Flags, InteractionProof, Kind, Marks, Press, Private, action_hash,
        features::{PRIVATE_COUNT, PRIVATE_MAX},
    },
    verifier::{
        head::Head,
        inspect::{Inspection, Route, inspect},
        keys::PublicKey,
        nonce::issue,
        tier::Tier,
    },
};
use std::sync::LazyLock;

static KEY: LazyLock<PublicKey> =
    LazyLock::new(|| PublicKey::from_jwk(&parse(jwk().as_bytes()).unwrap()).unwrap());

/// The input decides a request and some departures, each from the honest one.
pub fn check(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(request) = any_request(&mut input) else { return };
    let base = request.base();
    // The public-key operations cost more than the rest together: for some inputs only.
    let signs = data.len().is_multiple_of(32);
    let signature = if signs { sign(base.as_bytes()) } else { [5; 64] };
    let fields = request.fields(&signature);

    let found = read(&request, &fields).unwrap_or_else(|error| panic!("{error}: {request:?}"));
    assert_eq!(found.signed.base, base);
    assert_eq!(found.signed.signature, signature);
    if signs {
        assert!(KEY.verify(base.as_bytes(), &signature));
    }
    let content = (!request.content.is_empty()).then(|| sha256(&[&request.content]));
    let verdict = found.pending.judge(content.as_ref(), &request.content).unwrap();
    assert_eq!(verdict.tier == Tier::Interactive, request.proof.is_some());

    for _ in 0..8 {
        let mut departed = fields.clone();
        let Ok(codes) = depart(&mut input, &request, &mut departed) else { return };
        if departed != fields {
            match read(&request, &departed) {
                Err(error) => assert!(codes.contains(&error.code), "{error} for {departed:?}"),
                Ok(_) => panic!("accepted {departed:?}"),
            }
        }
        if input.is_empty() {
            return;
        }
    }
}

fn read(request: &Request, fields: &[(String, String)]) -> std::result::Result<Inspection, Error> {
    let (target, text) = (request.target(), joined(fields));
    let head = Head::parse(&request.method, &target, &text, fields.len(), 1 << 16)?;
    let tag = if request.control { Tag::Control } else { Tag::Request };
    let route = Route { tier: Tier::Signed, action: Some(ACTION), tag };
    inspect(&head, config(), route, NOW)
}

fn any_request(input: &mut Unstructured<'_>) -> Result<Request> {
    let mut request = Request::new();
    request.control = input.ratio(1_u8, 8_u8)?;
    request.method = (*input.choose(&["GET", "POST", "PUT", "patch", "M-SEARCH", "!"])?).into();
    request.path = if request.control { "/.pas/rekey".into() } else { any_path(input)? };
    request.query = ["?".to_owned(), graphic(input, 20)?.replace('#', "%23")].concat();
    if input.arbitrary()? {
        request.content_type = Some(trimmed(input)?);
    }
    if input.arbitrary()? {
        let length = input.int_in_range(0..=40)?;
        request.content = input.bytes(length)?.to_vec();
    }
    let age = input.int_in_range(0..=29)?;
    request.created = NOW / 1000 - age;
    let server = issue(&secrets().nonce, &thumbprint(), request.created * 1000, input.arbitrary()?);
    let client: [u8; 16] = input.arbitrary()?;
    request.nonce =
        format!("{server}.{}", partitioned_authority::canonical::base64::encode_url(&client));
    if input.arbitrary()? {
        request.proof = Some(proof(&request, input.arbitrary()?));
    }
    Ok(request)
}

/// A path that is in origin form and not reserved.
fn any_path(input: &mut Unstructured<'_>) -> Result<String> {
    let path = format!("/{}", graphic(input, 30)?.replace(['#', '?'], "~"));
    let reserved = partitioned_authority::canonical::profile::is_reserved_path(&path);
    Ok(if reserved { "/".into() } else { path })
}

fn graphic(input: &mut Unstructured<'_>, most: usize) -> Result<String> {
    let length = input.int_in_range(0..=most)?;
    (0..length).map(|_| Ok(char::from(input.int_in_range(b'!'..=b'~')?))).collect()
}

/// A field value: visible ASCII, with spaces and tabs inside.
fn trimmed(input: &mut Unstructured<'_>) -> Result<String> {
    let inside = if input.arbitrary()? { "\t" } else { "; " };
    Ok([&graphic(input, 10)?, "a", inside, "b", &graphic(input, 10)?].concat())
}

/// An interaction bound to the request: by keys, or by a mouse in privacy mode.
fn proof(request: &Request, event_id: [u8; 8]) -> Vec<u8> {
    let [first, second, ..] = event_id;
    let movement = (second < 200).then_some([second % (PRIVATE_MAX + 1); PRIVATE_COUNT]);
    let private = (first % 2 == 1).then_some(Private { marks: Marks::default(), movement });
    let digest = request.content_digest().unwrap_or_default();
    let target = [&*request.path, &*request.query].concat();
    InteractionProof {
        flags: Flags { trusted: true, ..Flags::default() },
        kind: if private.is_some() { Kind::Mouse } else { Kind::Keyboard },
        event_id,
        age_ms: 30,
        action_hash: action_hash(ACTION, &digest, &request.method, &target),
        press: Press { dwell_ms: Some(70), pixel_ratio_16: 16, ..Press::default() },
        samples: Vec::new(),
        private,
    }
    .encode()
}

/// Changes one thing; gives the codes that it may be refused with.
fn depart(
    input: &mut Unstructured<'_>,
    request: &Request,
    fields: &mut Vec<(String, String)>,
) -> Result<&'static [Code]> {
    const PROFILE: &[Code] = &[Code::SigProfile];
    const SYNTAX: &[Code] =
        &[Code::SigProfile, Code::SigMalformed, Code::AlgRefused, Code::SigMissing];
    const NONCE: &[Code] = &[Code::NonceInvalid];
    let at = |fields: &[(String, String)], name: &str| {
        fields.iter().position(|(other, _)| other.eq_ignore_ascii_case(name)).unwrap_or_default()
    };
    let (signature_at, input_at) = (at(fields, "signature"), at(fields, "signature-input"));
    let covered = request.covered();
    let mut names: Vec<_> = covered.iter().map(|(name, _)| *name).collect();
    let mut parameters = request.parameters();
    let codes = match input.int_in_range(0..=16)? {
        0 => {
            let (a, b) = (input.choose_index(names.len())?, input.choose_index(names.len())?);
            names.swap(a, b);
            PROFILE
        }
        1 => {
            names.remove(input.choose_index(names.len())?);
            PROFILE
        }
        2 => {
            let more =
                ["@method", "host", "date", "@target-uri", "@scheme", "cookie", "@query-param"];
            names.insert(input.choose_index(names.len() + 1)?, input.choose(&more)?);
            PROFILE
        }
        3 => {
            let (a, b) = (input.choose_index(5)?, input.choose_index(5)?);
            parameters.swap(a, b);
            PROFILE
        }
        4 => {
            parameters.remove(input.choose_index(5)?);
            PROFILE
        }
        5 => {
            let doubled = input.choose(&parameters)?.clone();
            let more = [("expires", "1800000100".to_owned()), ("x", "?1".into()), doubled];
            parameters.insert(input.choose_index(6)?, input.choose(&more)?.clone());
            PROFILE
        }
        6 => {
            let others = [
                ("created", "1.5"),
                ("created", "\"1\""),
                ("created", "-1"),
                ("created", "@1800000000"),
                ("nonce", "abc"),
                ("nonce", ":AAAA:"),
                ("keyid", "\"abc\""),
                ("keyid", "?1"),
                ("tag", "\"pas-2\""),
                ("tag", "\"pas-1-CTL\""),
                ("tag", "pas-1"),
            ];
            let (name, value) = *input.choose(&others)?;
            for (other, old) in &mut parameters {
                if *other == name {
                    *old = value.into();
                }
            }
            &[Code::SigProfile, Code::TimeStale, Code::NonceInvalid]
        }
        7 => {
            let others =
                ["\"hmac-sha256\"", "\"none\"", "\"ECDSA-P256-SHA256\"", "\"rsa-pss-sha512\""];
            if let Some(alg) = parameters.get_mut(3) {
                alg.1 = (*input.choose(&others)?).into();
            }
            &[Code::AlgRefused]
        }
        8 => {
            // Any other S: position 0 to 36 of the nonce, after its quotation mark.
            let mut nonce = parameters[1].1.clone().into_bytes();
            let at = 1 + input.choose_index(37)?;
            let other = input.int_in_range(b'-'..=b'z')?;
            if other == b'\\' {
                return Ok(NONCE);
            }
            nonce[at] = other;
            parameters[1].1 = String::from_utf8(nonce).unwrap_or_default();
            NONCE
        }
        9 => {
            let created = NOW / 1000;
            let far = input.int_in_range(40..=100_000)?;
            let other = if input.arbitrary()? { created + far } else { created - far };
            parameters[0].1 = other.to_string();
            &[Code::TimeStale, Code::TimeFuture]
        }
        10 => {
            fields.remove(*input.choose(&[signature_at, input_at])?);
            return Ok(&[Code::SigMissing]);
        }
        11 => {
            let doubled = fields[*input.choose(&[signature_at, input_at])?].clone();
            fields.insert(input.choose_index(fields.len() + 1)?, doubled);
            return Ok(PROFILE);
        }
        12 => {
            let field = &mut fields[*input.choose(&[signature_at, input_at])?].1;
            let value = field.clone();
            *field = match input.int_in_range(0..=4)? {
                0 => format!("{value}, {value}"),
                1 => format!("{value}, other=:AAAA:"),
                2 => value.replacen("pas=", "sig1=", 1),
                3 => format!("other=1, {value}"),
                _ => value.replacen("pas=", "pas=1, pas=", 1),
            };
            return Ok(PROFILE);
        }
        13 => {
            // Any single byte of either field.
            let field = &mut fields[*input.choose(&[signature_at, input_at])?].1;
            let mut bytes = field.clone().into_bytes();
            let at = input.choose_index(bytes.len())?;
            bytes[at] = input.int_in_range(b' '..=b'~')?;
            let changed = String::from_utf8(bytes).unwrap_or_default();
            if says_the_same(&changed, field) {
                return Ok(SYNTAX);
            }
            *field = changed;
            return Ok(&[
                Code::SigProfile,
                Code::SigMalformed,
                Code::AlgRefused,
                Code::NonceInvalid,
                Code::TimeStale,
                Code::TimeFuture,
            ]);
        }
        14 => {
            let names = [
                "content-encoding",
                "X-HTTP-Method-Override",
                "x-http-method",
                "X-Method-Override",
                "x-original-url",
                "X-Rewrite-URL",
            ];
            let name = *input.choose(&names)?;
            fields.push((name.into(), graphic(input, 5)?));
            return Ok(&[Code::SigProfile, Code::BodyEncoding]);
        }
        15 => {
            // Another digest or proof, where there is one: two, another name, parameters, another base64.
            let name = *input.choose(&["content-digest", "interaction-proof"])?;
            let Some(field) = fields.iter_mut().find(|(other, _)| other == name) else {
                return Ok(SYNTAX);
            };
            let value = field.1.clone();
            field.1 = match input.int_in_range(0..=7)? {
                0 => format!("{value}, {value}"),
                1 => format!("sha-512=:AAAA:, {value}"),
                2 => value.replacen("sha-256", "sha-512", 1),
                3 => format!("{value};p"),
                4 => value.replacen(':', "(:", 1) + ")",
                5 => value.replace('=', ""),
                6 => with_stray_bits(&value),
                _ => value.replacen(':', ": ", 1),
            };
            return Ok(&[Code::SigProfile, Code::SigMalformed, Code::ProofMalformed]);
        }
        _ => {
            // A covered field the signer did not see.
            let name = *input.choose(&["Content-Type", "Content-Digest", "Interaction-Proof"])?;
            fields.push((name.into(), graphic(input, 5)?));
            return Ok(PROFILE);
        }
    };
    fields[input_at].1 = signature_input(&names, &parameters);
    Ok(codes)
}

/// With a bit set that decodes to nothing; without padding there is none, and the label goes instead.
fn with_stray_bits(value: &str) -> String {
    let text = value.strip_suffix(':').unwrap_or(value);
    let bare = text.trim_end_matches('=');
    let mut bytes = bare.as_bytes().to_vec();
    match bytes.last_mut() {
        // Canonical values are multiples of four; the next character of the alphabet is one more.
        Some(last) if bare.len() < text.len() => *last += 1,
        _ => return format!("{value}a"),
    }
    String::from_utf8_lossy(&bytes).into_owned() + &value[bare.len()..]
}

/// Another text that the head alone can't refuse: the same value to whoever reads it, another signature of
/// the right length, another C, or another time within the window.
fn says_the_same(changed: &str, field: &str) -> bool {
    use partitioned_authority::verifier::structured_field::parse_dictionary;
    let same = parse_dictionary(changed) == parse_dictionary(field);
    let signature = changed.strip_prefix("pas=:").and_then(|rest| rest.strip_suffix(':'));
    let only_signature =
        signature.is_some_and(|text| Base64::decode_vec(text).is_ok_and(|bytes| bytes.len() == 64));
    same || only_signature || only_free_parameters(changed, field)
}

/// Whether the texts differ in C or in the last digits of `created` only.
fn only_free_parameters(changed: &str, field: &str) -> bool {
    let free = |text: &str| {
        let (covered, rest) = text.split_once(";created=")?;
        let (created, rest) = rest.split_once(";nonce=\"")?;
        let (nonce, rest) = rest.split_once('"')?;
        let (server, _) = nonce.split_once('.')?;
        created.parse::<u64>().ok()?;
        Some((covered.to_owned(), server.to_owned(), rest.to_owned()))
    };
    free(changed).is_some() && free(changed) == free(field)
}
