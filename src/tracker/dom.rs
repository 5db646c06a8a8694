//! What is read from events and their targets.
//!
//! `web-sys` gives client coordinates as integers; their fractions are evidence, so the properties are
//! declared here.

use super::{gesture::Pointer, interaction::Place};
use crate::proof::{Kind, Point};
use alloc::string::String;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

#[wasm_bindgen]
extern "C" {
    /// An event, with the properties of `PointerEvent` and `KeyboardEvent`.
    #[wasm_bindgen(js_name = PointerEvent)]
    #[derive(Debug)]
    pub type InputEvent;

    /// `isTrusted`: false for what a script dispatched.
    #[wasm_bindgen(method, getter, structural, js_name = isTrusted)]
    pub fn is_trusted(this: &InputEvent) -> bool;
    /// `timeStamp`, ms on the clock of `performance.now()`.
    #[wasm_bindgen(method, getter, structural, js_name = timeStamp)]
    pub fn time_stamp(this: &InputEvent) -> f64;
    /// `repeat`
    #[wasm_bindgen(method, getter, structural)]
    pub fn repeat(this: &InputEvent) -> bool;
    #[wasm_bindgen(method, getter, structural, js_name = clientX)]
    fn client_x(this: &InputEvent) -> f64;
    #[wasm_bindgen(method, getter, structural, js_name = clientY)]
    fn client_y(this: &InputEvent) -> f64;
    #[wasm_bindgen(method, getter, structural, js_name = pointerId)]
    fn pointer_id(this: &InputEvent) -> i32;
    #[wasm_bindgen(method, getter, structural, js_name = pointerType)]
    fn pointer_type(this: &InputEvent) -> String;
    #[wasm_bindgen(method, getter, structural)]
    fn detail(this: &InputEvent) -> u32;
    #[wasm_bindgen(method, structural, catch, js_name = getCoalescedEvents)]
    fn coalesced_events(this: &InputEvent) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, structural, js_name = composedPath)]
    fn composed_path(this: &InputEvent) -> Array;

    /// What `composedPath` begins with: an element, or else a document or a window, which have no `matches`.
    type Target;

    #[wasm_bindgen(method, structural, catch)]
    fn matches(this: &Target, selector: &str) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, getter, structural, js_name = editContext)]
    fn edit_context(this: &Target) -> JsValue;

    #[wasm_bindgen(extends = EventTarget)]
    #[derive(Clone)]
    pub(super) type Window;
    type Navigator;

    #[wasm_bindgen(thread_local_v2, js_name = window)]
    static WINDOW: Option<Window>;

    #[wasm_bindgen(method, getter, structural, js_name = devicePixelRatio)]
    fn device_pixel_ratio(this: &Window) -> f64;
    #[wasm_bindgen(method, getter, structural)]
    fn navigator(this: &Window) -> Navigator;
    #[wasm_bindgen(method, getter, structural)]
    fn webdriver(this: &Navigator) -> JsValue;

    /// `performance.now()`, ms.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(super) fn now() -> f64;
}

impl InputEvent {
    /// Where and when.
    #[must_use]
    pub fn point(&self) -> Point {
        Point { t: self.time_stamp(), x: self.client_x(), y: self.client_y() }
    }

    /// Which pointer. One that the browser can't name counts as a mouse.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.pointer_type().as_str() {
            "touch" => Kind::Touch,
            "pen" => Kind::Pen,
            _ => Kind::Mouse,
        }
    }

    /// Which pointer, where and when.
    #[must_use]
    pub fn pointer(&self) -> Pointer {
        Pointer { kind: self.kind(), id: self.id(), point: self.point() }
    }

    /// `pointerId`
    #[must_use]
    pub fn id(&self) -> i32 {
        self.pointer_id()
    }

    /// `detail` of a click.
    #[must_use]
    pub fn click_detail(&self) -> u8 {
        u8::try_from(self.detail()).unwrap_or(u8::MAX)
    }

    /// The samples this event stands for, oldest first. Empty for an event that a script made, and where
    /// the browser has no `getCoalescedEvents`.
    pub fn coalesced(&self) -> impl ExactSizeIterator<Item = Self> {
        let samples = self.coalesced_events().unwrap_or_default();
        samples.into_iter().map(JsCast::unchecked_into)
    }

    /// Whether it goes to an element that takes text: what happens in there is nobody's business.
    #[must_use]
    pub fn is_in_editable(&self) -> bool {
        let innermost = self.composed_path().get(0);
        if !innermost.is_object() {
            return false;
        }
        let target: Target = innermost.unchecked_into();
        // Fields that are read-only or disabled take no text. Chromium's EditContext makes any element
        // take text without a match.
        target.matches(":read-write").unwrap_or(false) || target.edit_context().is_truthy()
    }

    /// Whether it was dispatched at the window itself.
    #[must_use]
    pub fn is_at_window(&self) -> bool {
        self.composed_path().length() == 1
    }

    /// The box of the innermost element.
    #[must_use]
    pub fn place(&self) -> Place {
        let mut place = Place { pixel_ratio: pixel_ratio(), ..Place::default() };
        if let Some(element) = self.composed_path().get(0).dyn_ref::<web_sys::Element>() {
            let bounds = element.get_bounding_client_rect();
            place.left = bounds.left();
            place.top = bounds.top();
            place.width = bounds.width();
            place.height = bounds.height();
        }
        place
    }
}

/// The window; `None` in a worker.
pub(super) fn window() -> Option<Window> {
    WINDOW.with(Clone::clone)
}

/// `devicePixelRatio`; 1 where there is no window.
#[must_use]
pub fn pixel_ratio() -> f64 {
    window().map_or(1.0, |window| window.device_pixel_ratio())
}

/// `navigator.webdriver`: a hint that the browser is driven, for whoever scores.
pub(super) fn is_webdriver() -> bool {
    window().is_some_and(|window| window.navigator().webdriver().is_truthy())
}
