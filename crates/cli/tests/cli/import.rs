//! `import`: every record is accounted for.

use crate::env::TestEnv;
use expect_test::expect;
use std::io::Write;
use std::process::Stdio;

#[test]
fn importing_again_stores_nothing() {
    let env = TestEnv::new();
    env.check(
        &["import", "logs"],
        expect![[r#"
        read 5 = stored 5 + duplicate 0 + rejected 0
        2 files, 4.08 KiB (4.08 KiB decompressed)
    "#]],
    );
    env.check(
        &["import", "logs"],
        expect![[r#"
        read 5 = stored 0 + duplicate 5 + rejected 0
        2 files, 4.08 KiB (4.08 KiB decompressed)
    "#]],
    );
}

#[test]
fn what_is_not_stored_is_named() {
    let env = TestEnv::new();
    env.check(&["import", "damaged"], expect![[r#"
        read 2 = stored 1 + duplicate 0 + rejected 1
        2 files, 725 B (725 B decompressed)
        rejected: damaged/notes.txt: holds no CloudTrail record
          shopping list: milk, bread\n
        rejected: damaged/torn.ndjson, line 2: broken JSON: expected a string without control characters at byte 112 of the record
          {"eventVersion":"1.10","eventTime":"2023-07-13T00:00:01Z","eventSource":"ec…
        --- stderr
        warning: not stored: 1 record and 1 file
        hint: `trailhound import PATH --rejects FILE` writes each by name, line and reason
    "#]]);
}

#[test]
fn strict_fails_when_anything_was_rejected() {
    let env = TestEnv::new();
    let output = env.command(&["import", "--strict", "damaged"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let output = env.command(&["import", "--strict", "logs"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_rejects_file_names_every_reject() {
    let env = TestEnv::new();
    let file = env.path("rejects.ndjson");
    let output = env.command(&["import", "damaged", "--rejects", file.to_str().unwrap()]).output();
    assert!(output.unwrap().status.success());
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    expect![[r#"
        {"file":"damaged/notes.txt","line":null,"offset":null,"reason":"holds no CloudTrail record","excerpt":"shopping list: milk, bread\n"}
        {"file":"damaged/torn.ndjson","line":2,"offset":585,"reason":"broken JSON: expected a string without control characters at byte 112 of the record","excerpt":"{\"eventVersion\":\"1.10\",\"eventTime\":\"2023-07-13T00:00:01Z\",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"RunInst\n"}"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn the_report_is_json_when_asked() {
    let env = TestEnv::new();
    env.check(
        &["import", "logs", "--output", "json"],
        expect![[r#"
        {
          "files": 2,
          "files_rejected": 0,
          "bytes_read": 4183,
          "bytes_decompressed": 4183,
          "read": 5,
          "stored": 5,
          "duplicates": 0,
          "rejected_records": 0,
          "conflicts": 0,
          "files_set_aside": 0,
          "set_aside": [],
          "rejects": [],
          "cancelled": false
        }
    "#]],
    );
}

#[test]
fn another_body_under_a_known_id_is_a_conflict() {
    let env = TestEnv::with_logs();
    env.check(
        &["import", "conflict"],
        expect![[r#"
        read 1 = stored 1 + duplicate 0 + rejected 0
        1 file, 805 B (805 B decompressed)
        1 conflict: another body under a known event id; both are kept and shown
    "#]],
    );
}

#[test]
fn standard_input_is_a_source_and_a_closed_pipe_is_no_failure() {
    let env = TestEnv::new();
    let mut child = env
        .command(&["import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The reader goes away before the command has anything to say.
    drop(child.stdout.take());
    let log = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/logs/week.json")).unwrap();
    child.stdin.take().unwrap().write_all(&log).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(env.text(&output), "");
    assert!(env.run(&["stats", "--output", "ndjson"]).starts_with(r#"{"events":4,"#));
}
