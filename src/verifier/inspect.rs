//! A request in two steps: what its head says, before anything is fetched or verified; and what its
//! content and evidence amount to, after the signature held.

use super::{
    actions::Actions,
    assertion::{Assertion, check_place},
    consent,
    cookie::{self, SessionCookie},
    head::Head,
    nonce,
    secrets::{MovementKey, Secrets},
    signals::Policy,
    signature::{self, SignedHead},
    structured_field::{BareItem, parse_byte_sequence, parse_dictionary},
    tier::Tier,
    weighing::{OnWeak, Weighing},
    windows::{Freshness, Windows, check_created},
};
use crate::{
    canonical::{
        Sha256Digest,
        digest::content_digest_of,
        profile::{Message, Tag, is_reserved_path},
        sha256,
    },
    consent::{Consent, FieldValue, Surface, Template},
    error::{Code, Error, Result},
    evidence::{Assessment, assess, is_weak},
    proof::{InteractionProof, action_hash},
};

/// What a deployment is configured to.
#[derive(Clone)]
pub struct Config {
    /// `@authority`: never taken from a client's header.
    pub authority: String,
    /// The app's origin.
    pub app_origin: String,
    /// The signing origin, the only `Origin` that `/.pas/*` serves.
    pub sign_origin: String,
    /// Derived keys.
    pub secrets: Secrets,
    /// Times.
    pub windows: Windows,
    /// What a person can be asked to consent to.
    pub actions: Actions,
    /// What evidence that speaks for a program does.
    pub on_weak: OnWeak,
    /// What a browser that looks like another one does.
    pub signals: Policy,
    /// The longest head, bytes.
    pub header_limit: usize,
    /// How many requests one interaction may serve.
    pub interaction_uses: u32,
    /// Whether movements are remembered, to know them again.
    pub remembers: bool,
}

/// What a route asks for.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// The weakest tier it accepts, `Signed` at least.
    pub tier: Tier,
    /// The action that an interaction proof or a consent must be for.
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
    path: String,
    query: String,
    digest: Option<Sha256Digest>,
    proof: Option<InteractionProof>,
    claim: Option<Claim>,
    assertion: Option<Assertion>,
    tier: Tier,
    action: Option<String>,
    /// Whether a person can be asked to consent to the route's action.
    can_consent: bool,
    on_weak: OnWeak,
    /// The session, and the key of signatures of movements.
    weigher: (String, MovementKey),
}

/// A consent as the request claims it.
#[derive(Debug)]
struct Claim {
    consent: Consent,
    /// The form of the route's action that was shown, if there is one.
    template: Option<Template>,
    /// Whether content would be of the type that is shown.
    is_json: bool,
    app_origin: String,
}

/// What a request amounts to.
#[derive(Debug)]
pub struct Verdict {
    /// The tier it reached. `Verified` once the host has verified the assertion.
    pub tier: Tier,
    /// The tier it needs: that of the route, or more.
    pub required: Tier,
    /// Why it is refused all the same.
    pub refusal: Option<Error>,
    /// The interaction proof and what it is worth.
    pub interaction: Option<Interaction>,
    /// What a person consented to.
    pub consented: Option<Consented>,
    /// What weak evidence is refused with on this route, and the tier that would do; `None` where it passes.
    pub on_weak: Option<(Error, Tier)>,
}

/// A consent that holds.
#[derive(Debug)]
pub struct Consented {
    /// What was shown.
    pub consent: Consent,
    /// The values that were shown, by the names of their fields.
    pub values: Vec<(String, FieldValue)>,
    /// For the host to verify, over the request's signature base.
    pub assertion: Option<Assertion>,
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
    /// What the store weighs it by, where it reached `interactive`.
    pub weighing: Option<Weighing>,
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
    let consent = message.pas_consent.map(consent::read).transpose()?;
    let assertion = head.field("pas-assertion")?.map(Assertion::read).transpose()?;
    let cookie = cookie::select(head, Some(&signed.keyid))?;
    let claimed = match &consent {
        None => Tier::Signed,
        Some(consent) if consent.verified => Tier::Verified,
        Some(_) => Tier::Consent,
    };
    check_created(signed.created, now, claimed, &config.windows)?;
    let issued = nonce::check(&config.secrets.nonce, &signed.nonce, &signed.thumbprint)?;
    let freshness = Freshness::of(signed.created, issued, claimed, &config.windows)?;
    freshness.check_nonce(now, &config.windows)?;
    Ok(Inspection {
        replay_key: nonce::replay_key(&signed.thumbprint, &signed.nonce),
        freshness,
        pending: Pending {
            method: head.method.to_owned(),
            path: head.path.to_owned(),
            query: head.query.to_owned(),
            digest,
            proof,
            claim: consent.map(|consent| Claim {
                template: config
                    .actions
                    .form(&consent.act, &consent.version)
                    .filter(|template| Some(template.act.as_str()) == route.action)
                    .cloned(),
                consent,
                is_json: head.is_json(false),
                app_origin: config.app_origin.clone(),
            }),
            assertion,
            tier: route.tier,
            action: route.action.map(str::to_owned),
            can_consent: route.action.is_some_and(|action| config.actions.has(action)),
            on_weak: config.on_weak,
            weigher: (cookie.session_id.clone(), config.secrets.movement.clone()),
        },
        cookie,
        signed,
    })
}

