//! Data in, text out: one test for each shape in which records are delivered, whole and broken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop where it stands"
)]

mod broken;
#[path = "../common/mod.rs"]
mod common;
mod delivered;
mod long;
mod packed;

use common::{Collected, gzip, read_file, read_stream, record, tar, zip, zstd};
use expect_test::{Expect, expect};
use trailhound_source::Reader;

/// Short names for records: `#1` is [`record`] 1.
fn shorten(report: &str) -> String {
    let mut report = report.to_owned();
    for id in 0..10 {
        report = report.replace(&record(id), &format!("#{id}"));
    }
    report
}

/// Reads `stored` as a stream and as a file; both must come to `expected`.
fn check_bytes(stored: &[u8], expected: Expect) {
    let streamed = read_stream(stored);
    let mut reader = Reader::new();
    read_file(&mut reader, gzip(format!("{{\"Records\":[{}]}}", record(9)).as_bytes()).as_slice());
    assert_eq!(
        read_file(&mut reader, stored).report(),
        streamed.report(),
        "file and stream differ"
    );
    expected.assert_eq(&shorten(&streamed.report()));
}

/// As [`check_bytes`]; `#1` in `text` stands for [`record`] 1, `'#1'` for it inside a JSON string.
fn check(text: &str, expected: Expect) {
    check_bytes(fill(text).as_bytes(), expected);
}

fn fill(text: &str) -> String {
    let mut text = text.to_owned();
    for id in 0..10 {
        let quoted = serde_json::to_string(&record(id)).unwrap();
        text = text.replace(&format!("'#{id}'"), &quoted);
        text = text.replace(&format!("#{id}"), &record(id));
    }
    text
}
