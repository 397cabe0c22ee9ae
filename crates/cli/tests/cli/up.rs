//! `up`: the first answer.

use crate::env::TestEnv;
use expect_test::expect;

#[test]
fn given_logs_it_answers_at_once() {
    let env = TestEnv::new();
    let text = env.run(&["up", "logs", "--no-serve"]);
    let program = env!("CARGO_BIN_EXE_trailhound");
    expect![[r#"
        store      [ENV]/db
        read 5 = stored 5 + duplicate 0 + rejected 0
        2 files, 4.08 KiB (4.08 KiB decompressed)

        events     5
        span       2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z
        accounts   123456789012 (5)
        regions    us-east-1 (4), eu-west-1 (1)
        users      alice (2), =HYPERLINK("http://example.com") (1), autoscaling.amazonaws.com (1), build-42 (1)
        services   ec2.amazonaws.com (2), iam.amazonaws.com (1), s3.amazonaws.com (1), sts.amazonaws.com (1)
        calls      AssumeRole (1), CreateUser (1), DeleteBucket (1), DescribeRouteTables (1), ReplaceRoute (1)
        failed     1

        the last changes
        event_time            username                          event_name    resources                        source_ip_address
        2023-07-12 10:00:00Z  =HYPERLINK("http://example.com")  CreateUser    \u{1b}]0;title\u{7}eve\nadmin    203.0.113.66
        2023-07-10 08:05:00Z  alice                             ReplaceRoute  rtb-0123456789abcdef0, nat-012…  203.0.113.7

        try next
          [PROGRAM] --db [ENV]/db lookup --resource-name rtb-0123456789abcdef0
          [PROGRAM] --db [ENV]/db lookup --error-code --limit 10
          [PROGRAM] --db [ENV]/db show aaaaaaaa-0000-4000-8000-000000000002
    "#]].assert_eq(&text.replace(program, "[PROGRAM]"));
}

#[test]
fn without_logs_it_shows_the_example_in_a_store_of_its_own() {
    let env = TestEnv::new();
    let output = env.command(&["up", "--no-serve"]).env_remove("TRAILHOUND_DB").output().unwrap();
    let text = env.text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("store      [ENV]/data/trailhound-example\n"), "{text}");
    assert!(text.contains(" + rejected 0\n"), "{text}");
    assert_is_story(&text);
    // The commands to try next are about that store.
    assert!(text.contains("--db [ENV]/data/trailhound-example lookup"), "{text}");
    assert!(!env.path("data/trailhound").exists());
}

/// The symptom, the answer, the path before and after, and the way back, in this order.
#[track_caller]
fn assert_is_story(text: &str) {
    let parts = [
        "\n1. the symptom",
        "the internet gateway lets out only what has a public address",
        "\n2. one command",
        "\nbroken by ReplaceRoute at 2026-09-13T02:47:11Z by IAM user arn:aws:iam::123456789012:user/dave\n  from 203.0.113.77",
        "assumed-role/NetworkAdmin/dave <- arn:aws:iam::123456789012:user/dave",
        "\n3. the path before it and after it\nbefore: reachable",
        "\nafter: unreachable",
        "\n4. the way back\nthe way back, tried on the newest state; after it: reachable",
        "\naws ec2 replace-route --region us-east-1 --route-table-id rtb-0736172c24218f73a",
    ];
    let mut rest = text;
    for part in parts {
        assert!(rest.contains(part), "no `{part}` in\n{text}");
        rest = rest.split_once(part).unwrap().1;
    }
}

#[test]
fn the_demo_tells_the_story() {
    let env = TestEnv::new();
    assert_is_story(&env.run(&["demo", "--no-serve"]));
    // Told again, of the same store.
    assert_is_story(&env.run(&["demo", "--no-serve"]));
}
