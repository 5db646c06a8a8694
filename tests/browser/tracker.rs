//! The tracker in a real browser, with real dispatched events.
//!
//! What a script dispatches has `isTrusted === false`, and the listeners ignore it: one group of tests
//! shows that. The other gives the same events to the handlers behind that check, which Rust can call
//! and JavaScript can't. Trusted input is for the end-to-end tests, where the browser is driven from
//! outside.
#![cfg(all(target_arch = "wasm32", feature = "tracker"))]
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail their test"
)]

use js_sys::{Array, Function, Reflect};
use partitioned_authority::{
    proof::{Flags, InteractionProof, Kind},
    tracker::{
        InteractionTracker,
        dom::InputEvent,
        gesture::Gesture,
        handlers::{HANDLERS, State},
    },
};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

/// Runs `body` as a function without arguments.
fn js(body: &str) -> JsValue {
    Function::new_no_args(body).call0(&JsValue::UNDEFINED).unwrap()
}

/// A page with every kind of target, and short names to dispatch events on them.
fn page() {
    js(r#"
        document.body.insertAdjacentHTML('beforeend', `<div id="pas-page">
            <button id="go" style="position:fixed;left:100px;top:50px;width:200px;height:40px"><b id="inner">Go</b></button>
            <input id="text"><input id="check" type="checkbox"><textarea id="area"></textarea>
            <div id="rich" contenteditable><i id="richer">x</i></div><div id="host"></div>
            <input id="locked" readonly><div id="canvas" tabindex="0"></div></div>`);
        const canvas = document.getElementById('canvas');
        if (window.EditContext) canvas.editContext = new EditContext();
        document.getElementById('host').attachShadow({ mode: 'open' }).innerHTML = '<input id="shadow">';
        const at = (id) => id === 'window' ? window : id === 'shadow'
            ? document.getElementById('host').shadowRoot.getElementById('shadow')
            : document.getElementById(id);
        const common = { bubbles: true, composed: true, pointerId: 1, pointerType: 'mouse' };
        window.pas = {
            pointer: (type, id, x, y, more) => at(id).dispatchEvent(
                new PointerEvent(type, { ...common, clientX: x, clientY: y, ...more })),
            key: (type, id, more) => at(id).dispatchEvent(
                new KeyboardEvent(type, { ...common, key: 'Enter', ...more })),
            moves: (count, more) => { for (let i = count; i > 0; i--) pas.pointer('pointermove', 'go', 150 - 3 * i, 60 + i, more); },
            press: (x, y, more) => {
                pas.pointer('pointerdown', 'go', x, y, more);
                pas.pointer('pointerup', 'go', x, y, more);
                pas.pointer('click', 'go', x, y, { detail: 1, ...more });
            },
        };
    "#);
}

fn clean() {
    js("document.getElementById('pas-page').remove(); delete window.pas;");
}

/// Everything a person could do, as a script would imitate it.
const EVERYTHING: &str =
    "pas.moves(12); pas.press(150, 60); pas.key('keydown', 'go'); pas.key('keyup', 'go');
    pas.pointer('click', 'go', 0, 0, { detail: 0 });";

type Listener = Closure<dyn FnMut(InputEvent)>;

/// Listens as the tracker does, but for the check of trust.
struct Untrusting {
    state: Rc<State>,
    listeners: Vec<(&'static str, Listener)>,
}

impl Untrusting {
    fn new(capacity: usize) -> Self {
        page();
        let state = Rc::new(State::new(Gesture::new(capacity)));
        let mut listeners = Vec::new();
        for (name, handler) in HANDLERS {
            let state = Rc::clone(&state);
            listeners.push((name, Closure::new(move |event| handler(&state, &event))));
        }
        let window = web_sys::window().unwrap();
        for (name, closure) in &listeners {
            let function = closure.as_ref().unchecked_ref();
            window.add_event_listener_with_callback_and_bool(name, function, true).unwrap();
        }
        Self { state, listeners }
    }

    fn proof(&self) -> Option<InteractionProof> {
        let now = web_sys::window().unwrap().performance().unwrap().now();
        let proof = self.state.borrow_mut().proof(now, [3; 16], false)?;
        Some(InteractionProof::decode(&proof.encode()).unwrap())
    }

    fn kind_after(&self, script: &str) -> Option<Kind> {
        self.state.borrow_mut().clear();
        js(script);
        self.proof().map(|proof| proof.kind)
    }
}

impl Drop for Untrusting {
    fn drop(&mut self) {
        let window = web_sys::window().unwrap();
        for (name, closure) in &self.listeners {
            let function = closure.as_ref().unchecked_ref();
            window.remove_event_listener_with_callback_and_bool(name, function, true).unwrap();
        }
        clean();
    }
}

fn tracker() -> InteractionTracker {
    InteractionTracker::new(&JsValue::UNDEFINED).unwrap()
}

#[wasm_bindgen_test]
fn what_a_script_dispatches_is_ignored() {
    page();
    let mut tracker = tracker();
    tracker.start().unwrap();
    js(EVERYTHING);
    js("document.getElementById('go').click()");
    assert!(tracker.proof("a", "POST", "/?", "").is_none());
    assert!(tracker.snapshot().is_undefined());
    tracker.stop();
    clean();
    // The twin: without the check of trust the same events do make a proof.
    let twin = Untrusting::new(100);
    js(EVERYTHING);
    assert!(twin.proof().is_some());
}

#[wasm_bindgen_test]
fn a_mouse_click() {
    let page = Untrusting::new(100);
    js("pas.moves(12); pas.press(150, 60);");
    let proof = page.proof().unwrap();
    assert_eq!((proof.kind, proof.samples.len(), proof.press.detail), (Kind::Mouse, 12, 1));
    assert_eq!((proof.samples[0].dx, proof.samples[0].dy), (-3, 1));
    assert_eq!((proof.press.offset_x, proof.press.offset_y), (250, 250));
    assert_eq!((proof.press.width, proof.press.height), (200, 40));
    assert!(proof.press.dwell_ms.is_some() && proof.age_ms < 1000);
    let ratio = web_sys::window().unwrap().device_pixel_ratio() * 16.0;
    assert_eq!(f64::from(proof.press.pixel_ratio_16), ratio.round());
    assert_eq!(proof.flags, Flags { trusted: true, ..Flags::default() });
    assert_eq!(proof.action_hash, [3; 16]);
}

#[wasm_bindgen_test]
fn fractions_and_jumps_are_reported() {
    let page = Untrusting::new(100);
    js("pas.moves(12); pas.pointer('pointermove', 'go', 149.5, 60); pas.press(150, 60);");
    assert!(page.proof().unwrap().flags.fractional);
    js("pas.pointer('pointermove', 'go', 700, 500);");
    page.state.borrow_mut().clear();
    js(
        "pas.pointer('pointermove', 'go', 700, 500); pas.pointer('pointermove', 'go', 150, 60); pas.press(150, 60);",
    );
    assert!(page.proof().unwrap().flags.teleport);
}

#[wasm_bindgen_test]
fn coalesced_samples_all_count() {
    let page = Untrusting::new(100);
    let script = "const one = (x) => new PointerEvent('pointermove', { clientX: x, clientY: 60, pointerType: 'mouse' });
        pas.pointer('pointermove', 'go', 140, 60, { coalescedEvents: [one(120), one(130), one(140)] });
        pas.press(150, 60);";
    js(script);
    let proof = page.proof().unwrap();
    let steps: Vec<_> = proof.samples.iter().map(|sample| sample.dx).collect();
    assert_eq!(steps, [-10, -10, -10]);
    assert!(proof.flags.coalesced);
}

#[wasm_bindgen_test]
fn the_capacity_bounds_the_trajectory() {
    let page = Untrusting::new(3);
    js("pas.moves(12); pas.press(150, 60);");
    assert_eq!(page.proof().unwrap().samples.len(), 3);
}

#[wasm_bindgen_test]
fn every_kind_of_person() {
    let page = Untrusting::new(100);
    for (script, kind) in [
        ("pas.press(150, 60, { pointerType: 'touch' })", Some(Kind::Touch)),
        ("pas.press(150, 60, { pointerType: 'pen' })", Some(Kind::Pen)),
        ("pas.press(150, 60, { pointerType: '' })", Some(Kind::Mouse)),
        ("pas.key('keydown', 'go'); pas.pointer('click', 'go', 0, 0)", Some(Kind::Keyboard)),
        ("pas.key('keydown', 'check')", Some(Kind::Keyboard)),
        ("pas.pointer('click', 'go', 0, 0)", Some(Kind::Assistive)),
        ("pas.moves(5)", None),
        ("pas.pointer('pointerdown', 'go', 1, 1); pas.pointer('pointercancel', 'go', 1, 1)", None),
    ] {
        assert_eq!(page.kind_after(script), kind, "{script}");
    }
}

#[wasm_bindgen_test]
fn nothing_inside_editable_elements() {
    let page = Untrusting::new(100);
    let contexts = js("return 'EditContext' in window").is_truthy();
    let canvas = if contexts { &["canvas"][..] } else { &[] };
    for id in ["text", "area", "rich", "richer", "shadow"].iter().chain(canvas) {
        let script = format!("pas.key('keydown', '{id}'); pas.key('keyup', '{id}')");
        assert_eq!(page.kind_after(&script), None, "{id}");
    }
    for id in ["go", "inner", "check", "locked", "host", "window"] {
        let script = format!("pas.key('keydown', '{id}'); pas.key('keyup', '{id}')");
        assert_eq!(page.kind_after(&script), Some(Kind::Keyboard), "{id}");
    }
}

#[wasm_bindgen_test]
fn a_held_key_repeats_nothing() {
    let page = Untrusting::new(100);
    js("pas.key('keydown', 'go');");
    let first = page.proof().unwrap();
    js("pas.key('keydown', 'go', { repeat: true });");
    assert_eq!(page.proof().unwrap().event_id, first.event_id);
    js("pas.key('keydown', 'go');");
    assert_ne!(page.proof().unwrap().event_id, first.event_id);
}

#[wasm_bindgen_test]
fn only_the_window_s_own_blur_drops_a_press() {
    let page = Untrusting::new(100);
    let dwell_after = |target: &str| {
        page.state.borrow_mut().clear();
        js(&format!(
            "pas.pointer('pointerdown', 'go', 1, 1);
             {target}.dispatchEvent(new FocusEvent('blur'));
             pas.pointer('pointerup', 'go', 1, 1);"
        ));
        page.proof().unwrap().press.dwell_ms
    };
    assert_eq!(dwell_after("window"), None);
    assert!(dwell_after("document.getElementById('text')").is_some());
}

#[wasm_bindgen_test]
fn a_patched_getter_that_calls_back_harms_nothing() {
    let page = Untrusting::new(100);
    let state = Rc::clone(&page.state);
    let reenter = Closure::<dyn FnMut()>::new(move || {
        let free = state.try_borrow_mut().is_ok();
        js(if free { "window.reentered ??= true" } else { "window.reentered = false" });
    });
    Reflect::set(&js("return window"), &"reenter".into(), reenter.as_ref()).unwrap();
    js("const patched = (type) => {
            const event = new PointerEvent(type, { bubbles: true, pointerType: 'mouse' });
            for (const name of ['timeStamp', 'clientX', 'pointerId', 'pointerType', 'detail'])
                Object.defineProperty(event, name, { get() { window.reenter(); return name === 'pointerType' ? 'mouse' : 1; } });
            return event;
        };
        for (const type of ['pointermove', 'pointerdown', 'pointerup', 'click', 'pointercancel'])
            document.getElementById('go').dispatchEvent(patched(type));");
    assert!(js("const done = window.reentered; delete window.reentered; delete window.reenter; return done").is_truthy());
}

/// Counts listeners by wrapping the window's methods, as `[type, function, capture, passive]`.
fn watch_listeners() {
    js("window.watched = [];
        const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
        window.unwatch = () => { delete window.addEventListener; delete window.removeEventListener; };
        window.addEventListener = function (type, f, options) {
            watched.push([type, f, options.capture, options.passive]);
            return add.call(this, type, f, options);
        };
        window.removeEventListener = function (type, f, options) {
            const capture = options === true || options?.capture === true;
            const i = watched.findIndex(([t, g, c]) => t === type && g === f && c === capture);
            if (i >= 0) watched.splice(i, 1);
            return remove.call(this, type, f, options);
        };");
}

fn watched() -> u32 {
    Array::from(&js("return watched")).length()
}

#[wasm_bindgen_test]
fn start_and_stop_leave_no_listener() {
    watch_listeners();
    let mut tracker = tracker();
    assert_eq!(watched(), 0, "a new tracker does not listen");
    assert!(!tracker.is_running());
    for _ in 0..3 {
        tracker.start().unwrap();
        tracker.start().unwrap();
        assert!(tracker.is_running());
        assert_eq!(watched(), 8);
        assert!(
            js("return watched.every(([,, capture, passive]) => capture && passive)").is_truthy()
        );
        tracker.stop();
        tracker.stop();
        assert!(!tracker.is_running());
        assert_eq!(watched(), 0);
    }
    tracker.start().unwrap();
    tracker.dispose();
    assert_eq!(watched(), 0, "disposed");
    let mut dropped = self::tracker();
    dropped.start().unwrap();
    drop(dropped);
    assert_eq!(watched(), 0, "dropped, as `free` does");
    js("unwatch()");
}

#[wasm_bindgen_test]
fn two_trackers_do_not_share_listeners() {
    watch_listeners();
    let (mut one, mut two) = (tracker(), tracker());
    one.start().unwrap();
    two.start().unwrap();
    assert_eq!(watched(), 16);
    drop(one);
    assert_eq!(watched(), 8);
    drop(two);
    assert_eq!(watched(), 0);
    js("unwatch()");
}

#[wasm_bindgen_test]
fn capacities() {
    for options in [
        "undefined",
        "{}",
        "{ capacity: undefined }",
        "{ capacity: 1 }",
        "{ capacity: 100 }",
        "{ mode: undefined }",
        "{ mode: 'private' }",
        "{ mode: 'samples' }",
    ] {
        assert!(InteractionTracker::new(&js(&format!("return ({options})"))).is_ok(), "{options}");
    }
    for options in [
        "null",
        "5",
        "'x'",
        "{ capacity: 0 }",
        "{ capacity: -1 }",
        "{ capacity: 101 }",
        "{ capacity: 1.5 }",
        "{ capacity: NaN }",
        "{ capacity: Infinity }",
        "{ capacity: '5' }",
        "{ capacity: null }",
        "{ capacity: 5n }",
        "{ mode: 'Private' }",
        "{ mode: null }",
        "{ mode: 1 }",
        "{ get capacity() { throw new Error('x') } }",
    ] {
        let error = InteractionTracker::new(&js(&format!("return ({options})"))).unwrap_err();
        let code = Reflect::get(&error, &"code".into()).unwrap();
        assert_eq!(code.as_string().as_deref(), Some("ERR_CONFIG_INVALID"), "{options}");
    }
}
