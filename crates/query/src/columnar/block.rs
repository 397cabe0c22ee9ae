//! One block of a segment, its columns read when first needed.

use std::cell::RefCell;
use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, StringArray};
use trailhound_record::field::{Field, Kind};
use trailhound_record::{Event, Timestamp};
use trailhound_store::limits::BLOCK_ROWS;
use trailhound_store::{Column, ReadSegmentError, Segment};

use crate::columnar::bits::Bits;

/// From so few of a block's rows on, a long column is read for them alone.
const SELECTED_SHARE: usize = 8;

/// One block.
pub(crate) struct Block<'s> {
    pub(crate) segment: &'s Segment,
    pub(crate) number: usize,
    pub(crate) rows: usize,
    read: RefCell<HashMap<Column, Option<ArrayRef>>>,
}

/// A text column: of all rows of the block, or of some.
pub(crate) struct Texts {
    array: ArrayRef,
    /// The rows that `array` has, when it does not have all.
    selected: Option<Bits>,
}

/// The texts of a column: what differs once, and which row has which.
pub(crate) struct TextsView<'t> {
    keys: Option<&'t [i32]>,
    array: &'t dyn Array,
    values: &'t StringArray,
    selected: Option<&'t Bits>,
}

impl<'s> Block<'s> {
    pub(crate) fn new(segment: &'s Segment, number: usize) -> Self {
        let rows = segment.block_rows(number);
        Self { segment, number, rows, read: RefCell::new(HashMap::new()) }
    }

    fn column(&self, column: Column) -> Result<Option<ArrayRef>, ReadSegmentError> {
        if let Some(read) = self.read.borrow().get(&column) {
            return Ok(read.clone());
        }
        let array = self.segment.column_of_block(self.number, column, None)?;
        self.read.borrow_mut().insert(column, array.clone());
        Ok(array)
    }

    /// A text or JSON column, `extra_fields` or `shape`; nothing when no row has a value.
    pub(crate) fn texts(&self, column: Column) -> Result<Option<Texts>, ReadSegmentError> {
        Ok(self.column(column)?.map(|array| Texts { array, selected: None }))
    }

    /// As [`Block::texts`], where only the rows of `wanted` are needed.
    pub(crate) fn texts_of(
        &self,
        field: Field,
        wanted: &Bits,
    ) -> Result<Option<Texts>, ReadSegmentError> {
        let column = Column::Field(field);
        let is_short = field.kind() != Kind::Json;
        let is_read = self.read.borrow().contains_key(&column);
        if is_short || is_read || wanted.len() * SELECTED_SHARE > self.rows {
            return self.texts(column);
        }
        let rows = self.segment_rows(wanted);
        let array = self.segment.column_of_block(self.number, column, Some(&rows))?;
        Ok(array.map(|array| Texts { array, selected: Some(wanted.clone()) }))
    }

    /// The rows of the segment that stand at `rows` of the block.
    pub(crate) fn segment_rows(&self, rows: &Bits) -> Vec<u32> {
        rows.iter().map(|row| (self.number * BLOCK_ROWS + row) as u32).collect()
    }

    /// The rows that have a value in the column.
    pub(crate) fn present(&self, column: Column) -> Result<Bits, ReadSegmentError> {
        let Some(array) = self.column(column)? else { return Ok(Bits::none(self.rows)) };
        let Some(nulls) = array.logical_nulls() else { return Ok(Bits::all(self.rows)) };
        let mut present = Bits::none(self.rows);
        nulls.valid_indices().for_each(|row| present.insert(row));
        Ok(present)
    }

    /// The rows where a Boolean column has this value.
    pub(crate) fn bools(&self, field: Field, wanted: bool) -> Result<Bits, ReadSegmentError> {
        let mut found = Bits::none(self.rows);
        let array = self.column(Column::Field(field))?;
        if let Some(array) = array.as_ref().and_then(|array| array.as_boolean_opt()) {
            let values = array.iter().enumerate();
            values.filter(|it| it.1 == Some(wanted)).for_each(|(row, _)| found.insert(row));
        }
        Ok(found)
    }

    /// The rows that are a second body under a known id.
    pub(crate) fn conflicts(&self) -> Result<Bits, ReadSegmentError> {
        let mut found = Bits::none(self.rows);
        let array = self.column(Column::Conflict)?;
        if let Some(array) = array.as_ref().and_then(|array| array.as_primitive_opt::<Int32Type>())
        {
            let values = array.iter().enumerate();
            values.filter(|it| it.1.unwrap_or(0) > 0).for_each(|(row, _)| found.insert(row));
        }
        Ok(found)
    }

