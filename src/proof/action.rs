//! The action a proof is bound to.

use crate::canonical::{jcs, sha256};
use alloc::string::String;

/// The first 16 bytes of a SHA-256 hash over the action's canonical form.
pub type ActionHash = [u8; 16];

/// `SHA-256(JCS({"a":action,"d":digest,"m":method,"u":target}))[0..16]`.
///
/// `digest` is the `Content-Digest` field value, or `""` where the request has no content. `target` is
/// `@path` followed by `@query`; the query always begins with `?`, also where the request line has none.
/// Browser and server both compute it from what they hold, so a proof can't serve another action.
#[must_use]
pub fn action_hash(action: &str, digest: &str, method: &str, target: &str) -> ActionHash {
    // An object of strings whose names are sorted already needs nothing of JCS but its strings.
    let mut canonical = String::new();
    for (before, text) in
        [("{\"a\":", action), (",\"d\":", digest), (",\"m\":", method), (",\"u\":", target)]
    {
        canonical.push_str(before);
        jcs::push_string(&mut canonical, text);
    }
    canonical.push('}');
    let mut hash = [0; 16];
    for (to, from) in hash.iter_mut().zip(sha256(&[canonical.as_bytes()])) {
        *to = from;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Value;
    use proptest::prelude::*;

    #[test]
    fn it_is_the_hash_of_the_documented_text() {
        let text = br#"{"a":"transfer","d":"sha-256=:AA==:","m":"POST","u":"/pay?to=\"b\""}"#;
        assert_eq!(
            action_hash("transfer", "sha-256=:AA==:", "POST", "/pay?to=\"b\""),
            sha256(&[text])[..16]
        );
    }

    proptest! {
        #[test]
        fn it_hashes_what_the_canonicaliser_writes(texts in any::<[String; 4]>()) {
            let [a, d, m, u] = &texts;
            let names = ["u", "m", "d", "a"].map(str::to_owned);
            let values = [u, m, d, a].map(|text| Value::String(text.clone()));
            let object = Value::Object(names.into_iter().zip(values).collect());
            let hash = sha256(&[jcs::canonicalize(&object).as_bytes()]);
            prop_assert_eq!(&action_hash(a, d, m, u), &hash[..16]);
        }
    }

    #[test]
    fn every_argument_counts() {
        let hash = action_hash("a", "d", "m", "/u?");
        assert_ne!(hash, action_hash("b", "d", "m", "/u?"));
        assert_ne!(hash, action_hash("a", "", "m", "/u?"));
        assert_ne!(hash, action_hash("a", "d", "M", "/u?"));
        assert_ne!(hash, action_hash("a", "d", "m", "/u"));
    }
}
