//! The consent surface for JavaScript: what to draw, and when a click on Confirm counts.

use super::{Confirmation, Consent, Shown, Surface, Template};
use crate::{
    canonical::{Value, json, sha256},
    error::{Code, Error, Result},
    host::{set, set_text},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

/// One request that a person is asked about.
#[wasm_bindgen]
pub struct ConsentRequest {
    template: Template,
    values: Vec<super::FieldValue>,
}

#[wasm_bindgen]
impl ConsentRequest {
    /// Finds the template of a request among those the server registered (a JSON array) and reads the
    /// request by it. `query` has its `?`.
    ///
    /// # Errors
    /// `ERR_CONSENT_MISMATCH` if there is no template for it, or it holds what the template does not show;
    /// `ERR_JSON_INVALID` for content that is no strict I-JSON; `ERR_CONFIG_INVALID` for malformed templates.
    #[wasm_bindgen(constructor)]
    pub fn new(
        templates: &[u8],
        method: &str,
        path: &str,
        query: &str,
        content: &[u8],
    ) -> Result<Self, JsValue> {
        const NONE: Error = Code::ConsentMismatch.because(&"no template for this request");
        let Value::Array(templates) = json::parse(templates)? else { return Err(NONE.into()) };
        for value in &templates {
            let template = Template::from_value(value)?;
            if template.is_of(method, path) {
                let values = template.values(path, query, content)?;
                return Ok(Self { template, values });
            }
        }
        Err(NONE.into())
    }

    /// The language to show to a person who prefers `wanted`, best first.
    #[must_use]
    pub fn language(&self, wanted: &Array) -> String {
        let wanted: Vec<String> = wanted.iter().filter_map(|tag| tag.as_string()).collect();
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        self.template.language(&wanted).to_owned()
    }

    /// The pieces to draw: `{ kind: 'literal' | 'text' | 'number' | 'date', value }` and
    /// `{ kind: 'money', value, currency }`.
    ///
    /// # Errors
    /// `ERR_CONSENT_MISMATCH` for a value that its style can't show.
    pub fn pieces(&self, language: &str) -> Result<Array, JsValue> {
        let shown = self.template.shown(language, &self.values)?;
        Ok(shown.iter().map(piece).collect())
    }

    /// The action's name.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn act(&self) -> String {
        self.template.act.clone()
    }

    /// Whether user verification is asked for as well.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn verified(&self) -> bool {
        self.template.verified
    }

    /// Whether the text may be shown on `surface`.
    #[must_use]
    pub fn permits(&self, surface: &str) -> bool {
        surface == Surface::Popup.as_str() || surface == self.template.surface.as_str()
    }

    /// The `Pas-Consent` field for `text`, the whole text that was drawn.
    ///
    /// # Errors
    /// `ERR_CONSENT_MISMATCH` for a surface that the template does not permit.
    pub fn field(&self, language: &str, text: &str, surface: &str) -> Result<String, JsValue> {
        const REFUSED: Error = Code::ConsentMismatch.because(&"not on this surface");
        let shown_on =
            Surface::from_name(surface).filter(|_| self.permits(surface)).ok_or(REFUSED)?;
        let consent = Consent {
            act: self.template.act.clone(),
            version: self.template.version,
            language: language.to_owned(),
            text: sha256(&[text.as_bytes()]),
            surface: shown_on,
            verified: self.template.verified,
        };
        Ok(consent.to_field()?)
    }
}

fn piece(shown: &Shown) -> Object {
    let (kind, value, currency) = match shown {
        Shown::Literal(words) => ("literal", words, None),
        Shown::Text(text) => ("text", text, None),
        Shown::Number(number) => ("number", number, None),
        Shown::Money { amount, currency } => ("money", amount, Some(currency)),
        Shown::Date(date) => ("date", date, None),
    };
    let out = Object::new();
    set_text(&out, "kind", kind);
    set_text(&out, "value", value);
    if let Some(currency) = currency {
        set(&out, "currency", &currency.into());
    }
    out
}

/// [`Confirmation`] for JavaScript.
#[wasm_bindgen]
pub struct ConfirmButton(Confirmation);

#[wasm_bindgen]
impl ConfirmButton {
    /// For text that is shown from `now` on.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(now: f64, cancelled: u32) -> Self {
        Self(Confirmation::shown(now, cancelled))
    }

    /// The text changed, or the window moved, changed its size, or gained focus.
    pub fn disturbed(&mut self, now: f64) {
        self.0.disturbed(now);
    }

    /// How long until a press counts, ms.
    #[must_use]
    pub fn wait(&self, now: f64) -> f64 {
        self.0.wait(now)
    }

    /// `pointerdown`.
    #[wasm_bindgen(js_name = pointerDown)]
    pub fn pointer_down(&mut self, now: f64, trusted: bool) {
        self.0.pointer_down(now, trusted);
    }

    /// `keydown` of Enter or Space.
    #[wasm_bindgen(js_name = keyDown)]
    pub fn key_down(&mut self, now: f64, trusted: bool, repeat: bool) {
        self.0.key_down(now, trusted, repeat);
    }

    /// `click`: true if it confirms.
    pub fn click(&mut self, now: f64, trusted: bool, detail: u32) -> bool {
        self.0.click(now, trusted, detail)
    }

    /// `keyup`: true if it confirms.
    #[wasm_bindgen(js_name = keyUp)]
    pub fn key_up(&mut self, now: f64, trusted: bool) -> bool {
        self.0.key_up(now, trusted)
    }

    /// A press that ended elsewhere.
    pub fn released(&mut self) {
        self.0.released();
    }
}
