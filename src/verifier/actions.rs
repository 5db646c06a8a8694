//! The actions that a deployment registered.

use crate::{
    canonical::{json, profile::is_reserved_path},
    consent::Template,
    error::{Code, Detail, Error, Result},
};

/// Names of our own actions begin with it.
pub const RESERVED_PREFIX: &str = "pas.";

/// Most forms of one deployment: the browser fetches them all.
pub const MAX_TEMPLATES: usize = 1_000;

/// What a template is registered as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// What people are shown from now on.
    Current,
    /// What they may have been shown by a server of another release: accepted, and not told to browsers.
    Previous,
}

/// Registered templates.
#[derive(Clone, Debug, Default)]
pub struct Actions(Vec<(Template, Form)>);

const fn invalid(detail: Detail) -> Error {
    Code::ConfigInvalid.because(detail)
}

impl Actions {
    /// Registers a template, a JSON text. `own` are those of the protocol: under `/.pas/`, with names that
    /// begin with `pas.`.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` for a malformed template, a name or a path that is not the app's, a name that is
    /// registered, and a request that another action is for.
    pub fn register(&mut self, text: &[u8], form: Form, own: bool) -> Result<()> {
        let value = json::parse(text).map_err(|_| invalid(&"a template is no I-JSON"))?;
        let template = Template::from_value(&value)?;
        if own != template.act.starts_with(RESERVED_PREFIX) {
            return Err(invalid(&"names that begin with pas. are the protocol's"));
        }
        let path = value.member("path").and_then(json::Value::as_str).unwrap_or_default();
        if own != is_reserved_path(path) {
            return Err(invalid(&"paths under /.pas/ are the protocol's"));
        }
        if self.0.len() >= MAX_TEMPLATES {
            return Err(invalid(&"too many templates"));
        }
        if form == Form::Current {
            for (other, _) in self.0.iter().filter(|(_, form)| *form == Form::Current) {
                if other.act == template.act {
                    return Err(invalid(&"an action of this name is registered"));
                }
                if other.overlaps(&template) {
                    return Err(invalid(&"another action is for the same requests"));
                }
            }
        }
        self.0.push((template, form));
        Ok(())
    }

    /// The form of an action that has this version.
    #[must_use]
    pub fn form(&self, act: &str, version: &[u8; 16]) -> Option<&Template> {
        let is = |template: &&Template| template.act == act && template.version == *version;
        self.0.iter().map(|(template, _)| template).find(is)
    }

    /// Whether there is an action of this name.
    #[must_use]
    pub fn has(&self, act: &str) -> bool {
        self.0.iter().any(|(template, form)| template.act == act && *form == Form::Current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(act: &str, method: &str, path: &str, words: &str) -> String {
        format!(
            r#"{{"act":"{act}","fields":{{"to":"json:/to"}},"method":"{method}","path":"{path}","surface":"popup","text":{{"en":"{words} {{to}}"}},"tier":"consent"}}"#
        )
    }

    fn with_transfer() -> Actions {
        let mut actions = Actions::default();
        let pay = text("pay", "POST", "/pay/:id", "Pay");
        actions.register(pay.as_bytes(), Form::Current, false).unwrap();
        actions
    }

    #[test]
    fn every_request_has_one_action_and_every_name_one_request() {
        for (act, method, path, free) in [
            ("send", "POST", "/send", true),
            ("send", "PUT", "/pay/:id", true),
            ("send", "POST", "/pay/:id/x", true),
            ("send", "POST", "/pay/", true),
            ("pay", "POST", "/send", false),
            ("send", "POST", "/pay/:other", false),
            ("send", "POST", "/pay/now", false),
            ("send", "POST", "/:kind/:id", false),
            ("pas.pay", "POST", "/send", false),
            ("send", "POST", "/.pas/send", false),
        ] {
            let registered = with_transfer().register(
                text(act, method, path, "Send").as_bytes(),
                Form::Current,
                false,
            );
            assert_eq!(registered.is_ok(), free, "{act} {method} {path}");
            assert!(free || registered.is_err_and(|error| error.code == Code::ConfigInvalid));
        }
        assert!(with_transfer().register(b"{", Form::Current, false).is_err());
    }

    #[test]
    fn earlier_forms_are_found_beside_the_present_one() {
        let mut actions = with_transfer();
        let earlier = text("pay", "POST", "/pay/:id", "Transfer");
        actions.register(earlier.as_bytes(), Form::Previous, false).unwrap();
        let version = |text: &str| {
            Template::from_value(&json::parse(text.as_bytes()).unwrap()).unwrap().version
        };
        let current = version(&text("pay", "POST", "/pay/:id", "Pay"));
        assert_eq!(actions.form("pay", &current).unwrap().version, current);
        assert_eq!(actions.form("pay", &version(&earlier)).unwrap().version, version(&earlier));
        assert!(
            actions.form("pay", &[0; 16]).is_none() && actions.form("send", &current).is_none()
        );
        assert!(actions.has("pay") && !actions.has("send"));
    }

    #[test]
    fn our_own_are_apart() {
        let own = text("pas.x", "POST", "/.pas/x", "Do");
        assert!(with_transfer().register(own.as_bytes(), Form::Current, true).is_ok());
        for (act, path) in [("x", "/.pas/x"), ("pas.x", "/x")] {
            let text = text(act, "POST", path, "Do");
            assert!(with_transfer().register(text.as_bytes(), Form::Current, true).is_err());
        }
    }
}
