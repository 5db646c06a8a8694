//! `Content-Digest`: what is written is read back, however the content travels.

use base64ct::{Base64, Encoding as _};
use partitioned_authority::{
    canonical::{content_digest, digest::content_digest_of, sha256},
    verifier::structured_field::{BareItem, parse_dictionary, serialize_dictionary},
};

/// The first byte says where the content is cut in two.
pub fn check(data: &[u8]) {
    let (cut, content) = data.split_first().map_or((0, data), |(cut, rest)| (*cut, rest));
    let (head, tail) = content.split_at(usize::from(cut).min(content.len()));
    let hash = sha256(&[head, tail]);
    assert_eq!(hash, sha256(&[content]));

    let field = content_digest(content);
    assert_eq!(field, content_digest_of(&hash));
    assert_eq!(field, format!("sha-256=:{}:", Base64::encode_string(&hash)));
    let members = parse_dictionary(&field).unwrap();
    assert_eq!(serialize_dictionary(&members).unwrap(), field);
    let [(name, member)] = members.as_slice() else { panic!("not one member: {field}") };
    assert_eq!(name, "sha-256");
    assert!(!member.is_list && member.parameters.is_empty());
    assert_eq!(member.items, [(BareItem::Bytes(hash.to_vec()), vec![])]);
}
