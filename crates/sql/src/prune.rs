//! From a statement's conditions to the index: which rows may matter.
//!
//! SQL, search and `LookupEvents` share one pruner, [`Segment::candidates`]: a condition becomes the
//! key hashes, tokens and times that every matching record has (invariant QU-2). Rows that are left
//! are compared again by the engine. The rows are read through the store's own reader with a row
//! selection. Rejected alternative: DataFusion's Parquet source with access plans; the same pruner
//! and the same row selections would stand behind it, but its columns are not Lake's, and records and
//! their shapes would need a second reader.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{InList, Like, ScalarFunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use trailhound_query::text_tokens;
use trailhound_record::key::{Attribute, key_hash};
use trailhound_record::token::token_hash;
use trailhound_store::limits::BLOCK_ROWS;
use trailhound_store::{Candidates, ReadSegmentError, RowSet, Segment};

use crate::limits::IN_LIST_MAX;

/// What matching rows must have: all of `all`, and for each of `any` one of its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pruner {
    all: Candidates,
    any: Vec<Vec<Pruner>>,
}

impl Pruner {
    /// What `filters`, all of which must hold, ask of a record.
    pub(crate) fn new(filters: &[Expr]) -> Self {
        let mut pruner = Self::default();
        filters.iter().for_each(|filter| pruner.require(filter));
        pruner
    }

    /// Whether it prunes nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `segment` may hold a match, by its times alone.
    pub(crate) fn meets(&self, segment: &Segment) -> bool {
        segment.meets(self.all.start_micros, self.all.end_micros)
            && self.any.iter().all(|parts| parts.iter().any(|part| part.meets(segment)))
    }

    /// The rows of `segment` that may match.
    ///
    /// # Errors
    /// [`ReadSegmentError`] when the index or a block cannot be read.
    pub(crate) fn rows(&self, segment: &Segment) -> Result<RowSet, ReadSegmentError> {
        if self.all == Candidates::default() && self.any.is_empty() {
            return Ok(RowSet::all(segment.rows()));
        }
        let mut rows = segment.candidates(&self.all)?;
        for parts in &self.any {
            if rows.is_empty() {
                break;
            }
            let mut union = RowSet::none(segment.rows());
            for part in parts {
                if part.meets(segment) {
                    add(&mut union, part.rows(segment)?);
                }
            }
            rows.keep(&union);
        }
        Ok(rows)
    }

