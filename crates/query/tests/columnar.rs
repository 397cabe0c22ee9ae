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

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => prop::sample::select(vec![
            "alice", "Alice", "root", "RunInstances", "ec2", "ec2.amazonaws.com", "10.0.0.1", "::1",
            "0:0::1", "AWS::S3::Bucket", "S3::Bucket", "arn:aws:s3:::b/k", "k", "i-0123456789abcdef0",
            "arn:aws:sts::123456789012:assumed-role/Admin/alice", "Admin", "true", "false", "null",
            "eventName", "userName", "12", "-12", "1.50", "a b", "newMember", "odd", "us-east-1",
            "2023-07-10T11:00:00Z", "2023", "AccessDenied", "x,y", "é", "a\"b", "a\\b", "line\nline",
            "Insight", "Management", "console.amazonaws.com", "AwsConsoleSignIn", "",
        ]).prop_map(str::to_owned),
        1 => "[a-cA-C0-9 :/._*\"\\\\-]{1,6}",
    ]
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec![
            "userIdentity", "sessionContext", "sessionIssuer", "requestParameters", "eventName",
            "eventTime", "readOnly", "resources", "userName", "arn", "type", "newMember", "useridentity",
            "odd", "bucketName", "instanceId", "errorCode", "sourceIPAddress", "a.b", "attributes",
            "insightDetails", "eventSource", "managementEvent", "tlsDetails", "EVENTNAME", "READONLY",
        ]).prop_map(str::to_owned),
        1 => "[a-b.* \"-]{0,3}",
    ]
}

/// A path; most lead to what records of these tests hold.
fn any_path() -> impl Strategy<Value = Path> {
    let known = prop::sample::select(vec![
        "userIdentity.userName",
        "userIdentity.arn",
        "userIdentity.type",
        "userIdentity",
        "eventName",
        "userIdentity.sessionContext.sessionIssuer.userName",
        "userIdentity.sessionContext",
        "readOnly",
        "eventTime",
        "requestParameters",
        "requestParameters.bucketName",
        "resources",
        "errorCode",
        "insightDetails.eventName",
        "newMember",
        "userIdentity.odd",
        "eventCategory",
        "managementEvent",
        "tlsDetails",
        "resources.arn",
        "responseElements",
    ]);
    prop_oneof![
        4 => known.prop_map(|path| Path(path.split('.').map(str::to_owned).collect())),
        1 => prop::collection::vec(any_name(), 1..5).prop_map(Path),
    ]
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let piece = prop_oneof![3 => any_text(), 1 => Just(String::new())];
    let text = any_text().prop_filter("some text", |text| !text.is_empty());
    prop_oneof![
        3 => text.prop_map(|text| Pattern::literal(&text)),
        2 => prop::collection::vec(piece, 2..4).prop_map(Pattern::new),
    ]
    .prop_filter("not `*`", |pattern| !pattern.is_anything())
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (-4_i64..60).prop_map(|hours| Timestamp(NOW.0 - hours * 3_600_000_000))
}

fn any_test() -> impl Strategy<Value = Test> {
    prop_oneof![
        1 => Just(Test::Exists),
        3 => any_text().prop_map(Test::Equals),
        5 => any_pattern().prop_map(Test::Like),
    ]
}

fn any_path_test() -> impl Strategy<Value = Test> {
    let comparison = prop::sample::select(vec![Comparison::Less, Comparison::GreaterOrEqual]);
    let number = || "-?[0-9]{1,2}".prop_map(|text| Number::parse(&text).unwrap());
    let bound = prop_oneof![number().prop_map(Bound::Number), any_time().prop_map(Bound::Time),];
    prop_oneof![
        6 => any_test(),
        1 => (comparison, bound).prop_map(|(comparison, bound)| Test::Compare(comparison, bound)),
        1 => (number(), number())
            .prop_map(|(low, high)| Test::Between(Bound::Number(low), Bound::Number(high))),
    ]
}

