//! The server's time, as the frame knows it: what `/.pas/hello` said, plus `performance.now()` since.
//!
//! A page can't set it. It never runs ahead: the anchor is taken when the answer arrives, so the
//! estimate is late by at most the answer's travel time. All values are milliseconds.

/// How far a nonce may lie ahead of the estimate before the frame asks again.
pub const TOLERANCE: f64 = 2_000.0;

/// An estimate of the server's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerClock {
    /// Server time minus the frame's monotonic time.
    offset: Option<f64>,
}

impl ServerClock {
    /// The server said `server` (since the epoch) at the frame's monotonic time `at`.
    pub const fn set(&mut self, server: f64, at: f64) {
        self.offset = if server.is_finite() && at.is_finite() { Some(server - at) } else { None };
    }

    /// The server's time at the frame's monotonic time `at`; `None` before the first hello.
    #[must_use]
    pub fn now(&self, at: f64) -> Option<f64> {
        self.offset.map(|offset| offset + at).filter(|now| now.is_finite() && *now > 0.0)
    }

    /// Whether a nonce issued at `issued` shows that this clock runs behind, as after a suspend.
    #[must_use]
    pub fn is_behind(&self, issued: f64, at: f64) -> bool {
        self.now(at).is_none_or(|now| issued > now + TOLERANCE)
    }
}

/// When S was issued, by its own unverified word (see `verifier::nonce` for the layout).
#[must_use]
pub fn issued_at(nonce: &str) -> Option<f64> {
    let bytes = crate::canonical::base64::decode_url::<27>(nonce)?;
    Some(bytes.iter().skip(1).take(6).fold(0.0, |ms, byte| ms * 256.0 + f64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_follows_the_monotonic_clock() {
        let mut clock = ServerClock::default();
        assert_eq!(clock.now(5.0), None);
        assert!(clock.is_behind(0.0, 5.0), "no time at all");
        clock.set(1_000_000.0, 10.0);
        assert_eq!(clock.now(110.0), Some(1_000_100.0));
        assert!(!clock.is_behind(1_002_100.0, 110.0));
        assert!(clock.is_behind(1_002_100.1, 110.0));
    }

    #[test]
    fn nonsense_is_no_time() {
        let mut clock = ServerClock::default();
        for (server, at) in [(f64::NAN, 1.0), (1.0, f64::NAN), (f64::INFINITY, 1.0), (-5.0, 1.0)] {
            clock.set(server, at);
            assert_eq!(clock.now(1.0), None);
        }
        assert_eq!(issued_at("AAAA"), None);
        assert_eq!(issued_at("AQAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), Some(256.0));
    }
}
