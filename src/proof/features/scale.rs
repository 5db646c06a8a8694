//! Statistics of short lists, and the scales of a byte.

#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
use crate::bare::Real as _;
use crate::proof::point::quantise_unsigned;

/// log₂ of a positive number, exact at powers of two and straight between them.
pub(super) fn lg(x: f64) -> f64 {
    // The upper half of the bits is the exponent, then 20 bits of the fraction: one fixed-point number.
    let positive = if x > f64::MIN_POSITIVE { x } else { f64::MIN_POSITIVE };
    let high = u32::try_from(positive.to_bits() >> 32).unwrap_or(0);
    f64::from(high) / 1_048_576.0 - 1023.0
}

fn byte(x: f64) -> u8 {
    u8::try_from(quantise_unsigned(x, 255)).unwrap_or(u8::MAX)
}

pub(super) fn ratio(x: f64) -> u8 {
    byte(128.0 + 16.0 * lg(x))
}

pub(super) fn share(x: f64) -> u8 {
    byte(1.0 + 254.0 * x)
}

pub(super) fn count(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

/// The share of what is true; 0 of nothing.
pub(super) fn share_of(values: impl Iterator<Item = bool>) -> u8 {
    let (mut all, mut yes) = (0.0, 0.0);
    for value in values {
        all += 1.0;
        yes += if value { 1.0 } else { 0.0 };
    }
    if all > 0.0 { share(yes / all) } else { 0 }
}

/// The mean; 0 of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(n, sum), value| (n + 1.0, sum + value));
    if count > 0.0 { sum / count } else { 0.0 }
}

/// The greatest, at least 0.
pub(super) fn greatest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |most, value| if value > most { value } else { most })
}

/// The value at a rank from 0 (the least) to 1 (the greatest); 0 of nothing.
///
/// Of what is left, only the side of one value on which the place lies is looked at (Hoare 1961).
pub(super) fn quantile(values: &[f64], rank: f64) -> f64 {
    let last = u16::try_from(values.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let mut place = usize::from(quantise_unsigned(rank * f64::from(last), u16::MAX));
    let mut values = values.to_vec();
    let mut left = values.as_mut_slice();
    while let Some(value) = left.get(left.len() / 2).copied() {
        let less = first(left, |other| other < value);
        let (below, above) = left.split_at_mut(less);
        if place < less {
            left = below;
            continue;
        }
        let same = first(above, |other| other <= value);
        place -= less;
        if place < same {
            return value;
        }
        place -= same;
        left = above.split_at_mut(same).1;
    }
    0.0
}

/// Puts those that `belongs` holds for first, and counts them. Without a branch, as none could be foretold.
fn first(values: &mut [f64], belongs: impl Fn(f64) -> bool) -> usize {
    let mut count = 0;
    for at in 0..values.len() {
        values.swap(at, count);
        count += usize::from(values.get(count).is_some_and(|value| belongs(*value)));
    }
    count
}

/// Pearson's correlation of pairs; 0 of fewer than four, or where one side does not vary.
pub(super) fn correlation<'a>(a: &[f64], b: impl Iterator<Item = &'a f64> + Clone) -> u8 {
    let pairs = || a.iter().zip(b.clone());
    if pairs().count() < 4 {
        return 0;
    }
    let (ma, mb) = (mean(pairs().map(|(a, _)| *a)), mean(pairs().map(|(_, b)| *b)));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs() {
        ab += (a - ma) * (b - mb);
        aa += (a - ma) * (a - ma);
        bb += (b - mb) * (b - mb);
    }
    let product = aa * bb;
    if product > 1e-9 { byte(128.0 + 127.0 * ab / product.sqrt()) } else { 0 }
}
