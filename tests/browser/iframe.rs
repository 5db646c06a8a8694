//! The signing frame's parts in a real browser: keys, IndexedDB across a reload, locks, the channel.
#![cfg(all(target_arch = "wasm32", feature = "iframe"))]
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail their test"
)]

use js_sys::{Array, Function, Object, Promise, Reflect};
use partitioned_authority::{
    error::Code,
    iframe::{
        channel::serve,
        keys::{self, KeySet},
        runtime::Runtime,
        start_signing_frame, web_crypto,
        web_locks::{KEYS, Lock},
    },
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

async fn key_set(account: &str, created: f64) -> KeySet {
    let fresh = web_crypto::generate().await.unwrap();
    KeySet {
        keyid: fresh.keyid,
        account: account.to_owned(),
        session: "session".to_owned(),
        created,
        key: fresh.private,
        pending: Cell::new(false),
    }
}

fn get(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap()
}

fn origin() -> String {
    web_sys::window().unwrap().location().origin().unwrap()
}

#[wasm_bindgen_test]
async fn a_private_key_can_not_be_exported() {
    let key = web_crypto::generate().await.unwrap().private;
    assert!(!key.extractable());
    let subtle = web_sys::window().unwrap().crypto().unwrap().subtle();
    for format in ["jwk", "pkcs8"] {
        let exported = JsFuture::from(subtle.export_key(format, &key).unwrap()).await;
        let name = get(&exported.unwrap_err(), "name").as_string().unwrap();
        assert_eq!(name, "InvalidAccessError");
    }
    assert_eq!(web_crypto::sign(&key, b"base").await.unwrap().len(), 64, "the twin: it signs");
}

#[wasm_bindgen_test]
async fn sets_are_stored_in_order_and_deleted() {
    let (first, second) = (key_set("order", 1.0).await, key_set("order", 2.0).await);
    keys::write(&second).await.unwrap();
    keys::write(&first).await.unwrap();
    let stored = keys::read_all().await;
    let own: Vec<_> = stored.iter().filter(|set| set.account == "order").collect();
    assert_eq!(own.len(), 2);
    assert!(own.iter().any(|set| set.keyid == first.keyid && set.created == 1.0));
    for set in [&first, &second] {
        keys::delete(&set.keyid).await.unwrap();
    }
    assert!(keys::read_all().await.iter().all(|set| set.account != "order"));
}

/// What another browsing context of this origin finds: a page that was loaded after the write.
const IN_A_FRESH_PAGE: &str = "
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const done = new Promise((resolve, reject) => {
        const work = frame.contentWindow.eval(`(async (keyid) => {
            const settled = (request) => new Promise((resolve, reject) => {
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            });
            const database = await settled(indexedDB.open('partitioned-authority'));
            const record = await settled(database.transaction('keys').objectStore('keys').get(keyid));
            const signature = await crypto.subtle.sign(
                { name: 'ECDSA', hash: 'SHA-256' }, record.key, new Uint8Array(3));
            const exported = await crypto.subtle.exportKey('jwk', record.key).then(() => 'exported', (e) => e.name);
            database.close();
            return [record.account, record.key.extractable, signature.byteLength, exported];
        })`);
        work(keyid).then(resolve, reject);
    });
    return done.finally(() => frame.remove());
";

#[wasm_bindgen_test]
async fn a_key_survives_a_reload_and_stays_unextractable() {
    let set = key_set("reload", 1.0).await;
    keys::write(&set).await.unwrap();
    let look = Function::new_with_args("keyid", IN_A_FRESH_PAGE);
    for _ in 0..2 {
        let promise: Promise =
            look.call1(&JsValue::NULL, &set.keyid.as_str().into()).unwrap().unchecked_into();
        let seen: Array = JsFuture::from(promise).await.unwrap().unchecked_into();
        assert_eq!(seen.get(0).as_string().as_deref(), Some("reload"));
        assert_eq!(seen.get(1), JsValue::FALSE);
        assert_eq!(seen.get(2).as_f64(), Some(64.0));
        assert_eq!(seen.get(3).as_string().as_deref(), Some("InvalidAccessError"));
    }
    keys::delete(&set.keyid).await.unwrap();
}

#[wasm_bindgen_test]
async fn one_at_a_time_holds_the_lock() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let task = |name: &'static str| {
        let log = Rc::clone(&log);
        wasm_bindgen_futures::future_to_promise(async move {
            let _lock = Lock::acquire(KEYS).await.unwrap();
            log.borrow_mut().push((name, "in"));
            JsFuture::from(Promise::resolve(&JsValue::NULL)).await.unwrap();
            log.borrow_mut().push((name, "out"));
            Ok(JsValue::NULL)
        })
    };
    let both = Array::of2(&task("first"), &task("second"));
    JsFuture::from(Promise::all(&both)).await.unwrap();
    let log = log.borrow();
    assert_eq!(log.len(), 4);
    assert!(log.chunks(2).all(|pair| pair[0].0 == pair[1].0), "{log:?}");
}

