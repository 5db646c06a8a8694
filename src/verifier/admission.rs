//! The rule of `admit`: what a store decides in the one step that counts a request.
//!
//! Pure, and the reference. `ts/stores/admission.ts` and the Lua of the Redis driver are further texts of it: they
//! are held to it by `tests/vectors/admission.json` and by random histories. A store finds what it keeps, asks the
//! rule, and makes all of its writes or none.
//!
//! Times are ms since the epoch by the store's clock, durations are ms. Both are `f64` because the other texts
//! reckon in doubles: operations stand in the same order everywhere, so that every text finds the same bits.
//! Marks of rates and the time since the arrival have fractions; all else is whole.

use super::tier::Tier;
use crate::error::Code;

/// So many requests in so long, as a burst or spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Requests; above 0.
    pub limit: f64,
    /// ms; above 0.
    pub window_ms: f64,
}

/// What is left of a rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateState {
    /// Requests that may pass now.
    pub remaining: f64,
    /// Until the whole limit is there again, ms.
    pub reset_ms: f64,
}

/// Sums of fractions of a ms drift: less than this, in ms, is no wait.
const DRIFT_MS: f64 = 1.0;

/// The generic cell rate algorithm. `full_at` is the time at which the whole limit is there again; 0 if it was
/// never used.
impl Rate {
    /// How long until one more may pass, ms; 0 if it may now.
    fn wait(self, full_at: f64, now: f64) -> f64 {
        let wait = full_at.max(now) + self.window_ms / self.limit - self.window_ms - now;
        if wait < DRIFT_MS { 0.0 } else { wait }
    }

    /// `full_at` after one more passed.
    fn spend(self, full_at: f64, now: f64) -> f64 {
        full_at.max(now) + self.window_ms / self.limit
    }

    fn state(self, full_at: f64, now: f64) -> RateState {
        let reset_ms = (full_at - now).max(0.0);
        let remaining =
            ((self.window_ms - reset_ms + DRIFT_MS) * self.limit / self.window_ms).floor();
        RateState { remaining: remaining.min(self.limit).max(0.0), reset_ms }
    }

    const fn is_finite(self) -> bool {
        self.limit.is_finite() && self.window_ms.is_finite()
    }
}

/// What an interaction does to the sum of its session: a bounded add. Adds of one sign commute, and so do all adds
/// that reach neither 0 nor the cap; where a bound is reached, the sum is that of the order in which they came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionUpdate {
    /// Is added, in 256ths of a bit; negative if it speaks for a person. The sum is never below 0.
    pub delta: i16,
    /// The sum goes no higher, in 256ths of a bit.
    pub cap: u16,
    /// Where a request is refused.
    pub limit: Option<EvidenceLimit>,
}

/// From so many interactions on, a request that would leave this sum or more is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EvidenceLimit {
    /// In 256ths of a bit.
    pub sum: u16,
    /// Of the session, this one among them.
    pub interactions: u8,
}

impl EvidenceLimit {
    /// Whether a session is in doubt.
    #[must_use]
    pub const fn is_reached(self, evidence: EvidenceSum) -> bool {
        evidence.interactions >= self.interactions && evidence.sum >= self.sum
    }
}

/// What the interactions of a session say together. It begins at 0.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EvidenceSum {
    /// What speaks for a program less what speaks for a person, in 256ths of a bit.
    pub sum: u16,
    /// Interactions that were added; 255 stands for that many or more.
    pub interactions: u8,
}

impl EvidenceSum {
    /// With one interaction more.
    #[must_use]
    pub fn after(self, update: SessionUpdate) -> Self {
        Self {
            sum: self.sum.saturating_add_signed(update.delta).min(update.cap),
            interactions: self.interactions.saturating_add(1),
        }
    }
}

/// The interaction that a request spends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Event<'a> {
    /// Its name within the session.
    pub id: &'a str,
    /// Requests that it may serve.
    pub limit: u32,
    /// What it says of the session.
    pub evidence: Option<SessionUpdate>,
}

