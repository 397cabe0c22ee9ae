//! Random records in random packings come out exactly, in order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop where it stands"
)]

mod common;

use common::{Collected, Dribble, gzip, read_file, tar, zip, zstd};
use proptest::prelude::*;
use serde_json::{Value, json};
use trailhound_source::Reader;

/// Any JSON value, strings with braces, quotes and escapes included.
fn any_value() -> impl Strategy<Value = Value> {
    let text = "[ -~é\n\t\"\\\\{}\\[\\]😀]{0,12}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text, inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

prop_compose! {
    /// A record as CloudTrail or a pretty printer writes it.
    fn any_record()(
        parameters in any_value(),
        id in any::<u64>(),
        is_pretty in any::<bool>(),
    ) -> String {
        let record = json!({
            "eventVersion": "1.08",
            "userIdentity": { "type": "Root" },
            "eventTime": "2024-01-01T00:00:00Z",
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateUser",
            "requestParameters": parameters,
            "eventID": id.to_string(),
        });
        if is_pretty { serde_json::to_string_pretty(&record).unwrap() } else { record.to_string() }
    }
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    LogFile,
    List,
    Lines,
    Concatenated,
    LookupEvents,
    EventBridge,
    LogsExport,
    Subscription,
    Queue,
    Deep,
}

const SHAPES: [Shape; 10] = [
    Shape::LogFile,
    Shape::List,
    Shape::Lines,
    Shape::Concatenated,
    Shape::LookupEvents,
    Shape::EventBridge,
    Shape::LogsExport,
    Shape::Subscription,
    Shape::Queue,
    Shape::Deep,
];

fn pack(shape: Shape, records: &[String]) -> String {
    let each = |write: &dyn Fn(&String) -> String, separator: &str| {
        records.iter().map(write).collect::<Vec<_>>().join(separator)
    };
    let quoted = |text: &String| serde_json::to_string(text).unwrap();
    match shape {
        Shape::LogFile => format!("{{\"Records\":[{}]}}", records.join(",")),
        Shape::List => format!("[{}]", records.join(" ,\n ")),
        Shape::Lines => records.join("\n"),
        Shape::Concatenated => records.concat(),
        Shape::LookupEvents => {
            let event =
                |it: &String| format!("{{\"EventId\":\"e\",\"CloudTrailEvent\":{}}}", quoted(it));
            format!("{{\"Events\":[{}]}}", each(&event, ","))
        }
        Shape::EventBridge => each(&|it| format!("{{\"version\":\"0\",\"detail\":{it}}}"), "\n"),
        Shape::LogsExport => each(&|it| format!("2024-01-01T00:00:00.000Z {it}"), "\n"),
        Shape::Subscription => {
            let event = |it: &String| format!("{{\"id\":\"1\",\"message\":{}}}", quoted(it));
            format!("{{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{}]}}", each(&event, ","))
        }
        Shape::Queue => {
            let body = quoted(&format!(
                "{{\"Type\":\"Notification\",\"Message\":{}}}",
                quoted(&pack(Shape::LogFile, records))
            ));
            format!("{{\"Messages\":[{{\"Body\":{body}}}]}}")
        }
        Shape::Deep => format!(
            "{{\"hits\":{{\"hits\":[{}]}}}}",
            each(&|it| format!("{{\"_source\":{{\"aws\":{it}}}}}"), ",")
        ),
    }
}

#[derive(Debug, Clone, Copy)]
enum Container {
    Gzip,
    GzipMembers,
    Zstd,
    Tar,
    Zip,
}

const CONTAINERS: [Container; 5] =
    [Container::Gzip, Container::GzipMembers, Container::Zstd, Container::Tar, Container::Zip];

fn wrap(container: Container, plain: &[u8]) -> Vec<u8> {
    let (first, second) = plain.split_at(plain.len() / 2);
    match container {
        Container::Gzip => gzip(plain),
        Container::GzipMembers => [gzip(first), gzip(second)].concat(),
        Container::Zstd => zstd(plain),
        Container::Tar => tar(&[("member", plain), ("empty", b"")]),
        Container::Zip => zip(&[("empty", b""), ("member", plain)]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn records_come_out_as_they_went_in(
        records in prop::collection::vec(any_record(), 1..8),
        shape in prop::sample::select(&SHAPES),
        containers in prop::collection::vec(prop::sample::select(&CONTAINERS), 0..4),
        step in 1..5000usize,
    ) {
        let mut stored = pack(shape, &records).into_bytes();
        for container in containers {
            stored = wrap(container, &stored);
        }
        let mut streamed = Collected::default();
        let mut reader = Reader::new();
        let _ = reader.read_stream("in", &mut Dribble { rest: &stored, step }, &mut streamed);
        prop_assert_eq!(&streamed.rejected, &[]);
        prop_assert_eq!(&streamed.records, &records);
        let from_file = read_file(&mut reader, &stored);
        prop_assert_eq!(&from_file.records, &records);
        prop_assert_eq!(&from_file.rejected, &[]);
    }

    /// Nothing that is whole and stands beside a broken record is lost, and none is invented.
    #[test]
    fn a_cut_out_piece_costs_no_record_elsewhere(
        records in prop::collection::vec(any_record(), 1..8),
        is_lines in any::<bool>(),
        hurt in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        len in 1..20usize,
    ) {
        let at = hurt.index(records.len());
        let mut hurt = records.clone();
        let from = from.index(hurt[at].len());
        let cut: Vec<u8> = hurt[at].bytes().enumerate()
            .filter(|(index, _)| !(from..from + len).contains(index))
            .map(|(_, byte)| byte)
            .collect();
        hurt[at] = String::from_utf8_lossy(&cut).into_owned();
        let shape = if is_lines { Shape::Lines } else { Shape::LogFile };
        let collected = common::read_stream(pack(shape, &hurt).as_bytes());
        // The hurt record may still be JSON; everything before it is untouched.
        prop_assert_eq!(&collected.records[..at], &records[..at]);
        for record in &collected.records {
            // A piece that is still an object, or one that now holds its neighbours, is a record.
            let is_left = hurt[at].contains(record) || record.contains(&hurt[at]);
            prop_assert!(records.contains(record) || is_left, "invented {}", record);
        }
        let is_json = serde_json::from_str::<Value>(&hurt[at]).is_ok();
        let taken = collected.records.len() + collected.rejected.len();
        prop_assert!(is_json || taken > at, "nothing is said of {}", hurt[at]);
    }

    /// Whatever comes, reading ends and says what it did.
    #[test]
    fn any_bytes_are_read_to_their_end(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        text in "(\\{|\\}|\\[|\\]|\"|,|:|\\\\|\n|1|null|\"Records\":|\"eventVersion\":|\"aws:|eventSource){0,60}",
        container in prop::sample::select(&CONTAINERS),
        hurt in any::<prop::sample::Index>(),
    ) {
        common::read_stream(&bytes);
        common::read_stream(text.as_bytes());
        let mut stored = wrap(container, text.as_bytes());
        let at = hurt.index(stored.len());
        stored[at] ^= 0x55;
        let mut collected = Collected::default();
        let _ = Reader::new().read_stream("in", &mut Dribble { rest: &stored, step: 7 }, &mut collected);
        read_file(&mut Reader::new(), &stored);
    }
}
