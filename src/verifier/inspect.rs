//! A request in two steps: what its head says, before anything is fetched or verified; and what its
//! content and evidence amount to, after the signature held.

use super::{
    cookie::{self, SessionCookie},
    head::Head,
    interaction::{Assessment, assess},
    nonce,
    secrets::Secrets,
    signature::{self, SignedHead},
    structured_field::{BareItem, parse_byte_sequence, parse_dictionary},
    tier::Tier,
    windows::{Freshness, Windows, check_created},
};
use crate::{
    canonical::{
        Sha256Digest,
        digest::content_digest_of,
        profile::{Message, Tag, is_reserved_path},
    },
    error::{Code, Error, Result},
    proof::{InteractionProof, action_hash},
};

/// What a deployment is configured to.
#[derive(Clone)]
pub struct Config {
    /// `@authority`: never taken from a client's header.
    pub authority: String,
    /// The signing origin, the only `Origin` that `/.pas/*` serves.
    pub sign_origin: String,
    /// Derived keys.
    pub secrets: Secrets,
    /// Times.
    pub windows: Windows,
}

/// What a route asks for.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// The weakest tier it accepts: `Signed` or `Interactive`.
    pub tier: Tier,
    /// The action an interaction proof must be bound to.
    pub action: Option<&'a str>,
    /// Whether the request is one of the frame's own.
    pub tag: Tag,
}

/// What the head of a signed request says. Nothing of it is verified but the nonce's MAC.
#[derive(Debug)]
pub struct Inspection {
    /// Which session it claims.
    pub cookie: SessionCookie,
    /// The signature, and the base it must verify over.
    pub signed: SignedHead,
    /// What single use is counted on.
    pub replay_key: String,
    /// When it is fresh.
    pub freshness: Freshness,
    /// What is left to judge.
    pub pending: Pending,
}

/// Held between the two steps, so that nothing is parsed twice.
#[derive(Debug)]
pub struct Pending {
    method: String,
    target: String,
    digest: Option<Sha256Digest>,
    proof: Option<InteractionProof>,
    tier: Tier,
    action: Option<String>,
}

/// What a request amounts to.
#[derive(Debug)]
pub struct Verdict {
    /// The tier it reached.
    pub tier: Tier,
    /// Why it is refused all the same.
    pub refusal: Option<Error>,
    /// The interaction proof and what it is worth.
    pub interaction: Option<Interaction>,
}

/// An interaction proof, assessed.
#[derive(Debug)]
pub struct Interaction {
    /// The decoded proof.
    pub proof: InteractionProof,
    /// Whether it is bound to this very action and request.
    pub bound: bool,
    /// The evidence.
    pub assessment: Assessment,
}

/// Steps 1 to 6 of the order of checks: limits and syntax (in [`Head::parse`]), profile, cookie, time,
/// nonce. `now` is this node's clock in milliseconds since the epoch.
///
/// # Errors
/// The code of the first check that fails.
pub fn inspect(head: &Head<'_>, config: &Config, route: Route<'_>, now: u64) -> Result<Inspection> {
    match route.tag {
        Tag::Control => require_sign_origin(head, config)?,
        Tag::Request if is_reserved_path(head.path) => {
            return Err(Code::SigProfile.because(&"a reserved path is no route of the app"));
        }
        Tag::Request => {}
    }
    if !signature::is_signed(head) {
        // Without a session the missing signature is not the news.
        cookie::select(head, None)?;
        return Err(Code::SigMissing.because(&"the request is not signed"));
    }
    let message = message(head, config)?;
    let signed = signature::read(head, &message, route.tag)?;
    let digest = message.content_digest.map(read_digest).transpose()?;
    let proof = message.interaction_proof.map(read_proof).transpose()?;
    let cookie = cookie::select(head, Some(&signed.keyid))?;
    check_created(signed.created, now, &config.windows)?;
    let issued = nonce::check(&config.secrets.nonce, &signed.nonce, &signed.thumbprint)?;
    let freshness = Freshness::of(signed.created, issued, &config.windows)?;
    freshness.check_nonce(now, &config.windows)?;
    Ok(Inspection {
        cookie,
        replay_key: nonce::replay_key(&signed.thumbprint, &signed.nonce),
        freshness,
        pending: Pending {
            method: head.method.to_owned(),
            target: format!("{}{}", head.path, head.query),
            digest,
            proof,
            tier: route.tier,
            action: route.action.map(str::to_owned),
        },
        signed,
    })
}

