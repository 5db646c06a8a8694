//! Writes the first inputs of every target into a folder: small, readable, and valid where the fuzzer could
//! not guess a key, a MAC or a digest. `npm run fuzz -- --seeds` puts them into the corpora; run it again
//! when the wire changes.

use invariants::fixture::{COOKIE, NOW, Request, consent, jwk, secrets, sign, thumbprint};
use partitioned_authority::{
    canonical::{base64::encode_url, sha256},
    consent::Surface,
    proof::{
        Flags, InteractionProof, Kind, Marks, Press, Private, Sample, action_hash,
        features::{PRIVATE_COUNT, PRIVATE_MAX},
    },
    verifier::nonce::issue,
};
use std::{array::from_fn, env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let to = env::args().nth(1).ok_or_else(|| io::Error::other("name a folder to write to"))?;
    for (target, seeds) in [
        (
            "base64",
            texts(&[
                "",
                "AA",
                "AAE",
                "Zm9vYmFy",
                "AQIDBAUG",
                "AAECAwQFBgcICQoLDA0ODw",
                "__8",
                "AAF",
            ]),
        ),
        (
            "consent_field",
            texts(&[
                "act=\"transfer\", ver=:AQEBAQEBAQEBAQEBAQEBAQ==:, lang=\"en\", text=:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=:, surface=popup",
                "act=\"a \\\"b\\\\\", ver=:AQEBAQEBAQEBAQEBAQEBAQ==:, lang=\"de-AT\", text=:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=:, surface=frame, uv",
                "act=\"transfer\", ver=:AQEBAQEBAQEBAQEBAQEBAQ==:, lang=\"en\", text=:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=:, surface=popup, uv=?1",
                "id=:AQ==:, auth=:AgI=:, client=:AwMD:, sig=:BA==:",
                "id=::, auth=::, client=::, sig=::",
            ])
            .into_iter()
            .chain(mixed(6))
            .collect(),
        ),
        (
            "consent_request",
            texts(&[
                "\u{0}\n/accounts/a%20b/pay\n?note=x+%C3%A9\n{\"to\":\"bob\",\"sum\":{\"amount\":12.5,\"unit\":\"EUR\"}}",
                "\u{0}\n/accounts/1/pay\n?note=\n{\"to\":\"\\u202e\\\\\",\"sum\":{\"amount\":\"10.50\",\"unit\":\"JPY\"}}",
                "\u{0}\n/accounts/%2e%2e/pay\n?note=x&x=1\n{\"to\":null}",
                "\u{1}\n/2024-02-29\n?\n12.5",
                "\u{1}\n/2027-01-31T10:00:00.5+01:00\n?\n\"-0.07\"",
                "\u{2}\n/\n?q=%F0%9F%98%80\n[true,{\"~\":\"x\"}]",
                "\u{2}\n/\n?q=%ff\n[[],{}]",
            ]),
        ),
        (
            "consent_template",
            texts(&[
                "{\"act\":\"a\",\"fields\":{\"a\":\"json:/a\"},\"method\":\"POST\",\"path\":\"/x/:y\",\"surface\":\"popup\",\"text\":{\"en\":\"Do {a}\",\"de-AT\":\"{{{a, number}}}\"},\"tier\":\"consent\"}",
                "{\"act\":\"a\",\"fields\":{\"c\":\"query:c\",\"m\":\"path:y\",\"w\":\"json:\"},\"method\":\"PUT\",\"path\":\"/:y\",\"surface\":\"frame\",\"text\":{\"en\":\"{m, currency, c} {w, date}\"},\"tier\":\"verified\"}",
                "{\"act\":\"pas.a\",\"fields\":{},\"method\":\"GET\",\"path\":\"/.pas/a\",\"surface\":\"popup\",\"text\":{\"en\":\"\"},\"tier\":\"consent\"}",
                "{\"act\":\"a\",\"fields\":{\"a\":\"json:/~2\"},\"method\":\"POST\",\"path\":\"/\",\"surface\":\"popup\",\"text\":{\"en\":\"{a\"},\"tier\":\"consent\"}",
            ]),
        ),
        ("content_digest", texts(&["", "\u{7}{\"hello\": \"world\"}\n", "\u{1}a"])),
        ("control", control()),
        ("cookie", cookies()),
        (
            "jcs",
            texts(&[
                "{\"b\":[1,-0.5e2,true,null],\"a\":\"\\u20ac$\\n\"}",
                "[5e-324,1.7976931348623157e308,9007199254740993,-0,1e21,1e-7,0.1]",
                "{\"\\ud83d\\ude00\":2,\"\u{fb33}\":1}",
                " [ \"\\\"\\\\\\/\\b\\f\\n\\r\\t\" , {} , [] ] ",
                "[[[[{\"a\":[[{}]]}]]]]",
                "{\"a\":1,\"\\u0061\":2}",
                "\"\\ud800\"",
            ]),
        ),
        (
            "json_value",
            vec![vec![6, 2, 1, 97, 5, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], vec![4, 1, 2, 3]],
        ),
        ("jwk", jwks()),
        ("nonce", nonces()),
        ("proof_codec", proofs()),
        ("proof_value", [vec![7; 64], (0..200).collect()].into_iter().chain(mixed(16)).collect()),
        ("signature_input", requests()),
        ("signed_request", mixed(64)),
        (
            "structured_field",
            texts(&[
                "a=:AAE=:, a=(\"x\" \"y\";z);n=1;n=2, b",
                "pas=(\"@method\" \"@authority\");created=1;nonce=\"n\";tag=\"pas-1\"",
                "1.5, -2;a=?0, @1659578233, %\"f%c3%bc\", *tok/en:1",
                "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
                "  \"a\\\"b\\\\c\" ",
                "a=(),\tb=( 1  2 );x, c;y=:AA:",
                "999999999999999",
                "-999999999999.999",
            ]),
        ),
        ("structured_value", vec![vec![3; 80], (0..=255).collect(), (0..=255).rev().collect()]),
        (
            "target",
            texts(&[
                "/",
                "/a/../b?x=1?y",
                "/.pas/hello",
                "/%2epas/x",
                "/%2E%70as",
                "//\\.PAS%5cx?",
                "/a%2f.pas%2fx",
                "GET\n",
                "/%2",
                "/é",
            ]),
        ),
    ] {
        let folder = Path::new(&to).join(target);
        fs::create_dir_all(&folder)?;
        for (index, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{index:02}")), seed)?;
        }
    }
    Ok(())
}