impl Pending {
    /// Whether [`Self::judge`] reads the content itself.
    #[must_use]
    pub const fn reads_content(&self) -> bool {
        self.claim.is_some()
    }

    /// Digest, then consent, then evidence. `digest` is the SHA-256 of the content that arrived, if any did.
    /// The `content` itself is read where there is a consent.
    ///
    /// # Errors
    /// `ERR_SIG_PROFILE` if content came without a covered digest or the other way round,
    /// `ERR_DIGEST_MISMATCH` if it is other content. Of a consent `ERR_CONSENT_MISMATCH` if it is none to
    /// this request, `ERR_JSON_INVALID` for content that can't be shown, `ERR_UV_INVALID` for an assertion
    /// that is missing, superfluous or of another place.
    pub fn judge(mut self, digest: Option<&Sha256Digest>, content: &[u8]) -> Result<Verdict> {
        match (&self.digest, digest) {
            (None, None) => {}
            (Some(declared), Some(received)) if declared == received => {}
            (Some(_), Some(_)) => {
                return Err(Code::DigestMismatch.because(&"the content is another"));
            }
            _ => return Err(Code::SigProfile.because(&"content and its digest come together")),
        }
        let consented = match (self.claim.take(), self.assertion.take()) {
            (Some(claim), assertion) => Some(self.consented(claim, assertion, digest, content)?),
            (None, None) => None,
            (None, Some(_)) => {
                return Err(Code::UvInvalid.because(&"an assertion without a consent"));
            }
        };
        let digest = digest.map(content_digest_of).unwrap_or_default();
        let target = [self.path, self.query].concat();
        let expected = self
            .action
            .as_deref()
            .map(|action| action_hash(action, &digest, &self.method, &target));
        let (session, key) = self.weigher;
        let mut interaction = self.proof.map(|proof| Interaction {
            bound: expected == Some(proof.action_hash),
            weighing: None,
            assessment: assess(&proof),
            proof,
        });
        let bound = interaction.as_ref().filter(|found| found.bound);
        let plausible = bound.is_some_and(|found| found.assessment.plausible);
        let (tier, asked) = match &consented {
            Some((consented, asked)) if consented.consent.verified => (Tier::Verified, *asked),
            Some((_, asked)) => (Tier::Consent, *asked),
            None if plausible => (Tier::Interactive, Tier::Signed),
            None => (Tier::Signed, Tier::Signed),
        };
        let mut required = self.tier.max(asked);
        if tier < required && bound.is_some() && self.can_consent {
            // Evidence that is there and does not convince won't do so the next time: a person is asked.
            required = required.max(Tier::Consent);
        }
        let mut refusal = (tier < required)
            .then_some(Code::TierRequired.because(&"the evidence does not reach the route's tier"));
        // A person who consented needs no further evidence.
        let on_weak =
            self.on_weak.answer(required, self.can_consent).filter(|_| tier < Tier::Consent);
        if let (None, Some((answer, tier))) = (&refusal, on_weak)
            && bound.is_some_and(|found| is_weak(&found.assessment))
        {
            required = tier;
            refusal = Some(answer);
        }
        // Hashes of a movement are made only where they are asked for.
        if let (Tier::Interactive, Some(found)) = (tier, interaction.as_mut()) {
            found.weighing = Some(Weighing::of(&found.proof, &found.assessment, &key, &session));
        }
        Ok(Verdict {
            tier,
            required,
            refusal,
            on_weak,
            interaction,
            consented: consented.map(|(consented, _)| consented),
        })
    }

    /// The consent, and the tier that its action asks for.
    fn consented(
        &self,
        claim: Claim,
        assertion: Option<Assertion>,
        digest: Option<&Sha256Digest>,
        content: &[u8],
    ) -> Result<(Consented, Tier)> {
        const MISMATCH: Error = Code::ConsentMismatch.because(&"no consent to this action");
        let Claim { consent, template, is_json, app_origin } = claim;
        let template = template.ok_or(MISMATCH)?;
        if !template.is_of(&self.method, &self.path) {
            return Err(Code::ConsentMismatch.because(&"no consent to this method and path"));
        }
        if consent.surface != Surface::Popup && consent.surface != template.surface {
            return Err(Code::ConsentMismatch.because(&"consented to on another surface"));
        }
        if digest.copied() != (!content.is_empty()).then(|| sha256(&[content])) {
            return Err(Code::VerifierFault.because(&"the host gave other content to read"));
        }
        if digest.is_some() && !is_json {
            return Err(Code::JsonInvalid.because(&"the content type is not application/json"));
        }
        let values = template.values(&self.path, &self.query, content)?;
        // What can't be shown was not.
        template.shown(&consent.language, &values)?;
        match &assertion {
            Some(assertion) if consent.verified => {
                check_place(&assertion.client_data, consent.surface, &app_origin)?;
            }
            None if !consent.verified => {}
            Some(_) => return Err(Code::UvInvalid.because(&"an assertion that nothing names")),
            None => return Err(Code::UvInvalid.because(&"the assertion is missing")),
        }
        let asked = if template.verified { Tier::Verified } else { Tier::Consent };
        let names = template.fields().iter().map(|field| field.name.clone());
        let values = names.zip(values).collect();
        Ok((Consented { consent, values, assertion }, asked))
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
        pas_consent: head.field("pas-consent")?,
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