/// One signed request, ready to be counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Admission<'a> {
    /// The user's place in the store.
    pub slot: &'a str,
    /// The session's id.
    pub session_id: &'a str,
    /// The thumbprint of the key that signed.
    pub key_id: &'a str,
    /// What single use is counted on.
    pub replay_key: &'a str,
    /// The interaction that it spends, if any.
    pub event: Option<Event<'a>>,
    /// The tier that it reached.
    pub tier: Tier,
    /// Masked prefix of where it came from.
    pub network: Option<&'a str>,
    /// Since its head arrived, ms. Less than 0 is 0.
    pub elapsed_ms: f64,
    /// When the signer says it signed.
    pub created: f64,
    /// The arrival is not before, inclusive, or `ERR_TIME_FUTURE`.
    pub created_from: f64,
    /// The arrival is not after, inclusive, or `ERR_TIME_STALE`.
    pub created_to: f64,
    /// The arrival is not before, inclusive, or `ERR_NONCE_INVALID`.
    pub nonce_from: f64,
    /// The arrival is not after, inclusive, or `ERR_NONCE_EXPIRED`.
    pub nonce_to: f64,
    /// The replay entry, and the event's uses, count until then, inclusive.
    pub replay_until: f64,
    /// Of the session.
    pub session_rate: Rate,
    /// Of all sessions in its slot together.
    pub account_rate: Rate,
}

impl Admission<'_> {
    /// What is not a number compares as neither too small nor too large.
    fn is_finite(&self) -> bool {
        let times = [
            self.elapsed_ms,
            self.created,
            self.created_from,
            self.created_to,
            self.nonce_from,
            self.nonce_to,
            self.replay_until,
        ];
        times.into_iter().all(f64::is_finite)
            && self.session_rate.is_finite()
            && self.account_rate.is_finite()
    }
}

/// Uses of an interaction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uses {
    /// Requests that it served.
    pub uses: u32,
    /// They count until then, inclusive.
    pub until: f64,
}

/// What a store keeps that a request of a session is judged by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept<'a> {
    /// The latest time that the store wrote for the slot, or later.
    pub high: f64,
    /// Writes up to then may be lost, by what the store knows; 0 if none is.
    pub lost_until: f64,
    /// Thumbprint of the session's key.
    pub key_id: &'a str,
    /// It ends after so long without a request, ms.
    pub idle_ms: f64,
    /// When the last request of the session was admitted, or the session made.
    pub last_seen_at: f64,
    /// The session is over from then on, unless a request prolongs it.
    pub idle_expires_at: f64,
    /// The session is over from then on.
    pub absolute_expires_at: f64,
    /// What its interactions say together.
    pub evidence: EvidenceSum,
    /// When the session's rate is whole again; 0 if it was never used.
    pub session_full_at: f64,
    /// When the account's rate is whole again; 0 if it was never used.
    pub account_full_at: f64,
    /// Until when the replay entry of the request's key counts, if there is one.
    pub replay_until: Option<f64>,
    /// The uses of the request's event, if any is kept.
    pub event: Option<Uses>,
    /// Whether there is room for one more replay entry.
    pub has_room: bool,
}

/// What is left of both rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Of the session.
    pub session: RateState,
    /// Of the account.
    pub account: RateState,
}

/// What a store writes when it admits a request, all at once. The replay entry counts until the admission's
/// `replay_until`; the tier, and the network if there is one, are the admission's too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Writes {
    /// The time of the admission: the new `high`, when the session was last seen, and when it reached the tier.
    pub now: f64,
    /// The session is over from then on.
    pub idle_expires_at: f64,
    /// What its interactions say together.
    pub evidence: EvidenceSum,
    /// When the session's rate is whole again.
    pub session_full_at: f64,
    /// When the account's rate is whole again.
    pub account_full_at: f64,
    /// The uses of the event, if there is one.
    pub event: Option<Uses>,
    /// What is left of both rates, for the answer.
    pub rates: Rates,
}

/// Why a request is not admitted. Nothing is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refusal {
    /// The first ground.
    pub code: Code,
    /// When to try again, ms: with `ERR_RATE_LIMITED` and `ERR_STORE_CHANGED`.
    pub retry_after_ms: Option<f64>,
    /// What is left of both rates: with `ERR_RATE_LIMITED`.
    pub rates: Option<Rates>,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, retry_after_ms: None, rates: None }
    }
}

