#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::signature_input::check(data));
