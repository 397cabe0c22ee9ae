//! The walk against `serde_json`, and records that come back byte for byte.

use proptest::prelude::*;

use crate::RowBatch;
use crate::batch::{Pushed, RecordRule, Row};
use crate::field::Field;
use crate::rebuild::{RowValues, rebuild};
use crate::walk::{ParseRecordError, Walk};

/// The columns of one row, straight from its batch.
struct Values<'b>(&'b RowBatch, &'b Row);

impl Values<'_> {
    fn bit(field: Field) -> u64 {
        1 << field as u64
    }
}

impl RowValues for Values<'_> {
    fn text(&self, field: Field) -> Option<&str> {
        let (Values(batch, row), bit) = (self, Self::bit(field));
        let before = (row.present & (bit - 1)).count_ones() as usize;
        let span = batch.values[..].get(row.values_at as usize + before)?;
        (row.present & bit != 0).then(|| std::str::from_utf8(span.of(&batch.text)).expect("UTF-8"))
    }

    fn bool(&self, field: Field) -> Option<bool> {
        (self.1.present & Self::bit(field) != 0).then_some(self.1.bools & Self::bit(field) != 0)
    }

    fn event_time_micros(&self) -> Option<i64> {
        (self.1.event_time_micros != i64::MIN).then_some(self.1.event_time_micros)
    }

    fn extra_fields(&self) -> Option<&str> {
        let span = self.1.extra_fields;
        (span.len > 0).then(|| std::str::from_utf8(span.of(&self.0.text)).expect("UTF-8"))
    }
}

/// Takes `text` in and gives it back from the columns.
fn round_trip(text: &str) -> String {
    let mut batch = RowBatch::default();
    let pushed = batch.try_push(text.as_bytes(), 0, RecordRule::Stored).expect("a record");
    assert_eq!(pushed, Pushed::Record { end: text.len() });
    let row = batch.rows[0];
    assert_eq!(batch.body(&row), text.as_bytes());
    let shape = String::from_utf8(batch.shapes[row.shape as usize].clone()).expect("UTF-8");
    let mut out = Vec::new();
    rebuild(&shape, &Values(&batch, &row), &mut out).expect("rebuilt");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn odd_records_come_back_byte_for_byte() {
    for text in [
        "{}",
        "{ }",
        "{\n  \"eventName\" : \"A\\/B\\u0041\\ud83d\\ude00\\ud800\",\t\"eventTime\":null}",
        r#"{"eventTime":"2024-01-01T00:00:00Z","eventTime":"2024-01-01T00:00:01Z"}"#,
        r#"{"eventTime":"2024-01-01T00:00:00.5+01:00","readOnly":"True","managementEvent":1e5}"#,
        r#"{"userIdentity":"none","tlsDetails":[],"userIdentity":{"type":null,"x":{"y":[]}}}"#,
        r#"{"userIdentity":{"sessionContext":{"sessionIssuer":{},"attributes":{"a":1,"a":2}}}}"#,
        r#"{"even\u0074Name":"escaped key","":0,"a\"b":-0.0,"requestParameters":"text"}"#,
        r#"{"errorMessage":"a \"quoted\"\n\ttab\u0000\u001f é","userAgent":""}"#,
        r#"{"resources":[ {"ARN" : "arn:aws:s3:::b"} ],"additionalEventData":0,"addendum":true}"#,
    ] {
        assert_eq!(round_trip(text), text);
    }
}

#[test]
fn what_is_not_whole_or_not_json_is_named() {
    let mut walk = Walk::default();
    for (text, expect) in [
        ("{\"a\":", ParseRecordError::Incomplete),
        ("{\"a\":tru", ParseRecordError::Incomplete),
        ("{\"a\":12", ParseRecordError::Incomplete),
        ("{\"a\":01}", ParseRecordError::Syntax { at: 6, expected: "`,` or `}`" }),
        ("{\"a\":1,}", ParseRecordError::Syntax { at: 7, expected: "a key in quotes" }),
        (
            "{\"a\":\"\n\"}",
            ParseRecordError::Syntax { at: 6, expected: "a string without control characters" },
        ),
        ("[1]", ParseRecordError::Syntax { at: 0, expected: "`{`" }),
    ] {
        assert_eq!(walk.parse(text.as_bytes(), 0), Err(expect), "{text}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    assert!(matches!(walk.parse(deep.as_bytes(), 0), Err(ParseRecordError::TooDeep { .. })));
}

/// JSON text with the white space, escapes and number spellings of hostile producers.
fn any_json(depth: u32) -> BoxedStrategy<String> {
    let space = prop_oneof![6 => Just(""), 1 => Just(" "), 1 => Just("\n\t")];
    let string = prop::collection::vec(
        prop_oneof![
            8 => "[a-zA-Z0-9 :/._-]{0,6}",
            1 => Just("\\\"".to_owned()), 1 => Just("\\\\".to_owned()), 1 => Just("\\/".to_owned()),
            1 => Just("\\u00e9".to_owned()), 1 => Just("\\ud83d\\ude00".to_owned()),
            1 => Just("\\n".to_owned()), 1 => Just("é😀".to_owned()),
        ],
        0..4,
    )
    .prop_map(|parts| format!("\"{}\"", parts.concat()));
    let key = prop_oneof![
        4 => prop::sample::select(Field::ALL).prop_map(|field| format!("\"{}\"", field.key())),
        3 => prop::sample::select(vec!["userIdentity", "sessionContext", "sessionIssuer", "attributes", "tlsDetails"])
            .prop_map(|key| format!("\"{key}\"")),
        2 => string.clone(),
    ];
    let leaf = prop_oneof![
        5 => string,
        1 => Just("null".to_owned()), 1 => Just("true".to_owned()), 1 => Just("false".to_owned()),
        1 => Just("\"2024-02-29T23:59:59Z\"".to_owned()),
        2 => "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
    ];
    leaf.prop_recursive(depth, 48, 6, move |inner| {
        let spaced =
            (space.clone(), inner, space.clone()).prop_map(|(a, it, b)| format!("{a}{it}{b}"));
        let member = (space.clone(), key.clone(), spaced.clone())
            .prop_map(|(a, key, it)| format!("{a}{key}{a}:{it}"));
        prop_oneof![
            prop::collection::vec(spaced, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..8)
                .prop_map(|items| format!("{{{}}}", items.join(","))),
        ]
    })
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever object comes, it comes back byte for byte from its columns (ST-4).
    #[test]
    fn records_come_back_byte_for_byte(text in any_json(5).prop_filter("object", |text| text.starts_with('{'))) {
        prop_assert_eq!(round_trip(&text), text);
    }

    /// The walk takes the objects that `serde_json` takes, and no others.
    #[test]
    fn the_walk_agrees_with_serde_json(
        text in any_json(4), at in any::<prop::sample::Index>(), byte in prop::sample::select(b"{}[]\",:\\0e-.u \n\x01tfn".to_vec()), how in 0_u8..4,
    ) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            2 => { bytes.remove(at); }
            _ => {}
        }
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok()
            && text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{');
        let ours = Walk::default().parse_whole(text.as_bytes());
        prop_assert_eq!(ours.is_ok(), theirs, "{} {:?}", text, ours);
    }

    /// Arbitrary bytes never panic.
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,60}", cut in 0_usize..60) {
        let _ = Walk::default().parse(text.as_bytes(), cut);
        let _ = crate::Event::parse(text.into_bytes(), 0);
    }
}
