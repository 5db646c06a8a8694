//! How far the numbers of a proof reach.

/// The widest age of an interaction, in ms. Older ones give no proof, and none is accepted.
pub const MAX_AGE_MS: u16 = 5_000;

/// Most samples of a trajectory.
pub const MAX_SAMPLES: usize = 100;

/// How far before the press a trajectory reaches, in ms.
pub const WINDOW_MS: u16 = 2_000;

/// The widest step between two samples along one axis, in CSS px.
pub const MAX_STEP_PX: i16 = 8_191;

/// The longest press-to-release time told apart, in ms.
pub const MAX_DWELL_MS: u16 = 30_000;

/// The largest `devicePixelRatio` told apart, in sixteenths.
pub const MAX_PIXEL_RATIO_16: u16 = 256;

/// The press-to-release times that privacy mode tells apart, ms: the longest of these that is not longer.
pub const PRIVATE_DWELLS_MS: [u16; 10] = [0, 5, 20, 30, 60, 90, 130, 200, 400, 1001];

/// The greatest `detail` that privacy mode tells apart.
pub const PRIVATE_DETAIL: u8 = 3;
