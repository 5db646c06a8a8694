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
}

impl Tier {
    /// The name used on the wire and in options.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identified => "identified",
            Self::Signed => "signed",
            Self::Interactive => "interactive",
        }
    }

    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Identified, Self::Signed, Self::Interactive].into_iter().find(|t| t.as_str() == name)
    }
}
