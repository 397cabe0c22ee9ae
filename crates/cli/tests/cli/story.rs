//! The story over the bundled example: which change broke the path, what it looked like, and the way back.

use crate::env::TestEnv;
use expect_test::expect;

const INSTANCE: &str = "i-06b03129ac85513bd";
const FATAL: &str = "ded5164f-ffce-4c65-a960-1203a19947ca";
const TRIED_BEFORE: &str = "8958ea52-9141-424a-b345-da70f6a98ace";

fn example() -> TestEnv {
    TestEnv::with("../../../example/week.tar.gz")
}

#[test]
fn one_command_names_the_change_that_broke_the_path() {
    let env = example();
    let ends = [INSTANCE, "203.0.113.10", "--port", "443"];
    env.check(&[&["blame-path"][..], &ends].concat(), expect![[""]]);
    let json = env.run(&[&["blame-path", "-q", "--output", "json"][..], &ends].concat());
    let json = json.trim_end().trim_end_matches("--- exit code 3").trim_end();
    let found: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|_| panic!("{json}"));
    assert_eq!(found["culprit"], FATAL);
    assert_eq!(found["verdict"], "unreachable");
    assert_eq!(found["after_undo"], "reachable");
    // The call that failed, tags, and another VPC's routes broke nothing.
    let flips = found["flips"].as_array().unwrap();
    assert!(flips.iter().all(|flip| flip["event_id"] != TRIED_BEFORE));
    // Before the change, nothing had broken it.
    let before = [&["blame-path", "--bad", "2026-09-13T02:47:10Z"][..], &ends].concat();
    env.check(&before, expect![[""]]);
}

#[test]
fn a_path_says_who_set_what_it_met() {
    let env = example();
    let at = ["--at", "2026-09-12", "--port", "443"];
    env.check(&[&["path", INSTANCE, "203.0.113.10"][..], &at].concat(), expect![[""]]);
    env.check(&["path", "-q", "internet", INSTANCE, "--port", "22"], expect![[""]]);
    env.check(&["path", "-q", "somewhere", INSTANCE], expect![[""]]);
    env.check(&["path", "-q", "i-0123456789abcdef0", "203.0.113.10"], expect![[""]]);
}

#[test]
fn an_event_is_taken_back_by_what_was_there_before() {
    let env = example();
    env.check(&["undo", FATAL], expect![[""]]);
    env.check(&["undo", "-q", FATAL, "--as", "boto3"], expect![[""]]);
    env.check(&["undo", "-q", FATAL, "--as", "terraform"], expect![[""]]);
    env.check(&["undo", TRIED_BEFORE], expect![[""]]);
    env.check(&["undo", "no-such-event"], expect![[""]]);
    env.check(&["undo", "--actor", "dave"], expect![[""]]);
    let by_dave = ["undo", "--actor", "dave", "--since", "2026-09-13T02:40Z"];
    env.check(&by_dave, expect![[""]]);
}

#[test]
fn a_resource_is_shown_as_it_was_and_what_changed_of_it() {
    let env = example();
    const TABLE: &str = "rtb-0736172c24218f73a";
    env.check(&["state", TABLE, "--at", "2026-09-12"], expect![[""]]);
    env.check(&["state", "-q", "rtb-0123456789abcdef0"], expect![[""]]);
    env.check(&["diff", "-q", TABLE, "--from", "2026-09-12"], expect![[""]]);
    env.check(&["diff", "-q", TABLE, "--from", "2026-09-13T03:00Z"], expect![[""]]);
    let json = env.run(&["state", "-q", TABLE, "--output", "json"]);
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let routes = &found["resources"][0]["body"]["Routes"];
    assert!(routes.as_array().unwrap().iter().any(|it| it["GatewayId"] == "igw-00a225eae009ea54d"));
}
