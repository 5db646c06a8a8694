//! The pure pieces by themselves, so that anyone can run a public suite against them.

use super::{
    keys::PublicKey,
    structured_field::{
        BareItem, Item, Member, Parameters, last_wins, parse_dictionary, parse_item, parse_list,
        serialize_dictionary, serialize_item, serialize_list,
    },
};
use crate::{
    canonical::{base64, exports, jcs, json, jwk::P256Coordinates},
    error::{Code, Error, Result},
    host::{get, set, text},
    proof::{InteractionProof, Marks},
};
use js_sys::{Array, Object, Uint8Array};
use sfv::Decimal;
use wasm_bindgen::prelude::*;

/// RFC 8785: the canonical text of a JSON text (UTF-8), read as strict I-JSON.
///
/// # Errors
/// `ERR_JSON_INVALID`.
#[wasm_bindgen(js_name = canonicalizeJson)]
pub fn canonicalize_json(text: &[u8]) -> Result<String, JsValue> {
    Ok(jcs::canonicalize(&json::parse(text)?))
}

/// RFC 9651 §4.2: `kind` is `item`, `list` or `dictionary`. See `StructuredField` in TypeScript.
///
/// # Errors
/// `ERR_SIG_MALFORMED`.
#[wasm_bindgen(js_name = parseStructuredField)]
pub fn parse_structured_field(kind: &str, text: &str) -> Result<JsValue, JsValue> {
    Ok(match kind {
        "item" => item_to_js(parse_item(text)?),
        "list" => parse_list(text)?.into_iter().map(member_to_js).collect::<Array>().into(),
        "dictionary" => last_wins(parse_dictionary(text)?)
            .into_iter()
            .map(|(key, member)| Array::of2(&key.into(), &member_to_js(member)))
            .collect::<Array>()
            .into(),
        _ => return Err(NO_KIND.into()),
    })
}

/// RFC 9651 §4.1: the canonical text. Decimals are rounded to three digits, half to even.
///
/// # Errors
/// `ERR_SIG_MALFORMED` for what no structured field can carry.
#[wasm_bindgen(js_name = serializeStructuredField)]
pub fn serialize_structured_field(kind: &str, value: &JsValue) -> Result<String, JsValue> {
    Ok(match kind {
        "item" => serialize_item(&item_from_js(value)?)?,
        "list" => serialize_list(&list_from_js(value, member_from_js)?)?,
        "dictionary" => serialize_dictionary(&last_wins(list_from_js(value, |entry| {
            let (key, member) = pair_from_js(entry)?;
            Ok((key, member_from_js(&member)?))
        })?))?,
        _ => return Err(NO_KIND.into()),
    })
}

const NO_KIND: Error =
    Code::ConfigInvalid.because(&"a structured field is an item, list or dictionary");
const NO_VALUE: Error = Code::SigMalformed.because(&"not a structured field value");

fn bare_item_to_js(bare_item: BareItem) -> JsValue {
    let (kind, value) = match bare_item {
        BareItem::Integer(number) => ("integer", number_to_js(number)),
        BareItem::Decimal(thousandths) => ("decimal", (number(thousandths) / 1000.0).into()),
        BareItem::String(text) => ("string", text.into()),
        BareItem::Token(text) => ("token", text.into()),
        BareItem::Bytes(bytes) => ("byte-sequence", Uint8Array::from(bytes.as_slice()).into()),
        BareItem::Boolean(value) => ("boolean", value.into()),
        BareItem::Date(seconds) => ("date", number_to_js(seconds)),
        BareItem::DisplayString(text) => ("display-string", text.into()),
    };
    let out = Object::new();
    set(&out, "type", &kind.into());
    set(&out, "value", &value);
    out.into()
}

fn number(value: i64) -> f64 {
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "at most 15 digits, which a double holds exactly"
    )]
    let number = value as f64;
    number
}

fn number_to_js(value: i64) -> JsValue {
    number(value).into()
}

fn parameters_to_js(parameters: Parameters) -> JsValue {
    last_wins(parameters)
        .into_iter()
        .map(|(key, value)| Array::of2(&key.into(), &bare_item_to_js(value)))
        .collect::<Array>()
        .into()
}

fn item_to_js((bare_item, parameters): Item) -> JsValue {
    let out = Object::new();
    set(&out, "bareItem", &bare_item_to_js(bare_item));
    set(&out, "parameters", &parameters_to_js(parameters));
    out.into()
}

fn member_to_js(member: Member) -> JsValue {
    let items = member.items.into_iter().map(item_to_js).collect::<Array>();
    if !member.is_list {
        return items.get(0);
    }
    let out = Object::new();
    set(&out, "items", &items);
    set(&out, "parameters", &parameters_to_js(member.parameters));
    out.into()
}

fn list_from_js<T>(value: &JsValue, read: impl Fn(&JsValue) -> Result<T>) -> Result<Vec<T>> {
    let array: &Array = value.dyn_ref().ok_or(NO_VALUE)?;
    array.iter().map(|entry| read(&entry)).collect()
}

fn pair_from_js(entry: &JsValue) -> Result<(String, JsValue)> {
    let array: &Array = entry.dyn_ref().ok_or(NO_VALUE)?;
    Ok((array.get(0).as_string().ok_or(NO_VALUE)?, array.get(1)))
}

fn parameters_from_js(holder: &JsValue) -> Result<Parameters> {
    let parameters = get(holder, "parameters").map_err(|_| NO_VALUE)?;
    if parameters.is_undefined() {
        return Ok(Vec::new());
    }
    let entries = list_from_js(&parameters, |entry| {
        let (key, value) = pair_from_js(entry)?;
        Ok((key, bare_item_from_js(&value)?))
    })?;
    Ok(last_wins(entries))
}

