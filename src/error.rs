//! One list of refusals and failures, with codes that never change their meaning.

use core::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $status:literal, $next:expr;)+) => {
        /// Why something was refused or failed. `as_str` is the stable form that crosses every border.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, `ERR_…`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// From its stable name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }

            /// The HTTP status a server answers with; 0 for codes that only a client raises.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// The next step for a client: the `error` parameter of `WWW-Authenticate`.
            #[must_use]
            pub const fn next_step(self) -> Option<&'static str> {
                match self { $(Self::$variant => $next,)+ }
            }
        }
    };
}

codes! {
    /// A signature field is not a structured field of the expected shape (RFC 9651, RFC 9421 §4).
    SigMalformed = "ERR_SIG_MALFORMED", 400, None;
    /// Well-formed, but not the profile: components, parameters, label or their order differ.
    SigProfile = "ERR_SIG_PROFILE", 400, None;
    /// The content received does not hash to `Content-Digest` (RFC 9530).
    DigestMismatch = "ERR_DIGEST_MISMATCH", 400, None;
    /// The interaction proof does not decode.
    ProofMalformed = "ERR_PROOF_MALFORMED", 400, None;
    /// A public key is not a P-256 JWK on the curve, or carries private members (RFC 7517).
    KeyInvalid = "ERR_KEY_INVALID", 400, None;
    /// No session cookie, or more than one that could be meant.
    SessionMissing = "ERR_SESSION_MISSING", 401, None;
    /// The session was ended, expired, or never existed.
    SessionEnded = "ERR_SESSION_ENDED", 401, None;
    /// The request was signed by another key than the session's.
    KeyMismatch = "ERR_KEY_MISMATCH", 401, None;
    /// The route asks for a signature and the request has none.
    SigMissing = "ERR_SIG_MISSING", 401, None;
    /// The signature does not verify over this request.
    SigInvalid = "ERR_SIG_INVALID", 401, None;
    /// Enrolment refused: ticket, challenge or proof of possession does not hold.
    EnrolRefused = "ERR_ENROL_REFUSED", 401, None;
    /// A URL ticket is unknown, used, expired, or bound to another session or URL.
    TicketInvalid = "ERR_TICKET_INVALID", 401, None;
    /// The nonce was not issued by this server for this key.
    NonceInvalid = "ERR_NONCE_INVALID", 401, Some("use_nonce");
    /// The nonce is older than its lifetime.
    NonceExpired = "ERR_NONCE_EXPIRED", 401, Some("use_nonce");
    /// `created` lies too far back.
    TimeStale = "ERR_TIME_STALE", 401, Some("use_nonce");
    /// `created` lies in the future.
    TimeFuture = "ERR_TIME_FUTURE", 401, Some("use_nonce");
    /// The store came back as another run and asks for a fresh signature.
    StoreChanged = "ERR_STORE_CHANGED", 401, Some("use_nonce");
    /// The algorithm is unknown, or not permitted for this request.
    AlgRefused = "ERR_ALG_REFUSED", 401, Some("use_alg");
    /// The MAC key was retired.
    MacRetired = "ERR_MAC_RETIRED", 401, Some("rekey");
    /// The evidence does not reach the tier the route asks for.
    TierRequired = "ERR_TIER_REQUIRED", 401, Some("step_up_required");
    /// The `Origin` header is not the one this endpoint serves.
    OriginRefused = "ERR_ORIGIN_REFUSED", 403, None;
    /// The consent field does not match the route or its template.
    ConsentMismatch = "ERR_CONSENT_MISMATCH", 403, None;
    /// User verification failed.
    UvInvalid = "ERR_UV_INVALID", 403, None;
    /// The user has as many sessions as the limit permits.
    SessionLimit = "ERR_SESSION_LIMIT", 403, None;
    /// The application's own policy refused.
    PolicyRefused = "ERR_POLICY_REFUSED", 403, None;
    /// The nonce pair was used before. The outcome of that first request is unknown to this answer.
    NonceUsed = "ERR_NONCE_USED", 409, None;
    /// The interaction served its permitted number of requests.
    ProofReused = "ERR_PROOF_REUSED", 409, None;
    /// The content is longer than the limit.
    BodyLimit = "ERR_BODY_LIMIT", 413, None;
    /// The request has a `Content-Encoding`.
    BodyEncoding = "ERR_BODY_ENCODING", 415, None;
    /// Too many requests of this session, account or address.
    RateLimited = "ERR_RATE_LIMITED", 429, None;
    /// The header section is larger than the limit.
    HeaderLimit = "ERR_HEADER_LIMIT", 431, None;
    /// The store does not answer; nothing is accepted.
    StoreDown = "ERR_STORE_DOWN", 503, None;
    /// The store is full; nothing live is evicted.
    StoreFull = "ERR_STORE_FULL", 503, None;
    /// The verifier trapped; it was rebuilt and the request was refused.
    VerifierFault = "ERR_VERIFIER_FAULT", 503, None;
    /// No such endpoint, or not with this method.
    NotFound = "ERR_NOT_FOUND", 404, None;

    /// A value is not I-JSON (RFC 7493): its text, depth, names, numbers or strings.
    JsonInvalid = "ERR_JSON_INVALID", 400, None;
    /// An option or argument is missing, of the wrong type, or out of range.
    ConfigInvalid = "ERR_CONFIG_INVALID", 0, None;
    /// The frame or its answer did not arrive in time.
    ChannelTimeout = "ERR_CHANNEL_TIMEOUT", 0, None;
    /// The channel to the frame was torn down.
    ChannelClosed = "ERR_CHANNEL_CLOSED", 0, None;
    /// The frame refuses this sender or message.
    ChannelRefused = "ERR_CHANNEL_REFUSED", 0, None;
    /// The frame holds no key for this account.
    NotEnrolled = "ERR_NOT_ENROLLED", 0, None;
    /// The browser's key store failed.
    KeyStorage = "ERR_KEY_STORAGE", 0, None;
    /// The URL's origin is not one this client signs for.
    OriginNotListed = "ERR_ORIGIN_NOT_LISTED", 0, None;
    /// A path under `/.pas/`, which only the frame itself requests.
    PathReserved = "ERR_PATH_RESERVED", 0, None;
    /// The content can't be read as bytes: its stream failed, broke off, or gives something else.
    BodyUnreadable = "ERR_BODY_UNREADABLE", 400, None;
    /// A signed request was redirected; a signature is for one URL.
    RedirectRefused = "ERR_REDIRECT_REFUSED", 0, None;
    /// The server could not be reached or answered outside the protocol.
    ServerUnreachable = "ERR_SERVER_UNREACHABLE", 0, None;
    /// The person did not confirm, or closed the window.
    ConsentCancelled = "ERR_CONSENT_CANCELLED", 0, None;
    /// Nobody confirmed in time.
    ConsentTimeout = "ERR_CONSENT_TIMEOUT", 0, None;
    /// The browser did not open the consent window, and the page offers no way to open it.
    PopupBlocked = "ERR_POPUP_BLOCKED", 0, None;
    /// The account has no passkey that could verify its user.
    PasskeyMissing = "ERR_PASSKEY_MISSING", 0, None;
    /// WebAssembly could not be compiled, for example under a CSP without `'wasm-unsafe-eval'`.
    WasmUnavailable = "ERR_WASM_UNAVAILABLE", 0, None;
}

