//! The canonicaliser for JavaScript, the same in every artefact.

use super::{
    base64, jcs, json, sha256, signature_base as base,
    structured_field::{INTEGER_MAX, push_integer},
};
use crate::{
    error::{Code, Error, Result},
    host::{self, get, optional_text, text},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use js_sys::{Array, JsString, Object};
use wasm_bindgen::prelude::*;

/// RFC 8785: the canonical text of a JavaScript value that is plain I-JSON data.
///
/// # Errors
/// `ERR_JSON_INVALID` for `undefined`, functions, symbols, bigints, non-finite numbers, lone
/// surrogates, objects that are not plain, and nesting beyond 64.
#[wasm_bindgen]
pub fn canonicalize(value: &JsValue) -> Result<String, JsValue> {
    let mut out = String::new();
    push(&mut out, value, 0)?;
    Ok(out)
}

/// RFC 9530: the `Content-Digest` field value of `content`, `sha-256` only.
#[wasm_bindgen(js_name = contentDigest)]
#[must_use]
pub fn content_digest(content: &[u8]) -> String {
    super::content_digest(content)
}

/// RFC 7638: the SHA-256 thumbprint of a public JWK (`EC`, `OKP` or `RSA`), base64url.
///
/// # Errors
/// `ERR_KEY_INVALID` for another `kty`, a required member that is no string, or a private key.
#[wasm_bindgen(js_name = jwkThumbprint)]
pub fn jwk_thumbprint(jwk: &JsValue) -> Result<String, JsValue> {
    const INVALID: Error = Code::KeyInvalid.because(&"not a public JWK");
    if !jwk.is_object() || !get(jwk, "d")?.is_undefined() {
        return Err(INVALID.into());
    }
    let member = |name| text(jwk, name).map_err(|_| INVALID);
    // RFC 7638 §3.2 and RFC 8037 §2: the required members, in lexicographic order.
    let required: &[&str] = match member("kty")?.as_str() {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        _ => return Err(INVALID.into()),
    };
    let mut canonical = String::from("{");
    for name in required {
        if canonical.len() > 1 {
            canonical.push(',');
        }
        jcs::push_string(&mut canonical, name);
        canonical.push(':');
        jcs::push_string(&mut canonical, &member(name)?);
    }
    canonical.push('}');
    Ok(base64::encode_url(&sha256(&[canonical.as_bytes()])))
}

/// RFC 9421 §2.5: the signature base.
///
/// `request` has `method`, `authority`, `path`, `query` (with its `?`), `scheme`, `targetUri`, `status`
/// as far as they are covered, and `headers`, an object of lower-case field names. `covered` lists the
/// component identifiers without parameters. `parameters` is an object whose own order is kept.
///
/// # Errors
/// `ERR_SIG_MALFORMED` for a component that the request lacks, that is unknown, doubled, or not ASCII.
#[wasm_bindgen(js_name = signatureBase)]
pub fn signature_base(
    request: &JsValue,
    covered: &Array,
    parameters: &JsValue,
) -> Result<String, JsValue> {
    let headers = get(request, "headers")?;
    let mut components = Vec::new();
    for name in covered.iter() {
        let name = name.as_string().ok_or(ABSENT)?;
        let value = component_value(request, &headers, &name)?.ok_or(ABSENT)?;
        components.push((name, value));
    }
    let components: Vec<_> = components.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let parameters = read_parameters(parameters)?;
    let params = base::signature_params(&components, &parameters)?;
    Ok(base::signature_base(&components, &params)?)
}

const ABSENT: Error = Code::SigMalformed.because(&"a covered component is unknown or absent");

/// RFC 9421 §2.2 derived components, and §2.1 fields.
fn component_value(request: &JsValue, headers: &JsValue, name: &str) -> Result<Option<String>> {
    let Some(derived) = name.strip_prefix('@') else {
        if name.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ABSENT);
        }
        if headers.is_undefined() {
            return Ok(None);
        }
        // RFC 9421 §2.1: without the whitespace around the value.
        let value = optional_text(headers, name)?;
        return Ok(value.map(|text| text.trim_matches(|c| c == ' ' || c == '\t').to_owned()));
    };
    let property = match derived {
        "target-uri" => "targetUri",
        "method" | "authority" | "scheme" | "path" | "query" | "status" => derived,
        _ => return Err(ABSENT),
    };
    match get(request, property)?.as_f64() {
        Some(status) if property == "status" => {
            let mut digits = String::new();
            push_integer(&mut digits, integer(status)?)?;
            Ok(Some(digits))
        }
        _ => optional_text(request, property),
    }
}

