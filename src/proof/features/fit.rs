//! How far a movement is from a polynomial in time.

use super::scale::mean;
#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
use crate::bare::Real as _;
use alloc::vec::Vec;

/// Added to every distance, px: whole px hide what is finer.
const GRAIN: f64 = 0.05;

/// The root mean square distances of `values` from the polynomials of degrees 1, 3 and 5 in `times` that
/// fit best, plus [`GRAIN`].
///
/// The polynomials are orthogonal over `times` (Forsythe 1957), so each degree takes its part out of what
/// the lower ones left.
pub(super) fn residuals(times: &[f64], values: &[f64]) -> [f64; 3] {
    let mut left = values.to_vec();
    let mut before: Vec<f64> = vec![0.0; times.len()];
    let mut basis: Vec<f64> = vec![1.0; times.len()];
    let mut norm_before = 1.0;
    let mut distances = [0.0; 6];
    for distance in &mut distances {
        let norm = dot(&basis, &basis);
        if norm < 1e-9 {
            break;
        }
        let part = dot(&left, &basis) / norm;
        for (value, base) in left.iter_mut().zip(&basis) {
            *value -= part * base;
        }
        *distance = mean(left.iter().map(|value| value * value)).sqrt();
        let centre = basis.iter().zip(times).map(|(base, t)| base * base * t).sum::<f64>() / norm;
        let back = norm / norm_before;
        for ((base, old), t) in basis.iter_mut().zip(&mut before).zip(times) {
            // `before` is zero for the first degree.
            let next = (t - centre) * *base - back * *old;
            *old = *base;
            *base = next;
        }
        norm_before = norm;
    }
    let [_, one, _, three, _, five] = distances;
    [one + GRAIN, three + GRAIN, five + GRAIN]
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_is_at_no_distance_from_its_degree() {
        let times: Vec<f64> = (0..20).map(|i| f64::from(i) / 19.0).collect();
        let cubic: Vec<f64> = times.iter().map(|t| 300.0 * t * t * t - 200.0 * t + 7.0).collect();
        let [one, three, five] = residuals(&times, &cubic);
        assert!(one > 10.0 && three < GRAIN + 1e-9 && five < GRAIN + 1e-9);
        let line: Vec<f64> = times.iter().map(|t| 40.0 * t).collect();
        assert!(residuals(&times, &line)[0] < GRAIN + 1e-9);
    }

    #[test]
    fn what_is_left_shrinks() {
        let times: Vec<f64> = (0..30).map(|i| f64::from(i * i % 31)).collect();
        let values: Vec<f64> = (0..30).map(|i| f64::from(i * 7 % 13)).collect();
        let [one, three, five] = residuals(&times, &values);
        assert!(one >= three && three >= five && five > GRAIN);
    }
}
