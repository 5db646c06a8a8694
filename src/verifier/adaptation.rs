//! How an account's profile shifts what its owner's movements weigh, if an app keeps profiles at all.
//!
//! A profile is one number: by how much the movements of an account weigh more than people's usually do. The
//! store has it, uses it and learns it within the one step that admits a request; what it decides by is made
//! here. What is learnt can be taught, so everything is bounded: how far a movement is shifted ([`KINDEST`],
//! [`STRICTEST`]), how much one session changes ([`STEP`]), how often one does ([`EVERY_MS`]), and from how
//! many sessions on it counts ([`SESSIONS`]). Only movements are shifted and learnt from: nothing that marks a
//! press besides, nothing mechanical, and nothing of those who have no mouse.

use super::{
    interaction::Assessment,
    model,
    session_evidence::{BIT, STRONGEST},
};

/// What people's movements weigh on average, about.
pub const USUAL: i16 = -BIT * 3 / 4;

/// A movement weighs at most so much less.
pub const KINDEST: i16 = 2 * BIT;

/// The most that a movement can be evidence for a person: no shift makes more of it.
pub const FLOOR: i16 = -BIT;

/// A movement weighs at most so much more: nobody's usually weigh less than all that one can.
pub const STRICTEST: i16 = FLOOR - USUAL;

/// One session changes a profile by so much at most.
pub const STEP: i16 = BIT / 4;

/// A profile counts once it has learnt from so many sessions.
pub const SESSIONS: u8 = 5;

/// A profile is not changed twice within this time, ms: on most days once, though one begins earlier than the
/// one before.
pub const EVERY_MS: u64 = 20 * 3_600_000;

/// What the store adapts a request by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Adaptation {
    /// By how much the request's movement weighs more than is [`USUAL`]; `None` without one.
    pub unusual: Option<i16>,
    /// The request is refused if its interaction, shifted, weighs more.
    pub alone: Option<i16>,
    /// The interaction weighs no less for a shift: [`FLOOR`] for its movement, and its marks in full.
    pub floor: i16,
}

impl Adaptation {
    /// Of a request that brought this interaction. `refuses_weak` says whether its route refuses one that is
    /// weak by itself.
    #[must_use]
    pub fn of(interaction: Option<&Assessment>, refuses_weak: bool) -> Self {
        let unusual = interaction.and_then(unusual);
        let alone = unusual.filter(|_| refuses_weak).map(|_| model::WEAK.0);
        let marks = interaction
            .map_or(0, |it| it.evidence.0.saturating_sub(it.movement.unwrap_or_default().0));
        Self { unusual, alone, floor: FLOOR.saturating_add(marks) }
    }
}

/// By how much a movement weighs more than people's usually do. `None` where no habit explains the interaction:
/// there is no movement, a program made it, or it weighs all that one may, as a jump to the target does.
fn unusual(assessment: &Assessment) -> Option<i16> {
    let is_habit = assessment.plausible && assessment.evidence.0 < STRONGEST;
    let movement = assessment.movement.filter(|_| is_habit)?;
    Some(movement.0.saturating_sub(USUAL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        proof::{Flags, InteractionProof, Kind, Press, Sample},
        verifier::interaction::assess,
    };
    use proptest::prelude::*;

    /// Slows down towards the press on a slight arc.
    fn curve() -> Vec<Sample> {
        let dx = [0, -1, -2, -4, -7, -11, -16, -22, -25, -24, -19, -12];
        let dy = [0, 0, 1, 1, 2, 4, 5, 6, 8, 9, 9, 6];
        dx.into_iter().zip(dy).map(|(dx, dy)| Sample { dt_ms: 17, dx, dy }).collect()
    }

    fn proof(kind: Kind, flags: Flags, samples: Vec<Sample>) -> InteractionProof {
        InteractionProof {
            flags: Flags { trusted: true, ..flags },
            kind,
            event_id: [1; 8],
            age_ms: 20,
            action_hash: [0; 16],
            press: Press { dwell_ms: Some(85), pixel_ratio_16: 16, ..Press::default() },
            samples,
            private: None,
        }
    }

    fn of(proof: &InteractionProof) -> Option<i16> {
        Adaptation::of(Some(&assess(proof)), true).unusual
    }

    #[test]
    fn movements_of_mice_are_learnt_from_with_and_without_their_trajectory() {
        let moved = proof(Kind::Mouse, Flags::default(), curve());
        for one in [moved.clone(), moved.without_trajectory()] {
            let assessment = assess(&one);
            let weight = assessment.movement.unwrap().0;
            let adaptation = Adaptation::of(Some(&assessment), true);
            assert_eq!(adaptation.unusual, Some(weight - USUAL));
            assert_eq!(adaptation.alone, Some(model::WEAK.0));
            assert_eq!(Adaptation::of(Some(&assessment), false).alone, None);
        }
        assert_eq!(
            Adaptation::of(None, true),
            Adaptation { unusual: None, alone: None, floor: FLOOR }
        );
    }

    #[test]
    fn a_mark_is_no_part_of_what_is_learnt() {
        let plain = of(&proof(Kind::Mouse, Flags::default(), curve()));
        let driven = Flags { webdriver: true, ..Flags::default() };
        let driven = proof(Kind::Mouse, driven, curve());
        assert_eq!(of(&driven), plain);
        let floor = |proof: &InteractionProof| Adaptation::of(Some(&assess(proof)), true).floor;
        assert_eq!(floor(&proof(Kind::Mouse, Flags::default(), curve())), FLOOR);
        assert_eq!(floor(&driven), FLOOR + 2 * BIT, "nor does a shift make up for it");
    }

    #[test]
    fn no_habit_explains_what_no_hand_does() {
        let jumped = Flags { teleport: true, ..Flags::default() };
        assert_eq!(of(&proof(Kind::Mouse, jumped, curve())), None);
        let untrusted = InteractionProof {
            flags: Flags::default(),
            ..proof(Kind::Mouse, Flags::default(), curve())
        };
        assert_eq!(of(&untrusted), None);
        let ruled = (0..30).map(|_| Sample { dt_ms: 16, dx: -9, dy: 0 }).collect();
        assert_eq!(of(&proof(Kind::Mouse, Flags::default(), ruled)), None);
    }

    proptest! {
        #[test]
        fn who_has_no_mouse_has_no_profile(
            steps in prop::collection::vec((0..99_u16, -99..99_i16, -99..99_i16), 0..40),
            webdriver: bool, teleport: bool,
        ) {
            let samples = || steps.iter().map(|&(dt_ms, dx, dy)| Sample { dt_ms, dx, dy }).collect();
            let flags = Flags { webdriver, teleport, ..Flags::default() };
            for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Mouse) {
                prop_assert_eq!(of(&proof(kind, flags, samples())), None);
            }
        }

        #[test]
        fn what_a_movement_is_shifted_by_is_bounded(
            steps in prop::collection::vec((0..99_u16, -99..99_i16, -99..99_i16), 0..40),
        ) {
            let samples = steps.iter().map(|&(dt_ms, dx, dy)| Sample { dt_ms, dx, dy }).collect();
            let assessment = assess(&proof(Kind::Mouse, Flags::default(), samples));
            if let Some(unusual) = Adaptation::of(Some(&assessment), true).unusual {
                prop_assert!(unusual >= STRICTEST);
                prop_assert!(assessment.evidence.0 < STRONGEST);
            }
        }
    }
}
