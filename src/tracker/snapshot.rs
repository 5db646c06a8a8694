//! The latest interaction as a JavaScript object, for drawing.

use super::interaction::Interaction;
use crate::{
    host::set,
    proof::{
        Point,
        kinematics::{Rate, measure, speeds},
    },
};
use alloc::vec::Vec;
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

fn row(numbers: &[f64]) -> JsValue {
    numbers.iter().map(|number| JsValue::from_f64(*number)).collect::<Array>().into()
}

/// See [`super::InteractionTracker::snapshot`]. `path` is newest first.
pub(super) fn snapshot(interaction: &Interaction, path: &[Point], now: f64) -> JsValue {
    let press = interaction.press;
    let relative = |point: &Point| Point { t: (point.t - press.t).min(0.0), ..*point };
    let points: Vec<Point> = path.iter().rev().map(relative).collect();
    let out = Object::new();
    set(&out, "kind", &interaction.kind.as_str().into());
    set(&out, "ageMs", &interaction.age(now).into());
    let drawn: Array = points.iter().map(|p| row(&[p.t, p.x, p.y])).collect();
    set(&out, "points", &drawn);
    let velocity: Array =
        speeds(&points).iter().map(|Rate { t, value }| row(&[*t, *value])).collect();
    set(&out, "velocity", &velocity);
    set(&out, "features", &features(interaction, &points));
    out.into()
}

fn features(interaction: &Interaction, points: &[Point]) -> JsValue {
    let f = measure(points);
    let offset = || interaction.press_record().offset_from_centre();
    let (offset_x, offset_y) = interaction.kind.is_pointer().then(offset).unzip();
    let out = Object::new();
    for (name, value) in [
        ("pathLength", f.path_length),
        ("durationMs", f.duration_ms),
        ("meanVelocity", f.mean_velocity),
        ("peakVelocity", f.peak_velocity),
        ("meanAcceleration", f.mean_acceleration),
        ("meanJerk", f.mean_jerk),
        ("curvature", f.curvature),
        ("straightness", f.straightness),
        ("pauses", f.pauses.into()),
        ("pauseMs", f.pause_ms),
    ] {
        set(&out, name, &value.into());
    }
    for (name, value) in
        [("dwellMs", interaction.dwell), ("offsetX", offset_x), ("offsetY", offset_y)]
    {
        set(&out, name, &value.into());
    }
    out.into()
}
