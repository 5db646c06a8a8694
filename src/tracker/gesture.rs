//! From pointer, key and click events to the latest interaction. Time and randomness are arguments.

use super::{
    interaction::{Interaction, Place},
    ring::Ring,
};
use crate::proof::{
    ActionHash, InteractionProof, Kind, MAX_AGE_MS, MAX_SAMPLES, Point, WINDOW_MS, thinned,
};
use alloc::vec::Vec;

/// Most proofs that one interaction serves.
pub const MAX_PROOFS: u8 = 4;

/// A click belongs to a press or key that happened at most this long before it, ms.
pub const CLICK_WITHIN_MS: f64 = 1000.0;

/// Positions that are remembered: at 1,000 Hz those of the window that a proof reaches back to.
const REMEMBERED: usize = 2_000;

/// A position of a pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointer {
    /// Mouse, touch or pen.
    pub kind: Kind,
    /// `pointerId`
    pub id: i32,
    /// Where and when.
    pub point: Point,
}

/// What is held down now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Held {
    Nothing,
    Pointer(i32),
    Key,
}

/// Assembles interactions. Only trusted events may be given to it.
#[derive(Debug)]
pub struct Gesture {
    moves: Ring,
    /// Whose positions `moves` holds.
    mover: Kind,
    coalesced_at: f64,
    /// Most positions of a proof.
    capacity: usize,
    /// The movement before the latest press, newest first.
    path: Vec<Point>,
    latest: Option<Interaction>,
    held: Held,
}

