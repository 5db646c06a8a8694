//! What goes out for a refusal: status, header fields and problem+json (RFC 9457).

use super::tier::Tier;
use crate::error::Code;

/// An answer that no framework owns yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header fields: name in lower case, value.
    pub fields: Vec<(&'static str, String)>,
    /// JSON, ASCII.
    pub body: String,
}

/// The answer to a refused request. `tier` is what would do, `nonce` an S for a fresh signature: each is told only with
/// a code that asks for it. `retry_after` is in ms.
#[must_use]
pub fn problem(
    code: Code,
    tier: Option<Tier>,
    nonce: Option<&str>,
    retry_after: Option<u64>,
) -> Reply {
    // A code without a status is a client's or an operator's: on a server it is our own fault.
    let (status, next) = match code.status() {
        0 => (500, None),
        status => (status, code.next_step()),
    };
    let tier = tier.filter(|_| code == Code::TierRequired).map(Tier::as_str);
    let mut fields = vec![("cache-control", "no-store".to_owned())];
    if let Some(nonce) = nonce.filter(|_| asks_for_nonce(code)) {
        fields.push(("pas-nonce", nonce.to_owned()));
    }
    fields.push(("content-type", "application/problem+json".to_owned()));
    // Also in a field: an answer to HEAD has no content.
    fields.push(("pas-error", code.as_str().to_owned()));
    if status == 401 {
        let next = next.map(|next| format!("error=\"{next}\""));
        let parameters: Vec<_> =
            next.into_iter().chain(tier.map(|tier| format!("tier=\"{tier}\""))).collect();
        fields.push((
            "www-authenticate",
            format!("PAS {}", parameters.join(", ")).trim_end().to_owned(),
        ));
    }
    if let Some(ms) = retry_after {
        fields.push(("retry-after", ms.div_ceil(1000).max(1).to_string()));
    }
    let name = code.as_str();
    let title = name.trim_start_matches("ERR_").to_ascii_lowercase().replace('_', " ");
    let tier = tier.map(|tier| format!(",\"tier\":\"{tier}\"")).unwrap_or_default();
    let body = format!(
        "{{\"type\":\"about:blank\",\"title\":\"{title}\",\"status\":{status},\"code\":\"{name}\"{tier}}}"
    );
    Reply { status, fields, body }
}

/// Whether an answer of this code carries an S: most refusals are of strangers, who are to cost nothing.
#[must_use]
pub fn asks_for_nonce(code: Code) -> bool {
    code.next_step() == Some("use_nonce")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
        reply.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn every_code_has_an_answer() {
        for code in Code::ALL {
            let reply = problem(*code, Some(Tier::Consent), Some("S"), None);
            assert_eq!(reply.status, if code.status() == 0 { 500 } else { code.status() });
            assert_eq!(field(&reply, "pas-error"), Some(code.as_str()));
            assert_eq!(field(&reply, "cache-control"), Some("no-store"));
            assert_eq!(field(&reply, "pas-nonce").is_some(), asks_for_nonce(*code), "{code:?}");
            assert_eq!(field(&reply, "www-authenticate").is_some(), reply.status == 401);
            let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
            assert_eq!(body["code"], code.as_str());
            assert_eq!(body["status"], reply.status);
            assert_eq!(body.get("tier").is_some(), *code == Code::TierRequired);
        }
    }

    #[test]
    fn a_tier_and_a_time_are_told_where_they_are_asked_for() {
        let reply = problem(Code::TierRequired, Some(Tier::Verified), None, None);
        assert_eq!(
            field(&reply, "www-authenticate"),
            Some("PAS error=\"step_up_required\", tier=\"verified\"")
        );
        let bare = problem(Code::SessionMissing, None, None, None);
        assert_eq!(field(&bare, "www-authenticate"), Some("PAS"));
        let limited = problem(Code::RateLimited, None, None, Some(1_001));
        assert_eq!(field(&limited, "retry-after"), Some("2"));
        assert_eq!(
            field(&problem(Code::RateLimited, None, None, Some(0)), "retry-after"),
            Some("1")
        );
    }
}
