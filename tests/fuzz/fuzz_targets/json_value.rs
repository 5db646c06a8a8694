#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::json_value::check(data));
