//! `Signature-Input` and `Signature` (RFC 9421 §4), held to the `pas` profile.

use super::{
    head::Head,
    structured_field::{BareItem, Member, parse_dictionary},
};
use crate::{
    canonical::{
        base64,
        profile::{Algorithm, LABEL, Message, PARAMETER_ORDER, Parameters, Tag},
        signature_base::{signature_base, signature_params},
        structured_field::byte_sequence,
    },
    error::{Code, Detail, Error, Result},
};

/// Length of an ECDSA P-256 signature, `r ‖ s` (RFC 9421 §3.3.4).
pub const SIGNATURE_LENGTH: usize = 64;

/// A signature that keeps to the profile, and the base it must verify over.
#[derive(Clone, Debug)]
pub struct SignedHead {
    /// Seconds since the epoch.
    pub created: i64,
    /// `S.C`
    pub nonce: String,
    /// The key's thumbprint, base64url.
    pub keyid: String,
    /// The key's thumbprint.
    pub thumbprint: [u8; 32],
    /// The algorithm.
    pub alg: Algorithm,
    /// `r ‖ s`
    pub signature: [u8; SIGNATURE_LENGTH],
    /// The signature base, ASCII.
    pub base: String,
}

const fn profile(detail: Detail) -> Error {
    Code::SigProfile.because(detail)
}

/// Whether the request has either of the two fields.
#[must_use]
pub fn is_signed(head: &Head<'_>) -> bool {
    ["signature", "signature-input"].iter().any(|name| head.fields(name).next().is_some())
}

/// Reads both fields and rebuilds the base from `message`, the request as it was received.
///
/// # Errors
/// `ERR_SIG_MISSING` without the fields, `ERR_SIG_MALFORMED` if they don't parse, `ERR_ALG_REFUSED` for
/// another algorithm, `ERR_SIG_PROFILE` for everything else that differs from the profile.
pub fn read(head: &Head<'_>, message: &Message<'_>, tag: Tag) -> Result<SignedHead> {
    let missing = Code::SigMissing.because(&"the request is not signed");
    let input = head.field("signature-input")?.ok_or(missing)?;
    let signature = head.field("signature")?.ok_or(missing)?;

    let input = sole_member(input)?;
    let components = message.components();
    check_covered(&input, components.iter().map(|(name, _)| *name))?;
    let [created, nonce, keyid, alg, tag_name] = ordered_parameters(&input)?;
    let BareItem::Integer(created) = *created else {
        return Err(profile(&"created is no integer"));
    };
    let (nonce, keyid) = (string(nonce)?, string(keyid)?);
    let alg = Algorithm::from_name(string(alg)?)
        .ok_or(Code::AlgRefused.because(&"the algorithm is not offered"))?;
    if string(tag_name)? != tag.as_str() {
        return Err(profile(&"the tag is another one"));
    }
    let thumbprint = base64::decode_url(keyid).ok_or(profile(&"keyid is no thumbprint"))?;
    let parameters = Parameters { created, nonce, keyid, alg, tag };
    let params = signature_params(&components, &parameters.ordered())?;
    Ok(SignedHead {
        created,
        nonce: nonce.to_owned(),
        keyid: keyid.to_owned(),
        thumbprint,
        alg,
        signature: signature_bytes(signature)?,
        base: signature_base(&components, &params)?,
    })
}

fn sole_member(text: &str) -> Result<Member> {
    let mut members = parse_dictionary(text)?;
    match (members.pop(), members.is_empty()) {
        (Some((label, member)), true) if label == LABEL => Ok(member),
        _ => Err(profile(&"not exactly one member with the label pas")),
    }
}

fn check_covered<'a>(input: &'a Member, expected: impl Iterator<Item = &'a str>) -> Result<()> {
    let covered = input.items.iter().map(|(item, parameters)| match item {
        BareItem::String(name) if parameters.is_empty() => Some(name.as_str()),
        _ => None,
    });
    if input.is_list && covered.eq(expected.map(Some)) {
        Ok(())
    } else {
        Err(profile(&"the covered components are not those of this request"))
    }
}

fn ordered_parameters(input: &Member) -> Result<[&BareItem; PARAMETER_ORDER.len()]> {
    let names = input.parameters.iter().map(|(name, _)| name.as_str());
    if !names.eq(PARAMETER_ORDER) {
        return Err(profile(&"the parameters are not those of the profile, in its order"));
    }
    let values: Vec<_> = input.parameters.iter().map(|(_, value)| value).collect();
    values.try_into().map_err(|_| profile(&"the parameters are not those of the profile"))
}

fn string(item: &BareItem) -> Result<&str> {
    match item {
        BareItem::String(text) => Ok(text),
        _ => Err(profile(&"a parameter is no string")),
    }
}

fn signature_bytes(text: &str) -> Result<[u8; SIGNATURE_LENGTH]> {
    let member = sole_member(text)?;
    match member.items.as_slice() {
        [(BareItem::Bytes(bytes), parameters)] if !member.is_list && parameters.is_empty() => {
            // RFC 9651 §4.2.7 lets parsers take base64 in several spellings; a signature has one.
            if text != [LABEL, "=", &byte_sequence(bytes)].concat() {
                return Err(Code::SigMalformed.because(&"the signature is not in canonical base64"));
            }
            bytes
                .as_slice()
                .try_into()
                .map_err(|_| Code::SigMalformed.because(&"the signature is not 64 bytes"))
        }
        _ => Err(Code::SigMalformed.because(&"the signature is no byte sequence")),
    }
}
