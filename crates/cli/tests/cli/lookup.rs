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
    TestEnv::with_logs().check(&["lookup"], expect![[r#"
        event_time            username                          actor                      event_name           resources                                            source_ip_address          aws_region  error_code    event_id
        2023-07-12 10:00:00Z  =HYPERLINK("http://example.com")  mallory                    CreateUser           \u{1b}]0;title\u{7}eve\nadmin                        203.0.113.66               us-east-1                 aaaaaaaa-0000-4000-8000-000000000005
        2023-07-11 00:00:00Z                                    autoscaling.amazonaws.com  AssumeRole           arn:aws:iam::123456789012:role/scaling, AutoScaling  autoscaling.amazonaws.com  us-east-1                 aaaaaaaa-0000-4000-8000-000000000004
        2023-07-10 09:10:00Z  build-42                          unknown                    DeleteBucket         example-reports, arn:aws:s3:::example-reports        198.51.100.9               eu-west-1   AccessDenied  aaaaaaaa-0000-4000-8000-000000000003
        2023-07-10 08:05:00Z  alice                             alice                      ReplaceRoute         rtb-0123456789abcdef0, nat-0123456789abcdef0         203.0.113.7                us-east-1                 aaaaaaaa-0000-4000-8000-000000000002
        2023-07-10 08:00:00Z  alice                             alice                      DescribeRouteTables                                                       203.0.113.7                us-east-1                 aaaaaaaa-0000-4000-8000-000000000001
        --- stderr
        5 events shown of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 5 examined, 0 ruled out by the index
    "#]]);
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
    expect![[r#"
        event_time            username        event_name     resources      error_code
        2023-07-12 10:00:00Z  =HYPERLINK("h…  CreateUser     \u{1b}]0;tit…
        2023-07-11 00:00:00Z                  AssumeRole     arn:aws:iam:…
        2023-07-10 09:10:00Z  build-42        DeleteBucket   example-repo…  AccessDenied
        2023-07-10 08:05:00Z  alice           ReplaceRoute   rtb-01234567…
        2023-07-10 08:00:00Z  alice           DescribeRout…
        --- stderr
        5 events shown of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 5 examined, 0 ruled out by the index
        the terminal is too narrow for event ids: --fields event_id,event_name shows them
    "#]]
    .assert_eq(&env.text(&output));
}

#[test]
fn colors_come_when_asked() {
    let env = TestEnv::with_logs();
    let args = ["lookup", "--quiet", "--error-code", "--fields", "event_name,error_code"];
    env.check(
        &[&args[..], &["--color", "always"]].concat(),
        expect![[r#"
            \u{1b}[1mevent_name\u{1b}[0m    \u{1b}[1merror_code\u{1b}[0m
            DeleteBucket  \u{1b}[31mAccessDenied\u{1b}[0m
        "#]],
    );
    env.check(
        &args,
        expect![[r#"
        event_name    error_code
        DeleteBucket  AccessDenied
    "#]],
    );
}

#[test]
fn each_attribute_finds_its_events() {
    let env = TestEnv::with_logs();
    check(
        &env,
        &["--event-id", "aaaaaaaa-0000-4000-8000-000000000002"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 08:05:00Z  alice     ReplaceRoute
    "#]],
    );
    check(
        &env,
        &["--event-name", "ReplaceRoute"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 08:05:00Z  alice     ReplaceRoute
    "#]],
    );
    check(
        &env,
        &["--event-source", "s3.amazonaws.com"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 09:10:00Z  build-42  DeleteBucket
    "#]],
    );
    check(
        &env,
        &["--username", "build-42"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 09:10:00Z  build-42  DeleteBucket
    "#]],
    );
    check(
        &env,
        &["--resource-type", "AWS::S3::Bucket"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 09:10:00Z  build-42  DeleteBucket
    "#]],
    );
    check(
        &env,
        &["--resource-name", "nat-0123456789abcdef0"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 08:05:00Z  alice     ReplaceRoute
    "#]],
    );
    check(
        &env,
        &["--access-key-id", "AKIAEXAMPLEALICE0001"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 08:05:00Z  alice     ReplaceRoute
        2023-07-10 08:00:00Z  alice     DescribeRouteTables
    "#]],
    );
}

#[test]
fn each_other_condition_finds_its_events() {
    let env = TestEnv::with_logs();
    check(
        &env,
        &["--account", "123456789012", "--region", "eu-west-1"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 09:10:00Z  build-42  DeleteBucket
    "#]],
    );
    check(
        &env,
        &["--source-ip", "autoscaling.amazonaws.com"],
        expect![[r#"
        event_time            username  event_name
        2023-07-11 00:00:00Z            AssumeRole
    "#]],
    );
    check(
        &env,
        &["--error-code"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 09:10:00Z  build-42  DeleteBucket
    "#]],
    );
    check(&env, &["--error-code", "Throttling"], expect![[""]]);
    check(
        &env,
        &["--event-type", "AwsApiCall", "--read-only"],
        expect![[r#"
        event_time            username  event_name
        2023-07-11 00:00:00Z            AssumeRole
        2023-07-10 08:00:00Z  alice     DescribeRouteTables
    "#]],
    );
    check(
        &env,
        &["--write", "--username", "alice"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 08:05:00Z  alice     ReplaceRoute
    "#]],
    );
    check(&env, &["--category", "insight"], expect![[""]]);
}

#[test]
fn time_ranges_are_half_open() {
    let env = TestEnv::with_logs();
    check(
        &env,
        &["--range", "2023-07-10"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 09:10:00Z  build-42  DeleteBucket
        2023-07-10 08:05:00Z  alice     ReplaceRoute
        2023-07-10 08:00:00Z  alice     DescribeRouteTables
    "#]],
    );
    check(
        &env,
        &["--since", "2023-07-10T08:05:00Z", "--until", "2023-07-11"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 09:10:00Z  build-42  DeleteBucket
        2023-07-10 08:05:00Z  alice     ReplaceRoute
    "#]],
    );
    check(
        &env,
        &["--range", "..2023-07-10T08:05:00Z"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 08:00:00Z  alice     DescribeRouteTables
    "#]],
    );
    check(&env, &["--since", "1h"], expect![[""]]);
}

#[test]
fn a_limit_says_that_there_is_more() {
    let env = TestEnv::with_logs();
    env.check(&["lookup", "--limit", "2", "--fields", FIELDS], expect![[r#"
        event_time            username                          event_name
        2023-07-12 10:00:00Z  =HYPERLINK("http://example.com")  CreateUser
        2023-07-11 00:00:00Z                                    AssumeRole
        --- stderr
        2 events shown of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 5 examined, 0 ruled out by the index; older ones match too: --limit all, or go on from 2023-07-11 00:00:00Z
    "#]]);
    env.check(
        &["lookup", "--limit", "5", "--fields", "event_name"],
        expect![[r#"
            event_name
            CreateUser
            AssumeRole
            DeleteBucket
            ReplaceRoute
            DescribeRouteTables
            --- stderr
            5 events shown of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 5 examined, 0 ruled out by the index
        "#]],
    );
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
    env.check(
        &["lookup", "--quiet", "--username", "build-42", "--output", "ndjson"],
        expect![[r#"
            {"event_time":"2023-07-10T09:10:00Z","event_name":"DeleteBucket","event_source":"s3.amazonaws.com","username":"build-42","account_id":"123456789012","aws_region":"eu-west-1","source_ip_address":"198.51.100.9","user_agent":"[Boto3/1.28]","error_code":"AccessDenied","error_message":"Access Denied","read_only":false,"event_type":"AwsApiCall","event_category":"Management","user_identity_type":"AssumedRole","user_identity_arn":"arn:aws:sts::123456789012:assumed-role/deploy/build-42","access_key_id":"ASIAEXAMPLEDEPLOY001","resources":[{"resource_type":"AWS::S3::Bucket","resource_name":"example-reports"},{"resource_type":"AWS::S3::Bucket","resource_name":"arn:aws:s3:::example-reports"}],"resource_ids":["arn:aws:s3:::example-reports"],"event_id":"aaaaaaaa-0000-4000-8000-000000000003","conflict":0,"record":{"eventVersion":"1.10","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEDEPLOY0001:build-42","arn":"arn:aws:sts::123456789012:assumed-role/deploy/build-42","accountId":"123456789012","accessKeyId":"ASIAEXAMPLEDEPLOY001","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEDEPLOY0001","arn":"arn:aws:iam::123456789012:role/deploy","accountId":"123456789012","userName":"deploy"},"attributes":{"creationDate":"2023-07-10T09:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"2023-07-10T09:10:00Z","eventSource":"s3.amazonaws.com","eventName":"DeleteBucket","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.9","userAgent":"[Boto3/1.28]","errorCode":"AccessDenied","errorMessage":"Access Denied","requestParameters":{"bucketName":"example-reports","Host":"example-reports.s3.eu-west-1.amazonaws.com"},"responseElements":null,"requestID":"11111111-0000-4000-8000-000000000003","eventID":"aaaaaaaa-0000-4000-8000-000000000003","readOnly":false,"resources":[{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::example-reports","accountId":"123456789012"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","eventCategory":"Management"}}
        "#]],
    );
    env.check(
        &["lookup", "--quiet", "--username", "nobody", "--output", "json"],
        expect![[r#"
        []
    "#]],
    );
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
    TestEnv::with_logs().check(&["lookup", "--quiet", "--output", "csv"], expect![[r#"
        event_time,username,event_name,event_source,account_id,aws_region,source_ip_address,user_agent,error_code,error_message,read_only,resources,event_id
        2023-07-12 10:00:00Z,"'=HYPERLINK(""http://example.com"")",CreateUser,iam.amazonaws.com,123456789012,us-east-1,203.0.113.66,\u{1b}[2J\u{1b}[31mred\u{202e}txt.exe,,,false,"\u{1b}]0;title\u{7}eve
        admin",aaaaaaaa-0000-4000-8000-000000000005
        2023-07-11 00:00:00Z,,AssumeRole,sts.amazonaws.com,123456789012,us-east-1,autoscaling.amazonaws.com,autoscaling.amazonaws.com,,,true,"arn:aws:iam::123456789012:role/scaling, AutoScaling",aaaaaaaa-0000-4000-8000-000000000004
        2023-07-10 09:10:00Z,build-42,DeleteBucket,s3.amazonaws.com,123456789012,eu-west-1,198.51.100.9,[Boto3/1.28],AccessDenied,Access Denied,false,"example-reports, arn:aws:s3:::example-reports",aaaaaaaa-0000-4000-8000-000000000003
        2023-07-10 08:05:00Z,alice,ReplaceRoute,ec2.amazonaws.com,123456789012,us-east-1,203.0.113.7,aws-cli/2.13.0,,,false,"rtb-0123456789abcdef0, nat-0123456789abcdef0",aaaaaaaa-0000-4000-8000-000000000002
        2023-07-10 08:00:00Z,alice,DescribeRouteTables,ec2.amazonaws.com,123456789012,us-east-1,203.0.113.7,aws-cli/2.13.0,,,true,,aaaaaaaa-0000-4000-8000-000000000001
    "#]]);
}

#[test]
fn hostile_text_is_made_visible_in_a_table() {
    let env = TestEnv::with_logs();
    let args = ["--event-name", "CreateUser", "--fields", "user_agent,resources,username"];
    env.check(&[&["lookup", "--quiet"][..], &args].concat(), expect![[r#"
        user_agent                             resources                      username
        \u{1b}[2J\u{1b}[31mred\u{202e}txt.exe  \u{1b}]0;title\u{7}eve\nadmin  =HYPERLINK("http://example.com")
    "#]]);
}

#[test]
fn jmespath_works_on_the_array_or_on_each_line() {
    let env = TestEnv::with_logs();
    let args = ["lookup", "--quiet", "--event-source", "ec2.amazonaws.com"];
    env.check(
        &[&args[..], &["--query", "[].record.eventName"]].concat(),
        expect![[r#"
        [
          "ReplaceRoute",
          "DescribeRouteTables"
        ]
    "#]],
    );
    env.check(
        &[&args[..], &["--output", "ndjson", "--query", "record.requestParameters.natGatewayId"]]
            .concat(),
        expect![[r#"
            "nat-0123456789abcdef0"
            null
        "#]],
    );
}
