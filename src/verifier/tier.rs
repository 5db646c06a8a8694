//! What the server knows about a request.

/// Tiers, weakest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Tier {
    /// The cookie only. No authority.
    Identified,
    /// A non-extractable key of this browser profile signed exactly this request, once, now.
    Signed,
    /// And the page reported a recent, plausible interaction bound to this action: evidence.
    Interactive,
    /// A person confirmed it on the signing origin, under a text made of the bytes that were signed.
    Consent,
    /// And an authenticator of the account verified that person.
    Verified,
}

impl Tier {
    /// Every tier, weakest first.
    pub const ALL: [Self; 5] =
        [Self::Identified, Self::Signed, Self::Interactive, Self::Consent, Self::Verified];

    /// The name used on the wire and in options.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identified => "identified",
            Self::Signed => "signed",
            Self::Interactive => "interactive",
            Self::Consent => "consent",
            Self::Verified => "verified",
        }
    }

    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == name)
    }
}
