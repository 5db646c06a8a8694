//! When a signed request is fresh (milliseconds since the epoch, at the arrival of its head).
//!
//! The store decides, on its own clock; this module gives it the bounds. All are inclusive.

use super::tier::Tier;
use crate::error::{Code, Result};

/// Lifetime of a nonce, ms.
pub const NONCE_LIFETIME: u64 = 300_000;

/// Times are below this, ms: what a JavaScript number holds exactly.
const LATEST: u64 = 1 << 53;

/// The configurable times, ms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Windows {
    /// W: how long after `created` a signed or interactive request may arrive.
    pub signed: u64,
    /// W of a request that a person consented to.
    pub consent: u64,
    /// W of one with user verification: the authenticator is asked after it was created.
    pub verified: u64,
    /// F: how far in the future `created` may lie.
    pub future: u64,
    /// B: how long the content may take after the head.
    pub body: u64,
    /// D: how far the clocks of two servers may differ.
    pub skew: u64,
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            signed: 30_000,
            consent: 60_000,
            verified: 120_000,
            future: 2_000,
            body: 30_000,
            skew: 5_000,
        }
    }
}

impl Windows {
    /// W of a tier.
    #[must_use]
    pub const fn accepting(&self, tier: Tier) -> u64 {
        match tier {
            Tier::Identified | Tier::Signed | Tier::Interactive => self.signed,
            Tier::Consent => self.consent,
            Tier::Verified => self.verified,
        }
    }
}

/// Bounds on the arrival of a request's head, on the store's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Freshness {
    /// When it was signed, by its signer.
    pub created: u64,
    /// Earlier: `ERR_TIME_FUTURE`.
    pub created_from: u64,
    /// Later: `ERR_TIME_STALE`.
    pub created_to: u64,
    /// Earlier: `ERR_NONCE_INVALID`.
    pub nonce_from: u64,
    /// Later: `ERR_NONCE_EXPIRED`.
    pub nonce_to: u64,
    /// How long the replay entry must live.
    pub replay_until: u64,
}

impl Freshness {
    /// The bounds for a request of `tier`, `created` (s) under a nonce issued at `nonce` (ms).
    ///
    /// # Errors
    /// `ERR_TIME_STALE` if it was created before its own nonce, `ERR_SIG_PROFILE` for a time before 1970.
    pub fn of(created: i64, nonce: u64, tier: Tier, windows: &Windows) -> Result<Self> {
        let created = created_ms(created)?;
        let (created_from, created_to) = created_bounds(created, tier, windows);
        if created + 1000 + windows.future < nonce {
            return Err(Code::TimeStale.because(&"created lies before the nonce was issued"));
        }
        Ok(Self {
            created,
            created_from,
            created_to,
            nonce_from: nonce.saturating_sub(windows.future),
            nonce_to: nonce + NONCE_LIFETIME + windows.future,
            replay_until: created_to + windows.body + windows.skew,
        })
    }

    /// An early refusal of the nonce's age on this node's clock, lenient by the skew: the store decides.
    ///
    /// # Errors
    /// `ERR_NONCE_INVALID`, `ERR_NONCE_EXPIRED`
    pub fn check_nonce(&self, now: u64, windows: &Windows) -> Result<()> {
        if now.saturating_add(windows.skew) < self.nonce_from {
            Err(Code::NonceInvalid.because(&"the nonce lies in the future"))
        } else if now.saturating_sub(windows.skew) > self.nonce_to {
            Err(Code::NonceExpired.because(&"the nonce is older than its lifetime"))
        } else {
            Ok(())
        }
    }
}

fn created_ms(created: i64) -> Result<u64> {
    u64::try_from(created)
        .ok()
        .and_then(|seconds| seconds.checked_mul(1000))
        .filter(|ms| *ms < LATEST)
        .ok_or(Code::SigProfile.because(&"created is out of range"))
}

const fn created_bounds(created: u64, tier: Tier, windows: &Windows) -> (u64, u64) {
    (created.saturating_sub(windows.future), created + 1000 + windows.accepting(tier))
}

/// An early refusal of `created` (s) on this node's clock, lenient by the skew, before the nonce's MAC is
/// computed.
///
/// # Errors
/// `ERR_TIME_FUTURE`, `ERR_TIME_STALE`, `ERR_SIG_PROFILE` for a time before 1970.
pub fn check_created(created: i64, now: u64, tier: Tier, windows: &Windows) -> Result<()> {
    let (from, to) = created_bounds(created_ms(created)?, tier, windows);
    if now.saturating_add(windows.skew) < from {
        Err(Code::TimeFuture.because(&"created lies in the future"))
    } else if now.saturating_sub(windows.skew) > to {
        Err(Code::TimeStale.because(&"created lies too far back"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_800_000_000_000;

    fn checked(created_s: i64, nonce: u64, now: u64) -> Option<Code> {
        let windows = Windows { skew: 0, ..Windows::default() };
        check_created(created_s, now, Tier::Signed, &windows)
            .and_then(|()| Freshness::of(created_s, nonce, Tier::Signed, &windows))
            .and_then(|freshness| freshness.check_nonce(now, &windows))
            .err()
            .map(|error| error.code)
    }

    #[test]
    fn each_bound_has_both_sides() {
        let s = i64::try_from(T / 1000).unwrap();
        assert_eq!(checked(s, T, T), None);
        assert_eq!(checked(s, T, T + 31_000), None);
        assert_eq!(checked(s, T, T + 31_001), Some(Code::TimeStale));
        assert_eq!(checked(s + 2, T, T), None);
        assert_eq!(checked(s + 3, T, T), Some(Code::TimeFuture));
        assert_eq!(checked(s, T + 2_000, T), None);
        assert_eq!(checked(s, T + 2_001, T), Some(Code::NonceInvalid));
        assert_eq!(checked(s, T - 302_000, T), None);
        assert_eq!(checked(s, T - 302_001, T), Some(Code::NonceExpired));
        assert_eq!(checked(s - 3, T, T), None);
        assert_eq!(checked(s - 3, T + 1, T), Some(Code::TimeStale), "created before its nonce");
        assert_eq!(checked(-1, T, T), Some(Code::SigProfile));
        assert_eq!(checked(i64::MAX, T, T), Some(Code::SigProfile));
    }

    #[test]
    fn a_replay_entry_outlives_every_acceptance() {
        let windows = Windows::default();
        for tier in Tier::ALL {
            let freshness = Freshness::of(1_800_000_000, T, tier, &windows).unwrap();
            assert_eq!(freshness.replay_until, freshness.created_to + windows.body + windows.skew);
        }
    }

    #[test]
    fn a_person_has_more_time_than_a_script() {
        let windows = Windows { skew: 0, ..Windows::default() };
        for (tier, window) in [
            (Tier::Signed, 30_000),
            (Tier::Interactive, 30_000),
            (Tier::Consent, 60_000),
            (Tier::Verified, 120_000),
        ] {
            let checked = |now| check_created(1_800_000_000, now, tier, &windows).is_ok();
            assert!(checked(T + 1000 + window) && !checked(T + 1001 + window), "{tier:?}");
        }
    }
}
