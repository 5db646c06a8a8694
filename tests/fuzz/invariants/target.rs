//! Request targets: split without change, and `/.pas/` seen through every spelling.

use partitioned_authority::canonical::profile::{check_method, is_reserved_path, split_target};

/// The whole input is a target; its first line is also tried as a method.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    method(text.lines().next().unwrap_or_default());
    let allowed =
        data.first() == Some(&b'/') && data.iter().all(|b| (b'!'..=b'~').contains(b) && *b != b'#');
    match split_target(text) {
        Err(_) => assert!(!allowed, "refused {text:?}"),
        Ok((path, query)) => {
            assert!(allowed, "accepted {text:?}");
            assert!(path.starts_with('/') && !path.contains('?') && query.starts_with('?'));
            let whole = [path, query].concat();
            assert!(whole == text || (query == "?" && path == text), "{text:?} became {whole:?}");
            assert_eq!(split_target(&whole), Ok((path, query)));
        }
    }
    reserved(text);
}

fn method(text: &str) {
    const TOKEN: &str =
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let token = (1..=32).contains(&text.len()) && text.chars().all(|c| TOKEN.contains(c));
    assert_eq!(check_method(text).is_ok(), token, "{text:?}");
}

/// No other spelling of a path changes whether it is reserved.
fn reserved(path: &str) {
    let is_reserved = is_reserved_path(path);
    assert_eq!(is_reserved, has_reserved_segment(path.as_bytes()), "{path:?}");
    assert_eq!(is_reserved_path(&path.to_ascii_uppercase()), is_reserved);
    assert_eq!(is_reserved_path(&path.replace('/', "\\")), is_reserved);
    // A character that is no part of an escape may be written as one.
    if !path.contains('%') {
        let lower: String = path.bytes().map(|b| format!("%{b:02x}")).collect();
        let upper: String = path.bytes().map(|b| format!("%{b:02X}")).collect();
        assert_eq!(is_reserved_path(&lower), is_reserved);
        assert_eq!(is_reserved_path(&upper), is_reserved);
    }
    for around in ["/.pas/", "/.pas", "/a/%2e%70as/b", "\\.PAS\\", "/x/..//.pas/"] {
        let spelled = [around, path].concat();
        let ends = path.is_empty() || around.ends_with(['/', '\\']);
        assert!(!ends || is_reserved_path(&spelled), "{spelled:?}");
        assert!(is_reserved_path(&[path, around].concat()), "{path:?}{around:?}");
    }
}

/// The same question, answered by collecting decoded segments.
fn has_reserved_segment(path: &[u8]) -> bool {
    let mut segments = vec![Vec::new()];
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        let escape = path.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let escaped = escape
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        at += if escaped.is_some() { 3 } else { 1 };
        match escaped.unwrap_or(*byte) {
            b'/' | b'\\' => segments.push(Vec::new()),
            other => segments.last_mut().unwrap().push(other),
        }
    }
    segments.iter().any(|segment| segment.eq_ignore_ascii_case(b".pas"))
}
