//! What must hold for any input, one module a target. The fuzz targets and the replay of the corpora in
//! `tests/rust/fuzz_corpus.rs` compile this one copy. A broken invariant panics.

/// Hands the names of all targets to a macro: the one list of them.
macro_rules! each_target {
    ($then:ident) => {
        $then! {
            base64,
            consent_field,
            consent_request,
            consent_template,
            content_digest,
            control,
            cookie,
            jcs,
            json_value,
            jwk,
            nonce,
            proof_codec,
            proof_value,
            signature_input,
            signed_request,
            structured_field,
            structured_value,
            target,
        }
    };
}

macro_rules! modules {
    ($($name:ident,)+) => {
        $(pub mod $name;)+

        /// Every target by its name, with what it checks.
        pub const TARGETS: &[(&str, fn(&[u8]))] = &[$((stringify!($name), $name::check),)+];
    };
}

each_target!(modules);

pub mod fixture;
mod oracle;