fn any_term() -> impl Strategy<Value = Term> {
    let nets = ["10.0.0.0/8", "::/64", "0.0.0.0/0"];
    let net = prop::sample::select(nets.to_vec()).prop_map(|net| net.parse().unwrap());
    prop_oneof![
        4 => any_pattern().prop_map(Term::Text),
        8 => (prop::sample::select(FIELDS.to_vec()), any_test())
            .prop_map(|(field, test)| Term::Field(field, test)),
        1 => net.prop_map(|net| Term::Field(SearchField::Ip, Test::InNet(net))),
        8 => (any_path(), any_path_test()).prop_map(|(path, test)| Term::Path(path, test)),
        4 => prop::sample::select(Flag::ALL).prop_map(Term::Is),
        1 => any_time().prop_map(Term::Since),
        1 => any_time().prop_map(Term::Until),
    ]
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![12 => any_term().prop_map(Expr::Term), 1 => Just(Expr::All)];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Expr::all_of),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Expr::any_of),
            inner.prop_map(Expr::negated),
        ]
    })
}

fn object(members: Vec<(String, String)>) -> String {
    let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// The name of a member of a record, in quotes; some are spelled with an escape.
fn any_member_name() -> impl Strategy<Value = String> {
    let known = vec![
        "userIdentity",
        "requestParameters",
        "responseElements",
        "resources",
        "readOnly",
        "insightDetails",
        "managementEvent",
        "tlsDetails",
        "eventTime",
        "eventName",
        "newMember",
    ];
    let known = prop::sample::select(known);
    prop_oneof![
        9 => known.clone().prop_map(quoted),
        2 => known.prop_map(|name| quoted(name).replacen('e', "\\u0065", 1)),
        2 => any_name().prop_map(|name| quoted(&name)),
    ]
}

/// A record in which known names stand in known and in odd places.
fn any_record() -> impl Strategy<Value = String> {
    let text = || {
        any_text().prop_map(|text| match text.starts_with('A') {
            true => quoted(&text).replacen('A', "\\u0041", 1),
            false => quoted(&text),
        })
    };
    let odd = vec!["true", "false", "null", "12", "-12", "1.50", "\"True\"", "\"\\ud800\"", "{}"];
    let leaf = prop_oneof![
        8 => text(),
        2 => prop::sample::select(odd).prop_map(str::to_owned),
    ];
    let value = leaf.prop_recursive(3, 12, 3, |inner| {
        let name = any_name().prop_map(|name| quoted(&name));
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|items| format!("[{}]", items.join(","))),
            5 => prop::collection::vec((name, inner), 0..4).prop_map(object),
        ]
    });
    let known = prop::sample::select(vec![
        "eventName",
        "eventSource",
        "sourceIPAddress",
        "awsRegion",
        "errorCode",
        "errorMessage",
        "recipientAccountId",
        "userAgent",
        "eventCategory",
        "eventID",
        "eventType",
        "sessionCredentialFromConsole",
    ]);
    let name = any_member_name();
    let kinds = vec!["Root", "IAMUser", "AssumedRole", "AWSAccount", "Unknown"];
    let identity = (prop::sample::select(kinds), text(), text(), text(), any::<bool>()).prop_map(
        |(kind, user, arn, key, has_more)| {
            let issuer = format!("{{\"sessionIssuer\":{{\"userName\":{arn},\"arn\":{user}}}}}");
            let more = if has_more {
                format!(",\"accountId\":{arn},\"principalId\":\"x:al\"")
            } else {
                String::new()
            };
            format!(
                "{{\"type\":\"{kind}\",\"userName\":{user},\"arn\":{arn},\"accessKeyId\":{key},\
                \"sessionContext\":{issuer}{more}}}"
            )
        },
    );
    let time = (0_i64..50, any::<bool>()).prop_map(|(hours, is_odd)| {
        let at = Timestamp(NOW.0 - hours * 3_600_000_000 - hours * 7_000_000).to_string();
        quoted(&if is_odd { at.replace('Z', "+00:00") } else { at })
    });
    let member = prop_oneof![
        8 => (known.prop_map(quoted), text()),
        5 => (name, value),
        2 => (Just(quoted("userIdentity")), identity),
        1 => (Just(quoted("readOnly")), prop::sample::select(vec!["true", "false"]).prop_map(str::to_owned)),
        1 => (Just(quoted("eventSource")), Just(quoted("s3.amazonaws.com"))),
        1 => (Just(quoted("insightDetails")), text().prop_map(|it| format!("{{\"eventName\":{it},\"eventSource\":\"x\"}}"))),
    ];
    (time, 0_u8..12, prop::collection::vec(member, 0..9)).prop_map(
        |(time, is_dated, mut members)| {
            if is_dated > 0 {
                members.insert(0, (quoted("eventTime"), time));
            }
            object(members)
        },
    )
}

