//! P-256 by the textbook (FIPS 186-5, SEC 1): whether a point is on the curve. Slow, plain, and no code of
//! the crate's library.

/// A number below 2^256, four words, least significant first.
type Number = [u64; 4];

/// 2^256 − 2^224 + 2^192 + 2^96 − 1
const P: Number = [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];

const B: Number =
    [0x3bce_3c3e_27d2_604b, 0x651d_06b0_cc53_b0f6, 0xb3eb_bd55_7698_86bc, 0x5ac6_35d8_aa3a_93e7];

/// Whether y² = x³ − 3x + b, both below p.
pub fn is_on_curve(x: &[u8; 32], y: &[u8; 32]) -> bool {
    let (x, y) = (number(x), number(y));
    if !less(&x, &P) || !less(&y, &P) {
        return false;
    }
    let cube = multiply(&multiply(&x, &x), &x);
    let triple = add(&add(&x, &x), &x);
    multiply(&y, &y) == add(&add(&cube, &negate(&triple)), &B)
}

fn number(bytes: &[u8; 32]) -> Number {
    let mut words = [0; 4];
    for (word, chunk) in words.iter_mut().rev().zip(bytes.chunks(8)) {
        *word = chunk.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    }
    words
}

fn less(a: &Number, b: &Number) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// The difference, and whether it had to borrow.
fn subtract(a: &Number, b: &Number) -> (Number, bool) {
    let (mut out, mut borrow) = ([0; 4], false);
    for ((to, a), b) in out.iter_mut().zip(a).zip(b) {
        let (low, first) = a.overflowing_sub(*b);
        let (low, second) = low.overflowing_sub(u64::from(borrow));
        *to = low;
        borrow = first || second;
    }
    (out, borrow)
}

/// The sum modulo p.
fn add(a: &Number, b: &Number) -> Number {
    let (mut sum, mut carry) = ([0; 4], false);
    for ((to, a), b) in sum.iter_mut().zip(a).zip(b) {
        let (low, first) = a.overflowing_add(*b);
        let (low, second) = low.overflowing_add(u64::from(carry));
        *to = low;
        carry = first || second;
    }
    let (reduced, borrow) = subtract(&sum, &P);
    if carry || !borrow { reduced } else { sum }
}

fn negate(a: &Number) -> Number {
    if *a == [0; 4] { [0; 4] } else { subtract(&P, a).0 }
}

/// The product modulo p, by doubling and adding.
fn multiply(a: &Number, b: &Number) -> Number {
    let mut out = [0; 4];
    for word in b.iter().rev() {
        for bit in (0..64).rev() {
            out = add(&out, &out);
            if word >> bit & 1 == 1 {
                out = add(&out, a);
            }
        }
    }
    out
}
