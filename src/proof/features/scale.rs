//! Statistics of short lists, and the scales of a byte.

#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
use crate::bare::Real as _;
use crate::proof::trajectory::quantise_unsigned;
use alloc::vec::Vec;

/// log₂ of a positive number, exact at powers of two and straight between them.
pub(super) fn lg(x: f64) -> f64 {
    // The upper half of the bits is the exponent, then 20 bits of the fraction: one fixed-point number.
    let high = u32::try_from(x.max(f64::MIN_POSITIVE).to_bits() >> 32).unwrap_or(0);
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

/// From least to greatest. A hundred values at most: insertion is fast, and small.
pub(super) fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = Vec::with_capacity(100);
    for value in values {
        let place = sorted.partition_point(|other| *other <= value);
        sorted.insert(place, value);
    }
    sorted
}

/// The value at a rank from 0 (the least) to 1 (the greatest); 0 of nothing.
pub(super) fn quantile(sorted: &[f64], rank: f64) -> f64 {
    let last = u16::try_from(sorted.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let place = quantise_unsigned(rank * f64::from(last), u16::MAX);
    sorted.get(usize::from(place)).map_or(0.0, |value| *value)
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
