//! What is measured of a movement.

use super::{hex, hold, text};
use partitioned_authority::{
    canonical::sha256,
    proof::{
        Flags, InteractionProof, Kind, Point, Press, Sample,
        features::{measure, private},
        trajectory::samples,
    },
};
use serde_json::{Value, json};

/// The numbers and those of privacy mode; `None` if there is too little movement.
fn numbers(samples: Vec<Sample>) -> Option<(Vec<u8>, Vec<u8>)> {
    let proof = InteractionProof {
        flags: Flags::default(),
        kind: Kind::Mouse,
        event_id: [0; 8],
        age_ms: 0,
        action_hash: [0; 16],
        press: Press::default(),
        samples,
        private: None,
    };
    let found = measure(&proof.points())?;
    let coarse = private(&found);
    // As the tracker makes them.
    assert_eq!(proof.without_trajectory().private.unwrap().movement, Some(coarse));
    Some((found.to_vec(), coarse.to_vec()))
}

fn point(value: &Value) -> Point {
    let [t, x, y] = [0, 1, 2].map(|at| value[at].as_f64().unwrap());
    Point { t, x, y }
}

pub(super) fn measured() {
    hold(include_str!("../../vectors/features.json"), |case| {
        let Some(path) = case.get("path") else { return Ok(generated(case)) };
        let path = path.as_array().unwrap().iter().rev().map(point);
        let samples = samples(point(&case["press"]), path);
        let mut found = json!({
            "samples": samples.iter().map(|s| json!([s.dt_ms, s.dx, s.dy])).collect::<Vec<_>>(),
        });
        match numbers(samples) {
            Some((features, private)) => {
                found["features"] = hex(&features).into();
                found["private"] = hex(&private).into();
            }
            None => assert!(case.get("features").is_none(), "{} was not measured", case["name"]),
        }
        Ok(found)
    });
}

/// The table of `tests/independent/movements.mjs`.
fn kind(name: &str) -> [i16; 6] {
    match name {
        "generated, lines" => [16, 1, 15, 1, 0, 0],
        "generated, 60 Hz" => [15, 4, 15, 12, 0, 12],
        "generated, 125 Hz" => [7, 3, 8, 6, 0, 20],
        "generated, 1000 Hz" => [0, 3, 2, 3, 3, 0],
        "generated, rests" => [14, 6, 6, 4, 3, 8],
        "generated, far apart" => [40, 60, 60, 30, 0, 0],
        "generated, wide" => [10, 30, 4000, 4000, 9, 9],
        other => panic!("no such kind: {other}"),
    }
}

fn generated(case: &Value) -> Value {
    let [least, more, drift, differs, rests, late] = kind(text(case, "name"));
    let mut state = u32::try_from(case["seed"].as_u64().unwrap()).unwrap();
    let mut below = |end: i16| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        i16::try_from(state % u32::from(end.unsigned_abs())).unwrap()
    };
    let mut bytes = Vec::new();
    for _ in 0..case["count"].as_u64().unwrap() {
        let length = 8 + below(93);
        let [x, y] = [(); 2].map(|()| below(2 * drift + 1) - drift);
        let (mut movement, mut age) = (Vec::new(), 0);
        for _ in 0..length {
            let ms = least + below(more);
            let [dx, dy] = [x, y].map(|shared| shared + below(2 * differs + 1) - differs);
            let mut one_in = |many| many > 0 && below(many) == 0;
            let rest = one_in(rests);
            let dt_ms = (ms + if one_in(late) { 80 } else { 0 }).unsigned_abs();
            age += dt_ms;
            if age > 2000 {
                break;
            }
            movement.push(if rest {
                Sample { dt_ms, ..Sample::default() }
            } else {
                Sample { dt_ms, dx, dy }
            });
        }
        match numbers(movement) {
            Some((features, private)) => bytes.extend([features, private].concat()),
            None => bytes.push(0),
        }
    }
    json!({ "sha256": hex(&sha256(&[&bytes])) })
}
