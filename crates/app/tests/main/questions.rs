//! The questions of an incident, over the bundled example: what each finds, and that nothing is said of
//! times without events.

use std::collections::BTreeMap;
use std::path::Path;

use expect_test::expect_file;
use sha2::{Digest, Sha256};
use trailhound_app::App;
use trailhound_app::changes::ChangesQuery;
use trailhound_app::history::HistoryQuery;
use trailhound_app::lookup::LookupQuery;
use trailhound_app::lookup::search::TimeRange;
use trailhound_app::questions::{Answer, QUESTIONS, Question};
use trailhound_record::Timestamp;

use crate::rows::{import, open};

/// So many rows of a table are in the golden file.
const ROWS_SHOWN: usize = 4;

fn example() -> (tempfile::TempDir, App) {
    let db = tempfile::tempdir().expect("a folder");
    let app = open(db.path());
    let week = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../example/week.tar.gz");
    import(&app, &[&week]);
    (db, app)
}

fn text_of(title: &str, answer: &Answer) -> String {
    let mut out = format!("== {title}\n");
    for search in &answer.searches {
        out += &format!("search: {search}\n");
    }
    for table in &answer.tables {
        out +=
            &format!("{} ({})\n  {}\n", table.title, table.rows.len(), table.columns.join(" | "));
        for row in table.rows.iter().take(ROWS_SHOWN) {
            out += &format!("  {}\n", row.join(" | "));
        }
    }
    for note in &answer.notes {
        out += &format!("note: {note}\n");
    }
    out
}

/// The value of a field that most events have, the first by name of several; the text of a search asked by
/// it comes from the store alone, so that the test names nothing of the data.
fn commonest(app: &App, field: &str, search: &str) -> Option<String> {
    let query = LookupQuery {
        search: trailhound_app::lookup::search::Query::parse(search, Timestamp(0)).ok(),
        ..LookupQuery::default()
    };
    let page = app.lookup(&query, None, usize::MAX).expect("readable");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for event in page.events {
        let values = match field {
            "resource" => event.resource_ids.clone(),
            "key" => event.access_key_id.iter().cloned().collect(),
            "principal" => event.username.iter().cloned().collect(),
            _ => event.source_ip_address.iter().cloned().collect(),
        };
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
    most.map(|(value, _)| value)
}

/// The answers over other people's records, which are not ours to keep here: how many rows each table
/// has, and a digest of the whole answer.
#[test]
fn every_question_is_answered_over_real_records() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !data.is_dir() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} is missing", data.display());
        eprintln!("SKIPPED: {} is not there", data.display());
        return;
    }
    let db = tempfile::tempdir().expect("a folder");
    let app = open(db.path());
    import(&app, &[&data]);
    let given: BTreeMap<&str, Option<String>> = [
        ("resource", commonest(&app, "resource", "service:ec2 is:write -is:error")),
        ("key", commonest(&app, "key", "key:AKIA*")),
        ("name", commonest(&app, "principal", "userIdentity.type:IAMUser")),
        ("principal", commonest(&app, "principal", "userIdentity.type:IAMUser")),
        ("address", commonest(&app, "address", "ip:0.0.0.0/0")),
        ("search", Some("is:error".to_owned())),
        ("approved", Some("us-east-1".to_owned())),
    ]
    .into();
    let mut out = String::new();
    for known in QUESTIONS {
        let value = |name: &str| given.get(name).cloned().flatten();
        let question = Question::named(known.name, value).expect("everything it needs is given");
        let answer = app.answer(&question, TimeRange::default(), 50).expect("readable");
        let text = text_of(known.name, &answer);
        let digest: String =
            Sha256::digest(&text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let rows: Vec<String> =
            answer.tables.iter().map(|table| table.rows.len().to_string()).collect();
        out += &format!("{}: {} rows, {digest}\n", known.name, rows.join(" + "));
    }
    expect_file!["questions_shared.txt"].assert_eq(&out);
}

/// The event that took production down, in the example.
fn fatal_route(app: &App) -> trailhound_record::Event {
    let query =
        LookupQuery { event_name: Some("ReplaceRoute".to_owned()), ..LookupQuery::default() };
    let page = app.lookup(&query, None, 1).expect("readable");
    page.events.into_iter().next().expect("the example has one")
}

