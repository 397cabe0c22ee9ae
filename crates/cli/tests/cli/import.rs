//! `import`: every record is accounted for.

use crate::env::TestEnv;
use expect_test::expect;
use std::io::Write;
use std::process::Stdio;

#[test]
fn importing_again_stores_nothing() {
    let env = TestEnv::new();
    env.check(&["import", "logs"], expect![]);
    env.check(&["import", "logs"], expect![]);
}

#[test]
fn what_is_not_stored_is_named() {
    let env = TestEnv::new();
    env.check(&["import", "damaged"], expect![]);
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
    expect![].assert_eq(&lines.join("\n"));
}

#[test]
fn the_report_is_json_when_asked() {
    let env = TestEnv::new();
    env.check(&["import", "logs", "--output", "json"], expect![]);
}

#[test]
fn another_body_under_a_known_id_is_a_conflict() {
    let env = TestEnv::with_logs();
    env.check(&["import", "conflict"], expect![]);
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
