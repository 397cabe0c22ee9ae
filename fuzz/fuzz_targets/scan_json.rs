//! Any text is scanned to its end, and the same however it arrives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Read;
use trailhound_fuzz::CheckedSink;
use trailhound_source::Reader;

/// Gives one byte at a time.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, spare: &mut [u8]) -> std::io::Result<usize> {
        let count = spare.len().min(1);
        self.0.read(&mut spare[..count])
    }
}

fuzz_target!(|text: &[u8]| {
    // A byte that starts no archive and no compression.
    let text = [b" ", text].concat();
    let (mut whole, mut dribbled) = (CheckedSink::default(), CheckedSink::default());
    let _ = Reader::new().read_stream("in", &mut text.as_slice(), &mut whole);
    let _ = Reader::new().read_stream("in", &mut Dribble(&text), &mut dribbled);
    assert_eq!(whole.records, dribbled.records);
});
