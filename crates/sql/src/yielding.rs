//! Makes joins give way, so that a statement can be ended while it multiplies rows.
//!
//! Scans give way by themselves. A join whose inputs are exhausted may go on for hours without reading
//! anything more, and then neither the timeout nor a caller that went away would stop it.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;

/// Puts a yield point behind every operator that gives out more rows than it reads.
#[derive(Debug)]
pub(crate) struct YieldOften;

impl PhysicalOptimizerRule for YieldOften {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let name = plan.name();
            if name.contains("Join") || name == "UnnestExec" || name == "RecursiveQueryExec" {
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
