//! Variable-length integers: LEB128, least significant group first, in the one shortest form.

use crate::error::{Code, Detail, Error, Result};
use alloc::vec::Vec;

const TRUNCATED: Error = Code::ProofMalformed.because(&"the proof is truncated");

/// Appends `value`.
pub(super) fn push(out: &mut Vec<u8>, value: u32) {
    let mut rest = value;
    loop {
        let [group, ..] = (rest & 0x7f).to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            out.push(group);
            return;
        }
        out.push(group | 0x80);
    }
}

/// Small magnitudes of either sign become small numbers: 0, −1, 1, −2 → 0, 1, 2, 3.
pub(super) fn zigzag(value: i16) -> u16 {
    ((value << 1) ^ (value >> 15)).cast_unsigned()
}

/// The inverse of [`zigzag`].
pub(super) fn unzigzag(value: u16) -> i16 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// Reads a proof from its front.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Exactly `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// An integer of at most `max`; `above` says what is wrong with a larger one.
    pub(super) fn varint(&mut self, max: u16, above: Detail) -> Result<u16> {
        let mut value = 0_u32;
        // Three groups hold 21 bits, and nothing in a proof is wider than 16.
        for shift in [0, 7, 14] {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(
                        Code::ProofMalformed.because(&"an integer is not in its shortest form")
                    );
                }
                return u16::try_from(value)
                    .ok()
                    .filter(|value| *value <= max)
                    .ok_or(Code::ProofMalformed.because(above));
            }
        }
        Err(Code::ProofMalformed.because(above))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<u16, &'static str> {
        Reader::new(bytes).varint(u16::MAX, &"above").map_err(|error| *error.detail)
    }

    #[test]
    fn every_integer_has_one_spelling() {
        for value in 0..=u16::MAX {
            let mut out = Vec::new();
            push(&mut out, value.into());
            assert_eq!(read(&out), Ok(value));
        }
        for overlong in [&[0x80, 0][..], &[0x81, 0], &[0xff, 0x80, 0]] {
            assert_eq!(read(overlong), Err("an integer is not in its shortest form"));
        }
        assert_eq!(read(&[0xff, 0xff, 0x03]), Ok(u16::MAX));
        assert_eq!(read(&[0x80, 0x80, 0x04]), Err("above"));
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x01]), Err("above"), "a fourth group");
        assert_eq!(read(&[0x80]), Err("the proof is truncated"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_read_has_its_own_spelling(bytes: [u8; 4], max: u16) {
            let mut reader = Reader::new(&bytes);
            if let Ok(value) = reader.varint(max, &"above") {
                let mut again = Vec::new();
                push(&mut again, value.into());
                proptest::prop_assert!(value <= max && bytes.starts_with(&again));
                proptest::prop_assert_eq!(reader.rest, &bytes[again.len()..]);
            }
        }

        #[test]
        fn what_is_wider_than_a_proof_holds_is_refused(value in 0x1_0000_u32..) {
            let mut out = Vec::new();
            push(&mut out, value);
            proptest::prop_assert_eq!(read(&out), Err("above"));
        }
    }

    #[test]
    fn zigzag_is_a_bijection() {
        for value in i16::MIN..=i16::MAX {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
        assert_eq!([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
    }
}
