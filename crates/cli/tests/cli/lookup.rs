//! `lookup`: each condition, each form.

use crate::env::TestEnv;
use expect_test::{Expect, expect};

const FIELDS: &str = "event_time,username,event_name";

/// Which events `conditions` find.
fn check(env: &TestEnv, conditions: &[&str], expect: Expect) {
    let args = [&["lookup", "--quiet", "--fields", FIELDS][..], conditions].concat();
    env.check(&args, expect);
}

#[test]
fn a_table_in_a_pipe_is_not_cut() {
    TestEnv::with_logs().check(&["lookup"], expect![]);
}

#[test]
fn a_table_fits_its_terminal() {
    let env = TestEnv::with_logs();
    for columns in ["80", "120"] {
        let output = env.command(&["lookup"]).env("COLUMNS", columns).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.lines().all(|line| line.chars().count() <= columns.parse().unwrap()),
            "{text}"
        );
    }
    let output = env.command(&["lookup"]).env("COLUMNS", "80").output().unwrap();
    expect![].assert_eq(&env.text(&output));
}

#[test]
fn colors_come_when_asked() {
    let env = TestEnv::with_logs();
    let args = ["lookup", "--quiet", "--error-code", "--fields", "event_name,error_code"];
    env.check(&[&args[..], &["--color", "always"]].concat(), expect![]);
    env.check(&args, expect![]);
}

#[test]
fn each_condition_finds_its_events() {
    let env = TestEnv::with_logs();
    check(&env, &["--event-id", "aaaaaaaa-0000-4000-8000-000000000002"], expect![]);
    check(&env, &["--event-name", "ReplaceRoute"], expect![]);
    check(&env, &["--event-source", "s3.amazonaws.com"], expect![]);
    check(&env, &["--username", "build-42"], expect![]);
    check(&env, &["--resource-type", "AWS::S3::Bucket"], expect![]);
    check(&env, &["--resource-name", "nat-0123456789abcdef0"], expect![]);
    check(&env, &["--access-key-id", "AKIAEXAMPLEALICE0001"], expect![]);
    check(&env, &["--account", "123456789012", "--region", "eu-west-1"], expect![]);
    check(&env, &["--source-ip", "autoscaling.amazonaws.com"], expect![]);
    check(&env, &["--error-code"], expect![]);
    check(&env, &["--error-code", "Throttling"], expect![]);
    check(&env, &["--event-type", "AwsApiCall", "--read-only"], expect![]);
    check(&env, &["--write", "--username", "alice"], expect![]);
    check(&env, &["--category", "insight"], expect![]);
    check(&env, &["--text", "EXAMPLE-REPORTS"], expect![]);
}

#[test]
fn time_ranges_are_half_open() {
    let env = TestEnv::with_logs();
    check(&env, &["--range", "2023-07-10"], expect![]);
    check(&env, &["--since", "2023-07-10T08:05:00Z", "--until", "2023-07-11"], expect![]);
    check(&env, &["--range", "..2023-07-10T08:05:00Z"], expect![]);
    check(&env, &["--since", "1h"], expect![]);
}

#[test]
fn a_limit_says_that_there_is_more() {
    let env = TestEnv::with_logs();
    env.check(&["lookup", "--limit", "2", "--fields", FIELDS], expect![]);
    env.check(&["lookup", "--limit", "5", "--fields", "event_name"], expect![]);
}

#[test]
fn json_is_one_array_and_ndjson_one_line_each() {
    let env = TestEnv::with_logs();
    let args = ["lookup", "--quiet", "--range", "2023-07-10"];
    let json = env.run(&[&args[..], &["--output", "json"]].concat());
    let array: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let ndjson = env.run(&[&args[..], &["--output", "ndjson"]].concat());
    let lines: Vec<serde_json::Value> =
        ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(array, lines);
    assert_eq!(array.len(), 3);
    env.check(&["lookup", "--quiet", "--username", "build-42", "--output", "ndjson"], expect![]);
    env.check(&["lookup", "--quiet", "--username", "nobody", "--output", "json"], expect![]);
}

#[test]
fn records_in_json_are_the_delivered_text() {
    let env = TestEnv::with_logs();
    let delivered =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/logs/hostile.ndjson"));
    let delivered = delivered.unwrap();
    let line = env.run(&[
        "lookup",
        "--quiet",
        "--event-name",
        "CreateUser",
        "--output",
        "ndjson",
        "--fields",
        "record",
    ]);
    assert_eq!(line, format!("{{\"record\":{}}}\n", delivered.trim_end()));
}

#[test]
fn csv_holds_no_formula() {
    TestEnv::with_logs().check(&["lookup", "--quiet", "--output", "csv"], expect![]);
}

#[test]
fn hostile_text_is_made_visible_in_a_table() {
    let env = TestEnv::with_logs();
    let args = ["--event-name", "CreateUser", "--fields", "user_agent,resources,username"];
    env.check(&[&["lookup", "--quiet"][..], &args].concat(), expect![]);
}

#[test]
fn jmespath_works_on_the_array_or_on_each_line() {
    let env = TestEnv::with_logs();
    let args = ["lookup", "--quiet", "--event-source", "ec2.amazonaws.com"];
    env.check(&[&args[..], &["--query", "[].record.eventName"]].concat(), expect![]);
    env.check(
        &[&args[..], &["--output", "ndjson", "--query", "record.requestParameters.natGatewayId"]]
            .concat(),
        expect![],
    );
}
