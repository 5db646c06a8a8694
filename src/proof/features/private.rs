//! What privacy mode sends in place of a trajectory: some of the numbers, coarser.

use super::numbers::{COUNT, Features};

/// How many numbers privacy mode sends.
pub const PRIVATE_COUNT: usize = 20;

/// Which of the numbers those are: places in [`Features`], ascending. None tells what recorded the movement.
pub const PRIVATE: [usize; PRIVATE_COUNT] =
    [0, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 18, 22, 25, 26, 27, 28, 31];

/// This many neighbouring values become one: half an octave of a ratio, a 32nd of a share.
const STEP: u8 = 8;

/// The greatest value of a private number.
pub const PRIVATE_MAX: u8 = u8::MAX.div_ceil(STEP);

/// The numbers of privacy mode, in the order of [`PRIVATE`]: 0 for what can't be measured, else 1 to
/// [`PRIVATE_MAX`].
pub type PrivateFeatures = [u8; PRIVATE_COUNT];

/// The numbers at [`PRIVATE`], divided by 8 and rounded up: 0 stays 0, order stays order. No position,
/// length in px, time or rate can be had from them.
#[must_use]
pub fn private(features: &Features) -> PrivateFeatures {
    PRIVATE.map(|place| features.get(place).map_or(0, |byte| byte.div_ceil(STEP)))
}

const _: () = {
    let mut at = 1;
    while at < PRIVATE_COUNT {
        assert!(pick(at - 1) < pick(at) && pick(at) < COUNT, "ascending places");
        at += 1;
    }
};

/// `PRIVATE[at]` without a panic at run time.
const fn pick(at: usize) -> usize {
    match PRIVATE.as_slice().split_at_checked(at) {
        Some((_, [place, ..])) => *place,
        _ => COUNT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn coarser_keeps_order_and_absence(mut bytes in prop::collection::vec(any::<u8>(), COUNT), more in any::<u8>()) {
            let before: Features = bytes.clone().try_into().unwrap();
            for byte in &mut bytes {
                *byte = byte.saturating_add(more);
            }
            let after: Features = bytes.try_into().unwrap();
            for ((low, high), place) in private(&before).iter().zip(private(&after)).zip(PRIVATE) {
                prop_assert!(*low <= high && high <= PRIVATE_MAX);
                prop_assert_eq!(*low == 0, before[place] == 0);
            }
        }
    }
}