impl Pending {
    /// What is left of a request that has a ticket in place of a signature: no content, no evidence.
    #[must_use]
    pub const fn of_ticket() -> Self {
        Self {
            method: String::new(),
            target: String::new(),
            digest: None,
            proof: None,
            tier: Tier::Signed,
            action: None,
        }
    }

    /// Digest, then evidence. `content` is the SHA-256 of the content that arrived, if any did.
    ///
    /// # Errors
    /// `ERR_SIG_PROFILE` if content came without a covered digest or the other way round,
    /// `ERR_DIGEST_MISMATCH` if it is other content.
    pub fn judge(self, content: Option<&Sha256Digest>) -> Result<Verdict> {
        match (&self.digest, content) {
            (None, None) => {}
            (Some(declared), Some(received)) if declared == received => {}
            (Some(_), Some(_)) => {
                return Err(Code::DigestMismatch.because(&"the content is another"));
            }
            _ => return Err(Code::SigProfile.because(&"content and its digest come together")),
        }
        let digest = content.map(content_digest_of).unwrap_or_default();
        let expected = self
            .action
            .as_deref()
            .map(|action| action_hash(action, &digest, &self.method, &self.target));
        let interaction = self.proof.map(|proof| Interaction {
            bound: expected == Some(proof.action_hash),
            assessment: assess(&proof),
            proof,
        });
        let counts = |found: &Interaction| found.bound && found.assessment.plausible;
        let tier =
            if interaction.as_ref().is_some_and(counts) { Tier::Interactive } else { Tier::Signed };
        let refusal = (tier < self.tier)
            .then_some(Code::TierRequired.because(&"the evidence does not reach the route's tier"));
        Ok(Verdict { tier, refusal, interaction })
    }
}

/// The request as it was received, to rebuild the signature base from.
pub(super) fn message<'a>(head: &Head<'a>, config: &'a Config) -> Result<Message<'a>> {
    Ok(Message {
        method: head.method,
        authority: &config.authority,
        path: head.path,
        query: head.query,
        content_type: head.field("content-type")?,
        content_digest: head.field("content-digest")?,
        interaction_proof: head.field("interaction-proof")?,
    })
}

/// `/.pas/*` serves the frame only; browsers set `Origin`, no page script can.
///
/// # Errors
/// `ERR_ORIGIN_REFUSED`.
pub fn require_sign_origin(head: &Head<'_>, config: &Config) -> Result<()> {
    match head.field("origin") {
        Ok(Some(origin)) if origin == config.sign_origin => Ok(()),
        _ => Err(Code::OriginRefused.because(&"the origin is not the signing origin")),
    }
}

/// `Content-Digest`: `sha-256`, sole member.
pub(super) fn read_digest(text: &str) -> Result<Sha256Digest> {
    let members = parse_dictionary(text)?;
    let [(algorithm, member)] = members.as_slice() else {
        return Err(Code::SigProfile.because(&"not exactly one digest"));
    };
    match member.items.as_slice() {
        [(BareItem::Bytes(bytes), parameters)]
            if algorithm == "sha-256" && !member.is_list && parameters.is_empty() =>
        {
            let digest = bytes
                .as_slice()
                .try_into()
                .map_err(|_| Code::SigMalformed.because(&"the digest is not 32 bytes"))?;
            if text != content_digest_of(&digest) {
                return Err(Code::SigMalformed.because(&"the digest is not in canonical base64"));
            }
            Ok(digest)
        }
        _ => Err(Code::SigProfile.because(&"the digest is not sha-256")),
    }
}

fn read_proof(text: &str) -> Result<InteractionProof> {
    let bytes = parse_byte_sequence(text)
        .map_err(|_| Code::ProofMalformed.because(&"the proof is no byte sequence"))?;
    InteractionProof::decode(&bytes)
}