fn any_facet() -> impl Strategy<Value = Facet> {
    prop_oneof![
        2 => prop::sample::select(FIELDS.to_vec()).prop_map(Facet::Field),
        1 => any_path().prop_map(Facet::Path),
    ]
}

fn any_range() -> impl Strategy<Value = TimeRange> {
    let end = || proptest::option::weighted(0.3, any_time());
    (end(), end()).prop_map(|(start, end)| TimeRange { start, end })
}

fn holds(range: TimeRange, event: &Event) -> bool {
    range == TimeRange::default()
        || event.event_time.is_some_and(|at| {
            range.start.is_none_or(|start| at >= start) && range.end.is_none_or(|end| at < end)
        })
}

fn counts(facet: &Facet, events: &[&Event]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for value in events.iter().flat_map(|event| facet.values_of(event)) {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

/// What the columns say of each block, beside what the records say.
fn check_masks(stored: &Stored, query: &Query) {
    let mut events = stored.events.iter();
    for segment in stored.snapshot.segments() {
        for block in 0..segment.block_count() {
            let all = Bits::all(segment.block_rows(block));
            let mask = mask(segment, block, &all, query).expect("readable");
            let found = resolve(segment, block, &all, query).expect("readable");
            for row in 0..segment.block_rows(block) {
                let event = events.next().expect("an event");
                let matches = query.matches(event);
                let raw = String::from_utf8_lossy(&event.raw);
                assert!(!mask.yes.has(row) || matches, "yes, but not {query} on {raw}");
                assert!(mask.may.has(row) || !matches, "no, but {query} on {raw}");
                assert_eq!(found.has(row), matches, "{query} on {raw}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// What columns say about a row holds of its record, and the rest is read.
    #[test]
    fn masks_agree_with_the_evaluator(
        records in prop::collection::vec(any_record(), 1..40),
        exprs in prop::collection::vec(any_expr(), 60),
    ) {
        let stored = Stored::new(&records);
        for expr in exprs {
            check_masks(&stored, &Query::from(expr));
        }
    }

    /// Counts, top values and histograms equal those of a plain vector, whatever the index rules out.
    #[test]
    fn counts_equal_those_of_a_plain_vector(
        records in prop::collection::vec(any_record(), 1..40),
        asked in prop::collection::vec((any_expr(), any_range(), any_facet(), any_facet(), 0_usize..5), 24),
        hours in 1_u32..30,
    ) {
        let stored = Stored::new(&records);
        for (expr, range, facet, other, limit) in asked {
            let query = Query::from(expr);
            let expect: Vec<&Event> =
                stored.matching(&query).into_iter().filter(|event| holds(range, event)).collect();
            let counted = count(&stored.snapshot, &query, range);
            prop_assert_eq!(counted.events, expect.len() as u64, "{}", query);
            let coverage = &counted.coverage;
            prop_assert_eq!(&coverage.unreadable, &Vec::<String>::new());
            let looked_at = coverage.events_examined + coverage.events_skipped;
            prop_assert_eq!(coverage.events_in_range, looked_at);

            let of_vector = counts(&facet, &expect);
            let found = top(&stored.snapshot, &facet, &query, range, limit);
            prop_assert_eq!(found.distinct, of_vector.len() as u64, "{:?}", facet);
            let total: u64 = of_vector.values().sum();
            let mut largest: Vec<(String, u64)> = of_vector.clone().into_iter().collect();
            largest.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            largest.truncate(limit);
            let shown: u64 = largest.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(&found.values, &largest, "{:?} {}", facet, query);
            prop_assert_eq!((found.rest, found.events), (total - shown, expect.len() as u64));
            let without = expect.iter().filter(|event| facet.values_of(event).is_empty()).count();
            prop_assert_eq!(found.without, without as u64, "{:?} {}", facet, query);

            check_distinct(&stored, &other, &facet, &query, range, &expect);
            check_histogram(&stored, &query, range, hours, &facet, &expect);
        }
    }
}

fn check_distinct(
    stored: &Stored,
    of: &Facet,
    per: &Facet,
    query: &Query,
    range: TimeRange,
    events: &[&Event],
) {
    let mut expect: BTreeMap<String, (BTreeSet<String>, u64)> = BTreeMap::new();
    for event in events {
        for value in per.values_of(event) {
            let (others, count) = expect.entry(value).or_default();
            others.extend(of.values_of(event));
            *count += 1;
        }
    }
    let mut expect: Vec<(String, u64, u64)> = expect
        .into_iter()
        .map(|(value, (others, count))| (value, others.len() as u64, count))
        .collect();
    expect.sort_by_key(|(_, distinct, _)| std::cmp::Reverse(*distinct));
    let found = distinct_per(&stored.snapshot, of, per, query, range, usize::MAX);
    let values: Vec<_> =
        found.values.into_iter().map(|it| (it.value, it.distinct, it.events)).collect();
    assert_eq!(values, expect, "{of:?} per {per:?} of {query}");
    assert_eq!(found.distinct, expect.len() as u64);
}

fn check_histogram(
    stored: &Stored,
    query: &Query,
    range: TimeRange,
    hours: u32,
    facet: &Facet,
    events: &[&Event],
) {
    let interval = Interval::from_seconds(hours * 3_600).unwrap();
    for (interval, split) in [(Some(interval), None), (None, Some((facet, 3)))] {
        let found = histogram(&stored.snapshot, query, range, interval, split);
        let found = match found {
            Ok(found) => found,
            Err(error) => panic!("{error}: {query}"),
        };
        let is_split = split.is_some();
        let counted: u64 = found.buckets.iter().map(|bucket| bucket.events).sum();
        assert_eq!(counted + found.without_time, events.len() as u64, "{query} {range:?}");
        let bucket_of = |event: &&Event| event.event_time.map(|at| found.interval.start_of(at));
        let starts: Vec<Timestamp> = found.buckets.iter().map(|bucket| bucket.start).collect();
        let step = found.interval.seconds() * 1_000_000;
        assert!(starts.windows(2).all(|pair| pair[1].0 - pair[0].0 == step));
        assert_eq!(
            found.values.len(),
            if is_split { counts(facet, events).len().min(3) } else { 0 },
            "{query}"
        );
        for bucket in &found.buckets {
            let own: Vec<&Event> = events
                .iter()
                .copied()
                .filter(|event| bucket_of(event) == Some(bucket.start))
                .collect();
            assert_eq!(bucket.events, own.len() as u64, "{query}");
            let of_own = counts(facet, &own);
            for (value, events) in found.values.iter().zip(&bucket.split) {
                assert_eq!(*events, of_own.get(value).copied().unwrap_or_default(), "{value}");
            }
        }
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
