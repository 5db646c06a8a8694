//! When a click on Confirm counts: only if a person had the time to read what stands there now, and meant
//! this press. Pure; times are ms on the window's monotonic clock.

/// How long text, place and focus of the window must have been as they are, ms.
pub const DWELL_MS: f64 = 500.0;

/// The longest dwell that cancelled requests add up to, ms.
pub const LONGEST_DWELL_MS: f64 = 8_000.0;

/// What is held down on Confirm. A press is void if it began before the dwell was over or beside another, was
/// a repeat, or not of a person: nothing that comes of it counts, whatever else is pressed meanwhile.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Press {
    #[default]
    Nothing,
    /// A pointer that went down in time.
    Pointer,
    /// A pointer whose click is void.
    VoidPointer,
    /// A key that went down in time.
    Key,
    /// That key's click: it counts once the key is up again.
    KeyClicked,
    /// A key whose clicks are void.
    VoidKey,
    /// One held while the window changed or lost focus, whose release may never be seen: the next click is void.
    LostKey,
}

impl Press {
    const fn is_pointer(self) -> bool {
        matches!(self, Self::Pointer | Self::VoidPointer)
    }
}

/// The state of one Confirm button.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation {
    settled_at: f64,
    dwell: f64,
    press: Press,
}

impl Confirmation {
    /// For text that is shown from `now` on, after so many requests in a row that the person cancelled: each
    /// doubles the dwell.
    #[must_use]
    pub fn shown(now: f64, cancelled: u32) -> Self {
        let doubled = (0..cancelled.min(8)).fold(DWELL_MS, |dwell, _| dwell * 2.0);
        Self { settled_at: now, dwell: doubled.min(LONGEST_DWELL_MS), press: Press::Nothing }
    }

    /// The text changed, or the window moved, changed its size, lost or gained focus.
    pub fn disturbed(&mut self, now: f64) {
        self.settled_at = now;
        self.press = match self.press {
            Press::Nothing => Press::Nothing,
            press if press.is_pointer() => Press::VoidPointer,
            _ => Press::LostKey,
        };
    }

    /// How long until a press counts, ms; 0 if it does now. NaN, from a broken clock, never counts.
    #[must_use]
    pub fn wait(&self, now: f64) -> f64 {
        let wait = self.settled_at + self.dwell - now;
        if wait <= 0.0 { 0.0 } else { wait }
    }

    fn in_time(&self, now: f64) -> bool {
        now - self.settled_at >= self.dwell
    }

    /// `pointerdown` on Confirm.
    pub fn pointer_down(&mut self, now: f64, trusted: bool) {
        let alone = self.press.is_pointer() || self.press == Press::Nothing;
        let good = trusted && alone && self.in_time(now);
        self.press = if good { Press::Pointer } else { Press::VoidPointer };
    }

    /// `keydown` of Enter or Space on Confirm.
    pub fn key_down(&mut self, now: f64, trusted: bool, repeat: bool) {
        let good = trusted && !repeat && self.in_time(now) && self.press == Press::Nothing;
        self.press = match self.press {
            _ if good => Press::Key,
            // Its click is still to come.
            press if press.is_pointer() => Press::VoidPointer,
            _ => Press::VoidKey,
        };
    }

    /// `click` on Confirm: true if it confirms. A click that nothing was pressed for is that of assistive
    /// technology. One of a key waits for the key to be released. One of a pointer has a `detail`.
    pub fn click(&mut self, now: f64, trusted: bool, detail: u32) -> bool {
        let good = trusted && detail <= 1 && self.in_time(now);
        let (after, confirms) = match self.press {
            Press::Nothing | Press::Pointer => (Press::Nothing, good),
            Press::VoidPointer if detail == 0 => (Press::VoidPointer, false),
            Press::VoidPointer | Press::LostKey => (Press::Nothing, false),
            Press::Key if good => (Press::KeyClicked, false),
            Press::Key | Press::KeyClicked | Press::VoidKey => (Press::VoidKey, false),
        };
        self.press = after;
        confirms
    }

    /// `keyup` of Enter or Space: true if it confirms. Space's click comes after it, so the host reports
    /// `keyup` in a task of its own.
    pub fn key_up(&mut self, now: f64, trusted: bool) -> bool {
        if self.press.is_pointer() {
            return false;
        }
        let press = core::mem::take(&mut self.press);
        press == Press::KeyClicked && trusted && self.in_time(now)
    }