/// Judges one request by what is kept of its session, `None` for a session that the store does not know. `clock` is
/// what the store's clock shows.
///
/// # Errors
/// The first of these grounds, in this order: `ERR_CONFIG_INVALID` for numbers that are not finite, `ERR_SESSION_ENDED`,
/// `ERR_KEY_MISMATCH`, `ERR_STORE_CHANGED`, `ERR_TIME_FUTURE`, `ERR_TIME_STALE`, `ERR_NONCE_INVALID`,
/// `ERR_NONCE_EXPIRED`, `ERR_RATE_LIMITED`, `ERR_NONCE_USED`, `ERR_STORE_FULL`, `ERR_PROOF_REUSED`,
/// `ERR_TIER_REQUIRED`.
pub fn admit(
    kept: Option<&Kept<'_>>,
    admission: &Admission<'_>,
    clock: f64,
) -> Result<Writes, Refusal> {
    if !admission.is_finite() || !clock.is_finite() {
        return Err(Code::ConfigInvalid.into());
    }
    let Some(kept) = kept else { return Err(Code::SessionEnded.into()) };
    // A clock that was set back reopens nothing.
    let now = clock.max(kept.high).max(kept.last_seen_at);
    if now >= kept.idle_expires_at.min(kept.absolute_expires_at) {
        return Err(Code::SessionEnded.into());
    }
    if kept.key_id != admission.key_id {
        return Err(Code::KeyMismatch.into());
    }
    is_after_losses(kept, admission, now)?;
    is_in_time(admission, now - admission.elapsed_ms.max(0.0))?;

    let (session_rate, account_rate) = (admission.session_rate, admission.account_rate);
    let rates = |session_full_at, account_full_at| Rates {
        session: session_rate.state(session_full_at, now),
        account: account_rate.state(account_full_at, now),
    };
    let wait = session_rate
        .wait(kept.session_full_at, now)
        .max(account_rate.wait(kept.account_full_at, now));
    if wait > 0.0 {
        return Err(Refusal {
            code: Code::RateLimited,
            retry_after_ms: Some(wait),
            rates: Some(rates(kept.session_full_at, kept.account_full_at)),
        });
    }

    if kept.replay_until.is_some_and(|until| until >= now) {
        return Err(Code::NonceUsed.into());
    }
    if !kept.has_room {
        return Err(Code::StoreFull.into());
    }
    let counted = kept.event.filter(|event| event.until >= now);
    let uses = counted.map_or(0, |event| event.uses);
    if admission.event.is_some_and(|event| uses >= event.limit) {
        return Err(Code::ProofReused.into());
    }
    let evidence = weigh(kept.evidence, admission, uses)?;

    let session_full_at = session_rate.spend(kept.session_full_at, now);
    let account_full_at = account_rate.spend(kept.account_full_at, now);
    Ok(Writes {
        now,
        idle_expires_at: (now + kept.idle_ms).min(kept.absolute_expires_at),
        evidence,
        session_full_at,
        account_full_at,
        event: admission.event.map(|_| Uses {
            uses: uses.saturating_add(1),
            until: counted
                .map_or(admission.replay_until, |event| event.until.max(admission.replay_until)),
        }),
        rates: rates(session_full_at, account_full_at),
    })
}

/// Whatever was admitted by then arrived by then, and no request arrives before its `created_from`.
fn is_after_losses(kept: &Kept<'_>, admission: &Admission<'_>, now: f64) -> Result<(), Refusal> {
    if kept.lost_until <= 0.0 || admission.created_from > kept.lost_until {
        return Ok(());
    }
    // The first whole second whose signature is late enough.
    let retry = kept.lost_until - now + admission.created - admission.created_from + 1000.0;
    Err(Refusal { retry_after_ms: Some(retry.max(1.0)), ..Code::StoreChanged.into() })
}

fn is_in_time(admission: &Admission<'_>, arrival: f64) -> Result<(), Refusal> {
    let code = if arrival < admission.created_from {
        Code::TimeFuture
    } else if arrival > admission.created_to {
        Code::TimeStale
    } else if arrival < admission.nonce_from {
        Code::NonceInvalid
    } else if arrival > admission.nonce_to {
        Code::NonceExpired
    } else {
        return Ok(());
    };
    Err(code.into())
}

