//! Errors say what is wrong on one line, then what to do.

use crate::env::TestEnv;
use expect_test::expect;

#[test]
fn a_store_that_is_not_there_is_not_made_by_asking() {
    let env = TestEnv::new();
    env.check(
        &["lookup"],
        expect![[r#"
            --- stderr
            error: there is no store at `[ENV]/db`
            hint: import logs: trailhound import PATH; or name another folder: --db DIR
            --- exit 1
        "#]],
    );
    env.check(
        &["stats"],
        expect![[r#"
            --- stderr
            error: there is no store at `[ENV]/db`
            hint: import logs: trailhound import PATH; or name another folder: --db DIR
            --- exit 1
        "#]],
    );
    assert!(!env.path("db").exists());
}

#[test]
fn wrong_times_are_usage_errors_that_say_what_is_accepted() {
    let env = TestEnv::new();
    env.check(&["lookup", "--since", "tomorrow"], expect![[r#"
        --- stderr
        error: `tomorrow` is not a time
        hint: a time is an age (`30m`, `-2h`, `7d`, `2w`, `1h30m`), a date (`2023-07-10`), ISO 8601 (`2023-07-10T12:00:00+02:00`; UTC without a zone), `now`, `today` or `yesterday`
        --- exit 2
    "#]]);
    env.check(&["lookup", "--range", "2023-07-11..2023-07-10"], expect![[r#"
        --- stderr
        error: the time range is empty: it starts at 2023-07-11T00:00:00Z and ends before 2023-07-10T00:00:00Z
        hint: a range is `A..B`, `A..`, `..B` or one date (that whole day), in UTC; its ends are times as --since takes
        --- exit 2
    "#]]);
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let env = TestEnv::new();
    env.check(
        &["lookup", "--limit", "0"],
        expect![[r#"
            --- stderr
            error: invalid value '0' for '--limit <N>': a limit is a number from 1, or `all`
            hint: --help says more
            --- exit 2
        "#]],
    );
    env.check(
        &["lookup", "--read-only", "--write"],
        expect![[r#"
            --- stderr
            error: the argument '--read-only' cannot be used with '--write'
            hint: usage: trailhound lookup --read-only --db <DIR>; --help says more
            --- exit 2
        "#]],
    );
    env.check(&["lookup", "--query", "["], expect![[r#"
        --- stderr
        error: `[` is not a JMESPath expression: Unexpected nud token -- found Eof at column 1
        hint: json is queried as an array, `[].event_name`; ndjson event by event, `event_name`; https://jmespath.org describes the language
        --- exit 2
    "#]]);
    env.check(
        &["lookup", "--output", "csv", "--query", "x"],
        expect![[r#"
        --- stderr
        error: --query needs JSON to work on
        hint: add --output json (the query sees one array) or --output ndjson (event by event)
        --- exit 2
    "#]],
    );
    env.check(
        &["stats", "--output", "csv"],
        expect![[r#"
        --- stderr
        error: `stats` has no output form `csv`
        hint: use --output table or --output json or --output ndjson
        --- exit 2
    "#]],
    );
    env.check(
        &["import"],
        expect![[r#"
            --- stderr
            error: the following required arguments were not provided: <PATH|GLOB|->...
            hint: usage: trailhound import --db <DIR> <PATH|GLOB|->...; --help says more
            --- exit 2
        "#]],
    );
}

#[test]
fn only_loopback_is_listened_on() {
    let env = TestEnv::new();
    env.check(&["serve", "--listen", "0.0.0.0:8080"], expect![[r#"
        --- stderr
        error: will not listen on `0.0.0.0:8080`: others could reach it, and whoever reaches this server reads every event without a password
        hint: listen on 127.0.0.1 and put a proxy in front that terminates TLS, authenticates, and sets the Host header to localhost
        --- exit 2
    "#]]);
    env.check(
        &["up", "--listen", "nowhere"],
        expect![[r#"
        --- stderr
        error: `nowhere` is not an address to listen on
        hint: give an address and a port, `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`
        --- exit 2
    "#]],
    );
    assert!(!env.path("db").exists());
}

#[test]
fn a_path_that_matches_nothing_is_named() {
    let env = TestEnv::new();
    env.check(&["import", "no-such-folder"], expect![[r#"
        --- stderr
        error: no file matches `no-such-folder`
        hint: give a file, a folder, a glob (in quotes) or `-` for standard input; nothing was imported
        --- exit 1
    "#]]);
}