    /// A pointer's press after which no click comes: released outside, cancelled, or of another button.
    pub fn released(&mut self) {
        if self.press.is_pointer() {
            self.press = Press::Nothing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled() -> Confirmation {
        Confirmation::shown(0.0, 0)
    }

    #[test]
    fn a_pointer_confirms_after_the_dwell() {
        let mut early = settled();
        early.pointer_down(499.0, true);
        assert!(!early.click(600.0, true, 1), "pressed before the dwell was over");
        early.released();
        early.pointer_down(700.0, true);
        assert!(early.click(701.0, true, 1), "and once more, in time");
        assert_eq!((settled().wait(499.0), settled().wait(500.0)), (1.0, 0.0));
    }

    #[test]
    fn untrusted_repeated_and_double_clicks_do_not_count() {
        for (trusted_down, trusted_click, detail) in
            [(false, true, 1), (true, false, 1), (true, true, 2)]
        {
            let mut state = settled();
            state.pointer_down(600.0, trusted_down);
            assert!(!state.click(610.0, trusted_click, detail));
        }
        let mut broken = settled();
        broken.pointer_down(f64::NAN, true);
        assert!(!broken.click(f64::NAN, true, 1));
    }

    #[test]
    fn a_key_confirms_when_it_is_released() {
        let mut state = settled();
        state.key_down(600.0, true, false);
        assert!(!state.click(601.0, true, 0));
        assert!(state.key_up(650.0, true));
        assert!(!state.key_up(651.0, true), "once");
    }

    #[test]
    fn a_key_held_from_before_never_confirms() {
        let mut state = settled();
        state.key_down(100.0, true, false);
        for at in [530.0, 560.0] {
            state.key_down(at, true, true);
            assert!(!state.click(at, true, 0));
        }
        assert!(!state.key_up(600.0, true));
        state.key_down(700.0, true, false);
        assert!(!state.click(701.0, true, 0));
        assert!(state.key_up(720.0, true), "pressed anew it does");
    }

    #[test]
    fn whatever_moves_starts_the_dwell_again() {
        let mut state = settled();
        state.disturbed(450.0);
        state.pointer_down(900.0, true);
        assert!(!state.click(949.0, true, 1));
        state.pointer_down(950.0, true);
        state.disturbed(955.0);
        assert!(!state.click(1_460.0, true, 1), "pressed before the window moved");
        state.pointer_down(1_500.0, true);
        assert!(state.click(1_510.0, true, 1));
    }

    #[test]
    fn a_press_from_before_does_not_become_a_click_of_assistive_technology() {
        let mut state = settled();
        state.pointer_down(600.0, true);
        state.disturbed(610.0);
        state.disturbed(620.0);
        assert!(!state.click(2_000.0, true, 1));
        assert!(state.click(2_001.0, true, 0), "and one that is counts");
    }

    #[test]
    fn what_is_pressed_beside_a_void_press_does_not_free_it() {
        let mut state = settled();
        state.pointer_down(100.0, true);
        state.key_down(600.0, true, false);
        assert!(!state.click(601.0, true, 0), "the key's click");
        assert!(!state.key_up(650.0, true));
        assert!(!state.click(700.0, true, 1), "the pointer's, held since before the dwell");
        state.pointer_down(800.0, true);
        assert!(state.click(810.0, true, 1), "and one that is pressed anew counts");

        let mut state = settled();
        state.key_down(100.0, true, false);
        state.pointer_down(600.0, true);
        assert!(!state.click(610.0, true, 0), "the click of the key, held since before the dwell");
        assert!(!state.key_up(611.0, true));
        assert!(!state.click(620.0, true, 1), "and of the pointer that was pressed beside it");
        state.key_down(700.0, true, false);
        state.released();
        assert!(!state.click(701.0, true, 0));
        assert!(state.key_up(720.0, true), "a key alone counts, and no pointer's release ends it");
    }

    #[test]
    fn a_key_whose_release_is_lost_holds_up_one_click() {
        let mut state = settled();
        state.key_down(600.0, true, false);
        state.disturbed(610.0);
        assert!(!state.click(1_200.0, true, 0), "it may be the key's");
        assert!(state.click(1_300.0, true, 0), "and one of assistive technology counts");
    }

    #[test]
    fn a_press_without_a_click_leaves_nothing_behind() {
        let mut state = settled();
        state.pointer_down(600.0, true);
        state.released();
        state.key_down(700.0, true, false);
        assert!(!state.click(701.0, true, 0));
        assert!(state.key_up(720.0, true));
    }

    #[test]
    fn assistive_technology_clicks_without_a_press() {
        assert!(!settled().click(499.0, true, 0));
        assert!(settled().click(500.0, true, 0));
        assert!(!settled().click(500.0, false, 0));
    }

    #[test]
    fn cancelled_requests_make_the_next_ones_wait() {
        let wait = |cancelled| Confirmation::shown(0.0, cancelled).wait(0.0);
        assert_eq!([wait(0), wait(1), wait(2), wait(50)], [500.0, 1_000.0, 2_000.0, 8_000.0]);
    }
}
