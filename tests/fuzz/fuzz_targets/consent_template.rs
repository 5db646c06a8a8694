#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::consent_template::check(data));
