//! Which rows of a segment meet a condition, as far as the index can tell.

use trailhound_record::field::Field;
use trailhound_record::token::token_hash;

use crate::limits::BLOCK_ROWS;
use crate::segment::read::{ReadSegmentError, Segment};
use crate::segment::rows::RowSet;

/// A condition that the index can prune by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Any row.
    Any,
    /// No row.
    Never,
    /// The row's record has a key with this [`trailhound_record::key::key_hash`].
    Key(u32),
    /// The row's record holds a token with this [`trailhound_record::token::token_hash`].
    Token(u64),
    /// A row of the same block has a value in the column of this field.
    Present(Field),
    /// The row's `eventID` is this.
    EventId(String),
    /// The row's event time is known and lies in `[start, end)`, in microseconds; an absent end is open.
    Time {
        /// The earliest event time.
        start_micros: Option<i64>,
        /// The first event time that is too late.
        end_micros: Option<i64>,
    },
    /// All of these hold.
    And(Vec<Condition>),
    /// At least one of these holds.
    Or(Vec<Condition>),
}

impl Condition {
    /// How much work it is, roughly: keys leave few blocks for filters, these few for times.
    fn cost(&self) -> u8 {
        match self {
            Self::Any | Self::Never => 0,
            Self::Key(_) => 1,
            Self::And(_) | Self::Or(_) => 2,
            Self::Token(_) | Self::Present(_) => 3,
            Self::Time { .. } => 4,
            Self::EventId(_) => 5,
        }
    }

    /// Whether an event with a time in `[first, last]` may meet it, or one without a time.
    fn may_hold_at(&self, times: Option<(i64, i64)>) -> bool {
        match self {
            Self::Any | Self::Key(_) | Self::Token(_) | Self::Present(_) | Self::EventId(_) => true,
            Self::Never => false,
            Self::Time { start_micros, end_micros } => times.is_some_and(|(first, last)| {
                start_micros.is_none_or(|start| last >= start)
                    && end_micros.is_none_or(|end| first < end)
            }),
            Self::And(parts) => parts.iter().all(|part| part.may_hold_at(times)),
            Self::Or(parts) => parts.iter().any(|part| part.may_hold_at(times)),
        }
    }
}

impl Segment {
    /// Whether a row of it may meet `condition`, by what the table log says; reads no file.
    pub fn may_meet(&self, condition: &Condition) -> bool {
        condition.may_hold_at(self.entry().time_micros)
    }

    /// The rows that may meet `condition`: all that do (invariant QU-2), and few others. Exact for
    /// times; by hash for keys; by block for tokens.
    ///
    /// # Errors
    /// [`ReadSegmentError`] when the index or, at the ends of a time range, a block cannot be read.
    pub fn rows_meeting(&self, condition: &Condition) -> Result<RowSet, ReadSegmentError> {
        if !self.may_meet(condition) {
            return Ok(RowSet::none(self.rows()));
        }
        self.narrow(condition, RowSet::all(self.rows()))
    }

    /// The rows of `set` that may meet `condition`.
    fn narrow(&self, condition: &Condition, mut set: RowSet) -> Result<RowSet, ReadSegmentError> {
        match condition {
            Condition::Any => {}
            Condition::Never => return Ok(RowSet::none(self.rows())),
            Condition::Key(hash) => match self.index()?.rows_of(*hash) {
                Some(rows) => set.keep(&rows),
                None => return Ok(RowSet::none(self.rows())),
            },
            Condition::Token(hash) => {
                let index = self.index()?;
                for block in 0..index.blocks() {
                    if set.len_in_block(block) > 0 && !index.block_may_hold(block, &[*hash]) {
                        set.clear_block(block);
                    }
                }
            }
            Condition::Present(field) => {
                let index = self.index()?;
                for block in 0..index.blocks() {
                    if index.block_columns(block).is_some_and(|columns| !columns.has(*field)) {
                        set.clear_block(block);
                    }
                }
            }
            Condition::EventId(event_id) => {
                set = self.narrow(&Condition::Token(token_hash(event_id.as_bytes())), set)?;
                for block in 0..self.block_count() {
                    if set.len_in_block(block) > 0 {
                        set.keep_in_block(block, &self.rows_with_event_id(block, event_id)?);
                    }
                }
            }
            Condition::Time { start_micros, end_micros } => {
                self.narrow_to_times(*start_micros, *end_micros, &mut set)?;
            }
            Condition::And(parts) => {
                let mut parts: Vec<&Condition> = parts.iter().collect();
                parts.sort_by_key(|part| part.cost());
                for part in parts {
                    if set.is_empty() {
                        break;
                    }
                    set = self.narrow(part, set)?;
                }
            }
            Condition::Or(parts) => {
                let mut all = RowSet::none(self.rows());
                for part in parts {
                    all.add(&self.narrow(part, set.clone())?);
                }
                set = all;
            }
        }
        Ok(set)
    }

