//! How often a parent may ask: a token bucket over the frame's monotonic time, milliseconds.

/// Requests that may come at once.
pub const BURST: f64 = 200.0;

/// Requests per millisecond after that.
pub const RATE: f64 = 0.1;

/// A token bucket.
#[derive(Clone, Copy, Debug)]
pub struct Limiter {
    tokens: f64,
    at: f64,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { tokens: BURST, at: 0.0 }
    }
}

impl Limiter {
    /// Whether one more request may pass at time `now`.
    pub fn allow(&mut self, now: f64) -> bool {
        let elapsed = (now - self.at).max(0.0);
        self.at = self.at.max(now);
        self.tokens = (self.tokens + elapsed * RATE).min(BURST);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_slowed_and_a_person_is_not() {
        let mut limiter = Limiter::default();
        let passed = (0..1000).filter(|_| limiter.allow(0.0)).count();
        assert_eq!(passed, 200);
        assert!(!limiter.allow(9.0));
        assert!(limiter.allow(10.0), "one token after 10 ms");
        assert!(!limiter.allow(-5.0), "time does not run backwards");
        assert!((0..50).all(|second| limiter.allow(f64::from(second) * 1_000.0 + 1_000.0)));
    }
}
