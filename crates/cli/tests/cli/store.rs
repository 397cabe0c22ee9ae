//! `stats`, `verify`, `compact`: what the store holds and whether it is whole.

use crate::env::TestEnv;
use expect_test::expect;
use std::path::{Path, PathBuf};

/// The numbers on lines about bytes and versions, which follow the format and not the data, as `N`.
fn without_sizes(text: &str) -> String {
    let mask = |line: &str| {
        let is_size = ["size", "per event", "segments"].iter().any(|label| line.starts_with(label));
        if !is_size {
            return line.to_owned();
        }
        let mut out = String::new();
        for c in line.chars() {
            match c {
                '0'..='9' | '.' | ',' if out.ends_with('N') && c != ',' => {}
                '0'..='9' => out.push('N'),
                _ => out.push(c),
            }
        }
        out
    };
    text.lines().map(mask).collect::<Vec<_>>().join("\n")
}

#[test]
fn stats_count_by_account_and_region() {
    let env = TestEnv::with_logs();
    expect![[r#"
        store      [ENV]/db
        events     5
        span       2023-07-10 08:00:00Z to 2023-07-12 10:00:00Z
        accounts   123456789012 (5)
        regions    us-east-1 (4), eu-west-1 (1)
        segments   N at version N
        size       N KiB (N KiB of data, N KiB of index)
        per event  N bytes"#]]
    .assert_eq(&without_sizes(&env.run(&["stats"])));
}

#[test]
fn a_whole_store_verifies() {
    TestEnv::with_logs().check(
        &["verify"],
        expect![[r#"
            checked 3 segments, 5 events, 44.18 KiB: all is well
        "#]],
    );
}

#[test]
fn a_changed_byte_is_a_finding_and_exit_3() {
    let env = TestEnv::with_logs();
    let segment = first_parquet(&env.path("db")).unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let output = env.command(&["verify"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", env.text(&output));
    let name = segment.file_name().unwrap().to_str().unwrap();
    assert!(env.text(&output).contains(name), "{}", env.text(&output));
}

#[test]
fn compacting_keeps_every_event() {
    let env = TestEnv::with_logs();
    let before = env.run(&["lookup", "--output", "ndjson", "--quiet"]);
    assert_eq!(before.lines().count(), 5);
    let output = env.command(&["compact"]).output().unwrap();
    assert!(output.status.success(), "{}", env.text(&output));
    assert_eq!(env.run(&["lookup", "--output", "ndjson", "--quiet"]), before);
}

#[test]
fn retention_drops_whole_days_and_says_so() {
    let env = TestEnv::with_logs();
    env.check(
        &["compact", "--retain", "forever"],
        expect![[r#"
        no small segments to merge
    "#]],
    );
    let text = env.run(&["compact", "--retain", "90d"]);
    assert!(text.contains("5 events"), "{text}");
    assert!(env.run(&["lookup", "--output", "ndjson", "--quiet"]).is_empty());
    assert!(env.run(&["stats"]).contains("dropped"));
    env.check(&["compact", "--retain", "soon"], expect![[r#"
        --- stderr
        error: invalid value 'soon' for '--retain <AGE>': `soon` is no retention: write a number of days or years, as `90d` or `7y`, or `forever`
        hint: --help says more
        --- exit 2
    "#]]);
}

fn first_parquet(folder: &Path) -> Option<PathBuf> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.into_iter().find_map(|path| {
        if path.is_dir() && !path.ends_with("_delta_log") {
            return first_parquet(&path);
        }
        (path.extension()? == "parquet").then_some(path)
    })
}