/// Words for the operator. A thin pointer, because results are moved through every `await`.
pub type Detail = &'static &'static str;

/// A code, and what was seen, for the operator. The detail is never sent to a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Error {
    /// What was refused.
    pub code: Code,
    /// Why.
    pub detail: Detail,
}

impl Error {
    /// An error of `code`, explained by `detail`.
    #[must_use]
    pub const fn new(code: Code, detail: Detail) -> Self {
        Self { code, detail }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl core::error::Error for Error {}

/// The result of everything in this crate that can refuse.
pub type Result<T, E = Error> = core::result::Result<T, E>;

impl Code {
    /// Shorthand for [`Error::new`]. The artefacts of the signing origin carry codes only, for their size: the
    /// page that asks has the words for them.
    pub(crate) const fn because(self, detail: Detail) -> Error {
        if cfg!(all(any(feature = "consent", feature = "iframe"), not(feature = "std"))) {
            Error::new(self, &"")
        } else {
            Error::new(self, detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn names_are_unique_and_well_formed() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|name| name.starts_with("ERR_")
            && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
    }

    #[test]
    fn only_unauthorised_codes_name_a_next_step() {
        for code in Code::ALL {
            assert!(code.next_step().is_none() || code.status() == 401, "{code:?}");
        }
    }
}
