//! The same movement as another recorder, screen or hand would have given it. People and programs go
//! through the same changes, so that a change tells nothing of who it was.

use crate::{data::Sample, random::Random};
use partitioned_authority::proof::Point;

/// A variant drawn at random.
pub fn vary(sample: &Sample, random: &mut Random) -> Sample {
    let mut points = sample.points.clone();
    if random.chance(0.7) {
        shape(&mut points, random);
    }
    match random.below(10) {
        0..4 => points = resample(&points, random.octaves(1.0, 34.0), random),
        4 => points = resample(&points, random.octaves(34.0, 60.0), random),
        5..8 => late(&mut points, random),
        _ => {}
    }
    let click = points.last().copied().unwrap_or_default();
    Sample { points, click, ..sample.clone() }
}

/// Zoom and high-DPI pages, another pace, turned and mirrored by whole axes.
fn shape(points: &mut [Point], random: &mut Random) {
    let scale = random.octaves(0.5, 2.0);
    let pace = random.octaves(0.8, 1.25);
    let (swap, flip_x, flip_y) = (random.chance(0.5), random.chance(0.5), random.chance(0.5));
    for point in points {
        let (x, y) = if swap { (point.y, point.x) } else { (point.x, point.y) };
        point.x = scale * if flip_x { -x } else { x };
        point.y = scale * if flip_y { -y } else { y };
        point.t *= pace;
    }
}

/// Read at a steady period in ms, between events as on a straight line; the last position stays.
pub fn resample(points: &[Point], period: f64, random: &mut Random) -> Vec<Point> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut t = first.t + period * random.unit();
    let mut at = 0;
    while t < last.t {
        while at + 2 < points.len() && points[at + 1].t <= t {
            at += 1;
        }
        let (from, to) = (points[at], points[at + 1]);
        // Nothing was sent across a pause: the pointer rested there, it did not drift.
        let share =
            if to.t - from.t > 70.0 { 0.0 } else { (t - from.t) / (to.t - from.t).max(1e-9) };
        let share = share.clamp(0.0, 1.0);
        out.push(Point {
            t,
            x: (from.x + share * (to.x - from.x)).round_ties_even(),
            y: (from.y + share * (to.y - from.y)).round_ties_even(),
        });
        t += period;
    }
    out.push(*last);
    let keep = out.len().saturating_sub(400);
    out.split_off(keep)
}

/// Events come a little late, each by another time.
pub fn late(points: &mut [Point], random: &mut Random) {
    let mean = random.between(0.5, 5.0);
    let mut latest = f64::NEG_INFINITY;
    for point in points {
        latest = latest.max(point.t + random.exponential(mean));
        point.t = latest;
    }
}
