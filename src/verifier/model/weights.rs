//! No trees yet: every movement is worth nothing either way.

use super::{Forest, Model};
use crate::verifier::session_evidence::{BIT, Evidence};

/// The model of whole features.
pub(super) const MOVEMENT: Model<'_> = Model { forest: Forest { trees: &[] }, worth: &[] };

/// The model of privacy mode.
pub(super) const PRIVATE_MOVEMENT: Model<'_> = Model { forest: Forest { trees: &[] }, worth: &[] };

/// One in a hundred people's movements has this evidence or more.
pub const WEAK: Evidence = Evidence(4 * BIT);
