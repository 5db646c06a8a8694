//! How plausible a reported interaction is. This is evidence, not proof: a script in the page can forge
//! every byte of it. It makes cheap automation pay, and nothing may rest on it alone.
//!
//! Two things are weighed. The movement, by a model that was trained on recordings of people and programs
//! ([`super::model`]). And what a press or a driver does that no recording need show ([`rules`]). Both give
//! [`Evidence`], which adds up: here over one interaction, in [`super::session`] over many.
//!
//! A third of people's presses have fewer than five moves; touch, keyboard and assistive technology have
//! none. What is not there is never held against anyone: it is evidence of 0, a score of one half.

mod findings;
mod rules;

pub use findings::UNMEASURED;

use super::{
    bits::{BIT, Evidence},
    model,
};
use crate::proof::{InteractionProof, Kind, features::measure};
use findings::Findings;

/// What was found, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The probability of a person, 0 to 1, if people and programs were equally likely before:
    /// 1 / (1 + 2ᵉ) of `evidence` e in bits. One half where nothing is known.
    pub score: f64,
    /// The score in a word.
    pub band: Band,
    /// False if the band is [`Band::Mechanical`].
    pub plausible: bool,
    /// For the sum of its session.
    pub evidence: Evidence,
    /// Short phrases for an operator, for and against. Never sent to a client.
    pub reasons: Vec<&'static str>,
}

/// A score in a word. docs/interaction.md gives the share of people and programs in each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Band {
    /// Moved as most people do.
    Strong,
    /// Nothing in particular, or nothing known.
    Ordinary,
    /// Moved as one in a hundred people does: worth a second look, by a step up to consent.
    Weak,
    /// What no person does.
    Mechanical,
}

impl Band {
    /// The name in JavaScript and in audit records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Ordinary => "ordinary",
            Self::Weak => "weak",
            Self::Mechanical => "mechanical",
        }
    }

    const fn of(evidence: Evidence) -> Self {
        if evidence.0 > model::WEAK.0 {
            Self::Weak
        } else if evidence.0 <= -BIT * 3 / 4 {
            Self::Strong
        } else {
            Self::Ordinary
        }
    }
}

/// Whether an interaction is weak by itself. What is mechanical reaches no tier, which is worse.
#[must_use]
pub fn is_weak(assessment: &Assessment) -> bool {
    assessment.band == Band::Weak
}

/// Weighs one proof. Pure, and bounded by the hundred samples a proof can hold.
#[must_use]
pub fn assess(proof: &InteractionProof) -> Assessment {
    let mut findings = Findings::default();
    let points = proof.points();
    let marks = proof.marks(&points);
    rules::circumstances(proof, marks, &mut findings);
    rules::approach(proof, marks, &points, &mut findings);
    rules::drawn(marks, &mut findings);
    // Only mice were recorded: a pen's movement is nothing the model knows.
    if proof.kind == Kind::Mouse {
        findings.movement(match proof.private {
            Some(private) => private.movement.as_ref().map(model::weigh_private),
            None => measure(&points).as_ref().map(model::weigh),
        });
    }
    Assessment::of(findings)
}

impl Assessment {
    fn of(findings: Findings) -> Self {
        let least = if findings.mechanical { rules::MECHANICAL.0 } else { i16::MIN };
        let evidence = Evidence(findings.evidence.max(least));
        Self {
            score: evidence.score(),
            band: if findings.mechanical { Band::Mechanical } else { Band::of(evidence) },
            plausible: !findings.mechanical,
            evidence,
            reasons: findings.reasons,
        }
    }
}

#[cfg(test)]
mod devices;
#[cfg(test)]
mod tests;
