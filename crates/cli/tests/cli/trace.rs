//! `who`, `history`, `changes`, the questions and `report`: what a person reads.

use crate::env::TestEnv;
use expect_test::expect;

const ROUTE: &str = "aaaaaaaa-0000-4000-8000-000000000002";

#[test]
fn a_person_reads_who_is_behind_an_event() {
    let env = TestEnv::with_logs();
    env.check(&["who", ROUTE], expect![[r#"
        who        IAM user arn:aws:iam::123456789012:user/alice
        proof      strong: every step rests on what AWS wrote
        acted as   arn:aws:iam::123456789012:user/alice
        session    key AKIAEXAMPLEALICE0001
        event      2023-07-10T08:05:00Z ReplaceRoute in account 123456789012, event aaaaaaaa-0000-4000-8000-000000000002
        --- stderr
        asked 5 events from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z
    "#]]);
}

#[test]
fn the_actor_is_a_column_where_it_tells_more_than_the_user() {
    let env = TestEnv::with("chain");
    env.check(&["lookup", "--quiet"], expect![[r#"
        event_time            username  actor                 event_name    resources                                                                                                                                                    source_ip_address  aws_region  error_code  event_id
        2023-08-01 09:06:00Z  bob       unknown               DeleteSubnet  subnet-0123456789abcdef0                                                                                                                                     203.0.113.7        us-east-1               cccccccc-0000-4000-8000-000000000003
        2023-08-01 09:05:00Z  deploy-7  alice via role/Admin  ReplaceRoute  rtb-0123456789abcdef0, igw-0123456789abcdef0                                                                                                                 203.0.113.7        us-east-1               cccccccc-0000-4000-8000-000000000002
        2023-08-01 09:00:00Z  alice     alice                 AssumeRole    arn:aws:iam::123456789012:role/Admin, deploy-7, ASIAEXAMPLEADMIN0001, AROAEXAMPLE0000000001:deploy-7, arn:aws:sts::123456789012:assumed-role/Admin/deploy-7  203.0.113.7        us-east-1               cccccccc-0000-4000-8000-000000000001
    "#]]);
    env.check(&["search", "--quiet", "event:AssumeRole"], expect![[r#"
        event_time            username  event_name  resources                                                                                                                                                    source_ip_address  aws_region  error_code  event_id
        2023-08-01 09:00:00Z  alice     AssumeRole  arn:aws:iam::123456789012:role/Admin, deploy-7, ASIAEXAMPLEADMIN0001, AROAEXAMPLE0000000001:deploy-7, arn:aws:sts::123456789012:assumed-role/Admin/deploy-7  203.0.113.7        us-east-1               cccccccc-0000-4000-8000-000000000001
    "#]]);
    let fields = ["--quiet", "--fields", "event_name,actor"];
    for output in ["table", "csv", "ndjson"] {
        let args = [&["search", "*", "--output", output][..], &fields].concat();
        match output {
            "table" => env.check(&args, expect![[r#"
                event_name    actor
                DeleteSubnet  unknown
                ReplaceRoute  alice via role/Admin
                AssumeRole    alice
            "#]]),
            "csv" => env.check(&args, expect![[r#"
                event_name,actor
                DeleteSubnet,unknown
                ReplaceRoute,alice via role/Admin
                AssumeRole,alice
            "#]]),
            _ => env.check(&args, expect![[r#"
                {"event_name":"DeleteSubnet","actor":{"actor":"unknown","gap":{"reason":"the event that issued the session `bob` of arn:aws:iam::123456789012:role/Admin is not in the store","account_id":"123456789012","event_time":"2023-08-01T09:01:00Z","stored":["2023-08-01T09:00:00Z","2023-08-01T09:06:00Z"]},"text":"unknown","principal":"arn:aws:sts::123456789012:assumed-role/Admin/bob"}}
                {"event_name":"ReplaceRoute","actor":{"actor":"person","name":"arn:aws:iam::123456789012:user/alice","kind":"iam_user","text":"alice via role/Admin","principal":"arn:aws:sts::123456789012:assumed-role/Admin/deploy-7","strength":"strong"}}
                {"event_name":"AssumeRole","actor":{"actor":"person","name":"arn:aws:iam::123456789012:user/alice","kind":"iam_user","text":"alice","principal":"arn:aws:iam::123456789012:user/alice","strength":"strong"}}
            "#]]),
        }
    }
    let all = env.run(&["lookup", "--quiet", "--output", "ndjson"]);
    assert!(!all.contains("\"actor\""), "{all}");
}

#[test]
fn changes_are_ranked_with_their_reasons() {
    let env = TestEnv::with("chain");
    let args = ["changes", "--at", "2023-08-01T09:10Z", "--near", "rtb-0123456789abcdef0"];
    env.check(&args, expect![[r#"
        score  event_time            event_name    actor                                          resources                                     source_ip_address  aws_region  event_id
        96     2023-08-01 09:05:00Z  ReplaceRoute  IAM user arn:aws:iam::123456789012:user/alice  rtb-0123456789abcdef0, igw-0123456789abcdef0  203.0.113.7        us-east-1   cccccccc-0000-4000-8000-000000000002
               names rtb-0123456789abcdef0 (+40); changes a route (+30); 5 minutes before (+16); the first ReplaceRoute by deploy-7 that the store has, 90 days back (+10)
        47     2023-08-01 09:06:00Z  DeleteSubnet  unknown                                        subnet-0123456789abcdef0                      203.0.113.7        us-east-1   cccccccc-0000-4000-8000-000000000003
               4 minutes before (+17); changes a subnet (+15); takes something away (+15); the first DeleteSubnet by bob that the store has, 90 days back (+10); no known relation to rtb-0123456789abcdef0 (-10)
        --- stderr
        2 of 2 changes from 2023-08-01 08:40:00Z until 2023-08-01 09:10:01Z; not shown: at most 1 read, 0 failed writes, 0 routine writes
        1 resource known within three steps of rtb-0123456789abcdef0
        the search: trailhound search -- '-is:read -is:error -is:insight -event:(UpdateInstanceInformation OR UpdateInstanceAssociationStatus OR PutInventory OR PutComplianceItems OR CreateLogStream OR CreateLogGroup OR PutLogEvents OR PutMetricData OR AssumeRole OR AssumeRoleWithSAML OR AssumeRoleWithWebIdentity OR GetSessionToken OR Decrypt OR Encrypt OR GenerateDataKey OR CreateGrant OR RetireGrant OR Sign OR StartQuery OR PutObject OR Invoke OR PutItem OR UpdateItem OR SendMessage OR DeleteMessage OR ReceiveMessage OR PutEvents OR PutRecord OR PutRecords OR Publish OR CreateControlChannel OR OpenControlChannel OR OpenDataChannel OR SubmitTaskStateChange OR SubmitContainerStateChange OR RegisterContainerInstance OR PollForTask) since:2023-08-01T08:40:00Z until:2023-08-01T09:10:01Z'
        of 3 from 2023-08-01 09:00:00Z to 2023-08-01 09:06:00Z; looked into account 123456789012, Region us-east-1: 3 examined, 0 ruled out by the index
    "#]]);
    let json = env.run(&[&args[..], &["--quiet", "--output", "json"]].concat());
    assert!(json.contains("\"noise_hidden\": 0") && json.contains("\"searches\""), "{json}");
    let narrow = env.command(&args).env("COLUMNS", "100").output().unwrap();
    let notes = String::from_utf8(narrow.stderr).unwrap();
    let search = notes.lines().skip_while(|line| !line.contains("search -- '"));
    let search: Vec<_> = search.take_while(|line| !line.starts_with("of ")).collect();
    assert!(search.len() > 3, "{notes}");
    assert!(search.iter().all(|line| line.len() <= 100), "{notes}");
}

#[test]
fn what_is_not_known_is_an_error_that_says_what_to_do() {
    let env = TestEnv::with_logs();
    env.check(&["who", "ASIAEXAMPLEEXAMPLE00"], expect![[r#"
        --- stderr
        error: the store knows nothing of the access key `ASIAEXAMPLEEXAMPLE00`
        hint: asked 5 events from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; `trailhound search '"ASIAEXAMPLEEXAMPLE00"'` looks for the text in every event
        --- exit 1
    "#]]);
    env.check(&["history", "rtb-00000000000000000"], expect![[r#"
        --- stderr
        error: no event names the resource `rtb-00000000000000000`
        hint: names match exactly; `trailhound search 'rtb-00000000000000000'` finds parts of them; of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 0 examined, 5 ruled out by the index
        --- exit 1
    "#]]);
    env.check(
        &["changes", "--window", "soon"],
        expect![[r#"
        --- stderr
        error: `soon` is not an age
        hint: an age is like 30m, 2h, 1h30m or 7d
        --- exit 2
    "#]],
    );
    env.check(&["timeline", "usr:alice"], expect![[r#"
        --- stderr
        error: this is no query
          usr:alice
          ^^^
          there is no field `usr`; did you mean `user:`?
        hint: the fields are user, event, service, ip, key, role, account, region, error, resource, agent, type, id; any other member has a path
        --- exit 2
    "#]]);
}

#[test]
fn a_history_has_before_and_after() {
    let env = TestEnv::with_logs();
    env.check(&["history", "rtb-0123456789abcdef0", "--diff", "--related"], expect![[r#"
        resource   rtb-0123456789abcdef0 (AWS::EC2::RouteTable)
        event_time            kind    event_name    actor                                          source_ip_address  error_code  event_id
        2023-07-10 08:05:00Z  change  ReplaceRoute  IAM user arn:aws:iam::123456789012:user/alice  203.0.113.7                    aaaaaaaa-0000-4000-8000-000000000002
            routes[0.0.0.0/0]: (not known) -> nat-0123456789abcdef0

        related, by how often events name them together
          nat-0123456789abcdef0 AWS::EC2::NatGateway beside rtb-0123456789abcdef0: 1 event, the last ReplaceRoute
        --- stderr
        1 event; of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 1 examined, 4 ruled out by the index
    "#]]);
}

#[test]
fn a_question_names_its_search() {
    let env = TestEnv::with_logs();
    env.check(&["errors"], expect![[r#"
        denied, by user and missing permission
        user                                                    actor    permission       reason  events  last                  event_id
        arn:aws:sts::123456789012:assumed-role/deploy/build-42  unknown  s3:DeleteBucket          1       2023-07-10 09:10:00Z  aaaaaaaa-0000-4000-8000-000000000003

        other failures
          none

        failures without a code, by message
          none

        users whose calls failed otherwise
          none
        --- stderr
        the search: trailhound search 'error:(*Denied* OR *Unauthorized* OR *Forbidden* OR *NotAuthorized*)'
        the search: trailhound search 'is:error -error:(*Denied* OR *Unauthorized* OR *Forbidden* OR *NotAuthorized*)'
        the search: trailhound search 'is:error -error:*'
        of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 5 examined, 0 ruled out by the index
    "#]]);
    env.check(&["errors", "--since", "2030-01-01"], expect![[r#"
        denied, by user and missing permission
          none

        other failures
          none

        failures without a code, by message
          none

        users whose calls failed otherwise
          none
        --- stderr
        the search: trailhound search 'error:(*Denied* OR *Unauthorized* OR *Forbidden* OR *NotAuthorized*) since:2030-01-01T00:00:00Z'
        the search: trailhound search 'is:error -error:(*Denied* OR *Unauthorized* OR *Forbidden* OR *NotAuthorized*) since:2030-01-01T00:00:00Z'
        the search: trailhound search 'is:error -error:* since:2030-01-01T00:00:00Z'
        of 0 in the time range: the store holds 5 events from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z
    "#]]);
}

#[test]
fn a_report_has_the_proof() {
    let env = TestEnv::with_logs();
    let report = env.run(&["report", ROUTE, "--title", "The route"]);
    assert!(report.contains("# The route"), "{report}");
    assert!(report.contains("- SHA-256: "), "{report}");
    let html = env.run(&["report", ROUTE, "--format", "html"]);
    assert!(html.contains("IAM user arn:aws:iam::123456789012:user/alice"), "{html}");
}