/// The evidence after a request; the first use of an interaction adds to it.
fn weigh(
    before: EvidenceSum,
    admission: &Admission<'_>,
    uses: u32,
) -> Result<EvidenceSum, Refusal> {
    let update = admission.event.and_then(|event| event.evidence);
    let after = match update {
        Some(update) if uses == 0 => before.after(update),
        _ => before,
    };
    if update.and_then(|update| update.limit).is_some_and(|limit| limit.is_reached(after)) {
        return Err(Code::TierRequired.into());
    }
    // A person was there.
    Ok(if admission.tier >= Tier::Consent { EvidenceSum::default() } else { after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: Rate = Rate { limit: 2.0, window_ms: 1000.0 };

    const KEPT: Kept<'_> = Kept {
        high: 0.0,
        lost_until: 0.0,
        key_id: "k",
        idle_ms: 100.0,
        last_seen_at: 1.0,
        idle_expires_at: 101.0,
        absolute_expires_at: 1000.0,
        evidence: EvidenceSum { sum: 0, interactions: 0 },
        session_full_at: 0.0,
        account_full_at: 0.0,
        replay_until: None,
        event: None,
        has_room: true,
    };

    const ADMISSION: Admission<'_> = Admission {
        slot: "t",
        session_id: "s",
        key_id: "k",
        replay_key: "r",
        event: None,
        tier: Tier::Signed,
        network: None,
        elapsed_ms: 0.0,
        created: 0.0,
        created_from: 0.0,
        created_to: 1000.0,
        nonce_from: 0.0,
        nonce_to: 1000.0,
        replay_until: 1000.0,
        session_rate: RATE,
        account_rate: RATE,
    };

    #[test]
    fn what_is_not_a_finite_number_admits_nothing() {
        assert!(admit(Some(&KEPT), &ADMISSION, 5.0).is_ok());
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for admission in [
                Admission { elapsed_ms: bad, ..ADMISSION },
                Admission { created: bad, ..ADMISSION },
                Admission { created_from: bad, ..ADMISSION },
                Admission { created_to: bad, ..ADMISSION },
                Admission { nonce_from: bad, ..ADMISSION },
                Admission { nonce_to: bad, ..ADMISSION },
                Admission { replay_until: bad, ..ADMISSION },
                Admission { session_rate: Rate { limit: bad, ..RATE }, ..ADMISSION },
                Admission { account_rate: Rate { window_ms: bad, ..RATE }, ..ADMISSION },
            ] {
                let refusal = admit(Some(&KEPT), &admission, 5.0).unwrap_err();
                assert_eq!(refusal.code, Code::ConfigInvalid, "{admission:?}");
            }
            assert_eq!(admit(Some(&KEPT), &ADMISSION, bad).unwrap_err().code, Code::ConfigInvalid);
        }
    }

    fn sum(from: u16, deltas: &[i16], cap: u16) -> EvidenceSum {
        let start = EvidenceSum { sum: from, interactions: 0 };
        deltas
            .iter()
            .fold(start, |sum, delta| sum.after(SessionUpdate { delta: *delta, cap, limit: None }))
    }

    fn orders(delta: impl Strategy<Value = i16>) -> impl Strategy<Value = (Vec<i16>, Vec<i16>)> {
        prop::collection::vec(delta, 1..9)
            .prop_flat_map(|deltas| (Just(deltas.clone()), Just(deltas).prop_shuffle()))
    }

    proptest! {
        #[test]
        fn adds_of_one_sign_commute((one, other) in orders(0..3000_i16), from in 0..3000_u16, cap in 3000..6000_u16) {
            prop_assert_eq!(sum(from, &one, cap), sum(from, &other, cap));
            let negative = |deltas: Vec<i16>| deltas.into_iter().map(|delta| -delta).collect::<Vec<_>>();
            prop_assert_eq!(sum(from, &negative(one), cap), sum(from, &negative(other), cap));
        }

        #[test]
        fn adds_that_reach_no_bound_commute((one, other) in orders(-300..300_i16)) {
            prop_assert_eq!(sum(3000, &one, 6000), sum(3000, &other, 6000));
        }
    }
}
