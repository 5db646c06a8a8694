//! The numbers by their places.

/// How many numbers there are.
pub const COUNT: usize = 38;

/// The numbers of one movement, in the order of the table of [`super`].
pub type Features = [u8; COUNT];

/// Their names, for reports.
pub const NAMES: [&str; COUNT] = [
    "speed-10",
    "speed-25",
    "speed-90",
    "speed-variation",
    "speed-last-quarter",
    "speed-last",
    "speed-memory",
    "acceleration-memory",
    "peak-time",
    "speed-change-90",
    "last-300-ms",
    "acceleration",
    "jerk",
    "sub-movements",
    "smoothness",
    "turn-max",
    "turn-90",
    "turn-mean",
    "turn-flips",
    "detour",
    "backwards",
    "overshoot",
    "small-steps",
    "axis-steps",
    "bow",
    "along-3",
    "along-5",
    "across-3",
    "across-5",
    "along-3-1",
    "along-5-3",
    "across-3-1",
    "across-5-3",
    "minimum-jerk",
    "double-steps",
    "gap-speed",
    "interval-spread",
    "interval-step",
];
