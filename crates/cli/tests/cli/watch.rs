//! Watched paths over the bundled example. That an alert comes while it runs is tested in `tests/e2e`.

use crate::env::TestEnv;
use expect_test::expect;

const PATHS: &str = r#"
[[path]]
name = "updates"
source = "i-06b03129ac85513bd"
destination = "203.0.113.10"
port = 443
must = "work"

[[path]]
name = "no way in"
source = "internet"
destination = "i-06b03129ac85513bd"
port = 22
must = "never work"

[[path]]
name = "nobody knows"
source = "i-0123456789abcdef0"
destination = "203.0.113.10"
must = "work"
"#;

fn example() -> TestEnv {
    let env = TestEnv::with("../../../example/week.tar.gz");
    std::fs::write(env.path("paths.toml"), PATHS).unwrap();
    env
}

#[test]
fn once_tells_how_each_path_stands_and_who_broke_it() {
    let env = example();
    let config = env.path("paths.toml");
    env.check(&["watch", "-q", "--once", "--config", config.to_str().unwrap()], expect![[r#"
        BROKEN updates: i-06b03129ac85513bd → 203.0.113.10 tcp/443 must work: unreachable (IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS)
          ReplaceRoute at 2026-09-13T02:47:11Z by IAM user arn:aws:iam::123456789012:user/dave from 203.0.113.77, account 123456789012, us-east-1 (event ded5164f-ffce-4c65-a960-1203a19947ca)
          more: trailhound blame-path i-06b03129ac85513bd 203.0.113.10 --port 443 --db [ENV]/db
        ok no way in: internet → i-06b03129ac85513bd tcp/22 must never work: unreachable (IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS)
        UNKNOWN nobody knows: i-0123456789abcdef0 → 203.0.113.10 tcp must work: unknown (i-0123456789abcdef0 is not in what is recorded)
        --- exit 3
    "#]]);
}

#[test]
fn unknown_is_no_finding() {
    let env = example();
    let unknown = PATHS.split("\n[[path]]").last().unwrap();
    std::fs::write(env.path("unknown.toml"), format!("[[path]]{unknown}")).unwrap();
    let config = env.path("unknown.toml");
    let text = env.run(&["watch", "-q", "--once", "--config", config.to_str().unwrap()]);
    assert!(text.starts_with("UNKNOWN nobody knows"), "{text}");
    assert!(!text.contains("exit"), "{text}");
}

#[test]
fn ndjson_has_a_line_each() {
    let env = example();
    let config = env.path("paths.toml");
    let args =
        ["watch", "-q", "--once", "--output", "ndjson", "--config", config.to_str().unwrap()];
    let text = env.run(&args);
    let lines: Vec<serde_json::Value> = text
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let standing: Vec<_> = lines.iter().map(|line| line["standing"].as_str().unwrap()).collect();
    assert_eq!(standing, ["violated", "holds", "unknown"]);
    assert_eq!(lines[0]["event"]["event_name"], "ReplaceRoute");
    assert_eq!(lines[0]["code"], "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS");
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_line() {
    let env = TestEnv::with_logs();
    std::fs::write(env.path("wrong.toml"), "[[path]]\nname = \"a\"\nnonsense = 1\n").unwrap();
    let config = env.path("wrong.toml");
    env.check(&["watch", "--config", config.to_str().unwrap()], expect![[r#"
        --- stderr
        error: [ENV]/wrong.toml:3: unknown field `nonsense`, expected one of `name`, `source`, `destination`, `port`, `protocol`, `source_ip`, `must`
        hint: a path has `name`, `source`, `destination`, `must`, and may have `port`, `protocol` and `source_ip`
        --- exit 2
    "#]]);
    let missing = env.path("missing.toml");
    env.check(
        &["serve", "--watch", missing.to_str().unwrap()],
        expect![[r#"
        --- stderr
        error: cannot read `[ENV]/missing.toml`: No such file or directory (os error 2)
        hint: docs/watch.md shows what such a file holds
        --- exit 2
    "#]],
    );
}
