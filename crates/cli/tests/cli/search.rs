//! `search`, `top`, `histogram`: the search language on the command line.

use crate::env::TestEnv;
use expect_test::{Expect, expect};

/// Which events `query` finds.
fn check(env: &TestEnv, query: &[&str], expect: Expect) {
    let args = [&["search", "--quiet", "--fields", "event_time,username,event_name"][..], query];
    env.check(&args.concat(), expect);
}

#[test]
fn terms_find_their_events() {
    let env = TestEnv::with_logs();
    check(
        &env,
        &["EXAMPLE-REPORTS"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 09:10:00Z  build-42  DeleteBucket
    "#]],
    );
    check(
        &env,
        &["event:Delete* OR", "user:alice is:write"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 09:10:00Z  build-42  DeleteBucket
        2023-07-10 08:05:00Z  alice     ReplaceRoute
    "#]],
    );
    check(
        &env,
        &["requestParameters.routeTableId:rtb-*"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 08:05:00Z  alice     ReplaceRoute
    "#]],
    );
    check(
        &env,
        &["ip:203.0.113.0/24 -event:Describe*", "--limit", "1"],
        expect![[r#"
        event_time            username                          event_name
        2023-07-12 10:00:00Z  =HYPERLINK("http://example.com")  CreateUser
    "#]],
    );
    check(
        &env,
        &["--oldest-first", "--", "-is:read"],
        expect![[r#"
        event_time            username  event_name
        2023-07-10 08:05:00Z  alice     ReplaceRoute
        2023-07-10 09:10:00Z  build-42  DeleteBucket
        2023-07-12 10:00:00Z  =HYPERLINK("http://example.com")  CreateUser
    "#]],
    );
    check(&env, &["nothing-like-this"], expect![[""]]);
}

#[test]
fn what_a_query_matches_stands_out() {
    let env = TestEnv::with_logs();
    let args =
        ["search", "--quiet", "--fields", "username,event_name,error_code", "--color", "always"];
    env.check(
        &[&args[..], &["event:Delete*", "build-42"]].concat(),
        expect![[r#"
        \u{1b}[1musername\u{1b}[0m  \u{1b}[1mevent_name\u{1b}[0m    \u{1b}[1merror_code\u{1b}[0m
        \u{1b}[1mbuild-42\u{1b}[0m  \u{1b}[1mDelete\u{1b}[0mBucket  \u{1b}[31mAccessDenied\u{1b}[0m
    "#]],
    );
}

#[test]
fn counts_are_one_number() {
    let env = TestEnv::with_logs();
    env.check(
        &["search", "user:alice", "--count"],
        expect![[r#"
            2
            --- stderr
            2 events of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 3 examined, 2 ruled out by the index
        "#]],
    );
    env.check(
        &["search", "user:alice", "--count", "--output", "json", "--quiet"],
        expect![[r#"
        {"events":2}
    "#]],
    );
}

#[test]
fn a_wrong_query_is_pointed_at() {
    let env = TestEnv::with_logs();
    env.check(&["search", "event:RunInstances usr:alice"], expect![[r#"
        --- stderr
        error: this is no query
          event:RunInstances usr:alice
                             ^^^
          there is no field `usr`; did you mean `user:`?
        hint: the fields are user, event, service, ip, key, role, account, region, error, resource, agent, type, id; any other member has a path
        --- exit 2
    "#]]);
    env.check(&["top", "usr"], expect![[r#"
        --- stderr
        error: this is no field
          usr
          ^^^
          there is no field `usr`; did you mean `user:`?
        hint: the fields are user, event, service, ip, key, role, account, region, error, resource, agent, type, id; any other member has a path
        --- exit 2
    "#]]);
}

#[test]
fn top_counts_values() {
    let env = TestEnv::with_logs();
    env.check(
        &["top", "user"],
        expect![[r#"
            events  value
                 2  alice
                 1  =HYPERLINK("http://example.com")
                 1  build-42
            --- stderr
            without a value: 1
            5 events of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 5 examined, 0 ruled out by the index
        "#]],
    );
    env.check(
        &["top", "event", "is:write", "--limit", "1"],
        expect![[r#"
            events  value
                 1  CreateUser
            --- stderr
            without a value: 0; 2 other values: 2
            3 events of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 3 examined, 2 ruled out by the index
        "#]],
    );
    env.check(
        &["top", "user", "--output", "csv", "--quiet"],
        expect![[r#"
        value,events
        alice,2
        "'=HYPERLINK(""http://example.com"")",1
        build-42,1
    "#]],
    );
    env.check(
        &["top", "region", "--output", "json", "--quiet"],
        expect![[r#"
        {
          "values": [
            {
              "value": "us-east-1",
              "events": 4
            },
            {
              "value": "eu-west-1",
              "events": 1
            }
          ],
          "distinct": 2,
          "rest": 0,
          "without": 0,
          "events": 5
        }
    "#]],
    );
}

#[test]
fn top_ranks_by_different_values_of_another_field() {
    let env = TestEnv::with_logs();
    env.check(&["top", "user", "--distinct", "ip"], expect![[r#"
        distinct      events  value
               1           1  =HYPERLINK("http://example.com")
               1           2  alice
               1           1  build-42
        --- stderr
        5 events of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 5 examined, 0 ruled out by the index
    "#]]);
    env.check(
        &["top", "user", "--distinct", "ip", "--output", "csv", "--quiet"],
        expect![[r#"
        value,distinct,events
        "'=HYPERLINK(""http://example.com"")",1,1
        alice,1,2
        build-42,1,1
    "#]],
    );
}

#[test]
fn a_histogram_counts_days() {
    let env = TestEnv::with_logs();
    env.check(&["histogram", "--interval", "86400"], expect![[r#"
        2023-07-10 00:00:00Z             3  ████████████████████████████████████████████████████████████
        2023-07-11 00:00:00Z             1  ████████████████████
        2023-07-12 00:00:00Z             1  ████████████████████
        --- stderr
        5 events of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 5 examined, 0 ruled out by the index
    "#]]);
    let args =
        ["histogram", "--interval", "86400", "--split", "user", "--output", "csv", "--quiet"];
    env.check(
        &args,
        expect![[r#"
        start,events,alice,"'=HYPERLINK(""http://example.com"")",build-42
        2023-07-10 00:00:00Z,3,2,0,1
        2023-07-11 00:00:00Z,1,0,0,0
        2023-07-12 00:00:00Z,1,0,1,0
    "#]],
    );
    env.check(
        &["histogram", "--interval", "1"],
        expect![[r#"
            --- stderr
            error: the interval gives 180001 buckets; at most 10000 are counted
            hint: ask for a longer --interval, or bound the time: since:2023-01-01
            --- exit 2
        "#]],
    );
}

#[test]
fn matches_go_into_a_parquet_file() {
    let env = TestEnv::with_logs();
    let path = env.path("out.parquet");
    let path = path.to_str().unwrap();
    env.check(&["search", "user:alice", "--parquet", path], expect![[r#"
        --- stderr
        2 events written of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 3 examined, 2 ruled out by the index
    "#]]);
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    env.check(
        &["search", "user:alice", "--parquet", "-"],
        expect![[r#"
        --- stderr
        error: --parquet writes a file, not standard output
        hint: name the file
        --- exit 2
    "#]],
    );
    env.check(&["search", "since:2024-01-01"], expect![[r#"
        --- stderr
        0 events shown of 0 in the time range: the store holds 5 events from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z
    "#]]);
    let oldest = ["search", "user:alice", "--oldest-first", "--limit", "1", "--fields", "event_id"];
    env.check(&oldest, expect![[r#"
        event_id
        aaaaaaaa-0000-4000-8000-000000000001
        --- stderr
        1 event shown of 5 from 2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z; looked into account 123456789012, Regions eu-west-1, us-east-1: 2 examined, 0 ruled out by the index, 3 not looked at; more match: --limit all
    "#]]);
    env.check(&["top", "bogus"], expect![[r#"
        --- stderr
        error: this is no field
          bogus
          ^^^^^
          there is no field `bogus`
        hint: the fields are user, event, service, ip, key, role, account, region, error, resource, agent, type, id; any other member has a path
        --- exit 2
    "#]]);
    env.check(&["search", "is:bogus"], expect![[r#"
        --- stderr
        error: this is no query
          is:bogus
             ^^^^^
          `is:` does not know `bogus`, only read, write, error, console, root, insight, management, conflict
        hint: the fields are user, event, service, ip, key, role, account, region, error, resource, agent, type, id; any other member has a path
        --- exit 2
    "#]]);
    env.check(
        &["search", "user:alice", "--parquet", "no-such-folder/x"],
        expect![[r#"
        --- stderr
        error: cannot write `no-such-folder/x`: No such file or directory (os error 2)
        --- exit 1
    "#]],
    );
}