fn read_parameters(
    parameters: &JsValue,
) -> Result<Vec<(&'static str, base::ParameterValue<'static>)>> {
    const UNKNOWN: Error = Code::SigMalformed.because(&"an unknown signature parameter");
    // Not `instanceof`: see `push`.
    let object: &Object =
        parameters.is_object().then(|| parameters.unchecked_ref()).ok_or(UNKNOWN)?;
    let mut out = Vec::new();
    for entry in Object::entries(object).iter() {
        let entry: Array = entry.unchecked_into();
        let (name, value) = (entry.get(0).as_string().unwrap_or_default(), entry.get(1));
        let (names, value): (&[&str], _) = match (value.as_f64(), value.as_string()) {
            (Some(number), _) => {
                (&["created", "expires"], base::ParameterValue::Integer(integer(number)?))
            }
            (None, Some(text)) => {
                (&["nonce", "alg", "keyid", "tag"], base::ParameterValue::String(text.into()))
            }
            (None, None) => return Err(UNKNOWN),
        };
        out.push((*names.iter().find(|known| **known == name).ok_or(UNKNOWN)?, value));
    }
    Ok(out)
}

/// A JavaScript number that is a whole number within 15 digits.
pub(crate) fn integer(number: f64) -> Result<i64> {
    let whole = whole_part(number);
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "exact within 15 digits"
    )]
    let is_whole = whole.unsigned_abs() <= INTEGER_MAX.unsigned_abs() && whole as f64 == number;
    is_whole
        .then_some(whole)
        .ok_or(Code::SigMalformed.because(&"not an integer of at most 15 digits"))
}

/// A number without its fraction, limited to the range of the type; 0 for NaN.
pub(crate) const fn whole_part(number: f64) -> i64 {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "its purpose")]
    let whole = number as i64;
    whole
}

/// Writes as it reads. By way of [`json::Value`] and its writer it would cost an artefact 2 KB; the same vectors
/// hold both.
fn push(out: &mut String, value: &JsValue, depth: usize) -> Result<()> {
    const INVALID: Error = Code::JsonInvalid.because(&"not plain I-JSON data");
    if value.is_null() {
        out.push_str("null");
    } else if let Some(boolean) = value.as_bool() {
        out.push_str(if boolean { "true" } else { "false" });
    } else if let Some(number) = value.as_f64() {
        if !number.is_finite() {
            return Err(INVALID);
        }
        jcs::push_number(out, number);
    } else if let Some(string) = value.dyn_ref::<JsString>() {
        jcs::push_string(out, &read_string(string)?);
    } else if depth >= json::MAX_DEPTH {
        return Err(Code::JsonInvalid.because(&"nested too deeply, or cyclic"));
    } else if Array::is_array(value) {
        let array: &Array = value.unchecked_ref();
        let mut separator = '[';
        for item in array.iter() {
            out.push(separator);
            separator = ',';
            push(out, &item, depth + 1)?;
        }
        out.push_str(if separator == '[' { "[]" } else { "]" });
    } else {
        // Not `instanceof`: an object without a prototype is plain, and so is one of another realm.
        let object: &Object = value.is_object().then(|| value.unchecked_ref()).ok_or(INVALID)?;
        let prototype = Object::get_prototype_of(value);
        // A Date, Map or class instance has no one JSON form: the caller must choose it.
        if !prototype.is_null() && !Object::get_prototype_of(&prototype).is_null() {
            return Err(INVALID);
        }
        let mut separator = '{';
        // ECMAScript sorts strings by UTF-16 code units, which is the order of RFC 8785 §3.2.3.
        for key in Object::keys(object).sort().iter() {
            let name = read_string(key.unchecked_ref())?;
            out.push(separator);
            separator = ',';
            jcs::push_string(out, &name);
            out.push(':');
            push(out, &host::get(value, &name).map_err(|_| INVALID)?, depth + 1)?;
        }
        out.push_str(if separator == '{' { "{}" } else { "}" });
    }
    Ok(())
}

/// A string without lone surrogates: `as_string` alone would replace them silently.
fn read_string(string: &JsString) -> Result<String> {
    if string.is_valid_utf16() {
        Ok(String::from(string))
    } else {
        Err(Code::JsonInvalid.because(&"a lone surrogate"))
    }
}
