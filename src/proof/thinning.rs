//! Which positions a proof holds of more than it has room for.
//!
//! A mouse at 1,000 Hz fills a proof within 100 ms. What is measured sees no more than the newest position of each
//! frame of 60 a second, so the others are left out as far as they must be, those of the newest frames last.

use super::{
    features::view::FRAME_MS,
    limits::{MAX_SAMPLES, WINDOW_MS},
    point::{Point, quantise},
};
#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
use crate::bare::Real as _;

/// At most `most` of `path`, which holds positions before `press`, newest first; never more than [`MAX_SAMPLES`].
///
/// All that is measured of them is what would be measured of them all, within [`WINDOW_MS`] and `most` frames.
pub fn thinned(
    press: Point,
    path: impl Iterator<Item = Point> + Clone,
    most: usize,
) -> impl Iterator<Item = Point> {
    let most = most.min(MAX_SAMPLES);
    let within =
        path.clone().map(aged(press)).take_while(|(age, _)| age.unsigned_abs() <= WINDOW_MS);
    let frames = within.map(newest_of_frame()).filter(|(is_newest, _)| *is_newest).count();
    let mut spare = most.saturating_sub(frames);
    path.map(aged(press))
        .map(newest_of_frame())
        .filter(move |(is_newest, _)| {
            let is_kept = *is_newest || spare > 0;
            if !is_newest {
                spare = spare.saturating_sub(1);
            }
            is_kept
        })
        .map(|(_, point)| point)
        .take(most)
}

/// A position's age as a proof has it: whole ms, and never running backwards.
fn aged(press: Point) -> impl FnMut(Point) -> (i16, Point) {
    let mut age = 0;
    move |point| {
        age = quantise(press.t - point.t, age, i16::MAX);
        (age, point)
    }
}

/// Whether a position is the newest of its frame, the first frame being that of the newest position.
fn newest_of_frame() -> impl FnMut((i16, Point)) -> (bool, Point) {
    let mut newest = None;
    let mut before = None;
    move |(age, point)| {
        let newest = *newest.get_or_insert(age);
        let frame = (f64::from(age - newest) / FRAME_MS).round_ties_even();
        let is_newest = before.replace(frame) != Some(frame);
        (is_newest, point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{
        Flags, InteractionProof, Kind, Press,
        features::{measure, view::frames},
        trajectory::samples,
    };
    use proptest::prelude::*;

    fn proof(press: Point, path: Vec<Point>) -> InteractionProof {
        InteractionProof {
            flags: Flags::default(),
            kind: Kind::Mouse,
            event_id: [0; 8],
            age_ms: 0,
            action_hash: [0; 16],
            press: Press::default(),
            samples: samples(press, path),
            private: None,
        }
    }

    /// All positions within the window as a proof with room for them would give them, oldest first.
    fn all(press: Point, path: &[Point]) -> Vec<Point> {
        let parts = path.chunks(MAX_SAMPLES).rev();
        let points = parts.flat_map(|part| proof(press, part.to_vec()).points());
        points.collect()
    }

    proptest! {
        #[test]
        fn what_is_measured_is_what_all_would_give(
            steps in prop::collection::vec((0..5_u8, -2..3_i8, -2..3_i8), 0..1000),
            slow in 1..4_u8, late in 0.0..30.0_f64,
        ) {
            let (mut t, mut x, mut y) = (900.0, 300.0, 200.0);
            let press = Point { t: t + late, x, y };
            let path: Vec<_> = steps.iter().map(|(ms, dx, dy)| {
                t -= f64::from(*ms) / 2.0 * f64::from(slow);
                x += f64::from(*dx);
                y += f64::from(*dy);
                Point { t, x, y }
            }).take_while(|point| press.t - point.t <= 1600.0).collect();
            let kept: Vec<_> = thinned(press, path.iter().copied(), MAX_SAMPLES).collect();
            prop_assert_eq!(kept.len(), path.len().min(MAX_SAMPLES));
            let (kept, all) = (proof(press, kept).points(), all(press, &path));
            prop_assert_eq!(frames(&kept), frames(&all));
            prop_assert_eq!(measure(&kept), measure(&all));
        }

        #[test]
        fn any_numbers_are_thinned(
            press in any::<[f64; 3]>(), path in prop::collection::vec(any::<[f64; 3]>(), 0..300), most in 0..130_usize,
        ) {
            let point = |[t, x, y]: [f64; 3]| Point { t, x, y };
            let path: Vec<_> = path.into_iter().map(point).collect();
            let kept = thinned(point(press), path.iter().copied(), most).count();
            prop_assert!(kept <= most.min(MAX_SAMPLES) && (kept == path.len() || kept == most.min(MAX_SAMPLES)));
        }
    }

    fn at(t: f64) -> Point {
        Point { t, ..Point::default() }
    }

    #[test]
    fn the_newest_stay_whole_as_far_as_there_is_room() {
        let path = (0..400).map(|i| at(-f64::from(i)));
        let kept: Vec<_> = thinned(at(0.0), path, 100).collect();
        // 25 frames, and 75 of the others.
        let whole = kept.iter().zip(0..).take_while(|(point, i)| point.t == -f64::from(*i)).count();
        assert_eq!((kept.len(), whole), (100, 81));
        assert!(kept.windows(2).skip(whole).all(|pair| pair[0].t - pair[1].t >= 16.0));
    }

    #[test]
    fn what_came_at_one_moment_stays_whole() {
        let path = (0..150).map(|i| Point { x: f64::from(i), ..at(-3.0) });
        assert_eq!(thinned(at(0.0), path, 100).last().map(|point| point.x), Some(99.0));
    }

    #[test]
    fn few_positions_stay_whichever_their_age() {
        let path = [at(-1.0), at(-2.0), at(-2500.0), at(-90_000.0)];
        assert_eq!(thinned(at(0.0), path.into_iter(), 100).collect::<Vec<_>>(), path);
        assert_eq!(thinned(at(0.0), path.into_iter(), 1).collect::<Vec<_>>(), path[..1]);
    }
}
