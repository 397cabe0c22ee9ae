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
    env.check(&["lookup", "--quiet"], expect![[""]]);
    env.check(&["search", "--quiet", "event:AssumeRole"], expect![[""]]);
    let fields = ["--quiet", "--fields", "event_name,actor"];
    for output in ["table", "csv", "ndjson"] {
        let args = [&["search", "*", "--output", output][..], &fields].concat();
        match output {
            "table" => env.check(&args, expect![[""]]),
            "csv" => env.check(&args, expect![[""]]),
            _ => env.check(&args, expect![[""]]),
        }
    }
    let all = env.run(&["lookup", "--quiet", "--output", "ndjson"]);
    assert!(!all.contains("\"actor\""), "{all}");
}

#[test]
fn changes_are_ranked_with_their_reasons() {
    let env = TestEnv::with("chain");
    let args = ["changes", "--at", "2023-08-01T09:10Z", "--near", "rtb-0123456789abcdef0"];
    env.check(&args, expect![[""]]);
    let json = env.run(&[&args[..], &["--quiet", "--output", "json"]].concat());
    assert!(json.contains("\"noise_hidden\": 0") && json.contains("\"searches\""), "{json}");
    let narrow = env.command(&args).env("COLUMNS", "100").output().unwrap();
    let notes = String::from_utf8(narrow.stderr).unwrap();
    let search: Vec<_> = notes.lines().skip_while(|line| !line.contains("search '")).collect();
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

        users whose calls failed otherwise
          none
        --- stderr
        the search: trailhound search 'error:(*Denied* OR *Unauthorized* OR *Forbidden* OR *NotAuthorized*)'
        the search: trailhound search 'is:error -error:(*Denied* OR *Unauthorized* OR *Forbidden* OR *NotAuthorized*)'
        of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 5 examined, 0 ruled out by the index
    "#]]);
    env.check(&["errors", "--since", "2030-01-01"], expect![[r#"
        denied, by user and missing permission
          none

        other failures
          none

        users whose calls failed otherwise
          none
        --- stderr
        the search: trailhound search 'error:(*Denied* OR *Unauthorized* OR *Forbidden* OR *NotAuthorized*) since:2030-01-01T00:00:00Z'
        the search: trailhound search 'is:error -error:(*Denied* OR *Unauthorized* OR *Forbidden* OR *NotAuthorized*) since:2030-01-01T00:00:00Z'
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
