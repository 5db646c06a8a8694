//! Features in words, for operators.

use crate::proof::features::COUNT;

/// One feature said for a program, and for a person.
macro_rules! words {
    ($($word:literal),+ $(,)?) => {
        [$((concat!($word, ": as of a program"), concat!($word, ": as of a person"))),+]
    };
}

/// By place in `Features`.
pub(super) const WORDS: [(&str, &str); COUNT] = words![
    "slow parts",
    "slow quarter",
    "fast parts",
    "spread of the speed",
    "speed near the end",
    "speed at the end",
    "flow of the speed",
    "flow of the acceleration",
    "time of the greatest speed",
    "changes of the speed",
    "way of the last 300 ms",
    "acceleration",
    "jerk",
    "sub-movements",
    "smoothness",
    "sharpest turn",
    "sharp turns",
    "turns",
    "changes of side",
    "detour",
    "steps back",
    "overshoot",
    "small steps",
    "horizontal and vertical steps",
    "bow of the path",
    "distance from a cubic course",
    "distance from a quintic course",
    "distance from a cubic path",
    "distance from a quintic path",
    "gain of a cubic course",
    "gain of a quintic course",
    "gain of a cubic path",
    "gain of a quintic path",
    "distance from minimum jerk",
    "doubled intervals",
    "speed across gaps",
    "spread of the intervals",
    "intervals and steps",
];
