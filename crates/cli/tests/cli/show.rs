//! `show`: one event for a human.

use crate::env::TestEnv;
use expect_test::expect;

#[test]
fn a_person_reads_who_what_when_where() {
    let env = TestEnv::with_logs();
    env.check(
        &["show", "aaaaaaaa-0000-4000-8000-000000000002"],
        expect![[r#"
        who        alice (IAMUser)
                   arn:aws:iam::123456789012:user/alice
                   access key AKIAEXAMPLEALICE0001
        what       ReplaceRoute of ec2.amazonaws.com, writes, AwsApiCall
        when       2023-07-10 08:05:00Z
        where      us-east-1 in account 123456789012, from 203.0.113.7
                   with aws-cli/2.13.0
        to what    rtb-0123456789abcdef0 (AWS::EC2::RouteTable)
                   nat-0123456789abcdef0 (AWS::EC2::NatGateway)
        with       routeTableId: rtb-0123456789abcdef0
                   destinationCidrBlock: 0.0.0.0/0
                   natGatewayId: nat-0123456789abcdef0

        {
          "eventVersion": "1.10",
          "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLEALICE00001",
            "arn": "arn:aws:iam::123456789012:user/alice",
            "accountId": "123456789012",
            "accessKeyId": "AKIAEXAMPLEALICE0001",
            "userName": "alice"
          },
          "eventTime": "2023-07-10T08:05:00Z",
          "eventSource": "ec2.amazonaws.com",
          "eventName": "ReplaceRoute",
          "awsRegion": "us-east-1",
          "sourceIPAddress": "203.0.113.7",
          "userAgent": "aws-cli/2.13.0",
          "requestParameters": {
            "routeTableId": "rtb-0123456789abcdef0",
            "destinationCidrBlock": "0.0.0.0/0",
            "natGatewayId": "nat-0123456789abcdef0"
          },
          "responseElements": {
            "requestId": "11111111-0000-4000-8000-000000000002",
            "_return": true
          },
          "requestID": "11111111-0000-4000-8000-000000000002",
          "eventID": "aaaaaaaa-0000-4000-8000-000000000002",
          "readOnly": false,
          "eventType": "AwsApiCall",
          "managementEvent": true,
          "recipientAccountId": "123456789012",
          "eventCategory": "Management"
        }
    "#]],
    );
}

#[test]
fn a_failed_call_of_a_role_says_why_and_whose_session() {
    let env = TestEnv::with_logs();
    let text = env.run(&["show", "aaaaaaaa-0000-4000-8000-000000000003"]);
    let summary: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    expect![[r#"
        who        build-42 (AssumedRole)
                   arn:aws:sts::123456789012:assumed-role/deploy/build-42
                   in a session of arn:aws:iam::123456789012:role/deploy
                   access key ASIAEXAMPLEDEPLOY001, without MFA
        what       DeleteBucket of s3.amazonaws.com, writes, AwsApiCall
        when       2023-07-10 09:10:00Z
        where      eu-west-1 in account 123456789012, from 198.51.100.9
                   with [Boto3/1.28]
        to what    example-reports (AWS::S3::Bucket)
                   arn:aws:s3:::example-reports (AWS::S3::Bucket)
        with       bucketName: example-reports
                   Host: example-reports.s3.eu-west-1.amazonaws.com
        error      AccessDenied: Access Denied"#]]
    .assert_eq(&summary.join("\n"));
}

#[test]
fn hostile_text_is_made_visible() {
    let env = TestEnv::with_logs();
    let text = env.run(&["show", "aaaaaaaa-0000-4000-8000-000000000005"]);
    let summary: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    expect![[r#"
        who        =HYPERLINK("http://example.com") (IAMUser)
                   arn:aws:iam::123456789012:user/mallory
        what       CreateUser of iam.amazonaws.com, writes, AwsApiCall
        when       2023-07-12 10:00:00Z
        where      us-east-1 in account 123456789012, from 203.0.113.66
                   with \u{1b}[2J\u{1b}[31mred\u{202e}txt.exe
        to what    \u{1b}]0;title\u{7}eve\nadmin (AWS::IAM::User)
        with       userName: \u{1b}]0;title\u{7}eve\nadmin"#]]
    .assert_eq(&summary.join("\n"));
}

#[test]
fn raw_is_byte_for_byte() {
    let env = TestEnv::with_logs();
    let delivered =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/logs/hostile.ndjson"));
    assert_eq!(
        env.run(&["show", "--raw", "aaaaaaaa-0000-4000-8000-000000000005"]),
        // The line's end is not the record's: a digest of the output is that of the record.
        delivered.unwrap().trim_end_matches('\n')
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
    expect![[r#"
        1 of 2: the first body under this id
                   natGatewayId: nat-0123456789abcdef0
            "natGatewayId": "nat-0123456789abcdef0"
        2 of 2: conflict 1: a different body under the same id
                   gatewayId: igw-0123456789abcdef0
            "gatewayId": "igw-0123456789abcdef0"
        warning: 2 events are stored under this id: different bodies, or different accounts"#]]
    .assert_eq(&marks.join("\n"));
}

#[test]
fn an_unknown_id_is_an_error_with_a_hint() {
    TestEnv::with_logs().check(
        &["show", "no-such-id"],
        expect![[r#"
        --- stderr
        error: no event has the id `no-such-id`
        hint: ids match exactly; `trailhound search` finds events by any text in them
        --- exit 1
    "#]],
    );
}

#[test]
fn one_event_as_json() {
    let env = TestEnv::with_logs();
    let text = env.run(&["show", "aaaaaaaa-0000-4000-8000-000000000004", "--output", "json"]);
    let array: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(array.len(), 1);
    assert_eq!(array[0]["record"]["eventName"], "AssumeRole");
}
