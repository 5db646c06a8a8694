#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::proof_codec::check(data));
