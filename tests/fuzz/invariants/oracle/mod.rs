//! Second opinions: the same questions answered by other code than the crate's.

pub mod curve;
pub mod json;
pub mod structured_field;
