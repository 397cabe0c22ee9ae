//! Trino's date and time functions.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Months, NaiveDateTime, Timelike};
use datafusion::arrow::array::{
    ArrayRef, Int64Array, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::{DatePart, cast, date_part};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::ScalarUDF;

use super::{Plain, arg};
use crate::schema::TIME;

pub(super) fn all() -> Vec<ScalarUDF> {
    use DataType::{Int64, Utf8};
    vec![
        part_function("year", |args| part(args, DatePart::Year)),
        part_function("quarter", |args| part(args, DatePart::Quarter)),
        part_function("month", |args| part(args, DatePart::Month)),
        part_function("week", |args| part(args, DatePart::Week)),
        part_function("day_of_month", |args| part(args, DatePart::Day)),
        part_function("day_of_year", |args| part(args, DatePart::DayOfYear)),
        // 1 is Monday, 7 is Sunday, as in ISO 8601.
        part_function("day_of_week", |args| {
            let days = part(args, DatePart::DayOfWeekMonday0)?;
            let days: Int64Array = arg::<Int64Array>(&[days], 0)?.unary(|day| day + 1);
            Ok(Arc::new(days))
        }),
        part_function("hour", |args| part(args, DatePart::Hour)),
        part_function("minute", |args| part(args, DatePart::Minute)),
        part_function("second", |args| part(args, DatePart::Second)),
        Plain::udf("to_lake_time", &[TIME], TIME, |args| match args {
            [time] => Ok(Arc::clone(time)),
            _ => exec_err!("to_lake_time takes one argument"),
        }),
        Plain::udf("date_add", &[Utf8, Int64, TIME], TIME, date_add),
        Plain::udf("date_diff", &[Utf8, TIME, TIME], Int64, date_diff),
        Plain::udf("date_format", &[TIME, Utf8], Utf8, date_format),
    ]
}

fn part_function(name: &'static str, run: fn(&[ArrayRef]) -> Result<ArrayRef>) -> ScalarUDF {
    Plain::udf(name, &[TIME], DataType::Int64, run)
}

fn part(args: &[ArrayRef], part: DatePart) -> Result<ArrayRef> {
    let times = arg::<TimestampMicrosecondArray>(args, 0)?;
    Ok(cast(&date_part(times, part)?, &DataType::Int64)?)
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Micros(i64),
    Months(i64),
}

fn unit_of(name: &str) -> Result<Unit> {
    const SECOND: i64 = 1_000_000;
    Ok(match name.to_ascii_lowercase().as_str() {
        "millisecond" => Unit::Micros(1_000),
        "second" => Unit::Micros(SECOND),
        "minute" => Unit::Micros(60 * SECOND),
        "hour" => Unit::Micros(3_600 * SECOND),
        "day" => Unit::Micros(86_400 * SECOND),
        "week" => Unit::Micros(7 * 86_400 * SECOND),
        "month" => Unit::Months(1),
        "quarter" => Unit::Months(3),
        "year" => Unit::Months(12),
        _ => return exec_err!("`{name}` is no unit of time"),
    })
}

fn time_of(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|time| time.naive_utc())
}

fn micros_of(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp_micros()
}

fn date_add(args: &[ArrayRef]) -> Result<ArrayRef> {
    let units = arg::<StringArray>(args, 0)?;
    let counts = arg::<Int64Array>(args, 1)?;
    let times = arg::<TimestampMicrosecondArray>(args, 2)?;
    let add = |((unit, count), time): ((Option<&str>, Option<i64>), Option<i64>)| {
        let (Some(unit), Some(count), Some(time)) = (unit, count, time) else { return Ok(None) };
        let out = match unit_of(unit)? {
            Unit::Micros(micros) => {
                count.checked_mul(micros).and_then(|micros| time.checked_add(micros))
            }
            Unit::Months(months) => add_months(time, count.saturating_mul(months)),
        };
        out.map(Some).ok_or_else(|| exec_datafusion_err!("date_add leaves the range of times"))
    };
    let out = units.iter().zip(counts).zip(times).map(add);
    Ok(Arc::new(out.collect::<Result<TimestampMicrosecondArray>>()?))
}

fn add_months(time: i64, months: i64) -> Option<i64> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    let time = time_of(time)?;
    let moved =
        if months < 0 { time.checked_sub_months(count) } else { time.checked_add_months(count) };
    moved.map(micros_of)
}

/// Whole units from the first time to the second.
fn date_diff(args: &[ArrayRef]) -> Result<ArrayRef> {
    let units = arg::<StringArray>(args, 0)?;
    let from = arg::<TimestampMicrosecondArray>(args, 1)?;
    let to = arg::<TimestampMicrosecondArray>(args, 2)?;
    let diff = |((unit, from), to): ((Option<&str>, Option<i64>), Option<i64>)| {
        let (Some(unit), Some(from), Some(to)) = (unit, from, to) else { return Ok(None) };
        Ok(match unit_of(unit)? {
            Unit::Micros(micros) => to.checked_sub(from).map(|between| between / micros),
            Unit::Months(months) => months_between(from, to).map(|between| between / months),
        })
    };
    let out = units.iter().zip(from).zip(to).map(diff);
    Ok(Arc::new(out.collect::<Result<Int64Array>>()?))
}

fn months_between(from: i64, to: i64) -> Option<i64> {
    if to < from {
        return months_between(to, from).map(|months| -months);
    }
    let (start, end) = (time_of(from)?, time_of(to)?);
    let months = |time: NaiveDateTime| i64::from(time.year()) * 12 + i64::from(time.month0());
    let between = months(end) - months(start);
    // The last month counts when it is whole.
    Some(if add_months(from, between)? > to { between - 1 } else { between })
}

fn date_format(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (times, formats) =
        (arg::<TimestampMicrosecondArray>(args, 0)?, arg::<StringArray>(args, 1)?);
    let mut out = StringBuilder::new();
    for (time, format) in times.iter().zip(formats) {
        match (time.and_then(time_of), format) {
            (Some(time), Some(format)) => out.append_value(formatted(time, format)?),
            _ => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

/// `time` in MySQL's format, which Trino's `date_format` takes.
fn formatted(time: NaiveDateTime, format: &str) -> Result<String> {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(specifier) = chars.next() else { break };
        let strftime = match specifier {
            'a' => "%a",
            'b' => "%b",
            'c' => "%-m",
            'd' => "%d",
            'e' => "%-d",
            'H' => "%H",
            'h' | 'I' => "%I",
            'i' => "%M",
            'j' => "%j",
            'k' => "%-H",
            'l' => "%-I",
            'M' => "%B",
            'm' => "%m",
            'p' => "%p",
            'r' => "%I:%M:%S %p",
            'S' | 's' => "%S",
            'T' => "%H:%M:%S",
            'v' => "%V",
            'W' => "%A",
            'x' => "%G",
            'Y' => "%Y",
            'y' => "%y",
            'f' => {
                out.push_str(&format!("{:06}", time.nanosecond() / 1_000));
                continue;
            }
            'D' | 'U' | 'u' | 'V' | 'w' | 'X' => {
                return exec_err!("date_format: `%{specifier}` is not supported");
            }
            other => {
                out.push(other);
                continue;
            }
        };
        out.push_str(&time.format(strftime).to_string());
    }
    Ok(out)
}
