//! From a statement's conditions to the index: which rows may matter.
//!
//! SQL, search and `LookupEvents` share one pruner,
//! [`Segment::rows_meeting`](trailhound_store::Segment::rows_meeting): a filter becomes the keys, tokens
//! and times that every matching record has (invariant QU-2). Rows that are left are compared again by
//! the engine. The rows are read through the store's own reader with a row selection. Rejected
//! alternative: DataFusion's Parquet source with access plans; the same pruner and the same row
//! selections would stand behind it, but its columns are not Lake's, and records and their shapes would
//! need a second reader.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{InList, Like, ScalarFunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use trailhound_query::columnar::condition_of;
use trailhound_query::search::{Pattern, Requirement};
use trailhound_record::Timestamp;
use trailhound_record::field::Field;
use trailhound_record::key::{Attribute, key_hash};
use trailhound_record::time::MICROS_PER_DAY;
use trailhound_store::Condition;

use crate::functions::matches::{MATCHES, query_of};
use crate::limits::IN_LIST_MAX;

/// What every row meets for which all of `filters` hold.
pub(crate) fn condition(filters: &[Expr]) -> Condition {
    all_of(filters.iter().map(of_filter))
}

fn of_filter(filter: &Expr) -> Condition {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            all_of([of_filter(left), of_filter(right)])
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            any_of([of_filter(left), of_filter(right)])
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (&**left, &**right) {
            (term, Expr::Literal(value, _)) => compared(term, *op, value),
            (Expr::Literal(value, _), term) => {
                op.swap().map_or(Condition::Any, |op| compared(term, op, value))
            }
            _ => Condition::Any,
        },
        Expr::Between(between) if !between.negated => match (&*between.low, &*between.high) {
            (Expr::Literal(low, _), Expr::Literal(high, _)) => all_of([
                compared(&between.expr, Operator::GtEq, low),
                compared(&between.expr, Operator::LtEq, high),
            ]),
            _ => Condition::Any,
        },
        Expr::InList(InList { expr, list, negated: false }) if list.len() <= IN_LIST_MAX => {
            any_of(list.iter().map(|item| match item {
                Expr::Literal(value, _) => compared(expr, Operator::Eq, value),
                _ => Condition::Any,
            }))
        }
        Expr::Like(like) => of_like(like),
        Expr::ScalarFunction(call) if call.func.name() == MATCHES => of_matches(call),
        Expr::IsNotNull(term) if path_of(term).as_deref() == Some("errorcode") => {
            key(Attribute::Failed, "")
        }
        Expr::IsNotNull(term) if path_of(term).as_deref() == Some("errormessage") => {
            Condition::Present(Field::ErrorMessage)
        }
        Expr::Column(column) if column.name == "readonly" => read_only(true),
        Expr::Not(term) if path_of(term).as_deref() == Some("readonly") => read_only(false),
        _ => Condition::Any,
    }
}

/// All of `parts`; those that say nothing are left out.
fn all_of(parts: impl IntoIterator<Item = Condition>) -> Condition {
    let mut parts: Vec<_> = parts.into_iter().filter(|part| *part != Condition::Any).collect();
    match parts.len() {
        0 => Condition::Any,
        1 => parts.remove(0),
        _ => Condition::And(parts),
    }
}

/// Any of `parts`; one that says nothing leaves nothing to say.
fn any_of(parts: impl IntoIterator<Item = Condition>) -> Condition {
    let parts: Vec<_> = parts.into_iter().collect();
    if parts.contains(&Condition::Any) { Condition::Any } else { Condition::Or(parts) }
}

fn key(attribute: Attribute, value: &str) -> Condition {
    Condition::Key(key_hash(attribute, value.as_bytes()))
}

fn read_only(is_read_only: bool) -> Condition {
    key(Attribute::ReadOnly, if is_read_only { "true" } else { "false" })
}

/// What holds where `matches(eventjson, 'query')` does.
fn of_matches(call: &ScalarFunction) -> Condition {
    let [Expr::Column(column), Expr::Literal(text, _)] = call.args.as_slice() else {
        return Condition::Any;
    };
    if column.name != "eventjson" {
        return Condition::Any;
    }
    let Some(Some(text)) = text.try_as_str() else { return Condition::Any };
    let at = |now: i64| query_of(text, Timestamp(now));
    // An age counts back from the moment of the call, which has not come yet.
    match (at(0), at(MICROS_PER_DAY)) {
        (Ok(query), Ok(later)) if query == later => condition_of(&query.requirement()),
        _ => Condition::Any,
    }
}

