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

use super::{Forest, Model};
use crate::verifier::session_evidence::Evidence;

/// The model of whole features.
pub(super) const MOVEMENT: Model<'_> = Model {
    forest: Forest { trees: include_bytes!("movement.bin") },
    worth: &[
        (-635, -250),
        (-422, -234),
        (-348, -234),
        (-314, -234),
        (-278, -234),
        (-248, -234),
        (-218, -234),
        (-192, -234),
        (-177, -234),
        (-160, -229),
        (-142, -220),
        (-117, -196),
        (-73, -172),
        (-37, -88),
        (-14, -34),
        (25, 2),
        (56, 72),
        (86, 250),
        (148, 569),
        (199, 650),
        (239, 839),
        (296, 1117),
        (349, 1251),
        (399, 1281),
        (452, 1286),
        (651, 1286),
        (967, 1414),
    ],
};

/// The model of privacy mode.
pub(super) const PRIVATE_MOVEMENT: Model<'_> = Model {
    forest: Forest { trees: include_bytes!("private.bin") },
    worth: &[
        (-568, -250),
        (-429, -234),
        (-368, -234),
        (-319, -234),
        (-277, -234),
        (-243, -234),
        (-217, -234),
        (-198, -234),
        (-152, -230),
        (-104, -220),
        (-79, -176),
        (-50, -147),
        (-26, -146),
        (-5, -23),
        (36, 23),
        (64, 235),
        (98, 348),
        (158, 462),
        (190, 596),
        (229, 775),
        (329, 1224),
        (566, 1286),
        (974, 1414),
    ],
};

/// At most 5, 1, 0.3 and 0.1 % of people's movements had more evidence than this against them, in the
/// set of people where most had.
pub const LIMITS: [Evidence; 4] = [Evidence(0), Evidence(450), Evidence(777), Evidence(1230)];

/// At most one in a hundred people's sessions of 10 interactions came to this sum.
pub const SESSION_LIMIT: u16 = 1280;
