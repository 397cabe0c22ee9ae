//! The columns of the table: one for each field of the record, and what rebuilds it byte for byte.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};
use deltalake_core::kernel::{DataType as DeltaType, PrimitiveType};
use trailhound_record::field::{FIELDS, Field, Kind};

/// The partition column: the UTC date of the event time, null when that is not readable.
pub const EVENT_DATE: &str = "event_date";
/// The members without a column of their own, as one JSON object; null when there are none.
pub const EXTRA_FIELDS: &str = "extra_fields";
/// Key order and white space of the record: see `trailhound_record::rebuild`.
pub const SHAPE: &str = "shape";
/// 0, or n for the n-th different body under one (account, event id).
pub const CONFLICT: &str = "conflict";

/// Position of `extra_fields` among the columns of a file; `shape` and `conflict` follow it.
pub(crate) const EXTRA_FIELDS_AT: usize = FIELDS;
pub(crate) const SHAPE_AT: usize = FIELDS + 1;
pub(crate) const CONFLICT_AT: usize = FIELDS + 2;

/// The columns of a segment file, in order: every [`Field`], then `extra_fields`, `shape`, `conflict`.
pub(crate) static FILE_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let mut fields: Vec<ArrowField> = Field::ALL
        .iter()
        .map(|field| ArrowField::new(field.column(), arrow_type(field.kind()), true))
        .collect();
    fields.push(ArrowField::new(EXTRA_FIELDS, DataType::Utf8, true));
    fields.push(ArrowField::new(SHAPE, DataType::Utf8, true));
    fields.push(ArrowField::new(CONFLICT, DataType::Int32, true));
    Arc::new(Schema::new(fields))
});

/// [`FILE_SCHEMA`], where the texts that have a dictionary in the file have one in memory.
pub(crate) static REPEATING_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let fields = FILE_SCHEMA.fields().iter().enumerate().map(|(at, column)| {
        let is_plain = Field::ALL.get(at).is_some_and(|field| is_mostly_distinct(*field));
        if *column.data_type() != DataType::Utf8 || is_plain {
            return ArrowField::clone(column);
        }
        ArrowField::new(column.name(), dictionary.clone(), true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
});

fn arrow_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Json => DataType::Utf8,
        Kind::Bool => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// The table's columns for the Delta log: those of the files, and the partition column.
pub(crate) fn delta_columns() -> Vec<(&'static str, DeltaType)> {
    let mut columns: Vec<_> = Field::ALL
        .iter()
        .map(|field| {
            let primitive = match field.kind() {
                Kind::Text | Kind::Json => PrimitiveType::String,
                Kind::Bool => PrimitiveType::Boolean,
                Kind::Time => PrimitiveType::Timestamp,
            };
            (field.column(), DeltaType::Primitive(primitive))
        })
        .collect();
    columns.push((EXTRA_FIELDS, DeltaType::Primitive(PrimitiveType::String)));
    columns.push((SHAPE, DeltaType::Primitive(PrimitiveType::String)));
    columns.push((CONFLICT, DeltaType::Primitive(PrimitiveType::Integer)));
    columns.push((EVENT_DATE, DeltaType::Primitive(PrimitiveType::Date)));
    columns
}

/// Whether a column's values rarely repeat, so that a dictionary would only cost.
pub(crate) fn is_mostly_distinct(field: Field) -> bool {
    matches!(
        field,
        Field::EventTime
            | Field::EventId
            | Field::RequestId
            | Field::SharedEventId
            | Field::RequestParameters
            | Field::ResponseElements
            | Field::AdditionalEventData
    )
}

/// Whether a column's values are long or random, so that only Zstandard makes them small. It is set
/// up anew for each column of each block, read or written: too dear for the others.
pub(crate) fn is_bulky(field: Field) -> bool {
    is_mostly_distinct(field)
        || matches!(
            field,
            Field::ErrorMessage | Field::Resources | Field::UserAgent | Field::UserIdentityArn
        )
}
