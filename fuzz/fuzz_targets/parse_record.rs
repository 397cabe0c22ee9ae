//! The record walk reads any text without a panic and agrees with itself on where a record ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trailhound_record::walk::Walk;

fuzz_target!(|text: &str| {
    let mut walk = Walk::default();
    if let Ok(end) = walk.parse(text.as_bytes(), 0) {
        let whole = &text.as_bytes()[..end];
        assert!(walk.parse_whole(whole).is_ok());
    }
});
