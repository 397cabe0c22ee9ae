//! Data in, text out: one test for each shape in which records are delivered, whole and broken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop where it stands"
)]

mod common;

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

#[test]
fn log_file() {
    check(
        r#"{"Records":[#1,#2]}"#,
        expect![[r#"
        #1
        #2
    "#]],
    );
    check(
        "\u{feff} { \"Records\" : [\n#1 ,\n#2\n]\n}\n",
        expect![[r#"
        #1
        #2
    "#]],
    );
}

#[test]
fn empty_inputs_are_silent() {
    for text in ["", " \n", "[]", r#"{"Records":[]}"#, r#"{"Records": [ ] }"#, r#"{"Events":[]}"#] {
        check(text, expect![""]);
    }
    check_bytes(&gzip(b""), expect![""]);
}

#[test]
fn odd_members_of_a_records_list_are_kept_or_rejected_by_name() {
    check(
        r#"{"Records":[#1,{"eventID":"odd"},{"other":1},null]}"#,
        expect![[r##"
        #1
        {"eventID":"odd"}
        ! record in line 1 offset 164: is no record: it has no member of the record format
        ! record in line 1 offset 176: is no record: it is no object
    "##]],
    );
}

#[test]
fn lists_and_lines_and_records_without_separators() {
    check(
        "[#1,#2]",
        expect![[r#"
        #1
        #2
    "#]],
    );
    check(
        "#1\n#2\r\n\n#3",
        expect![[r#"
        #1
        #2
        #3
    "#]],
    );
    check(
        "#1#2#3",
        expect![[r#"
        #1
        #2
        #3
    "#]],
    );
    check(
        "#1",
        expect![[r#"
        #1
    "#]],
    );
    check(
        r#"[{"Records":[#1]},{"Records":[#2]}]{"Records":[#3]}"#,
        expect![[r#"
        #1
        #2
        #3
    "#]],
    );
    check(
        "'#1'\n'#2'\n",
        expect![[r#"
        #1
        #2
    "#]],
    );
}

#[test]
fn lookup_events_output() {
    check(
        r#"{"Events":[{"EventId":"x","CloudTrailEvent":'#1'},{"CloudTrailEvent":'#2'}],"NextToken":"t"}"#,
        expect![[r#"
            #1
            #2
        "#]],
    );
    check(
        r#"{"Events":[{"CloudTrailEvent":"{\"eventID\":\"odd\"}"},{"CloudTrailEvent":"nonsense"},{"CloudTrailEvent":"{\"eventID\":"}]}"#,
        expect![[r#"
            {"eventID":"odd"}
            ! record in line 1 offset 74: holds no JSON object
            ! record in line 1 offset 105: the text ends inside this record
        "#]],
    );
}

#[test]
fn eventbridge_envelopes() {
    check(
        r#"{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":#1}"#,
        expect![[r#"
            #1
        "#]],
    );
}

#[test]
fn cloudwatch_logs_shapes() {
    check(
        "2024-01-01T00:00:00.000Z #1\n2024-01-01T00:00:01.000Z #2\n",
        expect![[r#"
        #1
        #2
    "#]],
    );
    check(
        r#"{"events":[{"logStreamName":"s","message":'#1'}],"nextToken":"t"}"#,
        expect![[r#"
        #1
    "#]],
    );
    let payload = r#"{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[{"id":"1","message":'#1'},{"id":"2","message":'#2'}]}"#;
    check(
        payload,
        expect![[r#"
        #1
        #2
    "#]],
    );
    let packed = base64(&gzip(fill(payload).as_bytes()));
    check(
        &format!(r#"{{"awslogs":{{"data":"{packed}"}}}}"#),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check(
        r#"{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"CWL CONTROL MESSAGE: Checking"}]}"#,
        expect![[r#"
            ~ in: CloudWatch Logs control message
        "#]],
    );
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn stream_and_queue_wrappers() {
    let data = base64(fill("#1").as_bytes());
    check(
        &format!(
            r#"{{"Records":[{{"kinesis":{{"data":"{data}"}},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"s","eventName":"aws:kinesis:record"}}]}}"#
        ),
        expect![[r#"
            #1
        "#]],
    );
    check(
        &format!(r#"{{"records":[{{"recordId":"1","data":"{data}"}}]}}"#),
        expect![[r#"
        #1
    "#]],
    );
    check(
        r#"{"Records":[{"messageId":"1","body":'#1',"eventSource":"aws:sqs","awsRegion":"us-east-1"}]}"#,
        expect![[r#"
            #1
        "#]],
    );
    let inner = serde_json::to_string(&fill(r#"{"Type":"Notification","Message":'#1'}"#)).unwrap();
    check(
        &format!(r#"{{"Messages":[{{"Body":{inner}}}]}}"#),
        expect![[r#"
        #1
    "#]],
    );
}

#[test]
fn insights_records() {
    check(
        r#"{"Records":[{"eventVersion":"1.07","insightDetails":{"state":"Start","eventSource":"s","eventName":"n"}}]}"#,
        expect![[r#"
            {"eventVersion":"1.07","insightDetails":{"state":"Start","eventSource":"s","eventName":"n"}}
        "#]],
    );
}

#[test]
fn notices_are_set_aside() {
    check(
        r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"t","eventName":"ObjectCreated:Put","userIdentity":{"principalId":"x"},"s3":{"bucket":{"name":"b"}}}]}"#,
        expect![[r#"
            ~ in: S3 event notification
        "#]],
    );
    check(
        r#"{"digestEndTime":"2024-01-01T00:00:00Z","logFiles":[{"s3Bucket":"b","s3Object":"o"}]}"#,
        expect![[r#"
            ~ in: digest file
        "#]],
    );
    check(
        r#"{"s3Bucket":"b","s3ObjectKey":["k"]}"#,
        expect![[r#"
        ~ in: SNS delivery notification
    "#]],
    );
    check(
        r#"{"Type":"Notification","Message":"{\"s3Bucket\":\"b\",\"s3ObjectKey\":[\"AWSLogs/123456789012/x.json.gz\"]}"}"#,
        expect![[r#"
            ~ in: SNS delivery notification
        "#]],
    );
    check(
        "CloudTrail validation message.",
        expect![[r#"
        ~ in: SNS validation message
    "#]],
    );
    check(
        r#"{"Type":"Notification","Message":"CloudTrail validation message."}"#,
        expect![[r#"
        ~ in: SNS validation message
    "#]],
    );
}

#[test]
fn an_outer_record_wins() {
    let outer = r##"{"eventSource":"s","eventName":"n","eventTime":"t","requestParameters":#1}"##;
    check(
        outer,
        expect![[r#"
        {"eventSource":"s","eventName":"n","eventTime":"t","requestParameters":#1}
    "#]],
    );
}

#[test]
fn records_are_found_at_any_place_up_to_a_depth() {
    let nest = |levels: usize| format!("{}#1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    check(
        &nest(12),
        expect![[r#"
        #1
    "#]],
    );
    check(
        &nest(13),
        expect![[r#"
        ! file in: holds no CloudTrail record
    "#]],
    );
}

#[test]
fn a_broken_record_is_rejected_and_the_next_ones_are_read() {
    check(
        "{\"Records\":[\n#1,\n{\"eventVersion\":tru},\n#2]}",
        expect![[r#"
        #1
        #2
        ! record in line 3 offset 148: broken JSON: expected JSON at byte 0 of the record
    "#]],
    );
    check(
        r#"{"Records":[#1,{"eventVersion":"1.08","eventName":"unclosed,"a":{"b":1}},#2,{"eventID":"odd"}]}"#,
        expect![[r##"
            #1
            #2
            {"eventID":"odd"}
            ! record in line 1 offset 146: broken JSON: expected JSON at byte 0 of the record
        "##]],
    );
    check(
        "#1\n{\"eventVersion\":\"1.08\",\"eventName\":\n#2\n{\"eventVersion\":\"1.0\n#3",
        expect![[r#"
            #1
            #2
            #3
            ! record in line 2 offset 134: broken JSON: expected JSON at byte 0 of the record
            ! record in line 4 offset 304: broken JSON: expected JSON at byte 0 of the record
        "#]],
    );
    check(
        r#"[#1,}}},#2,]#3"#,
        expect![[r#"
        #1
        #2
        #3
    "#]],
    );
    check(
        r#"{"version":"0","id":nope,"detail":#1}{"version":"0","detail":#2}"#,
        expect![[r#"
        #1
        #2
    "#]],
    );
}

#[test]
fn text_that_is_not_utf_8_is_rejected_by_name() {
    let mut stored = fill("[#1,{\"eventVersion\":\"?\"},\n#2]").into_bytes();
    let at = stored.iter().position(|&byte| byte == b'?').unwrap();
    stored[at] = 0xff;
    check_bytes(
        &stored,
        expect![[r#"
        #1
        #2
        ! record in line 1 offset 135: not valid UTF-8
    "#]],
    );
}

#[test]
fn truncated_text() {
    check(
        r#"{"Records":[#1,{"eventVersion":"1.08","eventN"#,
        expect![[r#"
        #1
        ! record in line 1 offset 146: the text ends inside this record
    "#]],
    );
    check(
        r#"{"Records":[#1,"#,
        expect![[r#"
        #1
        ! file in line 1 offset 146: the text ends before its lists do: the file is cut short
    "#]],
    );
    check(
        r#"{"Records":["#,
        expect![[r#"
        ! file in line 1 offset 12: the text ends before its lists do: the file is cut short
    "#]],
    );
    check(
        r#"{"pages":2,"items":[#1,#2,{"eventVersion":""#,
        expect![[r#"
        #1
        #2
        ! record in line 1 offset 288: the text ends inside this record
    "#]],
    );
}

#[test]
fn truncated_gzip_keeps_what_came_before_the_cut() {
    let records: Vec<String> =
        (1..=4000u32).map(|id| record(id.wrapping_mul(2_654_435_761))).collect();
    let plain = format!("{{\"Records\":[{}]}}", records.join(","));
    let mut stored = gzip(plain.as_bytes());
    stored.truncate(stored.len() / 2);
    let collected = read_stream(&stored);
    assert!(collected.records.len() > 1000, "{}", collected.records.len());
    assert_eq!(collected.records, records[..collected.records.len()]);
    assert_eq!(collected.rejected.len(), 1);
    let reason = &collected.rejected[0].reason;
    assert!(reason.ends_with("the gzip data is cut short"), "{reason}");
    assert_eq!(read_file(&mut Reader::new(), &stored).report(), collected.report());
}

#[test]
fn gzip_members_and_what_follows_them() {
    let (first, second) = (gzip(fill("#1\n").as_bytes()), gzip(fill("#2\n").as_bytes()));
    check_bytes(
        &[&first[..], &second].concat(),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &[&first[..], &second, &[0; 100]].concat(),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &[&first[..], b"trailing"].concat(),
        expect![[r#"
        #1
        ! file in line 2 offset 134: bytes that are not gzip follow the gzip data
    "#]],
    );
}

#[test]
fn archives_and_their_members() {
    let (one, two) = (fill("#1").into_bytes(), gzip(fill(r#"{"Records":[#2]}"#).as_bytes()));
    let long_name = format!("{}/c.json", "deep".repeat(60));
    let members: &[(&str, &[u8])] =
        &[("a.json", &one), ("b/b.json.gz", &two), ("n.txt", b"notes"), (&long_name, b"[{]")];
    check_bytes(
        &zip(members),
        expect![[r#"
        #1
        #2
        ! file in!n.txt: holds no CloudTrail record
        ! file in!deepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeep/c.json: holds no CloudTrail record; broken JSON: expected JSON at byte 0 of the record
    "#]],
    );
    check_bytes(
        &tar(members),
        expect![[r#"
        #1
        #2
        ! file in!n.txt: holds no CloudTrail record
        ! file in!deepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeepdeep/c.json: holds no CloudTrail record; broken JSON: expected JSON at byte 0 of the record
    "#]],
    );
    check_bytes(
        &gzip(&tar(&members[..2])),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &zstd(&tar(&members[..2])),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &zstd(&one),
        expect![[r#"
        #1
    "#]],
    );
    check_bytes(
        &[tar(&members[..1]), tar(&members[1..2])].concat(),
        expect![[r#"
        #1
        #2
    "#]],
    );
    check_bytes(
        &tar(&[("in.zip", &zip(&members[..2]))]),
        expect![[r#"
        #1
        #2
    "#]],
    );
}

#[test]
fn damaged_archives_are_rejected_by_name() {
    let one = fill("#1").into_bytes();
    let whole = tar(&[("a.json", &one), ("b.json", &one)]);
    check_bytes(
        &whole[..1024 + 512 + 40],
        expect![[r#"
        #1
        ! record in!b.json line 1 offset 0: the file ends inside this record: the tar archive is cut short
        ! file in: the tar archive is damaged or cut short: unexpected EOF during skip
    "#]],
    );
    let whole = zip(&[("a.json", &one)]);
    check_bytes(
        &whole[..whole.len() - 10],
        expect![[r#"
            ! file in: the zip archive is damaged or cut short
        "#]],
    );
}

#[test]
fn nesting_is_bounded() {
    let mut stored = fill("#1").into_bytes();
    for _ in 0..4 {
        stored = gzip(&stored);
    }
    check_bytes(
        &stored,
        expect![[r#"
        #1
    "#]],
    );
    check_bytes(
        &gzip(&stored),
        expect![[r#"
        ! file in: lies in more than 4 archives or compressions
    "#]],
    );
}

#[test]
fn other_files_are_named() {
    check(
        r#"{"name":"package","version":"1.0.0","files":["a"]}"#,
        expect![[r#"
        ! file in: holds no CloudTrail record
    "#]],
    );
    check(
        "                 Apache License\n [yyyy] \"License\" shall mean {x}\n",
        expect![[r#"
            ! file in: holds no CloudTrail record
        "#]],
    );
    check(
        "Event ID,Event time,User name,Event source\n1,2,3,4\n",
        expect![[r#"
        ! file in: holds no CloudTrail record; looks like CSV: export the events as JSON and import that
    "#]],
    );
    check(
        "<!DOCTYPE html><html></html>",
        expect![[r#"
        ! file in: holds no CloudTrail record; looks like HTML: was an error page saved instead of the file?
    "#]],
    );
    check(
        r#"{"Records":[{"Data":"x"},{"Data":"y"}]}"#,
        expect![[r#"
        ! file in: holds no CloudTrail record
    "#]],
    );
    check(
        r#"{"name":"package","version":}"#,
        expect![[r#"
        ! file in: holds no CloudTrail record; broken JSON: expected JSON at byte 0 of the record
    "#]],
    );
    check_bytes(
        b"PAR1\x15\x04",
        expect![[r#"
        ! file in: is a Parquet file: export its events as JSON and import that
    "#]],
    );
    check_bytes(
        b"\xff\xfe{\0",
        expect![[r#"
        ! file in: is UTF-16 text: convert it to UTF-8 first
    "#]],
    );
    check_bytes(
        b"\x7fELF\x02\x01\x01\0\0\0",
        expect![[r#"
        ! file in: is a binary file of a kind that is not known
    "#]],
    );
}

#[test]
fn a_decompression_bomb_stops() {
    let mut plain = fill("#1\n").into_bytes();
    plain.resize(200 << 20, b' ');
    let stored = gzip(&plain);
    let mut collected = Collected::default();
    let mut stored = std::io::Cursor::new(gzip(&stored));
    assert!(Reader::new().read_stream("in", &mut stored, &mut collected).is_continue());
    assert_eq!(collected.records, [record(1)]);
    assert!(collected.decompressed < 100 << 20, "{}", collected.decompressed);
    assert!(collected.rejected[0].reason.contains("decompression bomb"));
}

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
