//! What a sum is worth, from samples that were held out.

use std::collections::BTreeMap;

/// Bits of evidence at most, for a person and for a program: beyond, the recordings are too few to know.
const MOST: [f64; 2] = [4.0, 6.0];
const BIT: f64 = 256.0;

/// Programs of which this share plays what was recorded of people are allowed for. However much like a
/// person's a movement is, it is then at most one bit of evidence for a person, and a few clicks that look
/// like a program's are not outweighed by many that look like a person's.
const PLAYED: f64 = 0.5;

/// Points of the table.
const POINTS: usize = 24;

/// Sums of people and of programs, by source: every source counts the same.
pub type Sums<'a> = BTreeMap<&'a str, Vec<i32>>;

/// The share of a distribution above a sum, every source counting the same.
fn share(sums: &Sums<'_>, from: i32, to: i32) -> f64 {
    let of = |all: &Vec<i32>| {
        let inside = all.iter().filter(|sum| (from..to).contains(*sum)).count();
        inside as f64 / all.len() as f64
    };
    sums.values().map(of).sum::<f64>() / sums.len() as f64
}

/// The table: sums, ascending, and the evidence of each. lg of the ratio of the shares in bins that hold
/// as many people and programs each, made monotone by joining neighbours (Ayer et al. 1955).
pub fn worth(people: &Sums<'_>, programs: &Sums<'_>) -> Vec<(i32, i16)> {
    let mut all: Vec<i32> = people.values().chain(programs.values()).flatten().copied().collect();
    all.sort_unstable();
    let mut edges: Vec<i32> =
        (1..POINTS * 2).map(|i| all[i * (all.len() - 1) / (POINTS * 2)]).collect();
    // The tails, where decisions are made, more finely.
    let mut person: Vec<i32> = people.values().flatten().copied().collect();
    person.sort_unstable();
    for share in [0.9, 0.95, 0.98, 0.99, 0.995] {
        edges.push(person[(share * (person.len() - 1) as f64) as usize]);
    }
    edges.sort_unstable();
    edges.dedup();
    let mut bins: Vec<(f64, f64, f64, f64)> = Vec::new();
    let mut from = i32::MIN;
    for to in edges.iter().copied().chain([i32::MAX]) {
        let (person, program) = (share(people, from, to), share(programs, from, to));
        let inside: Vec<f64> =
            all.iter().filter(|sum| (from..to).contains(*sum)).map(|sum| f64::from(*sum)).collect();
        let middle = inside.iter().sum::<f64>() / inside.len().max(1) as f64;
        if !inside.is_empty() {
            bins.push((person, program, middle, (person + program).max(1e-9)));
        }
        while let [.., a, b] = bins.as_slice() {
            let ratio = |bin: &(f64, f64, f64, f64)| (bin.1 + 3e-4) / (bin.0 + 3e-4);
            if ratio(a) < ratio(b) {
                break;
            }
            let weight = a.3 + b.3;
            let joined = (a.0 + b.0, a.1 + b.1, (a.2 * a.3 + b.2 * b.3) / weight, weight);
            bins.truncate(bins.len() - 2);
            bins.push(joined);
        }
        from = to;
    }
    let mut table: Vec<(i32, i16)> = bins
        .iter()
        .map(|(person, program, middle, _)| {
            let bits = libm::log2((program + 3e-4) / (person + 3e-4)).clamp(-MOST[0], MOST[1]);
            let bits = libm::log2((1.0 - PLAYED) * libm::exp2(bits) + PLAYED);
            (libm::rint(*middle) as i32, libm::rint(bits * BIT) as i16)
        })
        .collect();
    // Flat ends would make the clearest cases equal: they rise by a little to the greatest sums.
    if let (Some(first), Some(last)) = (table.first().copied(), table.last().copied()) {
        let (least, most) = (all[0].min(first.0 - 1), all[all.len() - 1].max(last.0 + 1));
        table.insert(0, (least, first.1 - 16));
        table.push((most, last.1 + 128));
    }
    table.dedup_by_key(|(sum, _)| *sum);
    table
}
