//! Who speaks in the conversation about one consent. Pure.
//!
//! Frame and window meet on a BroadcastChannel that is named by a one-use id. The page chose that id and may
//! use it more than once: for a second window, or in a second frame. So each side has a random name of its
//! own, and after the first words hears only the one it talks to.
//!
//! | from the window | means |
//! |---|---|
//! | `ready` | it is there; the first one is the window, others are turned away |
//! | `shown` | the text stands there; `verified` says whether user verification follows |
//! | `confirmed` | a person confirmed: `field` is `Pas-Consent` |
//! | `asserted` | `field` is `PAS-Assertion` |
//! | `created` | `response` is a new passkey |
//! | `refused` | it ends, with a `code` |
//!
//! | from the frame | means |
//! |---|---|
//! | `wait` | there is a request with this id |
//! | `offer` | the request and the registered templates |
//! | `passkeys` | which passkeys verify the user |
//! | `challenge` | what the authenticator signs |
//! | `create` | the options of a new passkey |
//! | `over` | the window is of no more use |

use alloc::{borrow::ToOwned, string::String};

/// Longest id of a consent, bytes.
const ID_MAX: usize = 64;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Heard {
    /// It is the window of this conversation, from now on.
    Claimed,
    /// The window of this conversation speaks.
    Spoken,
    /// A further window: it is told that there is nothing for it.
    Stranger,
    /// Not for us.
    Nothing,
}

/// The frame's side of one conversation.
#[derive(Clone, Debug)]
pub struct Conversation {
    own: String,
    window: Option<String>,
}

impl Conversation {
    /// A conversation in which the frame has the name `own`.
    #[must_use]
    pub fn new(own: &str) -> Self {
        Self { own: own.to_owned(), window: None }
    }

    /// Whether a page may name a consent so.
    #[must_use]
    pub fn is_id(id: &str) -> bool {
        !id.is_empty() && id.len() <= ID_MAX
    }

    /// The window, once there is one.
    #[must_use]
    pub fn window(&self) -> Option<&str> {
        self.window.as_deref()
    }

    /// A message of `kind` on the channel, from the window `from`, to nobody or to a frame.
    pub fn hear(&mut self, kind: &str, from: &str, to: Option<&str>) -> Heard {
        match (&self.window, to) {
            (None, None) if kind == "ready" => {
                self.window = Some(from.to_owned());
                Heard::Claimed
            }
            (Some(window), None) if kind == "ready" && window != from => Heard::Stranger,
            (Some(window), Some(to)) if window == from && to == self.own => Heard::Spoken,
            _ => Heard::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_window_is_the_window() {
        let mut frame = Conversation::new("frame");
        assert_eq!(frame.hear("confirmed", "a", Some("frame")), Heard::Nothing, "nobody was asked");
        assert_eq!(frame.hear("ready", "a", None), Heard::Claimed);
        assert_eq!(frame.hear("ready", "a", None), Heard::Nothing, "it says so once more");
        assert_eq!(frame.hear("ready", "b", None), Heard::Stranger);
        assert_eq!(frame.hear("confirmed", "b", Some("frame")), Heard::Nothing);
        assert_eq!(frame.hear("confirmed", "a", Some("frame")), Heard::Spoken);
        assert_eq!(frame.window(), Some("a"));
    }

    #[test]
    fn an_answer_to_another_frame_is_not_ours() {
        let mut frame = Conversation::new("frame");
        assert_eq!(frame.hear("ready", "a", None), Heard::Claimed);
        assert_eq!(frame.hear("confirmed", "a", Some("other")), Heard::Nothing);
        assert_eq!(frame.hear("confirmed", "a", None), Heard::Nothing);
        assert_eq!(frame.hear("confirmed", "a", Some("frame")), Heard::Spoken);
    }

    #[test]
    fn an_id_is_short() {
        assert!(Conversation::is_id("0123456789abcdef01234567"));
        assert!(!Conversation::is_id("") && !Conversation::is_id(&"a".repeat(65)));
    }
}
