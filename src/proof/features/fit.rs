//! How far a movement is from a polynomial in time.

#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
use crate::bare::Real as _;
use alloc::vec::Vec;

/// Added to every distance, px: whole px hide what is finer.
const GRAIN: f64 = 0.05;

/// The root mean square distances of two lists of values from the polynomials of degrees 1, 3 and 5 in
/// `times` that fit each best, plus [`GRAIN`].
///
/// The polynomials are orthogonal over `times` (Forsythe 1957), so each degree takes its part out of what
/// the lower ones left. They are the same for both lists, which goes through them side by side.
pub(super) fn residuals(times: &[f64], values: [&[f64]; 2]) -> [[f64; 3]; 2] {
    let [first, second] = values;
    let mut rows: Vec<Row> = times
        .iter()
        .zip(first.iter().zip(second))
        .map(|(time, (a, b))| Row { time: *time, left: [*a, *b], basis: 1.0, before: 0.0 })
        .collect();
    let mut sums = Sums::default();
    let mut count = 0.0;
    for row in &rows {
        sums.add(row);
        count += 1.0;
    }
    let mut norm_before = 1.0;
    let mut distances = [[0.0; 2]; 6];
    for distance in &mut distances {
        let Sums { norm, moment, parts } = core::mem::take(&mut sums);
        if norm < 1e-9 {
            break;
        }
        let parts = parts.map(|part| part / norm);
        let centre = moment / norm;
        // `before` is zero for the first degree.
        let back = norm / norm_before;
        let mut squares = [0.0; 2];
        for row in &mut rows {
            row.left = [row.left[0] - parts[0] * row.basis, row.left[1] - parts[1] * row.basis];
            squares =
                [squares[0] + row.left[0] * row.left[0], squares[1] + row.left[1] * row.left[1]];
            let next = (row.time - centre) * row.basis - back * row.before;
            row.before = row.basis;
            row.basis = next;
            sums.add(row);
        }
        *distance = squares.map(|sum| (sum / count).sqrt());
        norm_before = norm;
    }
    let [_, one, _, three, _, five] = distances;
    let of = |list: fn([f64; 2]) -> f64| [one, three, five].map(|both| list(both) + GRAIN);
    [of(|[first, _]| first), of(|[_, second]| second)]
}

/// A moment: what is left of both lists there, and the polynomials of this degree and the one before.
struct Row {
    time: f64,
    left: [f64; 2],
    basis: f64,
    before: f64,
}

/// Over all moments: of the polynomial's squares, of those times the time, and of its products with what is left.
#[derive(Default)]
struct Sums {
    norm: f64,
    moment: f64,
    parts: [f64; 2],
}

impl Sums {
    fn add(&mut self, row: &Row) {
        let square = row.basis * row.basis;
        self.norm += square;
        self.moment += square * row.time;
        self.parts =
            [self.parts[0] + row.left[0] * row.basis, self.parts[1] + row.left[1] * row.basis];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_is_at_no_distance_from_its_degree() {
        let times: Vec<f64> = (0..20).map(|i| f64::from(i) / 19.0).collect();
        let cubic: Vec<f64> = times.iter().map(|t| 300.0 * t * t * t - 200.0 * t + 7.0).collect();
        let [[one, three, five], _] = residuals(&times, [&cubic, &cubic]);
        assert!(one > 10.0 && three < GRAIN + 1e-9 && five < GRAIN + 1e-9);
        let line: Vec<f64> = times.iter().map(|t| 40.0 * t).collect();
        assert!(residuals(&times, [&cubic, &line])[1][0] < GRAIN + 1e-9);
    }

    #[test]
    fn what_is_left_shrinks() {
        let times: Vec<f64> = (0..30).map(|i| f64::from(i * i % 31)).collect();
        let values: Vec<f64> = (0..30).map(|i| f64::from(i * 7 % 13)).collect();
        let [_, [one, three, five]] = residuals(&times, [&times, &values]);
        assert!(one >= three && three >= five && five > GRAIN);
    }
}
