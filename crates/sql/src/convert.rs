//! From the store's columns to Lake's: only what a statement asks for is built.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, ListArray, MapArray, StringArray, StringBuilder, StructArray,
    TimestampMicrosecondArray, new_null_array,
};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field as ArrowField};
use datafusion::error::{DataFusionError, Result};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use trailhound_record::Timestamp;
use trailhound_record::field::Field;
use trailhound_store::{Column, ReadSegmentError, Segment, StoredRow};

use crate::schema::{JsonKind, Needs, Source, TIME, map_entry_fields, map_type};

/// Some rows of one block, as the store has them.
pub(crate) struct Block {
    pub(crate) rows: usize,
    /// The columns read, those without a value left out.
    pub(crate) columns: HashMap<Column, ArrayRef>,
    /// The records, when they are needed.
    pub(crate) records: Vec<StoredRow>,
}

type Texts<'b> = Vec<Option<Cow<'b, str>>>;

impl Block {
    /// Reads `columns` of `rows`, which ascend and lie in the segment's block `block`.
    pub(crate) fn read(
        segment: &Segment,
        block: usize,
        rows: &[u32],
        needs: &Needs,
    ) -> Result<Self> {
        let external = |error: ReadSegmentError| DataFusionError::External(Box::new(error));
        let chosen = (rows.len() < segment.block_rows(block)).then_some(rows);
        let mut columns = HashMap::new();
        for column in &needs.columns {
            if let Some(array) =
                segment.column_of_block(block, *column, chosen).map_err(external)?
            {
                let array = match array.data_type() {
                    DataType::Dictionary(..) => cast(&array, &DataType::Utf8)?,
                    _ => array,
                };
                columns.insert(*column, array);
            }
        }
        let records =
            if needs.has_body { segment.read_rows(rows).map_err(external)? } else { Vec::new() };
        Ok(Self { rows: rows.len(), columns, records })
    }

    fn column<T: 'static>(&self, column: Column) -> Option<&T> {
        self.columns.get(&column)?.as_any().downcast_ref()
    }

    fn texts(&self, field: Field) -> Texts<'_> {
        match self.column::<StringArray>(Column::Field(field)) {
            Some(column) => column.iter().map(|text| text.map(Cow::Borrowed)).collect(),
            None => vec![None; self.rows],
        }
    }

    /// The member `key` of `extra_fields`, JSON text.
    ///
    /// Members of nested objects are there too, under their own keys: who asks takes a key that only
    /// one object has.
    fn extras(&self, key: &str) -> Texts<'_> {
        let Some(column) = self.column::<StringArray>(Column::ExtraFields) else {
            return vec![None; self.rows];
        };
        let find = |text: &'_ str| -> Option<String> {
            if !text.contains(key) {
                return None;
            }
            let members = Members::parse(text)?;
            members.0.into_iter().find(|(name, _)| name == key).map(|(_, raw)| raw.get().to_owned())
        };
        column.iter().map(|text| text.and_then(find).map(Cow::Owned)).collect()
    }

    /// Builds one column.
    pub(crate) fn build(&self, source: Source) -> Result<ArrayRef> {
        Ok(match source {
            Source::Text(field) => match self.column::<StringArray>(Column::Field(field)) {
                Some(column) => Arc::new(column.clone()),
                None => new_null_array(&DataType::Utf8, self.rows),
            },
            Source::LooseText(field) => self.loose_text(field),
            Source::Bool(field) => match self.column::<BooleanArray>(Column::Field(field)) {
                Some(column) => Arc::new(column.clone()),
                None => new_null_array(&DataType::Boolean, self.rows),
            },
            Source::EventTime => {
                match self.column::<TimestampMicrosecondArray>(Column::Field(Field::EventTime)) {
                    Some(column) => Arc::new(column.clone().with_timezone_opt(None::<String>)),
                    None => new_null_array(&TIME, self.rows),
                }
            }
            Source::Time(field) => {
                let time = |text: &Option<Cow<'_, str>>| Timestamp::parse(text.as_deref()?);
                let times = self.texts(field);
                let times = times.iter().map(|text| time(text).map(|at| at.0));
                Arc::new(times.collect::<TimestampMicrosecondArray>())
            }
            Source::Json(field, kind) => build_json(kind, &self.texts(field))?,
            Source::Extra(key, kind) => build_json(kind, &self.extras(key))?,
            Source::Struct(members) => {
                let arrays: Vec<_> =
                    members.iter().map(|(_, source)| self.build(*source)).collect::<Result<_>>()?;
                let nulls = any_valid(&arrays, self.rows);
                Arc::new(StructArray::try_new(Source::fields(members), arrays, Some(nulls))?)
            }
            Source::Body => {
                let texts = self.records.iter().map(|row| String::from_utf8_lossy(&row.body));
                Arc::new(StringArray::from_iter_values(texts))
            }
            Source::BodyHash => {
                let sums = self.records.iter().map(|row| hex(&Sha256::digest(&row.body)));
                Arc::new(StringArray::from_iter_values(sums))
            }
        })
    }

    fn loose_text(&self, field: Field) -> ArrayRef {
        let texts = self.texts(field);
        let extras = self.extras(field.key());
        let loose = texts.iter().zip(&extras).map(|(text, extra)| {
            text.as_deref().or_else(|| extra.as_deref().filter(|raw| is_bare(raw)))
        });
        Arc::new(loose.collect::<StringArray>())
    }
}