impl Gesture {
    /// A proof has at most `capacity` positions, and at most [`MAX_SAMPLES`].
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            moves: Ring::new(REMEMBERED),
            mover: Kind::Mouse,
            coalesced_at: f64::NEG_INFINITY,
            capacity,
            path: Vec::with_capacity(MAX_SAMPLES),
            latest: None,
            held: Held::Nothing,
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.moves.clear();
        self.path.clear();
        self.latest = None;
        self.held = Held::Nothing;
    }

    /// The latest interaction, and the movement before it, newest first.
    #[must_use]
    pub fn latest(&self) -> Option<(&Interaction, &[Point])> {
        self.latest.as_ref().map(|interaction| (interaction, self.path.as_slice()))
    }

    /// A pointer moved. A finger's moves follow its press, so they are no way towards it.
    pub fn pointer_move(&mut self, kind: Kind, point: Point) {
        if kind == Kind::Touch {
            return;
        }
        if kind != self.mover {
            self.moves.clear();
            self.mover = kind;
        }
        self.moves.push(point);
    }

    /// The browser gave several samples in one event.
    pub fn coalesced(&mut self, t: f64) {
        self.coalesced_at = t;
    }

    /// A pointer was pressed.
    pub fn pointer_down(&mut self, pointer: Pointer, place: Place, event_id: [u8; 8]) {
        self.begin(Interaction::new(pointer.kind, pointer.point, place, event_id));
        self.held = Held::Pointer(pointer.id);
        if pointer.kind == self.mover {
            let moves = self.moves.newest_first();
            self.path.extend(thinned(pointer.point, moves, self.capacity));
            // What led to this press leads to no other: pressed again on the spot, it is no replay.
            self.moves.clear();
            self.moves.push(pointer.point);
        }
        let since = pointer.point.t - self.coalesced_at;
        if let Some(latest) = &mut self.latest {
            latest.coalesced = !self.path.is_empty() && since <= f64::from(WINDOW_MS);
        }
    }

    /// A pointer was released.
    pub fn pointer_up(&mut self, t: f64, id: i32) {
        if self.held == Held::Pointer(id) {
            self.release(t);
        }
    }

    /// The browser took a pointer for itself, to scroll or zoom: no interaction with the page.
    pub fn pointer_cancel(&mut self, id: i32) {
        if self.held == Held::Pointer(id) {
            self.held = Held::Nothing;
            self.latest = None;
        }
    }

    /// A key went down outside editable elements. Auto-repeat is to be left out by the caller.
    pub fn key_down(&mut self, t: f64, pixel_ratio: f64, event_id: [u8; 8]) {
        let press = Point { t, ..Point::default() };
        let place = Place { pixel_ratio, ..Place::default() };
        self.begin(Interaction::new(Kind::Keyboard, press, place, event_id));
        self.held = Held::Key;
    }

    /// A key came up outside editable elements.
    pub fn key_up(&mut self, t: f64) {
        if self.held == Held::Key {
            self.release(t);
        }
    }

    /// A click. It completes the press or key before it; a bare one is an interaction of its own, by
    /// assistive technology.
    pub fn click(&mut self, t: f64, detail: u8, place: Place, event_id: [u8; 8]) {
        if let Some(latest) = &mut self.latest {
            let recent = t - latest.at <= CLICK_WITHIN_MS;
            match latest.kind {
                // Without detail it is the echo of a label, or Enter in a field just pressed.
                kind if kind.is_pointer() && recent => {
                    if detail > 0 {
                        latest.detail = detail;
                        latest.at = t;
                    }
                    return;
                }
                Kind::Keyboard if recent || self.held == Held::Key => {
                    latest.detail = detail;
                    latest.at = t;
                    latest.place = place;
                    return;
                }
                _ => {}
            }
        }
        let press = Point { t, ..Point::default() };
        let mut click = Interaction::new(Kind::Assistive, press, place, event_id);
        click.detail = detail;
        self.begin(click);
        self.held = Held::Nothing;
    }

    /// The window lost focus: releases will not be seen.
    pub fn blur(&mut self) {
        self.held = Held::Nothing;
    }

    /// The proof of the latest interaction for an action, if it is at most 5 s old and served fewer
    /// than [`MAX_PROOFS`].
    pub fn proof(
        &mut self,
        now: f64,
        action_hash: ActionHash,
        webdriver: bool,
    ) -> Option<InteractionProof> {
        let latest = self.latest.as_mut()?;
        // False for NaN.
        let fresh = now - latest.at <= f64::from(MAX_AGE_MS);
        if !fresh || latest.served >= MAX_PROOFS {
            return None;
        }
        latest.served += 1;
        Some(latest.proof(now, action_hash, &self.path, webdriver))
    }

    fn begin(&mut self, interaction: Interaction) {
        self.path.clear();
        self.latest = Some(interaction);
    }

    fn release(&mut self, t: f64) {
        self.held = Held::Nothing;
        if let Some(latest) = &mut self.latest {
            latest.dwell = Some(t - latest.press.t);
            latest.at = t;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place =
        Place { left: 0.0, top: 0.0, width: 100.0, height: 20.0, pixel_ratio: 1.0 };

    fn pointer(kind: Kind, t: f64) -> Pointer {
        Pointer { kind, id: 1, point: Point { t, x: 50.0, y: 10.0 } }
    }

    fn moved(kind: Kind) -> Gesture {
        let mut gesture = Gesture::new(100);
        for i in 0..20_u8 {
            gesture.pointer_move(
                kind,
                Point { t: f64::from(i) * 16.0, x: 31.0 + f64::from(i), y: 10.0 },
            );
        }
        gesture
    }

    fn proof(gesture: &mut Gesture, now: f64) -> InteractionProof {
        gesture.proof(now, [5; 16], false).unwrap()
    }

    #[test]
    fn a_mouse_click_with_its_trajectory() {
        let mut gesture = moved(Kind::Mouse);
        gesture.pointer_down(pointer(Kind::Mouse, 320.0), PLACE, [1; 8]);
        let early = proof(&mut gesture, 321.0);
        assert_eq!((early.press.dwell_ms, early.press.detail), (None, 0));
        gesture.pointer_move(Kind::Mouse, Point { t: 350.0, x: 51.0, y: 10.0 });
        gesture.pointer_up(400.0, 1);
        gesture.click(400.0, 1, PLACE, [2; 8]);
        let full = proof(&mut gesture, 410.0);
        assert_eq!((full.kind, full.event_id, full.age_ms), (Kind::Mouse, [1; 8], 10));
        assert_eq!(
            (full.press.dwell_ms, full.press.detail, full.press.offset_x),
            (Some(80), 1, 500)
        );
        assert_eq!(full.samples.len(), 20, "what follows the press is not in it");
        assert_eq!(full.samples[0].dt_ms, 16);
        assert_eq!(full.action_hash, [5; 16]);
        assert!(full.flags.trusted && !full.flags.teleport);
    }

    #[test]
    fn a_finger_has_no_way_towards_its_press() {
        let mut gesture = moved(Kind::Mouse);
        gesture.pointer_move(Kind::Touch, Point::default());
        gesture.pointer_down(pointer(Kind::Touch, 320.0), PLACE, [1; 8]);
        gesture.pointer_up(390.0, 1);
        gesture.click(395.0, 1, PLACE, [2; 8]);
        let proof = proof(&mut gesture, 400.0);
        assert_eq!(
            (proof.kind, proof.press.dwell_ms, proof.samples.len()),
            (Kind::Touch, Some(70), 0)
        );
    }

    #[test]
    fn another_kind_of_pointer_starts_a_new_way() {
        let mut gesture = moved(Kind::Mouse);
        gesture.pointer_move(Kind::Pen, Point { t: 310.0, x: 50.0, y: 10.0 });
        gesture.pointer_down(pointer(Kind::Pen, 320.0), PLACE, [1; 8]);
        assert_eq!(proof(&mut gesture, 320.0).samples.len(), 1);
    }

    #[test]
    fn what_led_to_one_press_leads_to_no_other() {
        let mut gesture = moved(Kind::Mouse);
        gesture.pointer_down(pointer(Kind::Mouse, 320.0), PLACE, [1; 8]);
        gesture.pointer_up(400.0, 1);
        gesture.click(400.0, 1, PLACE, [2; 8]);
        assert_eq!(proof(&mut gesture, 410.0).samples.len(), 20);
        gesture.pointer_down(pointer(Kind::Mouse, 700.0), PLACE, [3; 8]);
        let again = proof(&mut gesture, 700.0);
        assert_eq!((again.event_id, again.samples.len()), ([3; 8], 1), "where the last one was");
        assert!(!again.flags.teleport);
    }

    #[test]
    fn a_scroll_is_no_interaction() {
        let mut gesture = moved(Kind::Mouse);
        gesture.pointer_down(pointer(Kind::Touch, 320.0), PLACE, [1; 8]);
        gesture.pointer_cancel(2);
        assert!(gesture.latest().is_some(), "another finger's");
        gesture.pointer_cancel(1);
        assert!(gesture.latest().is_none());
    }

    #[test]
    fn enter_clicks_before_the_key_comes_up_and_space_after() {
        let mut enter = moved(Kind::Mouse);
        enter.key_down(1000.0, 2.0, [1; 8]);
        enter.click(1001.0, 0, PLACE, [2; 8]);
        let before = proof(&mut enter, 1002.0);
        assert_eq!(
            (before.kind, before.press.dwell_ms, before.press.width),
            (Kind::Keyboard, None, 100)
        );
        assert!(before.samples.is_empty(), "the mouse moved, not this person's key");
        enter.key_up(1080.0);
        assert_eq!(proof(&mut enter, 1090.0).press.dwell_ms, Some(80));

        let mut space = Gesture::new(100);
        space.key_down(1000.0, 1.0, [1; 8]);
        space.key_up(4000.0);
        space.click(4001.0, 0, PLACE, [2; 8]);
        let after = proof(&mut space, 4010.0);
        assert_eq!(
            (after.kind, after.event_id, after.press.dwell_ms),
            (Kind::Keyboard, [1; 8], Some(3000))
        );
    }

    #[test]
    fn a_bare_click_is_assistive() {
        for detail in [0, 1] {
            let mut gesture = moved(Kind::Mouse);
            gesture.click(1000.0, detail, PLACE, [3; 8]);
            let proof = proof(&mut gesture, 1005.0);
            assert_eq!(
                (proof.kind, proof.event_id, proof.press.detail),
                (Kind::Assistive, [3; 8], detail)
            );
            assert!(proof.samples.is_empty());
        }
    }

    #[test]
    fn a_click_belongs_to_what_came_within_a_second() {
        let kind_after = |wait: f64| {
            let mut gesture = moved(Kind::Mouse);
            gesture.pointer_down(pointer(Kind::Mouse, 320.0), PLACE, [1; 8]);
            gesture.pointer_up(400.0, 1);
            gesture.click(400.0 + wait, 0, PLACE, [2; 8]);
            proof(&mut gesture, 400.0 + wait).kind
        };
        assert_eq!(kind_after(1000.0), Kind::Mouse);
        assert_eq!(kind_after(1001.0), Kind::Assistive);
        let key_after = |wait: f64| {
            let mut gesture = Gesture::new(100);
            gesture.key_down(0.0, 1.0, [1; 8]);
            gesture.key_up(100.0);
            gesture.click(100.0 + wait, 0, PLACE, [2; 8]);
            proof(&mut gesture, 100.0 + wait).kind
        };
        assert_eq!(key_after(1000.0), Kind::Keyboard);
        assert_eq!(key_after(1001.0), Kind::Assistive);
    }

    #[test]
    fn a_key_lost_with_the_focus_is_not_held() {
        let click_after = |blurred: bool| {
            let mut gesture = Gesture::new(100);
            gesture.key_down(0.0, 1.0, [1; 8]);
            if blurred {
                gesture.blur();
            }
            gesture.click(4000.0, 0, PLACE, [2; 8]);
            proof(&mut gesture, 4000.0).kind
        };
        assert_eq!(click_after(false), Kind::Keyboard);
        assert_eq!(click_after(true), Kind::Assistive);
    }

    #[test]
    fn four_proofs_and_five_seconds() {
        let mut gesture = moved(Kind::Mouse);
        assert!(gesture.proof(320.0, [0; 16], false).is_none(), "movement alone is no interaction");
        gesture.pointer_down(pointer(Kind::Mouse, 320.0), PLACE, [1; 8]);
        assert!(gesture.proof(5320.1, [0; 16], false).is_none());
        assert!(gesture.proof(f64::NAN, [0; 16], false).is_none());
        assert_eq!(proof(&mut gesture, 5320.0).age_ms, 5000);
        for _ in 0..3 {
            proof(&mut gesture, 400.0);
        }
        assert!(gesture.proof(400.0, [0; 16], false).is_none());
        gesture.pointer_down(pointer(Kind::Mouse, 410.0), PLACE, [2; 8]);
        assert_eq!(proof(&mut gesture, 420.0).event_id, [2; 8]);
    }

    #[test]
    fn only_recent_coalescing_counts() {
        for (t, expected) in [(320.0, true), (2301.0, false)] {
            let mut gesture = moved(Kind::Mouse);
            gesture.coalesced(300.0);
            gesture.pointer_down(pointer(Kind::Mouse, t), PLACE, [1; 8]);
            assert_eq!(proof(&mut gesture, t).flags.coalesced, expected);
        }
    }
}
