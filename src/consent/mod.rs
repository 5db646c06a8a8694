//! Consent: what a person is shown before a request is signed, derived from the very bytes that are signed.
//!
//! A server registers [`Template`]s. The signing origin picks one by method and path, reads the values of its
//! fields from the request ([`Template::values`]) and draws its text; the server reads the same values by the
//! same code and hands them to the handler. A request that holds anything the text does not show is refused.
//!
//! | part | what |
//! |---|---|
//! | `template` | a registered action: where its fields are, and its text in each language |
//! | `message` | the text's grammar: literal words and placeholders |
//! | `pattern` | path patterns |
//! | `values` | the closed schema: every member is declared, every declared member is there |
//! | `shown` | what stands in the text for each field |
//! | `escape` | characters that could make shown text mean something else |
//! | `field` | `Pas-Consent` |
//! | `confirmation` | when a click on Confirm counts |

mod confirmation;
mod escape;
#[cfg(feature = "consent")]
pub mod exports;
mod field;
mod message;
mod pattern;
mod shown;
mod template;
mod values;

pub use confirmation::{Confirmation, DWELL_MS, LONGEST_DWELL_MS};
pub use escape::{LONGEST, escaped};
pub use field::Consent;
pub use message::{Segment, Style};
pub use shown::Shown;
pub use template::{Field, MAX_LANGUAGES, Source, Surface, Template};
pub use values::FieldValue;