    /// Drops the rows outside `[start, end)`, and those without a time. Rows ascend by time.
    fn narrow_to_times(
        &self,
        start_micros: Option<i64>,
        end_micros: Option<i64>,
        set: &mut RowSet,
    ) -> Result<(), ReadSegmentError> {
        // A row without a time has the least of all.
        let start = start_micros.unwrap_or(i64::MIN).max(i64::MIN + 1);
        let is_within =
            |(first, last): (i64, i64)| first >= start && end_micros.is_none_or(|end| last < end);
        if self.entry().time_micros.is_some_and(is_within) {
            return Ok(());
        }
        let index = self.index()?;
        for block in 0..index.blocks() {
            let (first, last) = index.block_times(block).unwrap_or((i64::MIN, i64::MAX));
            if last < start || end_micros.is_some_and(|end| first >= end) {
                set.clear_block(block);
                continue;
            }
            if is_within((first, last)) || set.len_in_block(block) == 0 {
                continue;
            }
            let times = self.block_times(block)?;
            let row_at = |micros: i64| {
                (block * BLOCK_ROWS + times.partition_point(|&time| time < micros)) as u32
            };
            set.drop_in_block_before(row_at(start));
            if let Some(end) = end_micros.filter(|end| last >= *end) {
                set.drop_in_block_from(row_at(end));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use trailhound_record::RowBatch;
    use trailhound_record::batch::RecordRule;
    use trailhound_record::key::{Attribute, key_hash};

    use super::*;
    use crate::Store;

    const START: i64 = 1_704_880_800_000_000;

    /// Records of one day, three blocks of them, and some without a time.
    fn batch() -> RowBatch {
        let mut batch = RowBatch::default();
        for row in 0..BLOCK_ROWS as u64 * 5 / 2 {
            let at = trailhound_record::Timestamp(START + (row as i64 / 3) * 1_000_000);
            let time = if row % 97 == 0 { "...".to_owned() } else { at.to_string() };
            let error = if row == 10 { r#","errorMessage":"Failed authentication""# } else { "" };
            let json = format!(
                r#"{{"eventTime":"{time}","eventID":"id{row:08}","eventName":"Call{}","eventSource":"s{}","requestParameters":{{"word":"token{}"}}{error}}}"#,
                row % 5,
                row / 9_000,
                row / 700
            );
            batch.try_push(json.as_bytes(), 0, RecordRule::Listed).expect("a record");
        }
        batch
    }

    fn any_condition() -> impl Strategy<Value = Condition> {
        let micros = proptest::option::of((-10_i64..8_000).prop_map(|it| START + it * 1_000_000));
        let leaf = prop_oneof![
            1 => Just(Condition::Any),
            1 => Just(Condition::Never),
            3 => (0_u8..6).prop_map(|it| {
                Condition::Key(key_hash(Attribute::EventName, format!("call{it}").as_bytes()))
            }),
            2 => (0_u8..4).prop_map(|it| {
                Condition::Key(key_hash(Attribute::EventSource, format!("s{it}").as_bytes()))
            }),
            2 => prop::sample::select(vec![Field::ErrorMessage, Field::ErrorCode, Field::EventName])
                .prop_map(Condition::Present),
            3 => (0_u8..40).prop_map(|it| Condition::Token(token_hash(format!("token{it}").as_bytes()))),
            1 => (0_u32..25_000).prop_map(|it| Condition::EventId(format!("id{it:08}"))),
            3 => (micros.clone(), micros).prop_map(|(start_micros, end_micros)| {
                Condition::Time { start_micros, end_micros }
            }),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::And),
                prop::collection::vec(inner, 0..4).prop_map(Condition::Or),
            ]
        })
    }

    /// What a row meets, by its own keys, tokens and time.
    fn meets(batch: &RowBatch, row: usize, condition: &Condition) -> bool {
        let row_of = &batch.rows[row];
        let slice = |from: u32, len: u32| from as usize..from as usize + len as usize;
        match condition {
            Condition::Any => true,
            Condition::Never => false,
            Condition::Key(hash) => {
                batch.keys[slice(row_of.keys.start, row_of.keys.len)].contains(hash)
            }
            Condition::Token(hash) => {
                batch.tokens[slice(row_of.tokens.start, row_of.tokens.len)].contains(hash)
            }
            Condition::Present(field) => row_of.present & (1 << *field as u64) != 0,
            Condition::EventId(event_id) => batch.event_key(row_of) == event_id.as_bytes(),
            Condition::Time { start_micros, end_micros } => {
                let time = row_of.event_time_micros;
                time != i64::MIN
                    && start_micros.is_none_or(|start| time >= start)
                    && end_micros.is_none_or(|end| time < end)
            }
            Condition::And(parts) => parts.iter().all(|part| meets(batch, row, part)),
            Condition::Or(parts) => parts.iter().any(|part| meets(batch, row, part)),
        }
    }

    fn is_of_blocks(condition: &Condition) -> bool {
        match condition {
            Condition::Token(_) | Condition::Present(_) => true,
            Condition::And(parts) | Condition::Or(parts) => parts.iter().any(is_of_blocks),
            _ => false,
        }
    }

    /// INVARIANT(QU-2): no row that meets a condition is missing; without tokens, none is too many.
    #[test]
    fn rows_meeting_equal_a_plain_filter() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opens");
        let batch = Arc::new(batch());
        store.writer().expect("free").append(&[Arc::clone(&batch)]).expect("appended");
        let snapshot = store.snapshot().expect("a snapshot");
        // By event id: which row of the batch a stored row is.
        let place = |body: &[u8]| {
            let at = memchr::memmem::find(body, b"\"id").expect("an id") + 3;
            std::str::from_utf8(&body[at..at + 8]).expect("digits").parse().expect("a number")
        };
        let segments: Vec<(_, Vec<usize>)> = snapshot
            .segments()
            .iter()
            .map(|segment| {
                let rows: Vec<u32> = (0..segment.rows()).collect();
                let stored = segment.read_rows(&rows).expect("readable");
                (segment, stored.iter().map(|row| place(&row.body)).collect())
            })
            .collect();
        assert_eq!(segments.len(), 2);
        proptest!(ProptestConfig::with_cases(200), |(condition in any_condition())| {
            for (segment, places) in &segments {
                let expect: Vec<u32> = (0..segment.rows())
                    .filter(|row| meets(&batch, places[*row as usize], &condition))
                    .collect();
                let mut found = segment.rows_meeting(&condition).expect("readable");
                let words: u32 = (0..3)
                    .flat_map(|block| found.block_words(block).iter().map(|word| word.count_ones()))
                    .sum();
                prop_assert_eq!(u64::from(words), found.len());
                let found = found.take_last(usize::MAX, 0);
                match is_of_blocks(&condition) {
                    true => prop_assert!(expect.iter().all(|row| found.contains(row))),
                    false => prop_assert_eq!(found, expect),
                }
            }
        });
        let failed = Condition::Present(Field::ErrorMessage);
        let found: u64 = segments
            .iter()
            .map(|(segment, _)| segment.rows_meeting(&failed).expect("readable").len())
            .sum();
        assert_eq!(found, BLOCK_ROWS as u64, "one failed row leaves its block");
        let of_block = Condition::Token(token_hash(b"token0"));
        let found = segments[0].0.rows_meeting(&of_block).expect("readable").len();
        assert_eq!(found, BLOCK_ROWS as u64, "a token of one block leaves one block");
    }
}