/// Whether a JSON text is a number or a Boolean.
fn is_bare(raw: &str) -> bool {
    raw != "null" && !raw.starts_with(['"', '{', '['])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The rows where any of `arrays` has a value.
fn any_valid(arrays: &[ArrayRef], rows: usize) -> NullBuffer {
    let mut valid = BooleanBuffer::new_unset(rows);
    for array in arrays {
        match array.nulls() {
            Some(nulls) => valid = &valid | nulls.inner(),
            None => return NullBuffer::new_valid(rows),
        }
    }
    NullBuffer::new(valid)
}

/// Builds a column of `kind` from JSON texts.
pub(crate) fn build_json(kind: JsonKind, values: &[Option<Cow<'_, str>>]) -> Result<ArrayRef> {
    Ok(match kind {
        JsonKind::Text => {
            let texts = values.iter().map(|raw| raw.as_deref().and_then(text_of));
            Arc::new(texts.collect::<StringArray>())
        }
        JsonKind::Map => Arc::new(build_map(values.iter().map(Option::as_deref), text_of)?),
        JsonKind::Struct(members) => build_struct(members, values)?,
        JsonKind::List(item) => {
            let mut lengths = Vec::with_capacity(values.len());
            let mut valid = Vec::with_capacity(values.len());
            let mut items: Texts<'_> = Vec::new();
            for value in values {
                let found = value.as_deref().and_then(items_of);
                valid.push(found.is_some());
                let found = found.unwrap_or_default();
                lengths.push(found.len());
                items.extend(found.into_iter().map(|raw| Some(Cow::Borrowed(raw.get()))));
            }
            let field = Arc::new(ArrowField::new("item", item.data_type(), true));
            let offsets = OffsetBuffer::from_lengths(lengths);
            let items = build_json(*item, &items)?;
            Arc::new(ListArray::try_new(field, offsets, items, Some(NullBuffer::from(valid)))?)
        }
    })
}

fn build_struct(
    members: &'static [(&'static str, JsonKind)],
    values: &[Option<Cow<'_, str>>],
) -> Result<ArrayRef> {
    let objects: Vec<Option<Members<'_>>> =
        values.iter().map(|raw| Members::parse(raw.as_deref()?)).collect();
    let member = |name: &str| -> Texts<'_> {
        let find = |object: &Option<Members<'_>>| {
            let mut found = object.as_ref()?.0.iter();
            let (_, raw) = found.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            Some(raw.get().to_owned())
        };
        objects.iter().map(|object| find(object).map(Cow::Owned)).collect()
    };
    let arrays: Vec<_> = members
        .iter()
        .map(|(name, kind)| build_json(*kind, &member(name)))
        .collect::<Result<_>>()?;
    let valid: Vec<bool> = objects.iter().map(Option::is_some).collect();
    let nulls = Some(NullBuffer::from(valid));
    Ok(Arc::new(StructArray::try_new(JsonKind::fields(members), arrays, nulls)?))
}

/// Builds `map<string,string>` from JSON objects; `value_text` says what a member's value becomes.
pub(crate) fn build_map<'v>(
    values: impl Iterator<Item = Option<&'v str>>,
    value_text: impl Fn(&str) -> Option<Cow<'_, str>>,
) -> Result<MapArray> {
    let (mut keys, mut texts) = (StringBuilder::new(), StringBuilder::new());
    let (mut lengths, mut valid) = (Vec::new(), Vec::new());
    for value in values {
        let members = value.and_then(Members::parse);
        valid.push(members.is_some());
        let members = members.unwrap_or_default();
        lengths.push(members.0.len());
        for (key, raw) in &members.0 {
            keys.append_value(key);
            texts.append_option(value_text(raw.get()));
        }
    }
    let entries: Vec<ArrayRef> = vec![Arc::new(keys.finish()), Arc::new(texts.finish())];
    let entries = StructArray::try_new(map_entry_fields(), entries, None)?;
    let DataType::Map(field, _) = map_type() else {
        return Err(DataFusionError::Internal("a map type is a map".to_owned()));
    };
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(MapArray::try_new(field, offsets, entries, Some(NullBuffer::from(valid)), false)?)
}

/// What a JSON value's text is in Lake: a string decoded, anything else as it stands, null as null.
pub(crate) fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => {
            let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
            if !inner.contains('\\') {
                return Some(Cow::Borrowed(inner));
            }
            // Half a surrogate pair is no text; its escape is.
            let decoded = serde_json::from_str::<String>(raw);
            Some(decoded.map_or(Cow::Borrowed(inner), Cow::Owned))
        }
        b'n' => None,
        _ => Some(Cow::Borrowed(raw)),
    }
}

/// The items of a JSON list; nothing when it is none.
pub(crate) fn items_of(raw: &str) -> Option<Vec<&RawValue>> {
    if !raw.trim_start().starts_with('[') {
        return None;
    }
    serde_json::from_str(raw).ok()
}

/// The members of a JSON object in their order, repeats included.
#[derive(Debug, Default)]
pub(crate) struct Members<'t>(pub(crate) Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'t> Members<'t> {
    /// Reads an object; nothing when `text` is none.
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        if !text.trim_start().starts_with('{') {
            return None;
        }
        serde_json::from_str(text).ok()
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    members.push((key.0, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// A key, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);
