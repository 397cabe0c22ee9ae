//! Text that is cut short or damaged, and other files.

use super::*;

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