#[wasm_bindgen_test]
fn it_starts_only_as_a_frame_of_the_top_window_at_its_own_origin() {
    let refusal = |app: &str, sign: &str| {
        let error = start_signing_frame(app, sign).unwrap_err();
        get(&error, "code").as_string().unwrap()
    };
    // This page is no frame, and is not of the origin named second.
    assert_eq!(refusal("https://app.example", &origin()), "ERR_CHANNEL_REFUSED");
    assert_eq!(refusal("https://app.example", "https://sign.example"), "ERR_CHANNEL_REFUSED");
}

/// A port to a runtime, as a page that connected holds it.
struct Page {
    port: web_sys::MessagePort,
}

impl Page {
    fn connect(app_origin: &str) -> Self {
        let channel = web_sys::MessageChannel::new().unwrap();
        serve(&Runtime::new(app_origin).unwrap(), channel.port2());
        Self { port: channel.port1() }
    }

    async fn ask(&self, message: &JsValue) -> JsValue {
        let answer = Promise::new(&mut |resolve: Function, _| {
            self.port.set_onmessage(Some(&resolve));
        });
        self.port.post_message(message).unwrap();
        get(&JsFuture::from(answer).await.unwrap(), "data")
    }

    async fn code(&self, members: &[(&str, JsValue)]) -> Option<String> {
        let message = Object::new();
        for (name, value) in members {
            Reflect::set(&message, &(*name).into(), value).unwrap();
        }
        get(&self.ask(&message).await, "code").as_string()
    }
}

#[wasm_bindgen_test]
async fn a_page_gets_typed_answers_and_no_more() {
    let page = Page::connect(&origin());
    let id = || ("id", JsValue::from("1"));
    let refused = |code: Code| Some(code.as_str().to_owned());

    assert_eq!(page.code(&[id(), ("type", "state".into())]).await, None, "the accepted twin");
    assert_eq!(page.code(&[("type", "state".into())]).await, refused(Code::ChannelRefused));
    for kind in ["export", "delete", "replace", "importKey", "", "__proto__"] {
        let code = page.code(&[id(), ("type", kind.into())]).await;
        assert_eq!(code, refused(Code::ChannelRefused), "{kind}");
    }
    let sign = |url: String| {
        vec![id(), ("type", "sign".into()), ("method", "GET".into()), ("url", url.into())]
    };
    let own = origin();
    assert_eq!(page.code(&sign(format!("{own}/a"))).await, refused(Code::NotEnrolled));
    for path in ["/.pas/enrol", "/%2Epas/enrol", "/a/..//.pas/x", "/.PAS/x"] {
        let code = page.code(&sign(format!("{own}{path}"))).await;
        assert_eq!(code, refused(Code::PathReserved), "{path}");
    }
    let elsewhere = page.code(&sign("https://elsewhere.example/".to_owned())).await;
    assert_eq!(elsewhere, refused(Code::OriginNotListed));
    let mut shared = sign(format!("{own}/a"));
    shared.push(("body", "text, not bytes".into()));
    assert_eq!(page.code(&shared).await, refused(Code::ChannelRefused));
}

#[wasm_bindgen_test]
async fn garbage_gets_an_answer_without_an_id() {
    let page = Page::connect(&origin());
    for garbage in [JsValue::NULL, JsValue::from(1), "text".into(), Array::new().into()] {
        let answer = page.ask(&garbage).await;
        assert_eq!(get(&answer, "ok"), JsValue::FALSE);
        assert!(get(&answer, "id").is_undefined());
    }
}

#[wasm_bindgen_test]
fn an_app_origin_must_be_an_origin() {
    for wrong in ["", "https://app.example/path", "https://app.example/", "app.example", "null"] {
        let error = Runtime::new(wrong).err().unwrap();
        assert_eq!(error.code, Code::ConfigInvalid, "{wrong}");
    }
    assert!(Runtime::new("https://app.example").is_ok());
}
