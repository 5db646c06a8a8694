//! The window, or frame, that shows one request and says what the person decided.

use super::{
    consent::{Conversation, Heard},
    web_locks::{self, Lock},
};
use crate::{
    error::{Code, Error, Result},
    host::{deferred, get, optional_text, set, set_text, settled, text},
};
use alloc::{borrow::ToOwned, rc::Rc, string::String};
use core::cell::RefCell;
use js_sys::{Array, Function, Object};
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, Event, MessageEvent};

/// Of channels and locks.
const PREFIX: &str = "partitioned-authority-consent-";

/// How long a person may take, ms.
const PATIENCE: u32 = 300_000;

const FAILED: Error = Code::ChannelClosed.because(&"the consent window can't be reached");

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, delay: u32);
}

/// What the window said, in order; a string is the code of the end.
#[derive(Default)]
struct Mailbox {
    letters: Array,
    wake: RefCell<Option<Function>>,
}

impl Mailbox {
    fn put(&self, letter: &JsValue) {
        self.letters.push(letter);
        if let Some(wake) = self.wake.take() {
            // The function that settles a promise does not throw.
            drop(wake.call0(&JsValue::UNDEFINED));
        }
    }

    fn end(&self, code: Code) {
        self.put(&code.as_str().into());
    }

    async fn take(&self) -> Result<JsValue> {
        loop {
            let letter = self.letters.shift();
            if let Some(code) = letter.as_string() {
                return Err(Code::from_name(&code)
                    .unwrap_or(Code::ChannelRefused)
                    .because(&"ended"));
            }
            if !letter.is_undefined() {
                return Ok(letter);
            }
            let (arrived, wake) = deferred();
            self.wake.replace(Some(wake));
            settled(Ok(arrived), FAILED).await?;
        }
    }
}

/// The frame's end. When it is dropped, the window closes.
pub(super) struct ConsentWindow {
    channel: Rc<BroadcastChannel>,
    own: String,
    conversation: Rc<RefCell<Conversation>>,
    mailbox: Rc<Mailbox>,
    _listener: Closure<dyn FnMut(Event)>,
    /// The window waits for it: that the frame is gone it learns by getting it.
    _alive: Lock,
    /// The consents of the frame, and which of them this is.
    mark: (Object, String),
}

impl ConsentWindow {
    /// Waits for the window that is named by `id`. `own` is a fresh random name.
    pub(super) async fn listen(consents: &Object, id: &str, own: String) -> Result<Self> {
        let alive = Lock::acquire(&[PREFIX, &own].concat()).await?;
        let channel = Rc::new(BroadcastChannel::new(&[PREFIX, id].concat()).map_err(|_| FAILED)?);
        let mailbox = Rc::new(Mailbox::default());
        let conversation = Rc::new(RefCell::new(Conversation::new(&own)));
        let (answers, letters, state, name) =
            (Rc::clone(&channel), Rc::clone(&mailbox), Rc::clone(&conversation), own.clone());
        let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let event: MessageEvent = event.unchecked_into();
            // Whoever speaks here is of this origin; what is malformed says nothing.
            hear(&event.data(), &name, &answers, &letters, &state).ok();
        });
        set(&channel, "onmessage", listener.as_ref());
        let late = Rc::clone(&mailbox);
        set_timeout(&Closure::once_into_js(move || late.end(Code::ConsentTimeout)), PATIENCE);
        let mark = (consents.clone(), id.to_owned());
        let this =
            Self { channel, own, conversation, mailbox, _listener: listener, _alive: alive, mark };
        // A window that was there first says again that it is.
        this.say("wait", &Object::new());
        Ok(this)
    }

    /// A function for the page that no longer wants to wait.
    pub(super) fn canceller(&self) -> JsValue {
        let mailbox = Rc::clone(&self.mailbox);
        Closure::once_into_js(move || mailbox.end(Code::ConsentCancelled))
    }

    /// Says something to the window, or, as long as there is none, to whichever comes.
    pub(super) fn say(&self, kind: &str, message: &Object) {
        say(&self.channel, &self.own, self.conversation.borrow().window(), kind, message);
    }

    /// The next thing that the window says, which has to be of this kind.
    pub(super) async fn expect(&self, kind: &str) -> Result<JsValue> {
        let letter = self.mailbox.take().await?;
        if text(&letter, "kind")? == kind { Ok(letter) } else { Err(FAILED) }
    }
}

impl Drop for ConsentWindow {
    fn drop(&mut self) {
        self.say("over", &Object::new());
        self.channel.close();
        // Its id stays used; there is nothing to cancel.
        set(&self.mark.0, &self.mark.1, &JsValue::TRUE);
    }
}

fn say(channel: &BroadcastChannel, from: &str, to: Option<&str>, kind: &str, message: &Object) {
    set_text(message, "from", from);
    set_text(message, "kind", kind);
    if let Some(to) = to {
        set_text(message, "to", to);
    }
    // A channel that can't post leaves the person with a window that closes by itself.
    drop(channel.post_message(message));
}

fn hear(
    message: &JsValue,
    own: &str,
    channel: &BroadcastChannel,
    mailbox: &Rc<Mailbox>,
    conversation: &RefCell<Conversation>,
) -> Result<()> {
    let (kind, from) = (text(message, "kind")?, text(message, "from")?);
    let to = optional_text(message, "to")?;
    let heard = conversation.borrow_mut().hear(&kind, &from, to.as_deref());
    match heard {
        Heard::Claimed => {
            say(channel, own, Some(&from), "wait", &Object::new());
            mailbox.put(message);
            let gone = Rc::clone(mailbox);
            // Closed, reloaded, navigated or crashed.
            web_locks::released(&[PREFIX, &from].concat(), move || {
                gone.end(Code::ConsentCancelled)
            });
        }
        Heard::Spoken if kind == "refused" => mailbox.put(&get(message, "code")?),
        Heard::Spoken => mailbox.put(message),
        Heard::Stranger => say(channel, own, Some(&from), "over", &Object::new()),
        Heard::Nothing => {}
    }
    Ok(())
}
