//! The unit of evidence.

/// lg (probability under "a program" / probability under "a person"), in 256ths of a bit. Positive
/// speaks for a program; 0 says nothing either way.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Evidence(pub i16);

impl Evidence {
    /// The probability of a person, if people and programs were equally likely before: 1 / (1 + 2ᵉ), e in
    /// bits.
    #[must_use]
    pub fn score(self) -> f64 {
        1.0 / (1.0 + (f64::from(self.0) / f64::from(BIT)).exp2())
    }
}

/// One bit of evidence.
pub const BIT: i16 = 256;
