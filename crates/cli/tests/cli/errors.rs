//! Errors say what is wrong on one line, then what to do.

use crate::env::TestEnv;
use expect_test::expect;

#[test]
fn a_store_that_is_not_there_is_not_made_by_asking() {
    let env = TestEnv::new();
    env.check(&["lookup"], expect![]);
    env.check(&["stats"], expect![]);
    assert!(!env.path("db").exists());
}

#[test]
fn wrong_times_are_usage_errors_that_say_what_is_accepted() {
    let env = TestEnv::new();
    env.check(&["lookup", "--since", "yesterday"], expect![]);
    env.check(&["lookup", "--range", "2023-07-11..2023-07-10"], expect![]);
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let env = TestEnv::new();
    env.check(&["lookup", "--limit", "0"], expect![]);
    env.check(&["lookup", "--read-only", "--write"], expect![]);
    env.check(&["lookup", "--query", "["], expect![]);
    env.check(&["lookup", "--output", "csv", "--query", "x"], expect![]);
    env.check(&["stats", "--output", "csv"], expect![]);
    env.check(&["import"], expect![]);
}

#[test]
fn only_loopback_is_listened_on() {
    let env = TestEnv::new();
    env.check(&["serve", "--listen", "0.0.0.0:8080"], expect![]);
    env.check(&["up", "--listen", "nowhere"], expect![]);
    assert!(!env.path("db").exists());
}

#[test]
fn a_path_that_matches_nothing_is_named() {
    let env = TestEnv::new();
    env.check(&["import", "no-such-folder"], expect![]);
}
