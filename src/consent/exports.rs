//! The consent surface for JavaScript: what to draw, and when a click on Confirm counts.

use super::{Confirmation, Consent, Shown, Surface, Template};
use crate::{
    canonical::{Value, json, sha256, structured_field::byte_sequence},
    error::{Code, Error, Result},
    host::{set, set_text},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

/// One request that a person is asked about.
#[wasm_bindgen]
pub struct ConsentRequest {
    app_name: String,
    app_origin: String,
    template: Template,
    values: Vec<super::FieldValue>,
}

#[wasm_bindgen]
impl ConsentRequest {
    /// Finds the template of a request among those the server registered and reads the request by it.
    /// `registered` is what `/.pas/templates` answered, `query` has its `?`.
    ///
    /// # Errors
    /// `ERR_CONSENT_MISMATCH` if there is no template for it, or it holds what the template does not show;
    /// `ERR_JSON_INVALID` for content that is no strict I-JSON; `ERR_CONFIG_INVALID` for a malformed answer.
    #[wasm_bindgen(constructor)]
    pub fn new(
        registered: &str,
        method: &str,
        path: &str,
        query: &str,
        content: &[u8],
    ) -> Result<Self, JsValue> {
        const NONE: Error = Code::ConsentMismatch.because(&"no template for this request");
        const MALFORMED: Error = Code::ConfigInvalid.because(&"the templates are malformed");
        let registered = json::parse(registered.as_bytes())?;
        let app = |name| {
            let text = registered.member("app").and_then(|app| app.member(name))?.as_str()?;
            Some(text.to_owned())
        };
        let Some(Value::Array(templates)) = registered.member("templates") else {
            return Err(MALFORMED.into());
        };
        for value in templates {
            let template = Template::from_value(value)?;
            if template.is_of(method, path) {
                return Ok(Self {
                    app_name: app("name").ok_or(MALFORMED)?,
                    app_origin: app("origin").ok_or(MALFORMED)?,
                    values: template.values(path, query, content)?,
                    template,
                });
            }
        }
        Err(NONE.into())
    }

    /// The name of the app that asks, in the server's words.
    #[wasm_bindgen(getter, js_name = appName)]
    #[must_use]
    pub fn app_name(&self) -> String {
        self.app_name.clone()
    }

    /// Its origin.
    #[wasm_bindgen(getter, js_name = appOrigin)]
    #[must_use]
    pub fn app_origin(&self) -> String {
        self.app_origin.clone()
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

    /// The `Pas-Consent` field for `text`, the whole text that was drawn. `verified` says that user
    /// verification follows, as it must where the template asks for it.
    ///
    /// # Errors
    /// `ERR_CONSENT_MISMATCH` for a surface that the template does not permit.
    pub fn field(
        &self,
        language: &str,
        text: &str,
        surface: &str,
        verified: bool,
    ) -> Result<String, JsValue> {
        const REFUSED: Error = Code::ConsentMismatch.because(&"not on this surface");
        let shown_on =
            Surface::from_name(surface).filter(|_| self.permits(surface)).ok_or(REFUSED)?;
        let consent = Consent {
            act: self.template.act.clone(),
            version: self.template.version,
            language: language.to_owned(),
            text: sha256(&[text.as_bytes()]),
            surface: shown_on,
            verified: verified || self.template.verified,
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

/// The `PAS-Assertion` field: credential id, authenticator data, client data and signature.
#[wasm_bindgen(js_name = assertionField)]
#[must_use]
pub fn assertion_field(id: &[u8], authenticator: &[u8], client: &[u8], signature: &[u8]) -> String {
    let members =
        [("id=", id), (", auth=", authenticator), (", client=", client), (", sig=", signature)];
    members.into_iter().flat_map(|(name, bytes)| [name.to_owned(), byte_sequence(bytes)]).collect()
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

    /// The text changed, or the window moved, changed its size, lost or gained focus.
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
