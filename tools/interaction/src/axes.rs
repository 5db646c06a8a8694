//! The axes on which people's shapes differ most for the jitter that is in them (linear discriminants,
//! Rao 1948), for the search for duplicates.

use crate::{data::Sample, random::Random, replay};
use partitioned_authority::verifier::{
    duplicates::{SHAPE_COUNT, shape},
    model::axes::Axes,
};
use std::fmt::Write as _;

/// Axes that are kept, and tables.
const AXES: usize = 16;
const TABLES: usize = 20;

/// A cell is as wide as this many medians of what jitter moves a shape.
const WIDTH: f64 = 12.0;

/// Jitter, px, and how many movements are jittered.
const NOISE: f64 = 2.0;
const JITTERED: usize = 4000;

type Vector = [f64; SHAPE_COUNT];
type Matrix = [Vector; SHAPE_COUNT];

/// Axes by which these people's movements are told apart, each so long that a cell is 1 wide.
pub fn of(people: &[&Sample], seed: u64) -> Axes {
    let mut random = Random::named(seed, "axes");
    let shape_of =
        |sample: &Sample| shape(&sample.proof(false).points()).map(|shape| shape.numbers);
    let shapes: Vec<Vector> = people.iter().filter_map(|sample| shape_of(sample)).collect();
    let step = (people.len() / JITTERED).max(1);
    let jitters: Vec<Vector> = people
        .iter()
        .step_by(step)
        .filter_map(|sample| {
            let before = shape_of(sample)?;
            let after = shape_of(&replay::jittered(sample, NOISE, &mut random))?;
            Some(core::array::from_fn(|i| after[i] - before[i]))
        })
        .collect();
    discriminants(&spread(&shapes), &spread(&jitters)).map(|axis| {
        let mut moved: Vec<f64> = jitters.iter().map(|jitter| dot(&axis, jitter).abs()).collect();
        moved.sort_by(f64::total_cmp);
        let width = WIDTH * moved[moved.len() / 2];
        axis.map(|part| (part / width) as f32)
    })
}

/// The generated file.
pub fn file(people: &[&Sample], seed: u64) -> String {
    let mut text = format!(
        "/// The parts of each axis; along it a cell is 1 wide.\npub type Axes = [[f32; {SHAPE_COUNT}]; {AXES}];\n\n\
         /// Those on which people's shapes differ most for the jitter that is in them.\n\
         #[rustfmt::skip]\npub const AXES: Axes = [\n"
    );
    for axis in of(people, seed) {
        let parts: Vec<String> = axis.iter().map(|part| format!("{part:?}")).collect();
        let _ = writeln!(text, "    [{}],", parts.join(", "));
    }
    let _ = write!(
        text,
        "];\n\n/// Where the wide cells of each table begin along each axis, in 256ths of a cell.\n\
         #[rustfmt::skip]\npub const SHIFTS: [[u8; {AXES}]; {TABLES}] = [\n"
    );
    let mut random = Random::named(seed, "shifts");
    for _ in 0..TABLES {
        let shifts: [u8; AXES] = core::array::from_fn(|_| (random.bits() >> 56) as u8);
        let _ = writeln!(text, "    {shifts:?},");
    }
    text.push_str("];\n");
    text
}

fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The covariance, each number limited to 1.5 times its 90 % quantile.
fn spread(all: &[Vector]) -> Matrix {
    let mut centred = all.to_vec();
    for i in 0..SHAPE_COUNT {
        let mut column: Vec<f64> = all.iter().map(|vector| vector[i]).collect();
        column.sort_by(f64::total_cmp);
        let middle = column[column.len() / 2];
        let mut far: Vec<f64> = column.iter().map(|value| (value - middle).abs()).collect();
        far.sort_by(f64::total_cmp);
        let most = 1.5 * far[far.len() * 9 / 10];
        for vector in &mut centred {
            vector[i] = (vector[i] - middle).clamp(-most, most);
        }
    }
    core::array::from_fn(|i| {
        core::array::from_fn(|j| {
            centred.iter().map(|vector| vector[i] * vector[j]).sum::<f64>() / centred.len() as f64
        })
    })
}

/// The axes with the greatest ratio of the first spread to the second, greatest first.
fn discriminants(people: &Matrix, jitter: &Matrix) -> [Vector; AXES] {
    let root = inverse_root(jitter);
    let white = product(&product(&root, people), &transposed(&root));
    let (values, vectors) = eigen(white);
    let mut order: Vec<usize> = (0..SHAPE_COUNT).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    core::array::from_fn(|rank| {
        let axis: Vector = core::array::from_fn(|i| vectors[i][order[rank]]);
        core::array::from_fn(|j| (0..SHAPE_COUNT).map(|i| axis[i] * root[i][j]).sum())
    })
}

/// The inverse of the lower triangle L of Cholesky's L Lᵀ.
fn inverse_root(matrix: &Matrix) -> Matrix {
    let mut lower = [[0.0; SHAPE_COUNT]; SHAPE_COUNT];
    for i in 0..SHAPE_COUNT {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            lower[i][j] = match i == j {
                true => libm::sqrt((matrix[i][i] - sum).max(0.0) + 1e-9),
                false => (matrix[i][j] - sum) / lower[j][j],
            };
        }
    }
    let mut inverse = [[0.0; SHAPE_COUNT]; SHAPE_COUNT];
    for column in 0..SHAPE_COUNT {
        for i in column..SHAPE_COUNT {
            let unit = if i == column { 1.0 } else { 0.0 };
            let sum: f64 = (column..i).map(|k| lower[i][k] * inverse[k][column]).sum();
            inverse[i][column] = (unit - sum) / lower[i][i];
        }
    }
    inverse
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    core::array::from_fn(|i| {
        core::array::from_fn(|j| (0..SHAPE_COUNT).map(|k| a[i][k] * b[k][j]).sum())
    })
}

fn transposed(a: &Matrix) -> Matrix {
    core::array::from_fn(|i| core::array::from_fn(|j| a[j][i]))
}

/// Eigenvalues, and eigenvectors in columns, of a symmetric matrix (Jacobi 1846).
fn eigen(mut a: Matrix) -> (Vector, Matrix) {
    let mut v: Matrix =
        core::array::from_fn(|i| core::array::from_fn(|j| f64::from(u8::from(i == j))));
    for _ in 0..60 {
        for p in 0..SHAPE_COUNT {
            for q in p + 1..SHAPE_COUNT {
                if a[p][q].abs() < 1e-300 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + libm::sqrt(theta * theta + 1.0));
                let c = 1.0 / libm::sqrt(t * t + 1.0);
                let s = t * c;
                for k in 0..SHAPE_COUNT {
                    (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]);
                }
                for k in 0..SHAPE_COUNT {
                    (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]);
                }
                for row in &mut v {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
            }
        }
    }
    (core::array::from_fn(|i| a[i][i]), v)
}
