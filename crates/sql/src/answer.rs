//! The answer of a statement: as it comes, shared, or whole.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::physical_plan::ExecutionPlan;
use futures::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::engine::Produced;
use crate::error::QueryError;
use crate::table::{EventsExec, ScanCounts};
use crate::yielding::Wanted;

/// What a statement has cost so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Events that met the conditions, before they were joined, grouped or cut off.
    pub events_matched: u64,
    /// Events whose columns were read.
    pub events_scanned: u64,
    /// Compressed bytes of their segments: each segment's size by the share of its rows.
    pub bytes_scanned: u64,
    /// Segments of the snapshot.
    pub segments: u64,
    /// Segments without a candidate, by their times or their index.
    pub segments_pruned: u64,
    /// Rows of the answer.
    pub rows: u64,
    /// Since the statement was given.
    pub elapsed: Duration,
}

/// Tells what a statement has cost, while it runs and afterwards.
#[derive(Clone)]
pub(crate) struct Meter {
    plan: Arc<dyn ExecutionPlan>,
    counts: Arc<ScanCounts>,
    started: Instant,
    rows: Arc<AtomicU64>,
    ended: Arc<OnceLock<Duration>>,
}

impl Meter {
    pub(crate) fn new(
        plan: Arc<dyn ExecutionPlan>,
        counts: Arc<ScanCounts>,
        started: Instant,
    ) -> Self {
        Self { plan, counts, started, rows: Arc::default(), ended: Arc::default() }
    }

    fn end(&self) {
        self.ended.get_or_init(|| self.started.elapsed());
    }

    fn read(&self) -> Statistics {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Statistics {
            events_matched: matched(self.plan.as_ref()),
            events_scanned: read(&self.counts.rows_read),
            bytes_scanned: read(&self.counts.bytes_read),
            segments: read(&self.counts.segments),
            segments_pruned: read(&self.counts.segments_pruned),
            rows: read(&self.rows),
            elapsed: self.ended.get().copied().unwrap_or_else(|| self.started.elapsed()),
        }
    }
}

/// The answer of a running statement. Dropping it ends the statement.
pub struct AnswerStream {
    schema: SchemaRef,
    columns: Vec<String>,
    receiver: mpsc::Receiver<Produced>,
    meter: Meter,
    wanted: Arc<Wanted>,
}

impl Drop for AnswerStream {
    fn drop(&mut self) {
        self.wanted.end();
    }
}

impl std::fmt::Debug for AnswerStream {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("AnswerStream").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl AnswerStream {
    pub(crate) fn new(
        schema: SchemaRef,
        columns: Vec<String>,
        receiver: mpsc::Receiver<Produced>,
        meter: Meter,
        wanted: Arc<Wanted>,
    ) -> Self {
        Self { schema, columns, receiver, meter, wanted }
    }

    /// The columns and their types.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The names of the columns, in order; names may repeat.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The next batch, for callers without a runtime.
    pub fn next_blocking(&mut self) -> Option<Result<RecordBatch, QueryError>> {
        if self.has_ended() {
            return None;
        }
        let produced = self.receiver.blocking_recv();
        self.taken(produced)
    }

    /// What the statement has cost so far.
    pub fn statistics(&self) -> Statistics {
        self.meter.read()
    }

    fn has_ended(&self) -> bool {
        self.meter.ended.get().is_some()
    }

    fn taken(&mut self, produced: Option<Produced>) -> Option<Result<RecordBatch, QueryError>> {
        let item = produced.unwrap_or(Err(QueryError::Stopped)).transpose();
        match &item {
            Some(Ok(batch)) => {
                self.meter.rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
            }
            Some(Err(_)) | None => self.meter.end(),
        }
        item
    }
}

impl Stream for AnswerStream {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_ended() {
            return Poll::Ready(None);
        }
        let produced = std::task::ready!(self.receiver.poll_recv(context));
        Poll::Ready(self.taken(produced))
    }
}

/// The answer of a running statement that one thread reads while others watch or stop it. Dropping it
/// ends the statement.
pub struct SharedAnswer {
    columns: Vec<String>,
    meter: Meter,
    stream: Mutex<AnswerStream>,
    is_cancelled: watch::Sender<bool>,
    wanted: Arc<Wanted>,
    runtime: Handle,
}

impl std::fmt::Debug for SharedAnswer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SharedAnswer").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl SharedAnswer {
    pub(crate) fn new(stream: AnswerStream, runtime: Handle) -> Self {
        Self {
            columns: stream.columns.clone(),
            meter: stream.meter.clone(),
            wanted: Arc::clone(&stream.wanted),
            stream: Mutex::new(stream),
            is_cancelled: watch::Sender::new(false),
            runtime,
        }
    }

    /// The names of the columns, in order; names may repeat.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The next batch; blocks.
    pub fn next_blocking(&self) -> Option<Result<RecordBatch, QueryError>> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_cancelled = self.is_cancelled.subscribe();
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                _ = is_cancelled.wait_for(|is_cancelled| *is_cancelled) => {
                    stream.receiver.close();
                    self.meter.end();
                    Some(Err(QueryError::Cancelled))
                }
                batch = stream.next() => batch,
            }
        })
    }

    /// What the statement has cost so far.
    pub fn statistics(&self) -> Statistics {
        self.meter.read()
    }

    /// Ends the statement: its reader gets [`QueryError::Cancelled`].
    pub fn cancel(&self) {
        self.wanted.end();
        self.is_cancelled.send_replace(true);
    }
}

/// How many events passed the filter next to the scan, over all scans.
fn matched(plan: &dyn ExecutionPlan) -> u64 {
    if let Some(scan) = plan.downcast_ref::<EventsExec>() {
        return scan.rows();
    }
    let below = plan.children().iter().map(|child| matched(child.as_ref())).sum();
    match plan.metrics().and_then(|metrics| metrics.output_rows()) {
        Some(rows) if plan.name() == "FilterExec" && is_next_to_scan(plan) => {
            (rows as u64).min(below)
        }
        _ => below,
    }
}

/// Whether nothing below a plan makes other rows of those of one scan.
fn is_next_to_scan(plan: &dyn ExecutionPlan) -> bool {
    const SAME_ROWS: [&str; 6] = [
        "FilterExec",
        "ProjectionExec",
        "RepartitionExec",
        "CoalesceBatchesExec",
        "CoalescePartitionsExec",
        "CooperativeExec",
    ];
    match plan.children().as_slice() {
        [] => plan.downcast_ref::<EventsExec>().is_some(),
        [below] => SAME_ROWS.contains(&plan.name()) && is_next_to_scan(below.as_ref()),
        _ => false,
    }
}

/// The whole answer of a statement.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The names of the columns, in order; names may repeat.
    pub columns: Vec<String>,
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// What it cost.
    pub statistics: Statistics,
}

impl Answer {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// At most `count` rows from row `first` on, as text in Trino's form; null is the empty text.
    pub fn page(&self, first: usize, count: usize) -> Vec<Vec<String>> {
        let (mut skipped, mut page) = (first, Vec::new());
        for batch in &self.batches {
            if skipped >= batch.num_rows() {
                skipped -= batch.num_rows();
                continue;
            }
            let length = (batch.num_rows() - skipped).min(count - page.len());
            let cells = crate::print::rows(&batch.slice(skipped, length));
            page.extend(
                cells
                    .into_iter()
                    .map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>()),
            );
            skipped = 0;
            if page.len() == count {
                break;
            }
        }
        page
    }
}
