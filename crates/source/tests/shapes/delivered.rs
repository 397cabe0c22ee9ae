//! The shapes in which records are delivered.

use super::*;

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
