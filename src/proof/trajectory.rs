//! Between pointer positions as the browser gives them and the samples of a proof.

use super::{
    limits::{MAX_SAMPLES, MAX_STEP_PX, WINDOW_MS},
    point::{Point, quantise},
    press::Sample,
};
use alloc::vec::Vec;

/// A jump of the pointer is wider than this, in CSS px.
pub const TELEPORT_PX: f64 = 60.0;

/// A last step before the press that is wider is a jump, however many moves were before it: programs that
/// click one thing after another make a move for each. Of people at 60 positions a second nobody arrives so
/// fast; over a remote desktop with 9 a second 0.17 % do. In CSS px.
pub const LEAP_PX: f64 = 100.0;

/// Fewer moves than this before a press say little. About a third of people's presses have fewer.
pub const FEW_MOVES: usize = 5;

/// The samples of `path`, which holds positions before `press`, newest first.
///
/// Times are rounded to 1 ms and positions to 1 CSS px, each against the press, so that errors don't add
/// up along the path. Positions older than [`WINDOW_MS`] are left out.
#[must_use]
pub fn samples(press: Point, path: impl IntoIterator<Item = Point>) -> Vec<Sample> {
    // Beyond a path of this width one could not be told from the next anyway.
    const WIDEST: i16 = i16::MAX / 2;
    let (mut age, mut x, mut y) = (0_i16, 0_i16, 0_i16);
    let mut samples = Vec::with_capacity(MAX_SAMPLES);
    for point in path.into_iter().take(MAX_SAMPLES) {
        // An event's time may lie a little after the press; time never runs backwards in a proof.
        let older = quantise(press.t - point.t, age, i16::MAX);
        let dt_ms = (older - age).unsigned_abs();
        age = older;
        if age.unsigned_abs() > WINDOW_MS {
            break;
        }
        let step = |to: f64, from: i16| {
            (quantise(to, -WIDEST, WIDEST) - from).clamp(-MAX_STEP_PX, MAX_STEP_PX)
        };
        let (dx, dy) = (step(point.x - press.x, x), step(point.y - press.y, y));
        (x, y) = (x.saturating_add(dx), y.saturating_add(dy));
        samples.push(Sample { dt_ms, dx, dy });
    }
    samples
}

/// Whether the pointer jumped rather than moved to the press: a step of more than [`TELEPORT_PX`] among
/// fewer than [`FEW_MOVES`] moves, or a last step of more than [`LEAP_PX`]. `path` is newest first; one position older than [`WINDOW_MS`] may
/// follow the moves, as what the first step is measured from.
#[must_use]
pub fn is_teleport(press: Point, path: impl IntoIterator<Item = Point>) -> bool {
    let mut newer = press;
    let mut moves = 0;
    let mut jumped = false;
    let mut moved = false;
    for point in path {
        let step = newer.distance(point);
        if !moved && step > LEAP_PX {
            return true;
        }
        moved |= step > 0.0;
        jumped |= step > TELEPORT_PX;
        newer = point;
        if press.t - point.t > f64::from(WINDOW_MS) {
            break;
        }
        moves += 1;
        if moves >= FEW_MOVES {
            return false;
        }
    }
    jumped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{Flags, InteractionProof, Kind, Press};
    use proptest::prelude::*;

    const fn at(t: f64, x: f64, y: f64) -> Point {
        Point { t, x, y }
    }

    fn proof(samples: Vec<Sample>) -> InteractionProof {
        InteractionProof {
            flags: Flags::default(),
            kind: Kind::Mouse,
            event_id: [0; 8],
            age_ms: 0,
            action_hash: [0; 16],
            press: Press { pixel_ratio_16: 16, ..Press::default() },
            samples,
            private: None,
        }
    }

    #[test]
    fn rounding_errors_do_not_add_up() {
        let press = at(1000.0, 500.0, 500.0);
        let path = (1..=90_i16)
            .map(|i| at(1000.0 - 1.4 * f64::from(i), 500.0 - 0.4 * f64::from(i), 500.0));
        let points = proof(samples(press, path)).points();
        assert_eq!(points.len(), 90);
        assert_eq!(points[0], at(-126.0, -36.0, 0.0));
    }

    #[test]
    fn the_window_ends_the_path() {
        let press = at(5000.0, 0.0, 0.0);
        let path = [at(4990.0, 1.0, 1.0), at(3000.0, 2.0, 2.0), at(2999.4, 3.0, 3.0)];
        assert_eq!(samples(press, path).len(), 2);
    }

    #[test]
    fn time_never_runs_backwards() {
        let samples =
            samples(at(10.0, 0.0, 0.0), [at(12.0, 0.0, 0.0), at(5.0, 0.0, 0.0), at(7.0, 0.0, 0.0)]);
        assert_eq!(samples.iter().map(|s| s.dt_ms).collect::<Vec<_>>(), [0, 5, 0]);
    }

    #[test]
    fn a_jump_needs_few_moves() {
        let press = at(1000.0, 400.0, 0.0);
        let arrived = at(999.0, 400.0, 0.0);
        assert!(is_teleport(press, [arrived, at(990.0, 0.0, 0.0)]));
        assert!(is_teleport(press, [arrived, at(-9000.0, 0.0, 0.0)]), "from before the window");
        assert!(!is_teleport(press, [arrived, at(-9000.0, 400.0, 0.0), at(-9001.0, 0.0, 0.0)]));
        assert!(!is_teleport(press, [arrived, at(990.0, 340.0, 0.0)]), "exactly 60 px");
        assert!(!is_teleport(press, [arrived]), "nothing to jump from");
        assert!(!is_teleport(press, []));
        let moves = (1..=5).map(|i| at(1000.0 - f64::from(i), 400.0 - 100.0 * f64::from(i), 0.0));
        assert!(!is_teleport(press, moves.clone()));
        assert!(is_teleport(press, moves.take(4)));
        // One click after another: each jump is a move.
        let jumps = |last: f64| {
            let before = (1..9).map(|i| f64::from(i % 2) * 300.0 - 50.0);
            let path = core::iter::once(400.0).chain([400.0 - last]).chain(before);
            path.zip(0..).map(|(x, i)| at(999.0 - 100.0 * f64::from(i), x, 0.0)).collect::<Vec<_>>()
        };
        assert!(is_teleport(press, jumps(101.0)));
        assert!(!is_teleport(press, jumps(100.0)));
    }

    proptest! {
        #[test]
        fn any_numbers_give_samples_that_survive_the_codec(
            press in any::<[f64; 3]>(),
            path in prop::collection::vec(any::<[f64; 3]>(), 0..130),
        ) {
            let point = |[t, x, y]: [f64; 3]| at(t, x, y);
            let proof = proof(samples(point(press), path.into_iter().map(point)));
            let decoded = InteractionProof::decode(&proof.encode()).unwrap();
            prop_assert!(proof.samples.starts_with(&decoded.samples));
        }
    }
}
