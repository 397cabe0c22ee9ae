//! `show`: one event for a human.

use crate::env::TestEnv;
use expect_test::expect;

#[test]
fn a_person_reads_who_what_when_where() {
    let env = TestEnv::with_logs();
    env.check(&["show", "aaaaaaaa-0000-4000-8000-000000000002"], expect![]);
}

#[test]
fn a_failed_call_of_a_role_says_why_and_whose_session() {
    let env = TestEnv::with_logs();
    let text = env.run(&["show", "aaaaaaaa-0000-4000-8000-000000000003"]);
    let summary: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    expect![].assert_eq(&summary.join("\n"));
}

#[test]
fn hostile_text_is_made_visible() {
    let env = TestEnv::with_logs();
    let text = env.run(&["show", "aaaaaaaa-0000-4000-8000-000000000005"]);
    let summary: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    expect![].assert_eq(&summary.join("\n"));
}

#[test]
fn raw_is_byte_for_byte() {
    let env = TestEnv::with_logs();
    let delivered =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/logs/hostile.ndjson"));
    assert_eq!(
        env.run(&["show", "--raw", "aaaaaaaa-0000-4000-8000-000000000005"]),
        delivered.unwrap()
    );
}

#[test]
fn every_body_of_a_conflict_is_shown() {
    let env = TestEnv::with_logs();
    env.run(&["import", "conflict"]);
    let text = env.run(&["show", "aaaaaaaa-0000-4000-8000-000000000002"]);
    let marks: Vec<_> = text
        .lines()
        .filter(|line| {
            line.contains(" of 2: ")
                || line.contains("GatewayId")
                || line.contains("gatewayId")
                || line.starts_with("warning")
        })
        .collect();
    expect![].assert_eq(&marks.join("\n"));
}

#[test]
fn an_unknown_id_is_an_error_with_a_hint() {
    TestEnv::with_logs().check(&["show", "no-such-id"], expect![]);
}

#[test]
fn one_event_as_json() {
    let env = TestEnv::with_logs();
    let text = env.run(&["show", "aaaaaaaa-0000-4000-8000-000000000004", "--output", "json"]);
    let array: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(array.len(), 1);
    assert_eq!(array[0]["record"]["eventName"], "AssumeRole");
}
