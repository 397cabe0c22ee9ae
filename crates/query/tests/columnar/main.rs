//! Counts from columns, against a plain vector of events.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use trailhound_query::columnar::{
    Bits, Facet, HistogramError, Interval, count, distinct_per, histogram, mask, resolve, top,
};
use trailhound_record::batch::RecordRule;
use trailhound_record::{Event, RowBatch, Timestamp};
use trailhound_search::{
    Bound, Comparison, Expr, Flag, Number, Path, Pattern, Query, SearchField, Term, Test, TimeRange,
};
use trailhound_store::{Snapshot, Store};

mod properties;
mod records;

/// 2023-07-10T12:00:00Z
const NOW: Timestamp = Timestamp(1_688_990_400_000_000);

const FIELDS: [SearchField; 13] = [
    SearchField::User,
    SearchField::Event,
    SearchField::Service,
    SearchField::Ip,
    SearchField::Key,
    SearchField::Role,
    SearchField::Account,
    SearchField::Region,
    SearchField::Error,
    SearchField::Resource,
    SearchField::Agent,
    SearchField::Type,
    SearchField::Id,
];

/// A store of `records`, and its events as it has them.
struct Stored {
    _folder: tempfile::TempDir,
    snapshot: Arc<Snapshot>,
    events: Vec<Event>,
}

impl Stored {
    fn new(records: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opens");
        let mut batch = RowBatch::default();
        for record in records {
            batch.try_push(record.as_bytes(), 0, RecordRule::Stored).expect("a record");
        }
        store.writer().expect("free").append(&[Arc::new(batch)]).expect("appended");
        let snapshot = store.snapshot().expect("a snapshot");
        let mut events = Vec::new();
        for segment in snapshot.segments() {
            let rows: Vec<u32> = (0..segment.rows()).collect();
            for row in segment.read_rows(&rows).expect("readable") {
                events.push(Event::parse(row.body, row.position.conflict).expect("a record"));
            }
        }
        Self { _folder: folder, snapshot, events }
    }

    fn matching(&self, query: &Query) -> Vec<&Event> {
        self.events.iter().filter(|event| query.matches(event)).collect()
    }
}

