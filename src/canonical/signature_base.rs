//! The signature base (RFC 9421 §2.5): the exact bytes a signature covers.

use super::structured_field::{NOT_PRINTABLE, push_integer, push_string};
use crate::error::{Code, Result};
use alloc::{borrow::Cow, string::String};

/// A covered component: its identifier (without parameters) and its value.
pub type Component<'a> = (&'a str, &'a str);

/// The value of a signature parameter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ParameterValue<'a> {
    /// `created`, `expires`: seconds since the epoch.
    Integer(i64),
    /// `nonce`, `keyid`, `alg`, `tag`.
    String(Cow<'a, str>),
}

/// Serialises the component list and the parameters in the order given: the member value of
/// `Signature-Input`, and the last line of the base.
///
/// # Errors
/// `ERR_SIG_MALFORMED` for a value that a structured field can't carry.
pub fn signature_params(
    components: &[Component<'_>],
    parameters: &[(&str, ParameterValue<'_>)],
) -> Result<String> {
    let mut out = String::from("(");
    for (index, (name, _)) in components.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        push_string(&mut out, name)?;
    }
    out.push(')');
    for (name, value) in parameters {
        out.push(';');
        out.push_str(name);
        out.push('=');
        match value {
            ParameterValue::Integer(number) => push_integer(&mut out, *number)?,
            ParameterValue::String(text) => push_string(&mut out, text)?,
        }
    }
    Ok(out)
}

/// The signature base over `components`, closed by `params`, the output of [`signature_params`].
///
/// # Errors
/// `ERR_SIG_MALFORMED` if a value is not printable ASCII (RFC 9421 §2.5 step 4), or a component
/// occurs twice.
pub fn signature_base(components: &[Component<'_>], params: &str) -> Result<String> {
    let mut out = String::new();
    for (index, (name, value)) in components.iter().enumerate() {
        if components.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Code::SigMalformed.because(&"a component is covered twice"));
        }
        if !value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
            return Err(NOT_PRINTABLE);
        }
        push_string(&mut out, name)?;
        out.push_str(": ");
        out.push_str(value);
        out.push('\n');
    }
    out.push_str("\"@signature-params\": ");
    out.push_str(params);
    Ok(out)
}
