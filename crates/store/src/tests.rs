//! The store against a plain vector, under random histories.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use trailhound_record::batch::RecordRule;
use trailhound_record::{Pushed, RowBatch};

use crate::{Position, Store};

/// One synthetic record: few accounts, ids, times and bodies, so that repeats and conflicts are many.
#[derive(Debug, Clone)]
struct Spec {
    account: u8,
    id: Option<u8>,
    /// Day 0..3 and second; nothing writes a time that is none.
    time: Option<(u8, u8)>,
    body: u8,
    is_spaced: bool,
}

impl Spec {
    fn json(&self) -> String {
        let mut members = vec![r#""eventVersion":"1.08""#.to_owned()];
        members.push(match self.time {
            Some((day, second)) => {
                format!(r#""eventTime":"2024-01-{:02}T10:00:{second:02}Z""#, 10 + day)
            }
            None => r#""eventTime":"...""#.to_owned(),
        });
        if let Some(id) = self.id {
            members.push(format!(r#""eventID":"id-{id}""#));
        }
        members.push(format!(r#""recipientAccountId":"{:012}""#, self.account));
        members.push(format!(r#""requestParameters":{{"n":[{}],"é\"":"\u00e9"}}"#, self.body));
        members.push(format!(r#""odd{}":1.50"#, self.body));
        format!("{{{}}}", members.join(if self.is_spaced { ", " } else { "," }))
    }

    fn day(&self) -> Option<i32> {
        self.time.map(|(day, _)| 19_732 + i32::from(day))
    }
}

fn any_spec() -> impl Strategy<Value = Spec> {
    (
        0_u8..2,
        proptest::option::weighted(0.9, 0_u8..12),
        proptest::option::weighted(0.9, (0_u8..4, 0_u8..3)),
        0_u8..3,
        any::<bool>(),
    )
        .prop_map(|(account, id, time, body, is_spaced)| Spec {
            account,
            id,
            time,
            body,
            is_spaced,
        })
}

#[derive(Debug, Clone)]
enum Op {
    Import(Vec<Spec>),
    /// Writes segments and stops before the commit.
    Crash(Vec<Spec>),
    Compact,
    Retain(u8),
    Reopen,
    LoseIndexes,
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => prop::collection::vec(any_spec(), 0..30).prop_map(Op::Import),
        1 => prop::collection::vec(any_spec(), 0..10).prop_map(Op::Crash),
        2 => Just(Op::Compact),
        1 => (0_u8..4).prop_map(Op::Retain),
        1 => Just(Op::Reopen),
        1 => Just(Op::LoseIndexes),
    ]
}

fn batch(specs: &[Spec]) -> Arc<RowBatch> {
    let mut batch = RowBatch::default();
    for spec in specs {
        let json = spec.json();
        let pushed = batch.try_push(json.as_bytes(), 0, RecordRule::Listed).expect("a record");
        assert_eq!(pushed, Pushed::Record { end: json.len() });
    }
    Arc::new(batch)
}

type Key = (i64, String, String);

/// What the store should hold: for each key its bodies, in order of conflict, with their day.
#[derive(Debug, Default)]
struct Model(BTreeMap<Key, (Option<i32>, Vec<String>)>);

impl Model {
    /// Returns (stored, duplicates).
    fn import(&mut self, specs: &[Spec]) -> (u64, u64) {
        let (mut stored, mut duplicates) = (0, 0);
        for spec in specs {
            let json = spec.json();
            let time = spec.time.map_or(i64::MIN, |(day, second)| {
                (i64::from(19_732 + i32::from(day)) * 86_400 + 36_000 + i64::from(second))
                    * 1_000_000
            });
            let key = spec.id.map_or_else(
                || trailhound_record::key::key_of_body(json.as_bytes()),
                |id| format!("id-{id}"),
            );
            let account = format!("{:012}", spec.account);
            let (_, bodies) =
                self.0.entry((time, key, account)).or_insert((spec.day(), Vec::new()));
            let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("JSON");
            if bodies.iter().any(|body| value(body) == value(&json)) {
                duplicates += 1;
            } else {
                bodies.push(json);
                stored += 1;
            }
        }
        (stored, duplicates)
    }

    fn rows(&self) -> Vec<(Position, String)> {
        let mut rows = Vec::new();
        for ((time, key, account), (_, bodies)) in &self.0 {
            for (conflict, body) in bodies.iter().enumerate() {
                let position = Position {
                    event_time_micros: *time,
                    event_key: key.clone(),
                    account_id: account.clone(),
                    conflict: conflict as u32,
                };
                rows.push((position, body.clone()));
            }
        }
        rows
    }
}

/// Every row of the store, in the total order; each segment must be in that order by itself.
fn rows_of(store: &Store) -> Vec<(Position, String)> {
    let mut all = Vec::new();
    for segment in store.snapshot().expect("a snapshot").segments() {
        let rows: Vec<u32> = (0..segment.rows()).collect();
        let stored = segment.read_rows(&rows).expect("readable");
        assert!(stored.is_sorted_by(|a, b| a.position < b.position), "a segment is in order");
        assert_eq!(crate::verify::verify_segment(segment), []);
        all.extend(
            stored
                .into_iter()
                .map(|row| (row.position, String::from_utf8(row.body).expect("UTF-8"))),
        );
    }
    all.sort();
    all
}

fn apply(store: &mut Store, model: &mut Model, op: &Op) {
    match op {
        Op::Import(specs) => {
            let written = store.writer().expect("free").append(&[batch(specs)]).expect("appended");
            let expect = model.import(specs);
            assert_eq!((written.stored, written.duplicates), expect);
        }
        Op::Crash(specs) => {
            let writer = store.writer().expect("free");
            let batch = batch(specs);
            let mut pending = crate::PendingRows::default();
            for (at, spec) in specs.iter().enumerate() {
                if spec.day() == Some(19_732) {
                    pending.push(&batch, at as u32);
                }
            }
            writer.write_day(Some(19_732), pending, &[]).expect("written");
        }
        Op::Compact => {
            store.writer().expect("free").compact(Some(1)).expect("compacted");
        }
        Op::Retain(day) => {
            let first = 19_732 + i32::from(*day);
            store.writer().expect("free").retain_from(first).expect("retained");
            model.0.retain(|_, (day, _)| day.is_none_or(|day| day >= first));
        }
        Op::Reopen => *store = Store::open(store.folder()).expect("opens"),
        Op::LoseIndexes => {
            for entry in
                std::fs::read_dir(store.folder().join("_index")).into_iter().flatten().flatten()
            {
                if entry.path().extension().is_some_and(|is| is == "idx") {
                    std::fs::remove_file(entry.path()).expect("removed");
                }
            }
            *store = Store::open(store.folder()).expect("opens");
            for segment in store.snapshot().expect("a snapshot").segments() {
                segment.facts().expect("made anew");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// The store equals a plain vector under every history (ST-1 to ST-4, IN-1).
    #[test]
    fn store_matches_model(ops in prop::collection::vec(any_op(), 0..10)) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path()).expect("opens");
        let mut model = Model::default();
        for op in &ops {
            apply(&mut store, &mut model, op);
            prop_assert_eq!(rows_of(&store), model.rows(), "after {:?}", op);
        }
    }
}

#[test]
fn only_one_writer_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("opens");
    let other = Store::open(folder.path()).expect("opens");
    let writer = store.writer().expect("free");
    let busy = other.writer().expect_err("taken");
    assert!(busy.to_string().starts_with("another trailhound is writing"), "{busy}");
    drop(writer);
    other.writer().expect("free again");
}

#[test]
fn a_reader_sees_what_another_process_commits() {
    let folder = tempfile::tempdir().expect("a folder");
    let reader = Store::open(folder.path()).expect("opens");
    let writer = Store::open(folder.path()).expect("opens");
    let spec = Spec { account: 1, id: Some(1), time: Some((0, 0)), body: 0, is_spaced: false };
    writer.writer().expect("free").append(&[batch(&[spec])]).expect("appended");
    assert_eq!(rows_of(&reader).len(), 1);
}

/// A half-written log entry and a cut data file must be seen, not read over.
#[test]
fn verify_names_a_changed_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("opens");
    let specs: Vec<Spec> = (0..50)
        .map(|id| Spec { account: 1, id: Some(id), time: Some((0, 0)), body: id, is_spaced: false })
        .collect();
    store.writer().expect("free").append(&[batch(&specs)]).expect("appended");
    let path = folder.path().join(&store.snapshot().expect("snapshot").segments()[0].entry().path);
    let mut bytes = std::fs::read(&path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    let store = Store::open(folder.path()).expect("opens");
    let snapshot = store.snapshot().expect("snapshot");
    let damage = crate::verify::verify_segment(&snapshot.segments()[0]);
    assert_eq!(damage.len(), 1, "{damage:?}");
    assert!(damage[0].what.contains("not to what its name says"), "{damage:?}");
}
