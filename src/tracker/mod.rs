//! The interaction tracker of an app page.
//!
//! | layer | file | knows |
//! |---|---|---|
//! | positions | `ring` | the newest 100 positions |
//! | meaning | `gesture`, `interaction` | what belongs to one press; pure |
//! | events | `dom`, `handlers` | which property of which event |
//! | host | `listeners`, this file | the window, trust, clock and JavaScript values |
//!
//! Untrusted events are ignored. Of keys only the moments of press and release outside editable elements
//! are kept, never which key. Nothing is stored or sent: a proof leaves when the page asks for one.

pub mod dom;
pub mod gesture;
pub mod handlers;
pub mod interaction;
mod listeners;
pub mod ring;
mod snapshot;

use crate::{
    error::{Code, Error, Result},
    host::get,
    proof::{MAX_SAMPLES, action_hash, quantise_unsigned},
};
use alloc::{rc::Rc, vec::Vec};
use dom::{is_webdriver, now};
use gesture::Gesture;
use handlers::State;
use listeners::Listeners;
use wasm_bindgen::prelude::*;

/// Watches the window's input and makes interaction proofs.
#[wasm_bindgen]
#[derive(Debug)]
pub struct InteractionTracker {
    state: Rc<State>,
    mode: Mode,
    listeners: Option<Listeners>,
}

#[wasm_bindgen]
impl InteractionTracker {
    /// A tracker that does not listen yet.
    ///
    /// `options` is `undefined` or `{ capacity?: number, mode?: 'private' | 'samples' }`: how many pointer
    /// positions of a movement are kept, a whole number from 1 to 100, 100 by default; and what a proof carries, numbers
    /// of the movement (the default) or the movement.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` for anything else.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Result<Self, JsValue> {
        let gesture = Gesture::new(capacity(options)?);
        let mode = mode(options)?;
        Ok(Self { state: Rc::new(State::new(gesture)), mode, listeners: None })
    }

    /// Adds the listeners to the window. Running already, it does nothing.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` where there is no window.
    pub fn start(&mut self) -> Result<(), JsValue> {
        if self.listeners.is_none() {
            self.listeners = Some(Listeners::add(&self.state)?);
        }
        Ok(())
    }

    /// Removes the listeners and forgets what was seen. Stopped already, it does nothing.
    pub fn stop(&mut self) {
        self.listeners = None;
        if let Ok(mut gesture) = self.state.try_borrow_mut() {
            gesture.clear();
        }
    }

    /// Whether it listens.
    #[wasm_bindgen(getter, js_name = isRunning)]
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.listeners.is_some()
    }

    /// The bytes of an interaction proof for an action: the content of `Interaction-Proof`.
    ///
    /// `method` and `target` (path and query, the query with its `?`) are those of the request, `digest`
    /// its `Content-Digest` field value or `""`. `undefined` if there was no interaction in the last 5 s,
    /// or it served four proofs.
    #[must_use]
    pub fn proof(&self, action: &str, method: &str, target: &str, digest: &str) -> Option<Vec<u8>> {
        let hash = action_hash(action, digest, method, target);
        let (now, webdriver) = (now(), is_webdriver());
        let proof = self.state.try_borrow_mut().ok()?.proof(now, hash, webdriver)?;
        Some(match self.mode {
            Mode::Private => proof.without_trajectory().encode(),
            Mode::Samples => proof.encode(),
        })
    }

    /// The latest interaction, for drawing, or `undefined`:
    /// `{ kind, ageMs, points, velocity, features }`.
    ///
    /// `points` are `[t, x, y]`, oldest first: ms before the press (≤ 0), client coordinates in CSS px.
    /// `velocity` are `[t, px/ms]`. `features` has the measures of
    /// [`Features`](crate::proof::kinematics::Features) in camel case, `offsetX` and `offsetY` (press
    /// point from the centre of its target, −½ to ½ of its box; `undefined` without a pointer) and `dwellMs`
    /// (`undefined` until released).
    #[must_use]
    pub fn snapshot(&self) -> JsValue {
        // Copied, so that nothing is borrowed while objects are made in the page.
        let latest = self.state.try_borrow().ok().and_then(|gesture| {
            gesture.latest().map(|(interaction, path)| (*interaction, path.to_vec()))
        });
        latest.map_or(JsValue::UNDEFINED, |(interaction, path)| {
            snapshot::snapshot(&interaction, &path, now())
        })
    }

    /// Stops, and frees the memory. The object can't be used any more.
    pub fn dispose(self) {}
}

/// What a proof carries.
#[derive(Clone, Copy, Debug)]
enum Mode {
    /// Numbers of the movement.
    Private,
    /// The movement.
    Samples,
}

/// The options are known to be `undefined` or an object.
fn mode(options: &JsValue) -> Result<Mode> {
    if options.is_undefined() {
        return Ok(Mode::Private);
    }
    let mode = get(options, "mode")?;
    match mode.as_string().as_deref() {
        None if mode.is_undefined() => Ok(Mode::Private),
        Some("private") => Ok(Mode::Private),
        Some("samples") => Ok(Mode::Samples),
        _ => Err(Code::ConfigInvalid.because(&"mode must be 'private' or 'samples'")),
    }
}

/// [`MAX_SAMPLES`], as a quantity.
const MAX_CAPACITY: u16 = 100;

fn capacity(options: &JsValue) -> Result<usize> {
    const INVALID: Error =
        Code::ConfigInvalid.because(&"capacity must be a whole number from 1 to 100");
    if options.is_undefined() {
        return Ok(MAX_SAMPLES);
    }
    if !options.is_object() {
        return Err(Code::ConfigInvalid.because(&"options must be an object"));
    }
    let capacity = get(options, "capacity")?;
    if capacity.is_undefined() {
        return Ok(MAX_SAMPLES);
    }
    let number = capacity.as_f64().ok_or(INVALID)?;
    // NaN equals nothing.
    let whole = quantise_unsigned(number, MAX_CAPACITY);
    if whole == 0 || f64::from(whole) != number {
        return Err(INVALID);
    }
    Ok(whole.into())
}
