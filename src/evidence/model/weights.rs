//! Generated; not to be edited.
//!
//! | | |
//! |---|---|
//! | command | `npm run train:interaction -- --data <dir>` |
//! | seed | 20261129 |
//! | data, SHA-256 of names and text | `8f726bcb39e3f8dc30aaa0820c670e1f53781f7f0867420a7b0e52d4b156d9ae` |
//! | people | balabit 6000, sapimouse 10544 |
//! | programs | bezier_ease 300, ghost_cursor 400, ghost_cursor_playwright 299, humancursor_sys 300, humancursor_web 300, linear_jitter 300, oxy_bezier 300, oxy_gaussian 300, oxy_perlin 300, playwright_linear 300, puppeteer_humanize 300, puppeteer_linear 300, pyclick 300, pyhm 300, windmouse 300 |
//! | trees | 320 of 22 bytes, and as many of privacy mode |

use super::forest::{Forest, Model};
use crate::evidence::bits::Evidence;

/// The model of whole features.
pub(super) const MOVEMENT: Model<'_> = Model {
    forest: Forest { trees: include_bytes!("movement.bin") },
    worth: &[
        (-605, -250),
        (-398, -234),
        (-330, -234),
        (-290, -234),
        (-267, -233),
        (-254, -229),
        (-232, -224),
        (-211, -217),
        (-195, -210),
        (-178, -209),
        (-163, -202),
        (-147, -185),
        (-127, -181),
        (-106, -158),
        (-90, -137),
        (-74, -117),
        (-61, -112),
        (-40, -88),
        (-20, -54),
        (-5, -47),
        (25, 33),
        (58, 106),
        (82, 121),
        (109, 345),
        (133, 410),
        (149, 537),
        (171, 582),
        (205, 628),
        (240, 704),
        (274, 922),
        (346, 1286),
        (427, 1286),
        (584, 1286),
        (940, 1414),
    ],
};

/// The model of privacy mode.
pub(super) const PRIVATE_MOVEMENT: Model<'_> = Model {
    forest: Forest { trees: include_bytes!("private.bin") },
    worth: &[
        (-503, -242),
        (-297, -226),
        (-232, -211),
        (-197, -208),
        (-176, -203),
        (-164, -195),
        (-136, -180),
        (-100, -160),
        (-82, -156),
        (-73, -131),
        (-64, -124),
        (-53, -124),
        (-31, -82),
        (-10, -62),
        (0, -22),
        (21, -11),
        (40, 125),
        (60, 135),
        (83, 196),
        (116, 282),
        (153, 453),
        (172, 480),
        (190, 620),
        (257, 1050),
        (328, 1286),
        (499, 1286),
        (953, 1414),
    ],
};

/// At most 5, 1, 0.3 and 0.1 % of people's movements had more evidence than this against them, in the
/// set of people where most had.
pub const LIMITS: [Evidence; 4] = [Evidence(101), Evidence(561), Evidence(656), Evidence(972)];

/// At most one in a hundred people's sessions of 10 interactions came to this sum.
pub const SESSION_LIMIT: u16 = 1536;
