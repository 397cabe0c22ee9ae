//! Any bytes are read to their end, whatever container they claim to be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trailhound_fuzz::CheckedSink;
use trailhound_source::Reader;

fuzz_target!(|stored: &[u8]| {
    let mut sink = CheckedSink::default();
    let _ = Reader::new().read_stream("in", &mut &stored[..], &mut sink);
});
