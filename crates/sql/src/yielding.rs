//! Makes statements end when they should, though they multiply rows.
//!
//! Scans give way by themselves. A join whose inputs are exhausted may go on for hours without reading
//! anything more, or finding anything, and then neither the timeout nor a caller that went away would
//! stop it.

use std::fmt::{Display, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    HashJoinExec, HashJoinExecBuilder, NestedLoopJoinExec, NestedLoopJoinExecBuilder,
};

/// Whether a statement is still to be answered; asked without waiting for anything.
#[derive(Debug)]
pub(crate) struct Wanted {
    deadline: Instant,
    has_ended: AtomicBool,
}

impl Wanted {
    pub(crate) fn until(deadline: Instant) -> Self {
        Self { deadline, has_ended: AtomicBool::new(false) }
    }

    /// Nobody wants the answer any more.
    pub(crate) fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_late(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn check(&self) -> Result<()> {
        if self.has_ended.load(Ordering::Relaxed) || self.is_late() {
            return exec_err!("the statement was ended");
        }
        Ok(())
    }
}

/// Puts a yield point behind every operator that gives out more rows than it reads, and lets the
/// conditions of joins, which may reject rows for hours, fail once nobody wants the answer.
#[derive(Debug)]
pub(crate) struct YieldOften(pub(crate) Arc<Wanted>);

impl PhysicalOptimizerRule for YieldOften {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let name = plan.name();
            if name.contains("Join") || name == "UnnestExec" || name == "RecursiveQueryExec" {
                let plan = self.with_checked_condition(plan)?;
                return Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan)) as _));
            }
            Ok(Transformed::no(plan))
        })
        .data()
    }

    fn name(&self) -> &str {
        "yield_often"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

impl YieldOften {
    fn with_checked_condition(
        &self,
        plan: Arc<dyn ExecutionPlan>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let checked = |filter: &JoinFilter| {
            let inner = Arc::clone(filter.expression());
            let expression = Arc::new(WhileWanted { inner, wanted: Arc::clone(&self.0) });
            let (indices, schema) = (filter.column_indices().to_vec(), filter.schema());
            Some(JoinFilter::new(expression, indices, Arc::clone(schema)))
        };
        if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>()
            && let Some(filter) = join.filter()
        {
            let join = NestedLoopJoinExecBuilder::from(join).with_filter(checked(filter));
            return Ok(Arc::new(join.build()?));
        }
        if let Some(join) = plan.downcast_ref::<HashJoinExec>()
            && let Some(filter) = join.filter()
        {
            let join = HashJoinExecBuilder::from(join).with_filter(checked(filter));
            return Ok(Arc::new(join.build()?));
        }
        Ok(plan)
    }
}

/// An expression that fails once its statement is not wanted any more.
#[derive(Debug)]
struct WhileWanted {
    inner: Arc<dyn PhysicalExpr>,
    wanted: Arc<Wanted>,
}

impl PartialEq for WhileWanted {
    fn eq(&self, other: &Self) -> bool {
        self.inner.eq(&other.inner)
    }
}

impl Eq for WhileWanted {}

impl Hash for WhileWanted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl Display for WhileWanted {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(out)
    }
}

impl PhysicalExpr for WhileWanted {
    fn data_type(&self, schema: &Schema) -> Result<DataType> {
        self.inner.data_type(schema)
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.inner.nullable(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.wanted.check()?;
        self.inner.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.inner]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let inner = children.pop().unwrap_or_else(|| Arc::clone(&self.inner));
        Ok(Arc::new(Self { inner, wanted: Arc::clone(&self.wanted) }))
    }

    fn fmt_sql(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt_sql(out)
    }
}
