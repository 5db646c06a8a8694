//! `Pas-Consent`: what was shown, and where.

use super::template::Surface;
use crate::{
    canonical::structured_field::{byte_sequence, push_string},
    error::Result,
};
use alloc::string::String;

/// The members of the field, in its order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consent {
    /// The action's name.
    pub act: String,
    /// The template's version.
    pub version: [u8; 16],
    /// The language shown.
    pub language: String,
    /// SHA-256 of the text shown.
    pub text: [u8; 32],
    /// Where it was shown.
    pub surface: Surface,
    /// Whether user verification follows.
    pub verified: bool,
}

impl Consent {
    /// The field's one spelling: an sf-dictionary.
    ///
    /// # Errors
    /// `ERR_SIG_MALFORMED` if a name is not printable ASCII.
    pub fn to_field(&self) -> Result<String> {
        let mut out = String::from("act=");
        push_string(&mut out, &self.act)?;
        out.push_str(", ver=");
        out.push_str(&byte_sequence(&self.version));
        out.push_str(", lang=");
        push_string(&mut out, &self.language)?;
        out.push_str(", text=");
        out.push_str(&byte_sequence(&self.text));
        out.push_str(", surface=");
        out.push_str(self.surface.as_str());
        if self.verified {
            out.push_str(", uv");
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_has_one_spelling() {
        let consent = Consent {
            act: "transfer".into(),
            version: [1; 16],
            language: "en".into(),
            text: [2; 32],
            surface: Surface::Popup,
            verified: false,
        };
        let field = "act=\"transfer\", ver=:AQEBAQEBAQEBAQEBAQEBAQ==:, lang=\"en\", text=:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=:, surface=popup";
        assert_eq!(consent.to_field().unwrap(), field);
        let verified = Consent { verified: true, ..consent };
        assert_eq!(verified.to_field().unwrap(), [field, ", uv"].concat());
    }
}
