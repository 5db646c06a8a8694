//! What each event does. There is no trust check here: [`super::listeners`] hands on trusted events
//! only, and none of this is exported to JavaScript.
//!
//! Every property is read before the state is borrowed, because a page may have patched a getter to
//! call back into the tracker.

use super::{
    dom::{InputEvent, pixel_ratio},
    gesture::Gesture,
};
use crate::proof::{Kind, Point};
use core::cell::RefCell;

/// The state, shared by all listeners of a tracker.
pub type State = RefCell<Gesture>;

/// A handler of one type of event.
pub type Handler = fn(&State, &InputEvent);

/// The types of event and their handlers.
pub const HANDLERS: [(&str, Handler); 8] = [
    ("pointermove", pointer_move),
    ("pointerdown", pointer_down),
    ("pointerup", pointer_up),
    ("pointercancel", pointer_cancel),
    ("click", click),
    ("keydown", key_down),
    ("keyup", key_up),
    ("blur", blur),
];

fn with(state: &State, change: impl FnOnce(&mut Gesture)) {
    if let Ok(mut gesture) = state.try_borrow_mut() {
        change(&mut gesture);
    }
}

/// Eight random bytes. Without a random source there is no interaction: ids must not collide.
fn with_id(state: &State, change: impl FnOnce(&mut Gesture, [u8; 8])) {
    let mut event_id = [0; 8];
    if getrandom::fill(&mut event_id).is_ok() {
        with(state, |gesture| change(gesture, event_id));
    }
}

/// `pointermove`, with all the samples that the browser joined in it.
pub fn pointer_move(state: &State, event: &InputEvent) {
    let kind = event.kind();
    if kind == Kind::Touch {
        return;
    }
    let push = |point: Point| with(state, |gesture| gesture.pointer_move(kind, point));
    let samples = event.coalesced();
    match samples.len() {
        0 => push(event.point()),
        1 => {}
        _ => {
            let t = event.time_stamp();
            with(state, |gesture| gesture.coalesced(t));
        }
    }
    for sample in samples {
        push(sample.point());
    }
}

/// `pointerdown`
pub fn pointer_down(state: &State, event: &InputEvent) {
    let (pointer, place) = (event.pointer(), event.place());
    with_id(state, |gesture, id| gesture.pointer_down(pointer, place, id));
}

/// `pointerup`
pub fn pointer_up(state: &State, event: &InputEvent) {
    let (t, id) = (event.time_stamp(), event.id());
    with(state, |gesture| gesture.pointer_up(t, id));
}

/// `pointercancel`
pub fn pointer_cancel(state: &State, event: &InputEvent) {
    let id = event.id();
    with(state, |gesture| gesture.pointer_cancel(id));
}

/// `click`
pub fn click(state: &State, event: &InputEvent) {
    let (t, detail, place) = (event.time_stamp(), event.click_detail(), event.place());
    with_id(state, |gesture, id| gesture.click(t, detail, place, id));
}

/// `keydown`: that a key went down, and when; never which.
pub fn key_down(state: &State, event: &InputEvent) {
    if event.repeat() || event.is_in_editable() {
        return;
    }
    let (t, ratio) = (event.time_stamp(), pixel_ratio());
    with_id(state, |gesture, id| gesture.key_down(t, ratio, id));
}

/// `keyup`
pub fn key_up(state: &State, event: &InputEvent) {
    if event.is_in_editable() {
        return;
    }
    let t = event.time_stamp();
    with(state, |gesture| gesture.key_up(t));
}

/// `blur` of the window. That of an element, seen while it is captured, changes nothing.
pub fn blur(state: &State, event: &InputEvent) {
    if event.is_at_window() {
        with(state, Gesture::blur);
    }
}
