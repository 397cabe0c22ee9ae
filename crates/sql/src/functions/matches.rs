//! `matches(eventjson, 'query')`: Trailhound's search language within a statement.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::ScalarUDF;
use trailhound_query::search::{Expr, Flag, Query, Term};
use trailhound_record::{Event, Timestamp};

use super::{Plain, arg};

/// Its name.
pub(crate) const MATCHES: &str = "matches";

pub(super) fn all() -> Vec<ScalarUDF> {
    use DataType::{Boolean, Utf8};
    vec![Plain::udf(MATCHES, &[Utf8, Utf8], Boolean, matches)]
}

/// Reads the query of a call.
pub(crate) fn query_of(text: &str, now: Timestamp) -> Result<Query> {
    let query = Query::parse(text, now)
        .map_err(|error| exec_datafusion_err!("`{text}` is no search query: {error}"))?;
    if asks_for_conflicts(query.expr()) {
        return exec_err!("is:conflict is no claim about a record alone: use `trailhound search`");
    }
    Ok(query)
}

fn asks_for_conflicts(expr: &Expr) -> bool {
    match expr {
        Expr::All => false,
        Expr::And(parts) | Expr::Or(parts) => parts.iter().any(asks_for_conflicts),
        Expr::Not(part) => asks_for_conflicts(part),
        Expr::Term(term) => matches!(term, Term::Is(Flag::Conflict)),
    }
}

fn matches(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (records, queries) = (arg::<StringArray>(args, 0)?, arg::<StringArray>(args, 1)?);
    let now = Timestamp(chrono::Utc::now().timestamp_micros());
    let mut read: Option<(&str, Query)> = None;
    let mut answers = Vec::with_capacity(records.len());
    for (record, text) in records.iter().zip(queries) {
        let (Some(record), Some(text)) = (record, text) else {
            answers.push(None);
            continue;
        };
        let query = match read.take() {
            Some((before, query)) if before == text => query,
            _ => query_of(text, now)?,
        };
        // What is no record matches nothing.
        let event = Event::parse(record.as_bytes().to_vec(), 0);
        answers.push(Some(event.is_ok_and(|event| query.matches(&event))));
        read = Some((text, query));
    }
    Ok(Arc::new(BooleanArray::from(answers)))
}
