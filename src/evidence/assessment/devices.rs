//! Mice of every rate, and what else moves a pointer, by movements that are made up: what is held here is
//! that the device itself is nothing against its user.

use super::{rules::MECHANICAL, *};
use crate::proof::{Flags, MAX_SAMPLES, Point, Press, thinned, trajectory::samples};

/// Where something that moves a pointer is at t ms.
type Device = dyn Fn(f64) -> (f64, f64);

/// Where a hand is that sets out, stops short, corrects, and trembles a little; `t` ms of 900.
fn hand(t: f64) -> (f64, f64) {
    let reach = |t: f64, from: f64, to: f64| {
        let u = ((t - from) / (to - from)).clamp(0.0, 1.0);
        u * u * u * (10.0 - 15.0 * u + 6.0 * u * u)
    };
    let way = 0.88 * reach(t, 0.0, 520.0) + 0.12 * reach(t, 470.0, 900.0);
    let tremor = |period: f64, phase: f64| 0.8 * (t / period + phase).sin();
    let bow = (way * core::f64::consts::PI).sin() * 22.0;
    (430.0 * way + tremor(17.0, 0.3), 120.0 * way + bow + tremor(21.0, 1.1))
}

/// The last 900 ms at so many positions a second, pressed 90 ms later.
fn moved(hertz: f64, place: impl Fn(f64) -> (f64, f64)) -> InteractionProof {
    let step = 1000.0 / hertz;
    let at = |t: f64| {
        let (x, y) = place(t);
        Point { t, x: x.round(), y: y.round() }
    };
    let path: Vec<Point> =
        (0..2000).map(|i| 900.0 - step * f64::from(i)).take_while(|t| *t >= 0.0).map(at).collect();
    let press = Point { t: 990.0, ..path[0] };
    InteractionProof {
        flags: Flags { trusted: true, ..Flags::default() },
        kind: Kind::Mouse,
        event_id: [0; 8],
        age_ms: 20,
        action_hash: [0; 16],
        press: Press {
            dwell_ms: Some(94),
            detail: 1,
            offset_x: 410,
            offset_y: 620,
            width: 140,
            height: 40,
            pixel_ratio_16: 16,
        },
        samples: samples(press, thinned(press, path.into_iter(), MAX_SAMPLES)),
        private: None,
    }
}

/// With and without the trajectory.
fn both(proof: &InteractionProof) -> [Assessment; 2] {
    [assess(proof), assess(&proof.clone().without_trajectory())]
}

#[test]
fn no_rate_is_mechanical() {
    for hertz in [30.0, 50.0, 60.0, 75.0, 90.0, 120.0, 125.0, 144.0, 240.0, 250.0, 500.0, 1000.0] {
        let proof = moved(hertz, hand);
        for found in both(&proof) {
            assert!(found.plausible && found.evidence < MECHANICAL, "{hertz} Hz: {found:?}");
        }
    }
}

#[test]
fn every_rate_from_60_on_is_measured() {
    let by_60 = measure(&moved(60.0, hand).points()).unwrap();
    for hertz in [60.0, 75.0, 90.0, 120.0, 125.0, 144.0, 240.0, 250.0, 500.0, 1000.0] {
        let found = measure(&moved(hertz, hand).points()).unwrap();
        let sent = InteractionProof::decode(&moved(hertz, hand).encode()).unwrap();
        assert_eq!(measure(&sent.points()), Some(found), "{hertz} Hz: all of it fits in a proof");
        // The fit to the minimum jerk of the whole movement: all of it is seen.
        assert!(found[33].abs_diff(by_60[33]) <= 2, "{hertz} Hz: {found:?}");
        for found in both(&moved(hertz, hand)) {
            assert!(!found.reasons.contains(&"too little movement to judge"), "{hertz} Hz");
        }
    }
}

#[test]
fn a_remote_desktop_sends_few_positions_and_late_ones() {
    for hertz in [5.0, 9.0, 15.0, 20.0] {
        for found in both(&moved(hertz, hand)) {
            assert!(found.plausible, "{hertz} Hz: {found:?}");
        }
    }
    // High latency: everything arrives in bursts, each at one time.
    let mut late = moved(60.0, hand);
    for (sample, place) in late.samples.iter_mut().zip(0_u16..) {
        sample.dt_ms = if place % 6 == 0 { 100 } else { 0 };
    }
    for found in both(&late) {
        assert!(found.plausible, "{found:?}");
    }
}

#[test]
fn sticks_balls_and_pads_are_not_mechanical() {
    // A stick gives a speed: straight for long, but never even. A ball is turned in strokes. A pad is swiped.
    let stick = |t: f64| (t * 0.31 + (t / 90.0).sin() * 6.0, t * 0.02 + (t / 140.0).sin() * 2.0);
    let ball = |t: f64| {
        let stroke = (t / 300.0).floor();
        let (x, y) = hand((t - stroke * 300.0) * 2.4);
        (stroke * 150.0 + x * 0.35, stroke * 40.0 + y * 0.35)
    };
    let pad = |t: f64| {
        let (x, y) = hand(t);
        (x + (t / 40.0).sin() * 1.5, y * 0.2)
    };
    let devices: [(&str, &Device); 3] = [("stick", &stick), ("ball", &ball), ("pad", &pad)];
    for (name, device) in devices {
        for hertz in [60.0, 100.0, 125.0] {
            let mut proof = moved(hertz, device);
            // A tap on a pad is as short as a program's click.
            for dwell in [0, 3, 12, 95] {
                proof.press.dwell_ms = Some(dwell);
                for found in both(&proof) {
                    assert!(found.plausible, "{name} {hertz} Hz {dwell} ms: {found:?}");
                }
            }
        }
    }
}

#[test]
fn fractions_of_a_px_are_a_screens_own() {
    for ratio in [12, 18, 20, 24, 28, 32, 40, 48] {
        let mut zoomed = moved(60.0, hand);
        zoomed.flags.fractional = true;
        zoomed.press.pixel_ratio_16 = ratio;
        for found in both(&zoomed) {
            let told = "fractional mouse coordinates at a pixel ratio of 1";
            assert!(!found.reasons.contains(&told), "{ratio}/16: {found:?}");
            assert!(found.plausible, "{ratio}/16: {found:?}");
        }
    }
}
