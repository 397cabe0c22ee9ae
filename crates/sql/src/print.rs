//! Values as text: in Trino's form for Lake and for people, and as JSON.
//!
//! Times are `YYYY-MM-DD HH:MM:SS.fff` in UTC, structs and maps `{name=value, …}`, arrays `[a, b]`.
//! Texts are as in the record, hostile content included: whoever prints them escapes them.
//!
//! # Source
//! The form of `GetQueryResults` is not documented by AWS; this is how Trino and Athena print.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, RecordBatch, StructArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::{Map, Value};

/// The rows of a batch as text; null is nothing.
pub fn rows(batch: &RecordBatch) -> Vec<Vec<Option<String>>> {
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|column| cell(column, row)).collect())
        .collect()
}

/// The rows of a batch as lists of JSON values, each as in [`json_rows`].
pub fn json_values(batch: &RecordBatch) -> Vec<Vec<Value>> {
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|column| json(column, row)).collect())
        .collect()
}

/// The rows of a batch as JSON objects: times in ISO 8601, structs and maps as objects.
///
/// A name that repeats gets its column's number behind it: no value is lost.
pub fn json_rows(batch: &RecordBatch) -> Vec<Value> {
    let schema = batch.schema();
    (0..batch.num_rows())
        .map(|row| {
            let mut object = Map::new();
            for (at, (field, column)) in schema.fields().iter().zip(batch.columns()).enumerate() {
                let name = match object.contains_key(field.name()) {
                    true => format!("{}_{}", field.name(), at + 1),
                    false => field.name().clone(),
                };
                object.insert(name, json(column, row));
            }
            Value::Object(object)
        })
        .collect()
}

/// A column of plain values with times to the microsecond and without other kinds of text.
fn plain(column: &ArrayRef) -> Option<ArrayRef> {
    let target = match column.data_type() {
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::Dictionary(_, value) => value.as_ref().clone(),
        DataType::Float16 | DataType::Float32 => DataType::Float64,
        _ => return None,
    };
    cast(column, &target).ok()
}

fn cell(column: &ArrayRef, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    if let Some(column) = plain(&column.slice(row, 1)) {
        // A time beyond what microseconds can tell is null then.
        return if column.is_null(0) { None } else { cell_of(&column, 0) };
    }
    cell_of(column, row)
}

fn cell_of(column: &ArrayRef, row: usize) -> Option<String> {
    let inner = |array: &ArrayRef, at| cell(array, at).unwrap_or_else(|| "null".to_owned());
    Some(match column.data_type() {
        DataType::Null => return None,
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Float64 => format!("{:?}", column.as_primitive::<Float64Type>().value(row)),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
            let time = chrono::DateTime::from_timestamp_micros(micros)?;
            time.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
        }
        DataType::Struct(_) => {
            let column: &StructArray = column.as_struct();
            let member = |(name, array): (&str, &ArrayRef)| format!("{name}={}", inner(array, row));
            let names = column.column_names();
            let members: Vec<_> = names.into_iter().zip(column.columns()).map(member).collect();
            format!("{{{}}}", members.join(", "))
        }
        DataType::Map(..) => {
            let column: &MapArray = column.as_map();
            let entries = column.value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let entry = |at| format!("{}={}", inner(keys, at), inner(values, at));
            let entries: Vec<_> = (0..entries.len()).map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        DataType::List(_) => {
            let column: &ListArray = column.as_list();
            let items = column.value(row);
            let items: Vec<_> = (0..items.len()).map(|at| inner(&items, at)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => other(column, row)?,
    })
}

fn other(column: &ArrayRef, row: usize) -> Option<String> {
    let options = FormatOptions::default();
    Some(ArrayFormatter::try_new(column, &options).ok()?.value(row).to_string())
}

fn json(column: &ArrayRef, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Boolean => Value::Bool(column.as_boolean().value(row)),
        DataType::Struct(_) => {
            let column: &StructArray = column.as_struct();
            let names = column.column_names();
            let member = |(name, array): (&str, &ArrayRef)| (name.to_owned(), json(array, row));
            Value::Object(names.into_iter().zip(column.columns()).map(member).collect())
        }
        DataType::Map(..) => {
            let column: &MapArray = column.as_map();
            let entries = column.value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let entry = |at| (cell(keys, at).unwrap_or_default(), json(values, at));
            Value::Object((0..entries.len()).map(entry).collect())
        }
        DataType::List(_) => {
            let column: &ListArray = column.as_list();
            let items = column.value(row);
            Value::Array((0..items.len()).map(|at| json(&items, at)).collect())
        }
        DataType::Timestamp(..) => {
            let text = cell(column, row).unwrap_or_default();
            Value::String(format!("{}Z", text.replace(' ', "T")))
        }
        data_type if data_type.is_numeric() => {
            let text = cell(column, row).unwrap_or_default();
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        _ => cell(column, row).map_or(Value::Null, Value::String),
    }
}
