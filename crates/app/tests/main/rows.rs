//! Everything that a store answers, as plain rows that can be compared.

use std::path::Path;
use std::sync::atomic::AtomicU64;

use trailhound_app::App;
use trailhound_app::import::{ImportProgress, ImportReport, ImportSource};
use trailhound_app::lookup::LookupQuery;

/// One event with everything that its place in the order depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Row {
    pub(crate) time_micros: Option<i64>,
    pub(crate) event_id: Option<String>,
    pub(crate) account_id: Option<String>,
    pub(crate) conflict: u32,
    pub(crate) raw: String,
}

/// Opens the store in `db`.
pub(crate) fn open(db: &Path) -> App {
    App::open(db).unwrap_or_else(|error| panic!("the store opens: {}", chain(&error)))
}

/// Imports `paths` and checks that every record is accounted for (IN-1).
pub(crate) fn import(app: &App, paths: &[&Path]) -> ImportReport {
    let sources: Vec<_> =
        paths.iter().map(|path| ImportSource::Path(path.display().to_string())).collect();
    let report = app
        .import(&sources, &ImportProgress::default(), &|_| {})
        .unwrap_or_else(|error| panic!("the import succeeds: {}", chain(&error)));
    check_counts(&report);
    report
}

/// IN-1: every record read is stored, known or rejected.
pub(crate) fn check_counts(report: &ImportReport) {
    assert_eq!(
        report.read,
        report.stored + report.duplicates + report.rejected_records,
        "{report:?}"
    );
}

/// Every event, newest first, read in pages of `page` events.
pub(crate) fn rows_paged(
    app: &App,
    query: &LookupQuery,
    mut page: impl FnMut() -> usize,
) -> Vec<Row> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let limit = page();
        let answer = app.lookup(query, after.as_ref(), limit).expect("readable");
        assert_eq!(answer.coverage.unreadable, Vec::<String>::new());
        assert!(answer.events.len() <= limit, "a page holds at most what was asked for");
        rows.extend(answer.events.into_iter().map(|event| Row {
            time_micros: event.event_time.map(|time| time.0),
            event_id: event.event_id,
            account_id: event.account_id,
            conflict: event.conflict,
            raw: String::from_utf8(event.raw).expect("UTF-8"),
        }));
        after = answer.next;
        if after.is_none() {
            return rows;
        }
    }
}

/// Every event, newest first.
pub(crate) fn rows(app: &App) -> Vec<Row> {
    rows_paged(app, &LookupQuery::default(), || 1_000)
}

/// Every event in an order that does not depend on the store.
pub(crate) fn sorted_rows(app: &App) -> Vec<Row> {
    let mut rows = rows(app);
    rows.sort();
    rows
}

/// Checks every byte of the store; it must be whole.
pub(crate) fn check_whole(app: &App) {
    let report = app.verify(&AtomicU64::new(0)).expect("readable");
    assert_eq!(report.damage, [], "nothing is damaged");
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
