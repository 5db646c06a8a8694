//! Gradient boosting (Friedman 2001) of trees of depth 3 on bytes, second order, on one thread: the same
//! trees on every machine. Leaves are rounded to what ships while training goes on.

use crate::random::Random;
use partitioned_authority::evidence::model::{DEPTH, LEAVES};

/// A row: the bytes of a sample, whether a program made it, and how much it counts.
#[derive(Clone)]
pub struct Row<const N: usize> {
    pub features: [u8; N],
    pub bot: bool,
    pub weight: f64,
}

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub trees: usize,
    pub rate: f64,
    /// Least weight of rows in a leaf, of all.
    pub leaf: f64,
    pub ridge: f64,
    /// Share of features and rows that a tree sees.
    pub features: f64,
    pub rows: f64,
    pub seed: u64,
}

/// Units of a leaf in one natural unit of log-odds.
pub const UNIT: f64 = 96.0;

/// Trees as the package reads them.
pub fn train<const N: usize>(rows: &[Row<N>], places: &[usize], settings: Settings) -> Vec<u8> {
    let total: f64 = rows.iter().map(|row| row.weight).sum();
    let scale = rows.len() as f64 / total;
    let columns: Vec<Vec<u8>> =
        (0..N).map(|place| rows.iter().map(|row| row.features[place]).collect()).collect();
    let mut random = Random::new(settings.seed);
    let mut sums = vec![0.0; rows.len()];
    let mut trees = Vec::new();
    let least = settings.leaf * rows.len() as f64;
    for _ in 0..settings.trees {
        let used: Vec<u32> =
            (0..rows.len() as u32).filter(|_| random.chance(settings.rows)).collect();
        let mut seen = places.to_vec();
        random.shuffle(&mut seen);
        seen.truncate(((places.len() as f64 * settings.features).ceil() as usize).max(1));
        seen.sort_unstable();
        let slopes: Vec<(f64, f64)> = rows
            .iter()
            .zip(&sums)
            .map(|(row, sum)| {
                let p = 1.0 / (1.0 + libm::exp(-sum));
                let weight = row.weight * scale;
                (weight * (f64::from(u8::from(row.bot)) - p), weight * p * (1.0 - p))
            })
            .collect();
        let mut questions = vec![(places[0], 255_u8); LEAVES - 1];
        let mut parts: Vec<Vec<u32>> = vec![used];
        for level in 0..DEPTH {
            let mut next = Vec::with_capacity(2 * parts.len());
            for (i, part) in parts.into_iter().enumerate() {
                let best = split(
                    &part,
                    &columns,
                    &seen,
                    rows,
                    &slopes,
                    least / scale.max(1e-9),
                    settings.ridge,
                );
                let (place, threshold) = best.unwrap_or((seen[0], 255));
                questions[(1 << level) - 1 + i] = (place, threshold);
                let (right, left): (Vec<u32>, Vec<u32>) =
                    part.into_iter().partition(|row| columns[place][*row as usize] > threshold);
                next.extend([left, right]);
            }
            parts = next;
        }
        let leaves: Vec<i8> = parts
            .iter()
            .map(|part| {
                let (g, h) = part.iter().fold((0.0, 0.0), |(g, h), row| {
                    let (dg, dh) = slopes[*row as usize];
                    (g + dg, h + dh)
                });
                let value = settings.rate * g / (h + settings.ridge);
                libm::rint((value * UNIT).clamp(-127.0, 127.0)) as i8
            })
            .collect();
        for (i, sum) in sums.iter_mut().enumerate() {
            let mut node = 0;
            for _ in 0..DEPTH {
                let (place, threshold) = questions[node];
                node = 2 * node + 1 + usize::from(columns[place][i] > threshold);
            }
            *sum += f64::from(leaves[node - (LEAVES - 1)]) / UNIT;
        }
        for (place, threshold) in questions {
            trees.extend([place as u8, threshold]);
        }
        trees.extend(leaves.into_iter().map(i8::cast_unsigned));
    }
    trees
}

/// The question that lowers the loss most.
fn split<const N: usize>(
    part: &[u32],
    columns: &[Vec<u8>],
    seen: &[usize],
    rows: &[Row<N>],
    slopes: &[(f64, f64)],
    least: f64,
    ridge: f64,
) -> Option<(usize, u8)> {
    let mut best = 1e-6;
    let mut found = None;
    for place in seen {
        let mut bins = [(0.0, 0.0, 0.0); 256];
        let column = &columns[*place];
        for row in part {
            let row = *row as usize;
            let bin = &mut bins[usize::from(column[row])];
            bin.0 += slopes[row].0;
            bin.1 += slopes[row].1;
            bin.2 += rows[row].weight;
        }
        let all = bins.iter().fold((0.0, 0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
        let worth = |g: f64, h: f64| g * g / (h + ridge);
        let (mut g, mut h, mut w) = (0.0, 0.0, 0.0);
        for (threshold, bin) in bins.iter().enumerate().take(255) {
            g += bin.0;
            h += bin.1;
            w += bin.2;
            if w < least || all.2 - w < least {
                continue;
            }
            let gain = worth(g, h) + worth(all.0 - g, all.1 - h) - worth(all.0, all.1);
            if gain > best {
                best = gain;
                found = Some((*place, threshold as u8));
            }
        }
    }
    found
}