    fn require(&mut self, filter: &Expr) {
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
                self.require(left);
                self.require(right);
            }
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
                let part = |side: &Expr| Self::new(std::slice::from_ref(side));
                self.require_any(vec![part(left), part(right)]);
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (&**left, &**right) {
                (term, Expr::Literal(value, _)) => self.compare(term, *op, value),
                (Expr::Literal(value, _), term) => {
                    if let Some(op) = op.swap() {
                        self.compare(term, op, value);
                    }
                }
                _ => {}
            },
            Expr::Between(between) if !between.negated => {
                if let (Expr::Literal(low, _), Expr::Literal(high, _)) =
                    (&*between.low, &*between.high)
                {
                    self.compare(&between.expr, Operator::GtEq, low);
                    self.compare(&between.expr, Operator::LtEq, high);
                }
            }
            Expr::InList(InList { expr, list, negated: false }) if list.len() <= IN_LIST_MAX => {
                let part = |item: &Expr| {
                    let mut part = Self::default();
                    if let Expr::Literal(value, _) = item {
                        part.compare(expr, Operator::Eq, value);
                    }
                    part
                };
                self.require_any(list.iter().map(part).collect());
            }
            Expr::Like(like) => self.require_like(like),
            Expr::IsNotNull(term) if path_of(term).as_deref() == Some("errorcode") => {
                self.all.keys.push(key_hash(Attribute::Failed, b""));
            }
            Expr::Column(column) if column.name == "readonly" => self.require_read_only(true),
            Expr::Not(term) if path_of(term).as_deref() == Some("readonly") => {
                self.require_read_only(false);
            }
            _ => {}
        }
    }

    fn require_any(&mut self, parts: Vec<Self>) {
        if !parts.iter().any(Self::is_empty) {
            self.any.push(parts);
        }
    }

    fn require_read_only(&mut self, is_read_only: bool) {
        let value: &[u8] = if is_read_only { b"true" } else { b"false" };
        self.all.keys.push(key_hash(Attribute::ReadOnly, value));
    }

    fn compare(&mut self, term: &Expr, op: Operator, value: &ScalarValue) {
        let Some(path) = path_of(term) else { return };
        if path == "eventtime" {
            return self.compare_time(op, value);
        }
        if op != Operator::Eq {
            return;
        }
        if let (ScalarValue::Boolean(Some(wanted)), "readonly") = (value, path.as_str()) {
            return self.require_read_only(*wanted);
        }
        let Some(Some(text)) = value.try_as_str() else { return };
        let attribute = match path.as_str() {
            "eventname" => Some(Attribute::EventName),
            "eventsource" => Some(Attribute::EventSource),
            "awsregion" => Some(Attribute::AwsRegion),
            "recipientaccountid" => Some(Attribute::AccountId),
            "sourceipaddress" => Some(Attribute::SourceIpAddress),
            "errorcode" => Some(Attribute::ErrorCode),
            "eventtype" => Some(Attribute::EventType),
            "useridentity.accesskeyid" => Some(Attribute::AccessKeyId),
            _ => None,
        };
        if let Some(attribute) = attribute {
            self.all.keys.push(key_hash(attribute, text.as_bytes()));
        } else if path == "eventid" {
            if !text.is_empty() && self.all.event_id.is_none() {
                self.all.tokens.push(token_hash(text.as_bytes()));
                self.all.event_id = Some(text.to_owned());
            }
        } else if is_in_record(&path) && is_plain(text) {
            self.all.tokens.extend(text_tokens(text));
        }
    }

    fn compare_time(&mut self, op: Operator, value: &ScalarValue) {
        let Some((first, last)) = micros_of(value) else { return };
        let (mut start, mut end) = (None, None);
        match op {
            Operator::Eq => (start, end) = (Some(first), Some(last.saturating_add(1))),
            Operator::Gt | Operator::GtEq => start = Some(first),
            Operator::Lt | Operator::LtEq => end = Some(last.saturating_add(1)),
            _ => {}
        }
        let all = &mut self.all;
        all.start_micros = all.start_micros.max(start);
        all.end_micros = match (all.end_micros, end) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn require_like(&mut self, like: &Like) {
        let Expr::Literal(value, _) = &*like.pattern else { return };
        let (Some(path), Some(Some(pattern))) = (path_of(&like.expr), value.try_as_str()) else {
            return;
        };
        if like.negated || like.escape_char.is_some() || !is_in_record(&path) {
            return;
        }
        // Between wild cards every word that has a separator on both sides is a whole word of the
        // record; a word at an end is one when the pattern ends there.
        let parts: Vec<&str> = pattern.split(['%', '_']).collect();
        for (at, part) in parts.iter().enumerate() {
            if part.contains('\\') {
                return;
            }
            let start = if at == 0 { "" } else { "*" };
            let end = if at + 1 == parts.len() { "" } else { "*" };
            self.all.tokens.extend(text_tokens(&format!("{start}{part}{end}")));
        }
    }
}

fn add(union: &mut RowSet, mut rows: RowSet) {
    while let Some(block) = rows.last_block() {
        let count = rows.len_in_block(block) as usize;
        for row in rows.take_last(count, (block * BLOCK_ROWS) as u32) {
            union.insert(row);
        }
    }
}

/// Whether a value, and its JSON text where that is looked at, has the same words as the record.
fn is_plain(text: &str) -> bool {
    !text.contains('\\')
}

/// Whether the values of a column are words of the record's text. A checksum is not, nor is the time
/// that a session began, which is compared as a time.
fn is_in_record(path: &str) -> bool {
    !matches!(path.split('.').next(), Some("eventjsonchecksum" | "eventtime"))
        && path != "useridentity.sessioncontext.attributes.creationdate"
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