fn given(app: &App) -> impl Fn(&str) -> Option<String> {
    let fatal = fatal_route(app);
    let table = fatal.resources.first().map(|found| found.resource_name.clone());
    move |name: &str| match name {
        "resource" => table.clone(),
        "key" => fatal.access_key_id.clone(),
        "name" | "principal" => Some("dave".to_owned()),
        "address" => fatal.source_ip_address.clone(),
        "search" => Some("user:dave".to_owned()),
        "approved" => Some("us-east-1".to_owned()),
        _ => None,
    }
}

#[test]
fn every_question_is_answered_over_the_example() {
    let (_db, app) = example();
    let given = given(&app);
    let mut out = String::new();
    for known in QUESTIONS {
        let question = Question::named(known.name, &given).expect("everything it needs is given");
        let answer = app.answer(&question, TimeRange::default(), 50).expect("readable");
        assert!(!answer.tables.is_empty(), "{}", known.name);
        assert!(!answer.searches.is_empty() || known.name == "coverage", "{}", known.name);
        out += &text_of(known.name, &answer);
        for flag in known.flags {
            let with =
                |name: &str| if name == *flag { Some("true".to_owned()) } else { given(name) };
            let question = Question::named(known.name, with).expect("given");
            let answer = app.answer(&question, TimeRange::default(), 50).expect("readable");
            out += &text_of(&format!("{} --{flag}", known.name), &answer);
        }
    }
    expect_file!["questions.txt"].assert_eq(&out);
}

#[test]
fn a_time_without_events_gives_no_rows_and_says_what_the_store_holds() {
    let (_db, app) = example();
    let given = given(&app);
    let range = TimeRange {
        start: Timestamp::parse("1999-01-01T00:00:00Z"),
        end: Timestamp::parse("1999-02-01T00:00:00Z"),
    };
    for known in QUESTIONS {
        let question = Question::named(known.name, &given).expect("everything it needs is given");
        let answer = app.answer(&question, range, 50).expect("readable");
        let rows = answer.tables.iter().flat_map(|table| &table.rows);
        for row in rows {
            // Counts are rows too: of nothing.
            let is_nothing = row
                .iter()
                .all(|cell| cell == "0" || !cell.starts_with(|c: char| c.is_ascii_digit()));
            assert!(is_nothing, "{}: {row:?}", known.name);
        }
        assert_eq!(answer.coverage.events_in_range, 0, "{}", known.name);
        assert!(answer.coverage.events_stored > 0, "{}", known.name);
        assert!(answer.coverage.times_stored.is_some(), "{}", known.name);
    }
}

/// The story: the route is the first thing to look at, with who, and its history has before and after.
#[test]
fn the_fatal_route_is_the_first_change_to_look_at() {
    let (_db, app) = example();
    let fatal = fatal_route(&app);
    let at = fatal.event_time.expect("it has a time");
    let instance = app
        .lookup(
            &LookupQuery { event_name: Some("RunInstances".to_owned()), ..LookupQuery::default() },
            None,
            100,
        )
        .expect("readable")
        .events
        .into_iter()
        .flat_map(|event| event.resource_ids)
        .find(|id| id.starts_with("vpc-"))
        .expect("instances run in a VPC");
    let found = app
        .changes(&ChangesQuery {
            at: Timestamp(at.0 + 600_000_000),
            window_micros: 3_600_000_000,
            near: Some(instance),
            scope: None,
            limit: 10,
        })
        .expect("readable");
    let first = found.ranked.first().expect("something changed");
    assert_eq!(first.event.event_id, fatal.event_id, "{:?}", found.ranked);
    assert!(first.reasons.iter().any(|reason| reason.text == "changes a route"));
    assert!(first.attribution.line().contains("dave"), "{}", first.attribution.line());

    let table = fatal.resources.first().expect("a route table").resource_name.clone();
    let query = HistoryQuery { resource: table, limit: 1_000, hops: 2, ..HistoryQuery::default() };
    let history = app.history(&query).expect("readable");
    let last = history.entries.last().expect("it has a history");
    let change = last.step.changes.first().expect("the route changed");
    assert!(change.before_text().starts_with("nat-"), "{change}");
    assert!(change.after_text().starts_with("igw-"), "{change}");
    assert!(history.related.iter().any(|one| one.resource.starts_with("nat-")));
}