/// Enough records for three blocks, with few values.
fn many() -> Stored {
    let records: Vec<String> = (0..20_000_i64)
        .map(|row| {
            let at = Timestamp(NOW.0 + row * 1_000_000);
            let error = if row % 4 == 0 { r#","errorCode":"AccessDenied""# } else { "" };
            format!(
                r#"{{"eventTime":"{at}","eventID":"id{row}","eventName":"Call{}","sourceIPAddress":"10.0.{}.{}","eventSource":"{}.amazonaws.com","userIdentity":{{"type":"IAMUser","userName":"user{}"}},"requestParameters":{{"n":{},"list":[{{"x":"a"}},{{"x":"b{}"}}]}}{error}}}"#,
                row % 7,
                row % 3,
                row % 11,
                if row % 5 == 0 { "s3" } else { "ec2" },
                row % 10,
                row % 100,
                row % 2,
            )
        })
        .collect();
    Stored::new(&records)
}

fn check_top(stored: &Stored, facet: &str, text: &str, expect: &Expect) {
    let query = Query::parse(text, NOW).expect("a query");
    let facet = Facet::parse(facet).expect("a facet");
    let found = top(&stored.snapshot, &facet, &query, TimeRange::default(), 3);
    let values: Vec<String> =
        found.values.iter().map(|(value, count)| format!("{value} {count}")).collect();
    let shown = format!(
        "{}; {} values, rest {}, without {}, events {}; examined {}, skipped {}",
        values.join(", "),
        found.distinct,
        found.rest,
        found.without,
        found.events,
        found.coverage.events_examined,
        found.coverage.events_skipped,
    );
    expect.assert_eq(&shown);
}

#[test]
fn top_values_over_several_blocks() {
    let stored = many();
    check_top(
        &stored,
        "user",
        "is:error",
        &expect![
            "user0 1000, user2 1000, user4 1000; 5 values, rest 2000, without 0, events 5000; examined 5000, skipped 15000"
        ],
    );
    check_top(
        &stored,
        "error",
        "",
        &expect![
            "AccessDenied 5000; 1 values, rest 0, without 15000, events 20000; examined 20000, skipped 0"
        ],
    );
    check_top(
        &stored,
        "ip",
        "is:error -service:s3 ip:10.0.1.0/24",
        &expect![
            "10.0.1.4 122, 10.0.1.5 122, 10.0.1.8 122; 11 values, rest 968, without 0, events 1334; examined 5000, skipped 15000"
        ],
    );
    check_top(
        &stored,
        "requestParameters.list.x",
        "requestParameters.n:<10",
        &expect![
            "a 2000, b0 1000, b1 1000; 3 values, rest 0, without 0, events 2000; examined 20000, skipped 0"
        ],
    );
    check_top(
        &stored,
        "eventID",
        "event:Call1 until:2023-07-10T12:00:10Z",
        &expect!["id1 1, id8 1; 2 values, rest 0, without 0, events 2; examined 2, skipped 19998"],
    );
}

#[test]
fn a_histogram_starts_at_utc_hours_and_counts_empty_ones() {
    let stored = many();
    let query = Query::parse("user:(user2 OR user3) since:2023-07-10T11:30", NOW).expect("a query");
    let hour = Interval::from_seconds(3_600);
    let facet = Facet::parse("error").expect("a facet");
    let range = TimeRange::default();
    let found = histogram(&stored.snapshot, &query, range, hour, Some((&facet, 2)));
    let found = found.expect("few buckets");
    let lines: Vec<String> = found
        .buckets
        .iter()
        .map(|bucket| format!("{} {} {:?}", bucket.start, bucket.events, bucket.split))
        .collect();
    expect![[r#"
        2023-07-10T11:00:00Z 0 [0]
        2023-07-10T12:00:00Z 720 [180]
        2023-07-10T13:00:00Z 720 [180]
        2023-07-10T14:00:00Z 720 [180]
        2023-07-10T15:00:00Z 720 [180]
        2023-07-10T16:00:00Z 720 [180]
        2023-07-10T17:00:00Z 400 [100]"#]]
    .assert_eq(&lines.join("\n"));
    let second = Interval::from_seconds(1);
    let refused = histogram(&stored.snapshot, &query, range, second, None);
    assert!(matches!(refused, Err(HistogramError::TooManyBuckets { .. })), "{refused:?}");
}

#[test]
fn a_damaged_segment_is_named_and_the_rest_is_counted() {
    let records: Vec<String> = (0..4)
        .map(|day| format!(r#"{{"eventTime":"2023-07-1{day}T00:00:00Z","eventName":"x{day}"}}"#))
        .collect();
    let stored = Stored::new(&records);
    let path = stored.snapshot.segments()[0].entry().path.clone();
    let file = stored._folder.path().join(&path);
    std::fs::write(&file, b"PAR1").expect("written");
    let store = Store::open(stored._folder.path()).expect("opens");
    let query = Query::parse("event:x*", NOW).expect("a query");
    let found = count(&store.snapshot().expect("a snapshot"), &query, TimeRange::default());
    assert_eq!((found.events, found.coverage.unreadable.len()), (3, 1), "{:?}", found.coverage);
    assert!(found.coverage.unreadable[0].contains(&path), "{:?}", found.coverage);
}

#[test]
fn a_facet_is_read_as_the_language_reads_names() {
    let facet = |name: &str| Facet::parse(name);
    assert_eq!(facet("USER"), Ok(Facet::Field(SearchField::User)));
    assert_eq!(facet("eventtype"), Ok(Facet::Path(Path(vec!["eventType".to_owned()]))));
    let error = facet("usr").expect_err("no field");
    assert_eq!(error.span, 0..3);
    assert!(error.render("usr").contains("did you mean `user:`?"), "{error}");
    for name in ["", "a b", "user OR event", "since"] {
        assert!(facet(name).is_err(), "{name}");
    }
}