fn item_from_js(value: &JsValue) -> Result<Item> {
    let bare_item = get(value, "bareItem").map_err(|_| NO_VALUE)?;
    Ok((bare_item_from_js(&bare_item)?, parameters_from_js(value)?))
}

fn member_from_js(value: &JsValue) -> Result<Member> {
    let items = get(value, "items").map_err(|_| NO_VALUE)?;
    if items.is_undefined() {
        return Ok(Member { items: vec![item_from_js(value)?], ..Member::default() });
    }
    Ok(Member {
        items: list_from_js(&items, item_from_js)?,
        is_list: true,
        parameters: parameters_from_js(value)?,
    })
}

fn bare_item_from_js(bare_item: &JsValue) -> Result<BareItem> {
    let kind = text(bare_item, "type").map_err(|_| NO_VALUE)?;
    let value = get(bare_item, "value").map_err(|_| NO_VALUE)?;
    let whole = || exports::integer(value.as_f64().ok_or(NO_VALUE)?);
    // A lone surrogate would be replaced silently.
    let string = || match value.dyn_ref::<js_sys::JsString>() {
        Some(string) if string.is_valid_utf16() => Ok(String::from(string)),
        _ => Err(NO_VALUE),
    };
    Ok(match kind.as_str() {
        "integer" => BareItem::Integer(whole()?),
        "decimal" => BareItem::Decimal(
            value
                .as_f64()
                .and_then(|number| Decimal::try_from(number).ok())
                .ok_or(NO_VALUE)?
                .as_integer_scaled_1000()
                .into(),
        ),
        "string" => BareItem::String(string()?),
        "token" => BareItem::Token(string()?),
        "byte-sequence" => BareItem::Bytes(value.dyn_ref::<Uint8Array>().ok_or(NO_VALUE)?.to_vec()),
        "boolean" => BareItem::Boolean(value.as_bool().ok_or(NO_VALUE)?),
        "date" => BareItem::Date(whole()?),
        "display-string" => BareItem::DisplayString(string()?),
        _ => return Err(NO_VALUE),
    })
}

/// A P-256 public key from a JWK: `{ keyid, x, y }`, known to be on the curve. Other members than `kty`,
/// `crv`, `x` and `y` are ignored (RFC 7517 §4), but for `d`.
///
/// # Errors
/// `ERR_KEY_INVALID`.
#[wasm_bindgen(js_name = importP256)]
pub fn import_p256(jwk: &JsValue) -> Result<Object, JsValue> {
    const INVALID: Error = Code::KeyInvalid.because(&"not a P-256 public JWK");
    let member = |name| text(jwk, name).map_err(|_| INVALID);
    let private = get(jwk, "d").map_err(|_| INVALID)?;
    if !private.is_undefined() || member("kty")? != "EC" || member("crv")? != "P-256" {
        return Err(INVALID.into());
    }
    let coordinates = P256Coordinates::from_members(&member("x")?, &member("y")?).ok_or(INVALID)?;
    let key = PublicKey::from_coordinates(coordinates)?;
    let out = Object::new();
    set(&out, "keyid", &base64::encode_url(&key.coordinates.thumbprint()).into());
    set(&out, "x", &member("x")?.into());
    set(&out, "y", &member("y")?.into());
    Ok(out)
}

/// The interaction proof in `bytes`. See `DecodedInteractionProof` in TypeScript for units.
///
/// # Errors
/// `ERR_PROOF_MALFORMED`.
#[wasm_bindgen(js_name = decodeInteractionProof)]
pub fn decode_interaction_proof(bytes: &[u8]) -> Result<Object, JsValue> {
    let proof = InteractionProof::decode(bytes)?;
    let out = Object::new();
    set(&out, "kind", &proof.kind.as_str().into());
    set(&out, "eventId", &base64::encode_url(&proof.event_id).into());
    set(&out, "ageMs", &proof.age_ms.into());
    set(&out, "actionHash", &base64::encode_url(&proof.action_hash).into());
    for (name, flag) in [
        ("trusted", proof.flags.trusted),
        ("coalesced", proof.flags.coalesced),
        ("fractional", proof.flags.fractional),
        ("webdriver", proof.flags.webdriver),
        ("teleport", proof.flags.teleport),
    ] {
        set(&out, name, &flag.into());
    }
    let press = &proof.press;
    set(&out, "dwellMs", &press.dwell_ms.into());
    set(&out, "detail", &press.detail.into());
    if let Some(private) = proof.private {
        let bits = private.marks.bits();
        let names = (0_u8..).zip(Marks::NAMES).filter(|(bit, _)| bits & (1 << bit) != 0);
        set(&out, "marks", &names.map(|(_, name)| JsValue::from(name)).collect::<Array>());
        if let Some(numbers) = private.movement {
            set(&out, "numbers", &numbers.into_iter().map(JsValue::from).collect::<Array>());
        }
        return Ok(out);
    }
    for (name, value) in [
        ("offsetX", press.offset_x),
        ("offsetY", press.offset_y),
        ("width", press.width),
        ("height", press.height),
        ("pixelRatio16", press.pixel_ratio_16),
    ] {
        set(&out, name, &value.into());
    }
    let samples = proof
        .samples
        .iter()
        .map(|sample| Array::of3(&sample.dt_ms.into(), &sample.dx.into(), &sample.dy.into()));
    set(&out, "samples", &samples.collect::<Array>());
    Ok(out)
}
