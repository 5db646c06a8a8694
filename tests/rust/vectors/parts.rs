//! What a request is made of: keys, signatures, nonces, cookies, proofs.

use super::{accepted, hex, hold, text, unhex};
use partitioned_authority::{
    canonical::{base64, json::parse},
    error::{Code, Error},
    proof::{InteractionProof, Marks, action_hash},
    verifier::{
        cookie,
        head::Head,
        keys::PublicKey,
        nonce,
        secrets::{Secrets, verify_mac},
    },
};
use serde_json::{Value, json};

const NOT_VALID: Error = Error::new(Code::SigInvalid, &"it does not verify");

fn import(jwk: &Value) -> Result<PublicKey, Error> {
    PublicKey::from_jwk(&parse(jwk.to_string().as_bytes()).unwrap())
}

pub(super) fn public_keys() {
    hold(include_str!("../../vectors/public-key.json"), |case| {
        let key = import(&case["jwk"])?;
        Ok(json!({ "thumbprint": base64::encode_url(&key.coordinates.thumbprint()) }))
    });
}

pub(super) fn signatures() {
    hold(include_str!("../../vectors/signature.json"), |case| {
        let (base, signature) = (text(case, "base").as_bytes(), unhex(text(case, "signature")));
        let is_valid = match text(case, "alg") {
            "hmac-sha256" => verify_mac(&unhex(text(case, "key")), base, &signature),
            _ => import(&case["jwk"]).unwrap().verify(base, &signature),
        };
        if is_valid { Ok(accepted()) } else { Err(NOT_VALID) }
    });
}

fn secrets(case: &Value) -> Secrets {
    Secrets::derive(&unhex(text(case, "secret"))).unwrap()
}

pub(super) fn nonces() {
    hold(include_str!("../../vectors/nonce.json"), |case| {
        let (secrets, bound) = (secrets(case), unhex(text(case, "bound")));
        let key = if case["use"] == "nonce" { &secrets.nonce } else { &secrets.challenge };
        let issued_at = nonce::check(key, text(case, "nonce"), &bound)?;
        let random = unhex(text(case, "random")).try_into().unwrap();
        let mut found = json!({
            "issuedAt": issued_at,
            "server": nonce::issue(key, &bound, issued_at, random),
        });
        if let (Ok(thumbprint), "nonce") = (<[u8; 32]>::try_from(bound), text(case, "use")) {
            found["replayKey"] = nonce::replay_key(&thumbprint, text(case, "nonce")).into();
        }
        Ok(found)
    });
}

pub(super) fn user_tags() {
    hold(include_str!("../../vectors/user-tag.json"), |case| {
        let [tag] = secrets(case).user_slots(text(case, "userId"))[..] else {
            panic!("one secret")
        };
        Ok(json!({ "tag": base64::encode_url(&tag) }))
    });
}

pub(super) fn session_cookies() {
    hold(include_str!("../../vectors/session-cookie.json"), |case| {
        let values = case["fields"].as_array().unwrap();
        let lines: Vec<_> =
            values.iter().flat_map(|one| ["Cookie", one.as_str().unwrap()]).collect();
        let lines = lines.join("\n");
        let head = Head::parse("GET", "/", &lines, values.len(), 100_000)?;
        let found = cookie::select(&head, case["keyid"].as_str())?;
        Ok(json!({ "tag": found.slot, "session": found.session_id }))
    });
}

pub(super) fn action_hashes() {
    hold(include_str!("../../vectors/action-hash.json"), |case| {
        let target = text(case, "target");
        let (path, query) = partitioned_authority::canonical::profile::split_target(target)?;
        let hash = action_hash(
            text(case, "action"),
            text(case, "digest"),
            text(case, "method"),
            &format!("{path}{query}"),
        );
        Ok(json!({ "hash": hex(&hash) }))
    });
}

pub(super) fn interaction_proofs() {
    hold(include_str!("../../vectors/interaction-proof.json"), |case| {
        let bytes = unhex(text(case, "bytes"));
        let proof = InteractionProof::decode(&bytes)?;
        assert_eq!(proof.encode(), bytes, "{} in another encoding", case["name"]);
        let InteractionProof {
            flags,
            kind,
            event_id,
            age_ms,
            action_hash,
            press,
            samples,
            private,
        } = proof;
        let mut decoded = json!({
            "kind": kind.as_str(), "eventId": base64::encode_url(&event_id), "ageMs": age_ms,
            "actionHash": base64::encode_url(&action_hash), "trusted": flags.trusted,
            "coalesced": flags.coalesced, "fractional": flags.fractional,
            "webdriver": flags.webdriver, "teleport": flags.teleport, "detail": press.detail,
        });
        let mut add = |more: Value| {
            decoded.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        };
        match private {
            None => add(json!({
                "offsetX": press.offset_x, "offsetY": press.offset_y, "width": press.width,
                "height": press.height, "pixelRatio16": press.pixel_ratio_16,
                "samples": samples.iter().map(|s| json!([s.dt_ms, s.dx, s.dy])).collect::<Vec<_>>(),
            })),
            Some(private) => {
                let marks: Vec<_> = (0..6)
                    .filter(|bit| private.marks.bits() & (1 << bit) != 0)
                    .map(|bit| Marks::NAMES[bit])
                    .collect();
                add(json!({ "marks": marks }));
                if let Some(numbers) = private.movement {
                    add(json!({ "numbers": numbers }));
                }
            }
        }
        if let Some(ms) = press.dwell_ms {
            decoded["dwellMs"] = ms.into();
        }
        Ok(json!({ "decoded": decoded }))
    });
}

pub(super) fn private_proofs() {
    hold(include_str!("../../vectors/private-proof.json"), |case| {
        let proof = InteractionProof::decode(&unhex(text(case, "bytes")))?;
        Ok(json!({ "private": hex(&proof.without_trajectory().encode()) }))
    });
}
