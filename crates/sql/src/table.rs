//! The table `events`: Lake's columns over the segments of a snapshot.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use trailhound_store::limits::BLOCK_ROWS;
use trailhound_store::{Condition, RowSet, Segment, Snapshot};

use crate::convert::Block;
use crate::prune::condition;
use crate::schema::{Needs, Source, arrow_schema};

/// What the scans of one statement did so far.
#[derive(Debug, Default)]
pub(crate) struct ScanCounts {
    pub(crate) segments: AtomicU64,
    pub(crate) segments_pruned: AtomicU64,
    pub(crate) rows_read: AtomicU64,
    pub(crate) bytes_read: AtomicU64,
}

/// The events of a snapshot as a table.
#[derive(Debug)]
pub(crate) struct EventsTable {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) columns: &'static [(&'static str, Source)],
    pub(crate) schema: SchemaRef,
    pub(crate) counts: Arc<ScanCounts>,
    pub(crate) partitions: usize,
    /// Whether conditions are looked up in the index; tests switch it off.
    pub(crate) is_pruning: bool,
}

impl EventsTable {
    pub(crate) fn new(
        snapshot: Arc<Snapshot>,
        columns: &'static [(&'static str, Source)],
        counts: Arc<ScanCounts>,
        partitions: usize,
    ) -> Self {
        let schema = Arc::new(arrow_schema(columns));
        Self { snapshot, columns, schema, counts, partitions, is_pruning: true }
    }
}

#[async_trait]
impl TableProvider for EventsTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        // The index holds hashes: what it finds are candidates.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(projection) => Arc::new(self.schema.project(projection)?),
            None => Arc::clone(&self.schema),
        };
        let sources = match projection {
            Some(projection) => {
                projection.iter().filter_map(|at| Some(self.columns.get(*at)?.1)).collect()
            }
            None => self.columns.iter().map(|(_, source)| *source).collect(),
        };
        let condition = if self.is_pruning { condition(filters) } else { Condition::Any };
        let all = self.snapshot.segments();
        let met: Vec<_> =
            all.iter().filter(|segment| segment.may_meet(&condition)).cloned().collect();
        self.counts.segments.fetch_add(all.len() as u64, Ordering::Relaxed);
        self.counts.segments_pruned.fetch_add((all.len() - met.len()) as u64, Ordering::Relaxed);
        let partitions = self.partitions.clamp(1, met.len().max(1));
        let mut shares = vec![VecDeque::new(); partitions];
        for (at, segment) in met.into_iter().enumerate() {
            if let Some(share) = shares.get_mut(at % partitions) {
                share.push_back(segment);
            }
        }
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let scan = Scan { sources, schema, condition, counts: Arc::clone(&self.counts) };
        let rows = Arc::new(AtomicU64::new(0));
        Ok(Arc::new(EventsExec {
            scan: Arc::new(scan),
            shares,
            limit,
            has_filters: !filters.is_empty(),
            rows,
            properties: Arc::new(properties),
        }))
    }
}

/// What is read of every segment.
#[derive(Debug)]
struct Scan {
    sources: Vec<Source>,
    schema: SchemaRef,
    condition: Condition,
    counts: Arc<ScanCounts>,
}

/// Reads segments, newest first within a partition.
#[derive(Debug)]
pub(crate) struct EventsExec {
    scan: Arc<Scan>,
    shares: Vec<VecDeque<Arc<Segment>>>,
    limit: Option<usize>,
    has_filters: bool,
    rows: Arc<AtomicU64>,
    properties: Arc<PlanProperties>,
}

impl EventsExec {
    /// Rows given out so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }
}

impl DisplayAs for EventsExec {
    fn fmt_as(&self, _: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segments: usize = self.shares.iter().map(VecDeque::len).sum();
        let names: Vec<_> = self.scan.schema.fields().iter().map(|field| field.name()).collect();
        let index = if self.scan.condition == Condition::Any { "no" } else { "yes" };
        write!(out, "EventsExec: segments={segments}, columns={names:?}, index={index}")?;
        self.limit.map_or(Ok(()), |limit| write!(out, ", limit={limit}"))
    }
}

impl ExecutionPlan for EventsExec {
    fn name(&self) -> &str {
        "EventsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn statistics_from_inputs(
        &self,
        _: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.scan.schema);
        let shares = match args.partition() {
            Some(at) => self.shares.get(at).map_or(&[][..], std::slice::from_ref),
            None => &self.shares,
        };
        let rows = shares.iter().flatten().map(|segment| segment.rows() as usize).sum();
        statistics.num_rows = match (self.has_filters, self.limit) {
            (false, None) => Precision::Exact(rows),
            _ => Precision::Inexact(rows),
        };
        Ok(Arc::new(statistics))
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let share = self.shares.get(partition).cloned().unwrap_or_default();
        let mut reader = Reader {
            scan: Arc::clone(&self.scan),
            waiting: share,
            current: None,
            left: self.limit.unwrap_or(usize::MAX),
            rows: Arc::clone(&self.rows),
        };
        let batches = std::iter::from_fn(move || reader.next_batch().transpose());
        let schema = Arc::clone(&self.scan.schema);
        let stream = futures::stream::iter(batches);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)))
    }
}

/// The reading of one partition.
struct Reader {
    scan: Arc<Scan>,
    waiting: VecDeque<Arc<Segment>>,
    current: Option<(Arc<Segment>, RowSet)>,
    left: usize,
    rows: Arc<AtomicU64>,
}

impl Reader {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        while self.left > 0 {
            let (segment, mut rows) = match self.current.take() {
                Some(current) => current,
                None => {
                    let Some(segment) = self.waiting.pop_front() else { return Ok(None) };
                    let rows = self.scan.rows_of(&segment)?;
                    if rows.is_empty() {
                        self.scan.counts.segments_pruned.fetch_add(1, Ordering::Relaxed);
                    }
                    (segment, rows)
                }
            };
            let Some(block) = rows.last_block() else { continue };
            let count = (rows.len_in_block(block) as usize).min(self.left);
            let chosen = rows.take_last(count, (block * BLOCK_ROWS) as u32);
            self.left -= chosen.len();
            let batch = self.scan.read(&segment, block, &chosen)?;
            self.rows.fetch_add(chosen.len() as u64, Ordering::Relaxed);
            self.current = Some((segment, rows));
            return Ok(Some(batch));
        }
        Ok(None)
    }
}

impl Scan {
    fn rows_of(&self, segment: &Segment) -> Result<RowSet> {
        match self.condition {
            // Not even the index is read.
            Condition::Any => Ok(RowSet::all(segment.rows())),
            _ => segment.rows_meeting(&self.condition).map_err(external),
        }
    }

    fn read(&self, segment: &Segment, block: usize, rows: &[u32]) -> Result<RecordBatch> {
        let mut needs = Needs::default();
        self.sources.iter().for_each(|source| source.note_needs(&mut needs));
        let values = Block::read(segment, block, rows, &needs)?;
        let read = rows.len() as u64;
        self.counts.rows_read.fetch_add(read, Ordering::Relaxed);
        let entry = segment.entry();
        let bytes = u128::from(entry.bytes) * u128::from(read) / u128::from(entry.rows.max(1));
        self.counts.bytes_read.fetch_add(bytes as u64, Ordering::Relaxed);
        let arrays: Vec<_> =
            self.sources.iter().map(|source| values.build(*source)).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?)
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
