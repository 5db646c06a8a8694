#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::consent_field::check(data));
