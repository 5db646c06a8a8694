//! Thresholds fixed on development people, and read again wherever other data is judged.

use crate::data::Malformed;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

/// Shares of people that may be refused.
pub const NOMINAL: [f64; 4] = [0.05, 0.01, 0.003, 0.001];

/// Clicks that are judged together.
pub const CLICKS: [usize; 4] = [1, 3, 5, 10];

/// Evidence, in bits, above which something is refused: by share of people, then by number of clicks.
#[derive(Clone, Debug, Default)]
pub struct Thresholds(pub [[f64; CLICKS.len()]; NOMINAL.len()]);

impl Thresholds {
    /// The strictest of what each set of people needs. Sets: values in bits by session.
    pub fn of(sets: &BTreeMap<String, Vec<Vec<f64>>>) -> Self {
        let mut out = Self::default();
        for (row, share) in out.0.iter_mut().zip(NOMINAL) {
            for (limit, clicks) in row.iter_mut().zip(CLICKS) {
                *limit = sets
                    .values()
                    .map(|groups| crate::statistics::sessions(groups, clicks))
                    .filter(|sums| sums.len() >= 20)
                    .map(|sums| crate::statistics::limit(&sums, share))
                    .fold(f64::NEG_INFINITY, f64::max);
            }
        }
        out
    }

    pub fn json(&self) -> Value {
        json!(self.0)
    }

    fn from(value: &Value) -> Option<Self> {
        let mut out = Self::default();
        for (row, values) in out.0.iter_mut().zip(value.as_array()?) {
            for (limit, value) in row.iter_mut().zip(values.as_array()?) {
                *limit = value.as_f64()?;
            }
        }
        Some(out)
    }
}

/// What training found on development people.
pub struct Development {
    pub whole: Thresholds,
    pub private: Thresholds,
}

impl Development {
    pub fn read(path: &Path) -> Result<Self, Malformed> {
        let at = |reason: String| Malformed(format!("{}: {reason}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| at(error.to_string()))?;
        let value: Value = serde_json::from_str(&text).map_err(|error| at(error.to_string()))?;
        let of = |name: &str| {
            Thresholds::from(value.get(name).unwrap_or(&Value::Null))
                .ok_or(at(format!("no {name}")))
        };
        Ok(Self { whole: of("whole")?, private: of("private")? })
    }
}
