//! What is found of one interaction, bit by bit.

use crate::evidence::model::Weighed;

/// The reason of a movement that says nothing.
pub const UNMEASURED: &str = "too little movement to judge";

#[derive(Default)]
pub(super) struct Findings {
    /// In 256ths of a bit.
    pub(super) evidence: i16,
    pub(super) mechanical: bool,
    pub(super) reasons: Vec<&'static str>,
}

impl Findings {
    /// `evidence` in 256ths of a bit.
    pub(super) fn note(&mut self, evidence: i16, reason: &'static str) {
        self.evidence = self.evidence.saturating_add(evidence);
        self.reasons.push(reason);
    }

    pub(super) fn mechanical(&mut self, reason: &'static str) {
        self.mechanical = true;
        self.reasons.push(reason);
    }

    pub(super) fn movement(&mut self, found: Option<Weighed>) {
        match found {
            Some(found) => {
                self.evidence = self.evidence.saturating_add(found.evidence.0);
                self.reasons.extend(found.reasons);
            }
            None => self.note(0, UNMEASURED),
        }
    }
}