fn texts(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Bytes of no order, the same ones every time.
fn mixed(count: u8) -> Vec<Vec<u8>> {
    (0..count)
        .map(|n| (0..8_u8).flat_map(|part| sha256(&[&[n, part]])).skip(n.into()).collect())
        .collect()
}

fn control() -> Vec<Vec<u8>> {
    let (jwk, keyid) = (jwk(), encode_url(&thumbprint()));
    let base = [b"pas-1 rekey\0".as_slice(), &[9; 32], &thumbprint(), b"S.C"].concat();
    let pop = encode_url(&sign(&base));
    texts(&[
        "h{}",
        "h{\"keys\":true,\"more\":1}",
        "t{\"url\":\"/a\",\"url2\":1}",
        &format!("h{{\"keyid\":\"{keyid}\"}}"),
        "h{\"keys\":true}",
        "h{\"keys\":false}",
        &format!("e{{\"jwk\":{jwk}}}"),
        "e{}",
        "e",
        &format!("r{{\"jwk\":{jwk},\"pop\":\"{pop}\"}}"),
        "r0123456789abcdef",
        "t{\"url\":\"/file.pdf?a=b\"}",
        "t{\"url\":\"/.pas/hello\"}",
        "?a=b",
        &format!("?a=b&pas_ticket={COOKIE}"),
        &format!("?pas_ticket={COOKIE}"),
        &format!("?xpas_ticket={COOKIE}"),
    ])
}

fn cookies() -> Vec<Vec<u8>> {
    texts(&[
        &format!("__Host-pas={COOKIE}"),
        &format!("a=b; __Host-pas={COOKIE}; __Host-pas-AAAAAAAA={COOKIE}"),
        &format!("__Host-pas={COOKIE}\n__Host-pas={COOKIE}"),
        &format!("__Host-pas-enrol={COOKIE}; __Host-pas-abcdefgh={COOKIE}"),
        "__Host-pas=1..; =; ;x",
    ])
}

fn jwks() -> Vec<Vec<u8>> {
    let jwk = jwk();
    texts(&[
        &jwk,
        &jwk.replace('}', ",\"d\":\"AA\"}"),
        &jwk.replace('}', ",\"use\":\"sig\"}"),
        &jwk.replace("P-256", "P-384"),
        // RFC 9421 B.1.3.
        r#"{"kty":"EC","crv":"P-256","x":"qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA","y":"Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0"}"#,
        // Zero, and p itself.
        r#"{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"_____wAAAAEAAAAAAAAAAAAAAAD_______________8"}"#,
    ])
}

fn nonces() -> Vec<Vec<u8>> {
    let server = issue(&secrets().nonce, &[1; 32], NOW, [9; 4]);
    let nonce = format!("{server}.AAECAwQFBgcICQoLDA0ODw");
    let other = issue(&secrets().challenge, &[1; 32], NOW, [9; 4]);
    texts(&[&nonce, &server, &format!("{other}.AAECAwQFBgcICQoLDA0ODw"), &nonce.repeat(2), "."])
}

fn mouse(action_hash: [u8; 16]) -> InteractionProof {
    InteractionProof {
        flags: Flags { trusted: true, coalesced: true, ..Flags::default() },
        kind: Kind::Mouse,
        event_id: [1, 2, 3, 4, 5, 6, 7, 8],
        age_ms: 40,
        action_hash,
        press: Press {
            dwell_ms: Some(90),
            detail: 1,
            offset_x: 480,
            offset_y: 610,
            width: 120,
            height: 40,
            pixel_ratio_16: 32,
        },
        samples: (0..12).map(|i| Sample { dt_ms: 16, dx: -3 * i, dy: i * i / 4 }).collect(),
        private: None,
    }
}

fn proofs() -> Vec<Vec<u8>> {
    let mut keyboard = mouse([9; 16]);
    keyboard.kind = Kind::Keyboard;
    let mut still = mouse([9; 16]);
    still.samples.clear();
    still.press.dwell_ms = None;
    let mut old = still.encode();
    old[11..13].copy_from_slice(&5001_u16.to_be_bytes());
    let hidden = mouse([9; 16]).without_trajectory();
    let mut out =
        vec![mouse([9; 16]).encode(), keyboard.encode(), still.encode(), old, hidden.encode()];
    out.extend(hidden_proofs(hidden));
    out
}

/// Privacy mode: each kind, the ends of every range, and one step beyond.
fn hidden_proofs(mouse: InteractionProof) -> Vec<Vec<u8>> {
    let with = |kind, numbers: Option<[u8; PRIVATE_COUNT]>, marks: u8| InteractionProof {
        kind,
        private: Some(Private {
            marks: Marks::from_bits(marks).unwrap_or_default(),
            movement: numbers,
        }),
        ..mouse.clone()
    };
    let pen = with(Kind::Pen, Some(from_fn(|place| PRIVATE_MAX.min(2 * place as u8))), 0b10_1101);
    let mut out = vec![
        with(Kind::Mouse, Some([0; PRIVATE_COUNT]), 0).encode(),
        with(Kind::Mouse, Some([PRIVATE_MAX; PRIVATE_COUNT]), 0b11_1111).encode(),
        pen.encode(),
        with(Kind::Mouse, None, 0b00_0100).encode(),
    ];
    out.extend(
        [Kind::Touch, Kind::Keyboard, Kind::Assistive].map(|kind| with(kind, None, 0).encode()),
    );
    // Flags, dwell, detail, marks, count, first number, last number.
    for (place, byte) in [(1, 2), (29, 11), (30, 4), (31, 64), (32, 19), (33, 33), (52, 33), (2, 1)]
    {
        let mut other = pen.encode();
        other[place] = byte;
        out.push(other);
    }
    out
}

fn requests() -> Vec<Vec<u8>> {
    let get = Request::new();
    let mut post = Request::new();
    post.method = "POST".into();
    post.path = "/transfer/%7Euser".into();
    post.query = "?to=a&amount=10".into();
    post.content_type = Some("application/json".into());
    post.content = b"{\"to\":\"a\",\"amount\":10}".to_vec();
    let mut interactive = post.clone();
    let digest = post.content_digest().unwrap_or_default();
    let hash = action_hash("transfer", &digest, &post.method, "/transfer/%7Euser?to=a&amount=10");
    interactive.proof = Some(mouse(hash).encode());
    let mut hidden = post.clone();
    hidden.proof = Some(mouse(hash).without_trajectory().encode());
    let mut unbound = post.clone();
    unbound.proof = Some(mouse([9; 16]).encode());
    let mut consented = Request::new();
    consented.method = "POST".into();
    consented.path = "/transfer".into();
    consented.content_type = Some("application/json".into());
    consented.content = b"{\"to\":\"bob\"}".to_vec();
    consented.consent = Some(consent("en", Surface::Popup, false));
    let mut verified = consented.clone();
    verified.consent = Some(consent("en", Surface::Popup, true));
    verified.assertion = Some("id=:AQ==:, auth=:AgI=:, client=:e30=:, sig=:BA==:".into());
    let mut elsewhere = consented.clone();
    elsewhere.consent = Some(consent("en", Surface::Frame, false));
    let mut control = post.clone();
    control.path = "/.pas/rekey".into();
    control.control = true;
    let whole = String::from_utf8(text(&interactive)).unwrap_or_default();
    let mut out: Vec<_> =
        [get, post, interactive, unbound, control, consented, verified, elsewhere]
            .iter()
            .map(text)
            .collect();
    // One departure each.
    for (honest, other) in [
        ("sha-256=", "sha-512="),
        ("content-digest: ", "content-digest: md5=:AAAA:, "),
        ("Signature: pas=", "Signature: sig1="),
        ("Signature-Input: pas=", "Signature-Input: sig1="),
        ("Signature-Input: ", "Signature-Input: other=1, "),
        ("\"@method\" \"@authority\"", "\"@authority\" \"@method\""),
        (" \"content-digest\"", ""),
        (" \"@path\"", " \"@path\";req"),
        (";created=1800000000", ";created=1800000000;expires=1800000300"),
        (";tag=\"pas-1\"", ";tag=\"pas-1-ctl\""),
        ("ecdsa-p256-sha256", "hmac-sha256"),
        ("Host:", "Content-Encoding: gzip\nHost:"),
        ("Host:", "X-HTTP-Method-Override: GET\nHost:"),
        ("/transfer", "/%2Epas/transfer"),
        (": :", ": :A"),
    ] {
        out.push(whole.replacen(honest, other, 1).into_bytes());
    }
    let spaced = String::from_utf8(text(&Request::new())).unwrap_or_default();
    out.push(spaced.replace(": ", ":\t ").into_bytes());
    out.push(
        spaced.replace("Cookie: ", "Cookie: \u{a0}").replace("\n\n", "\u{b}\n\n").into_bytes(),
    );
    out.push(b"GET /\nCookie: a=b".to_vec());
    out.push(b"POST /.pas/hello\nOrigin: https://sign.example.com\n\n{}".to_vec());
    out.push(text(&hidden));
    out
}

fn text(request: &Request) -> Vec<u8> {
    let mut out = format!("{} {}", request.method, request.target());
    for (name, value) in request.fields(&sign(request.base().as_bytes())) {
        out += &format!("\n{name}: {value}");
    }
    out += "\n\n";
    [out.as_bytes(), &request.content].concat()
}