    /// The event times, ascending; `i64::MIN` where not readable.
    pub(crate) fn times(&self) -> Result<Vec<i64>, ReadSegmentError> {
        let array = self.column(Column::Field(Field::EventTime))?;
        let times =
            array.as_ref().and_then(|array| array.as_primitive_opt::<TimestampMicrosecondType>());
        Ok(match times {
            Some(times) => times.iter().map(|time| time.unwrap_or(i64::MIN)).collect(),
            None => vec![i64::MIN; self.rows],
        })
    }

    /// The rows of `wanted` whose event time, as CloudTrail writes it, passes.
    pub(crate) fn times_passing(
        &self,
        wanted: &Bits,
        mut passes: impl FnMut(&str) -> bool,
    ) -> Result<Bits, ReadSegmentError> {
        let times = self.times()?;
        let mut found = Bits::none(self.rows);
        let mut last = (i64::MIN, false);
        for row in wanted.iter() {
            let time = times.get(row).copied().unwrap_or(i64::MIN);
            if time == i64::MIN {
                continue;
            }
            if time != last.0 {
                let text = Timestamp(time).canonical_text();
                last = (time, text.is_some_and(|text| passes(&text)));
            }
            if last.1 {
                found.insert(row);
            }
        }
        Ok(found)
    }

    /// The rows of `wanted` whose value in a text column passes; asked once for each different value.
    pub(crate) fn passing(
        &self,
        column: Column,
        wanted: &Bits,
        passes: impl FnMut(&str) -> bool,
    ) -> Result<Bits, ReadSegmentError> {
        let texts = match column {
            Column::Field(field) => self.texts_of(field, wanted)?,
            other => self.texts(other)?,
        };
        let mut found = Bits::none(self.rows);
        if let Some(view) = texts.as_ref().and_then(Texts::view) {
            view.passing(wanted, passes, &mut found);
        }
        Ok(found)
    }

    /// The rows of `wanted` that hold members beside the columns which one of `names`, or any when there
    /// are none, may lead to: what the columns say of these is not all.
    pub(crate) fn extras(&self, names: &[&str], wanted: &Bits) -> Result<Bits, ReadSegmentError> {
        let keys: Vec<String> =
            names.iter().map(|name| format!("\"{}\"", name.to_ascii_lowercase())).collect();
        self.passing(Column::ExtraFields, wanted, |extras| {
            let lower = extras.to_ascii_lowercase();
            keys.is_empty()
                || lower.contains('\\')
                || keys.iter().any(|key| lower.contains(key.as_str()))
        })
    }

    /// The events of some rows, read from their records. A record that no longer parses is left out.
    pub(crate) fn events(&self, rows: &Bits) -> Result<Vec<(usize, Event)>, ReadSegmentError> {
        let stored = self.segment.read_rows(&self.segment_rows(rows))?;
        let events = rows.iter().zip(stored).filter_map(|(row, stored)| {
            Some((row, Event::parse(stored.body, stored.position.conflict).ok()?))
        });
        Ok(events.collect())
    }
}

impl Texts {
    pub(crate) fn view(&self) -> Option<TextsView<'_>> {
        let selected = self.selected.as_ref();
        let array: &dyn Array = &self.array;
        if let Some(values) = array.as_string_opt::<i32>() {
            return Some(TextsView { keys: None, array, values, selected });
        }
        let dictionary = array.as_dictionary_opt::<Int32Type>()?;
        let values = dictionary.values().as_string_opt::<i32>()?;
        Some(TextsView { keys: Some(dictionary.keys().values()), array, values, selected })
    }
}

impl<'t> TextsView<'t> {
    /// How many different values there are at most.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Which value a row has.
    #[inline]
    pub(crate) fn code(&self, row: usize) -> Option<usize> {
        let at = match self.selected {
            None => row,
            Some(selected) => selected.has(row).then(|| selected.len_before(row))?,
        };
        if at >= self.array.len() || self.array.is_null(at) {
            return None;
        }
        match self.keys {
            Some(keys) => keys.get(at).map(|key| *key as usize),
            None => Some(at),
        }
    }

    /// The value called `code`.
    #[inline]
    pub(crate) fn value(&self, code: usize) -> Option<&'t str> {
        (code < self.values.len() && self.values.is_valid(code)).then(|| self.values.value(code))
    }

    /// The value of a row.
    pub(crate) fn of_row(&self, row: usize) -> Option<&'t str> {
        self.value(self.code(row)?)
    }

    fn passing(&self, wanted: &Bits, mut passes: impl FnMut(&str) -> bool, found: &mut Bits) {
        let mut known: Vec<Option<bool>> = vec![None; self.len()];
        for row in wanted.iter() {
            let Some(code) = self.code(row) else { continue };
            let Some(slot) = known.get_mut(code) else { continue };
            let is_passing = *slot.get_or_insert_with(|| self.value(code).is_some_and(&mut passes));
            if is_passing {
                found.insert(row);
            }
        }
    }
}
