//! Every matching row of a snapshot, block by block, on all threads.

use rayon::prelude::*;
use trailhound_search::{Expr, Query, Requirement, Term, TimeRange};
use trailhound_store::{Condition, ReadSegmentError, Segment, Snapshot};

use crate::columnar::bits::{Bits, RowMask};
use crate::columnar::block::Block;
use crate::columnar::condition::condition_of;
use crate::columnar::plan::ColumnQuery;
use crate::lookup::Coverage;

/// What the columns of a block say about the rows of `wanted`; the others may be anything.
///
/// # Errors
/// [`ReadSegmentError`] when a column cannot be read.
pub fn mask(
    segment: &Segment,
    block: usize,
    wanted: &Bits,
    query: &Query,
) -> Result<RowMask, ReadSegmentError> {
    ColumnQuery::new(query).mask(&Block::new(segment, block), wanted)
}

/// The rows of `wanted` in a block that match `query`, exactly: the records that the columns leave open
/// are read.
///
/// # Errors
/// [`ReadSegmentError`] when a column or a record cannot be read.
pub fn resolve(
    segment: &Segment,
    block: usize,
    wanted: &Bits,
    query: &Query,
) -> Result<Bits, ReadSegmentError> {
    ColumnQuery::new(query).resolve(&Block::new(segment, block), wanted)
}

/// Counts matching rows in some way. Parts of a snapshot are counted apart, then put together.
pub(crate) trait Tally: Send {
    /// Counts `rows` of `block`; counts none of them when it fails.
    fn add(&mut self, block: &Block<'_>, rows: &Bits) -> Result<(), ReadSegmentError>;
    /// Adds what `other` counted.
    fn merge(&mut self, other: Self);
}

/// Rows of a block that may match.
struct Task<'s> {
    segment: &'s Segment,
    block: usize,
    rows: Bits,
}

/// `query`, within `range` too.
pub(crate) fn within(query: &Query, range: TimeRange) -> Query {
    let since = range.start.map(|at| Expr::Term(Term::Since(at)));
    let until = range.end.map(|at| Expr::Term(Term::Until(at)));
    if since.is_none() && until.is_none() {
        return query.clone();
    }
    let parts = since.into_iter().chain(until);
    Query::from(Expr::all_of(parts.chain([query.expr().clone()])))
}

/// Counts every match of `query` in `snapshot`.
pub(crate) fn tally<T: Tally>(
    snapshot: &Snapshot,
    query: &Query,
    new: impl Fn() -> T + Sync,
) -> (T, Coverage) {
    let (tasks, mut coverage) = tasks_of(snapshot, query);
    let plan = ColumnQuery::new(query);
    let share = tasks.len().div_ceil(rayon::current_num_threads() * 8).max(1);
    let parts: Vec<(T, Vec<(String, u64)>)> = tasks
        .par_chunks(share)
        .fold(
            || (new(), Vec::new()),
            |(mut tally, mut failed), tasks| {
                for task in tasks {
                    if let Err(error) = task.run(&plan, &mut tally) {
                        failed.push((error_text(&error), task.rows.len() as u64));
                    }
                }
                (tally, failed)
            },
        )
        .collect();
    let mut all = new();
    for (part, failed) in parts {
        all.merge(part);
        for (error, rows) in failed {
            coverage.events_examined -= rows;
            coverage.unreadable.push(error);
        }
    }
    coverage.unreadable.sort();
    coverage.unreadable.dedup();
    (all, coverage)
}

impl Task<'_> {
    fn run(&self, plan: &ColumnQuery, tally: &mut impl Tally) -> Result<(), ReadSegmentError> {
        let block = Block::new(self.segment, self.block);
        let rows = plan.resolve(&block, &self.rows)?;
        if rows.is_empty() { Ok(()) } else { tally.add(&block, &rows) }
    }
}

/// The blocks with rows that may match, by table log and index.
fn tasks_of<'s>(snapshot: &'s Snapshot, query: &Query) -> (Vec<Task<'s>>, Coverage) {
    let condition = condition_of(&query.requirement());
    let range = query.time_range();
    let in_range = match range == TimeRange::default() {
        true => Condition::Any,
        false => condition_of(&Requirement::Time(range)),
    };
    let segments: Vec<&Segment> = snapshot
        .segments()
        .iter()
        .map(AsRef::as_ref)
        .filter(|segment| segment.may_meet(&in_range))
        .collect();
    let found: Vec<_> = segments
        .into_par_iter()
        .map(|segment| (segment, segment.rows_meeting(&condition)))
        .collect();
    let (mut tasks, mut coverage) = (Vec::new(), Coverage::of(snapshot));
    for (segment, rows) in found {
        let total = u64::from(segment.rows());
        coverage.count(segment);
        let rows = match coverage.scope.see(segment).and(rows) {
            Ok(rows) => rows,
            Err(error) => {
                coverage.unreadable.push(error_text(&error));
                continue;
            }
        };
        let left = rows.len();
        coverage.events_examined += left;
        coverage.events_skipped += total - left;
        for block in 0..segment.block_count() {
            let words = rows.block_words(block).to_vec();
            let rows = Bits::from_words(words, segment.block_rows(block));
            if !rows.is_empty() {
                tasks.push(Task { segment, block, rows });
            }
        }
    }
    (tasks, coverage)
}

fn error_text(error: &ReadSegmentError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