fn compared(term: &Expr, op: Operator, value: &ScalarValue) -> Condition {
    let (term, is_folded) = unfolded(term, value);
    let Some(path) = path_of(term) else { return Condition::Any };
    if path == "eventtime" {
        return at_time(op, value);
    }
    if op != Operator::Eq {
        return Condition::Any;
    }
    if let (ScalarValue::Boolean(Some(wanted)), "readonly") = (value, path.as_str()) {
        return read_only(*wanted);
    }
    let Some(Some(text)) = value.try_as_str() else { return Condition::Any };
    let attribute = match path.as_str() {
        "eventname" => Attribute::EventName,
        "eventsource" => Attribute::EventSource,
        "awsregion" => Attribute::AwsRegion,
        "recipientaccountid" => Attribute::AccountId,
        "sourceipaddress" => Attribute::SourceIpAddress,
        "errorcode" => Attribute::ErrorCode,
        "eventtype" => Attribute::EventType,
        "useridentity.accesskeyid" => Attribute::AccessKeyId,
        "eventid" if !text.is_empty() && !is_folded => return Condition::EventId(text.to_owned()),
        _ if is_in_record(&path) => return of_text(vec![text.to_owned()]),
        _ => return Condition::Any,
    };
    key(attribute, text)
}

fn at_time(op: Operator, value: &ScalarValue) -> Condition {
    let Some((first, last)) = micros_of(value) else { return Condition::Any };
    let end = Some(last.saturating_add(1));
    let (start_micros, end_micros) = match op {
        Operator::Eq => (Some(first), end),
        Operator::Gt | Operator::GtEq => (Some(first), None),
        Operator::Lt | Operator::LtEq => (None, end),
        _ => return Condition::Any,
    };
    Condition::Time { start_micros, end_micros }
}

fn of_like(like: &Like) -> Condition {
    let Expr::Literal(value, _) = &*like.pattern else { return Condition::Any };
    // ILIKE knows that the Kelvin sign is a `k` and a long s an `s`; the index does not.
    let is_plain = |text: &str| text.is_ascii() && !text.contains(['k', 'K', 's', 'S']);
    if like.case_insensitive && !value.try_as_str().flatten().is_some_and(is_plain) {
        return Condition::Any;
    }
    match (path_of(unfolded(&like.expr, value).0), value.try_as_str()) {
        (Some(path), Some(Some(pattern)))
            if !like.negated && like.escape_char.is_none() && is_in_record(&path) =>
        {
            of_text(pattern.split(['%', '_']).map(str::to_owned).collect())
        }
        _ => Condition::Any,
    }
}

/// What holds for a record with a value of `pieces`, anything between them.
fn of_text(pieces: Vec<String>) -> Condition {
    // A backslash escapes in JSON text: the words around it may be others in the record.
    if pieces.iter().any(|piece| piece.contains('\\')) {
        return Condition::Any;
    }
    condition_of(&Requirement::of_json_text(&Pattern::new(pieces)))
}

/// Whether the values of a column are words of the record's text. A checksum is not, nor is the time
/// that a session began, which is compared as a time.
fn is_in_record(path: &str) -> bool {
    !matches!(path.split('.').next(), Some("eventjsonchecksum" | "eventtime"))
        && path != "useridentity.sessioncontext.attributes.creationdate"
}

/// An expression without the `lower` around it, and whether there was one: the index does not tell upper
/// from lower case of ASCII letters either. Where `value` may also equal the lower case of another letter,
/// as `k` does that of the Kelvin sign, the expression stays as it is.
fn unfolded<'e>(expr: &'e Expr, value: &ScalarValue) -> (&'e Expr, bool) {
    let is_ascii = value
        .try_as_str()
        .flatten()
        .is_some_and(|text| text.is_ascii() && !text.contains(['k', 'K']));
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args })
            if func.name() == "lower" && is_ascii =>
        {
            args.first().map_or((expr, false), |inner| (inner, true))
        }
        _ => (expr, false),
    }
}

/// The column, member and key that an expression is, joined by dots; nothing for other expressions.
fn path_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Column(column) => Some(column.name.clone()),
        Expr::ScalarFunction(ScalarFunction { func, args })
            if matches!(func.name(), "get_field" | "element_at") =>
        {
            let (base, keys) = args.split_first()?;
            let mut path = path_of(base)?;
            for key in keys {
                let Expr::Literal(key, _) = key else { return None };
                path.push('.');
                match key {
                    ScalarValue::Int64(Some(at)) => path.push_str(&at.to_string()),
                    key => path.push_str(key.try_as_str()??),
                }
            }
            Some(path)
        }
        _ => None,
    }
}

/// A time literal, in microseconds rounded down and up.
fn micros_of(value: &ScalarValue) -> Option<(i64, i64)> {
    Some(match value {
        ScalarValue::TimestampMicrosecond(Some(at), _) => (*at, *at),
        ScalarValue::TimestampNanosecond(Some(at), _) => {
            (at.div_euclid(1_000), at.div_euclid(1_000) + i64::from(at.rem_euclid(1_000) != 0))
        }
        ScalarValue::TimestampMillisecond(Some(at), _) => {
            let at = at.checked_mul(1_000)?;
            (at, at)
        }
        ScalarValue::TimestampSecond(Some(at), _) => {
            let at = at.checked_mul(1_000_000)?;
            (at, at)
        }
        _ => return None,
    })
}
