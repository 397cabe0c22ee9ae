//! Trino's JSON functions, on JSON text.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, ListBuilder, StringArray, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::ScalarUDF;
use serde_json::value::RawValue;

use super::{Plain, arg};
use crate::convert::{Members, build_map, items_of, text_of};
use crate::schema::map_type;

pub(super) fn all() -> Vec<ScalarUDF> {
    use DataType::{Int64, Utf8};
    let list = DataType::List(Arc::new(Field::new("item", Utf8, true)));
    let of_path = &[Utf8, Utf8];
    vec![
        Plain::udf("json_extract", of_path, Utf8, |args| {
            by_path(args, |raw| (raw != "null").then_some(Cow::Borrowed(raw)))
        }),
        Plain::udf("json_extract_scalar", of_path, Utf8, |args| by_path(args, scalar_of)),
        Plain::udf("json_text_at", of_path, Utf8, |args| by_path(args, text_of)),
        Plain::udf("json_parse", &[Utf8], Utf8, parse),
        Plain::udf("json_array_get", &[Utf8, Int64], Utf8, array_get),
        Plain::udf("json_array_length", &[Utf8], Int64, |args| {
            let length = |text: &str| items_of(text).map(|items| items.len() as i64);
            let texts = arg::<StringArray>(args, 0)?.iter();
            Ok(Arc::new(texts.map(|text| text.and_then(length)).collect::<Int64Array>()))
        }),
        Plain::udf("json_as_map", &[Utf8], map_type(), |args| as_map(args, json_of)),
        Plain::udf("json_as_text_map", &[Utf8], map_type(), |args| as_map(args, text_of)),
        Plain::udf("json_as_array", &[Utf8], list.clone(), |args| as_array(args, json_of)),
        Plain::udf("json_as_text_array", &[Utf8], list, |args| as_array(args, text_of)),
    ]
}

fn json_of(raw: &str) -> Option<Cow<'_, str>> {
    Some(Cow::Borrowed(raw))
}

/// The text of a string, number or Boolean; nothing for others.
fn scalar_of(raw: &str) -> Option<Cow<'_, str>> {
    if raw.starts_with(['{', '[']) { None } else { text_of(raw) }
}

/// One step of a JSON path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step<'p> {
    Member(&'p str),
    Item(usize),
}

/// Reads `$.a.b[0]["c d"]`. A member's name goes to the next `.` or `[`: AWS's own samples have colons
/// in names.
fn steps(path: &str) -> Result<Vec<Step<'_>>> {
    let wrong = || exec_datafusion_err!("`{path}` is no JSON path that is understood here");
    let mut rest = path.trim().strip_prefix('$').ok_or_else(wrong)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, left) = after.split_at_checked(end).ok_or_else(wrong)?;
            if name.is_empty() || name == "*" {
                return Err(wrong());
            }
            steps.push(Step::Member(name));
            rest = left;
            continue;
        }
        let after = rest.strip_prefix('[').ok_or_else(wrong)?;
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote {
            let inner = after.get(1..).unwrap_or_default();
            let (name, left) = inner.split_once(quote).ok_or_else(wrong)?;
            steps.push(Step::Member(name));
            rest = left.strip_prefix(']').ok_or_else(wrong)?;
        } else {
            let (index, left) = after.split_once(']').ok_or_else(wrong)?;
            steps.push(Step::Item(index.trim().parse().map_err(|_| wrong())?));
            rest = left;
        }
    }
    Ok(steps)
}

/// The value at `steps`; nothing when there is none, or `text` is no JSON.
fn find<'t>(text: &'t str, steps: &[Step<'_>]) -> Option<&'t str> {
    let mut value = serde_json::from_str::<&RawValue>(text).ok()?.get();
    for step in steps {
        value = match step {
            Step::Member(name) => {
                let members = Members::parse(value)?;
                members.0.into_iter().find(|(key, _)| key == name)?.1.get()
            }
            Step::Item(at) => items_of(value)?.get(*at)?.get(),
        };
    }
    Some(value)
}

fn by_path(args: &[ArrayRef], value_of: fn(&str) -> Option<Cow<'_, str>>) -> Result<ArrayRef> {
    let (texts, paths) = (arg::<StringArray>(args, 0)?, arg::<StringArray>(args, 1)?);
    let mut out = StringBuilder::new();
    let mut read: Option<(&str, Vec<Step<'_>>)> = None;
    for (text, path) in texts.iter().zip(paths) {
        let (Some(text), Some(path)) = (text, path) else {
            out.append_null();
            continue;
        };
        if read.as_ref().is_none_or(|(before, _)| *before != path) {
            read = Some((path, steps(path)?));
        }
        let steps = read.as_ref().map_or(&[][..], |(_, steps)| steps);
        out.append_option(find(text, steps).and_then(value_of));
    }
    Ok(Arc::new(out.finish()))
}

fn parse(args: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = arg::<StringArray>(args, 0)?;
    for text in texts.iter().flatten() {
        if serde_json::from_str::<&RawValue>(text).is_err() {
            return exec_err!("json_parse was given text that is no JSON");
        }
    }
    Ok(Arc::new(texts.clone()))
}

fn array_get(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (texts, places) = (arg::<StringArray>(args, 0)?, arg::<Int64Array>(args, 1)?);
    let get = |(text, at): (Option<&str>, Option<i64>)| {
        let items = items_of(text?)?;
        let at = at?;
        let at = if at < 0 { items.len() as i64 + at } else { at };
        Some(items.get(usize::try_from(at).ok()?)?.get().to_owned())
    };
    Ok(Arc::new(texts.iter().zip(places).map(get).collect::<StringArray>()))
}

fn as_map(args: &[ArrayRef], value_of: fn(&str) -> Option<Cow<'_, str>>) -> Result<ArrayRef> {
    Ok(Arc::new(build_map(arg::<StringArray>(args, 0)?.iter(), value_of)?))
}

fn as_array(args: &[ArrayRef], value_of: fn(&str) -> Option<Cow<'_, str>>) -> Result<ArrayRef> {
    let mut out = ListBuilder::new(StringBuilder::new());
    for text in arg::<StringArray>(args, 0)?.iter() {
        let items = text.and_then(items_of);
        let is_list = items.is_some();
        for raw in items.unwrap_or_default() {
            out.values().append_option(value_of(raw.get()));
        }
        out.append(is_list);
    }
    Ok(Arc::new(out.finish()))
}
