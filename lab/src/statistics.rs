//! Shares, areas, sums of several clicks.

use crate::random::Random;

/// The share of values above a limit.
pub fn over(values: &[f64], limit: f64) -> f64 {
    values.iter().filter(|value| **value > limit).count() as f64 / values.len().max(1) as f64
}

/// The least limit that at most `share` of the values lie above.
pub fn limit(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let most = (share * sorted.len() as f64).floor() as usize;
    sorted.get(sorted.len().saturating_sub(most + 1)).copied().unwrap_or(f64::INFINITY)
}

/// The probability that a program has more evidence against it than a person; a tie is half.
pub fn area(people: &[f64], programs: &[f64]) -> f64 {
    let mut sorted = people.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = |value: &f64| {
        let less = sorted.partition_point(|other| other < value);
        let same = sorted.partition_point(|other| other <= value) - less;
        less as f64 + same as f64 / 2.0
    };
    programs.iter().map(below).sum::<f64>() / (people.len() * programs.len()).max(1) as f64
}

/// Sums over `clicks` consecutive values of each session.
pub fn sessions(groups: &[Vec<f64>], clicks: usize) -> Vec<f64> {
    groups.iter().flat_map(|all| all.chunks_exact(clicks).map(|part| part.iter().sum())).collect()
}

/// Sums over `clicks` values drawn from all runs of a generator, each used five times.
pub fn drawn(values: &[f64], clicks: usize) -> Vec<f64> {
    let mut random = Random::named(clicks as u64, "clicks");
    let mut values = values.to_vec();
    let mut sums = Vec::new();
    for _ in 0..5 {
        random.shuffle(&mut values);
        sums.extend(values.chunks_exact(clicks).map(|part| part.iter().sum::<f64>()));
    }
    sums
}
