//! Inputs longer than the memory for them.

use super::*;

#[test]
fn a_file_of_one_long_line_is_read_in_a_small_window() {
    let records: Vec<String> = (0..100_000).map(record).collect();
    let plain = format!("{{\"Records\":[{}]}}", records.join(","));
    assert!(plain.len() > 12 << 20);
    for stored in [plain.clone().into_bytes(), zstd(plain.as_bytes())] {
        let collected = read_stream(&stored);
        assert!(collected.records == records && collected.rejected.is_empty());
        assert_eq!(collected.decompressed, plain.len() as u64);
        assert!(collected.text_bytes_max <= 1 << 20, "{}", collected.text_bytes_max);
    }
}

#[test]
fn what_is_longer_than_the_window_is_searched_or_rejected() {
    let filler = "x".repeat(18 << 20);
    let text = format!(
        r#"{{"Records":[{},{{"eventVersion":"1","a":"{filler}"}},{}],"b":"{filler}"}}"#,
        record(1),
        record(2)
    );
    let collected = read_stream(text.as_bytes());
    assert_eq!(collected.records, [record(1), record(2)]);
    let reasons: Vec<&str> = collected.rejected.iter().map(|it| it.reason.as_str()).collect();
    expect![[r#"
        [
            "the record is longer than 16777216 bytes",
            "a text of more than 16842752 bytes is not searched",
        ]
    "#]]
    .assert_debug_eq(&reasons);
    let items = vec![record(3); 160_000].join(",");
    let text = format!(r#"{{"page":1,"items":[{items}],"last":{}}}"#, record(4));
    let collected = read_stream(text.as_bytes());
    assert_eq!(collected.records.len(), 160_001);
    assert_eq!(collected.records[160_000], record(4));
    assert!(collected.rejected.is_empty());
}

#[test]
fn a_sink_that_wants_no_more_stops_the_reading() {
    let plain = vec![record(1); 50_000].join("\n");
    let mut collected = Collected { stop_after: Some(1), ..Collected::default() };
    let flow = Reader::new().read_stream("in", &mut std::io::Cursor::new(plain), &mut collected);
    assert!(flow.is_break());
    assert!(collected.records.len() < 20_000, "{}", collected.records.len());
}
