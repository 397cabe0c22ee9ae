//! Counting what a search finds, from columns: totals, top values, histograms.
//!
//! A block of rows is asked term by term, in three-valued logic: what the columns say is yes or no, and
//! only the records of the rows that stay unknown are read. Each different value of a column is asked
//! once. [`trailhound_search::Query::matches`] is the reference; a property test holds the answers to it.
//!
//! It refuses to know how results are shown. Rejected alternative: DataFusion's aggregation; it would
//! have to be given the derived values (user names, roles, accounts) as columns first, and costs a
//! newcomer twenty minutes of build.

mod bits;
mod block;
mod condition;
mod count;
mod facet;
mod histogram;
mod identity;
mod mask;
mod names;
mod place;
mod plan;
mod scan;
mod top;

pub use bits::{Bits, RowMask};
pub(crate) use block::Block;
pub use condition::condition_of;
pub use count::{Counted, count};
pub use facet::Facet;
pub use histogram::{BUCKETS_MAX, Bucket, Histogram, HistogramError, Interval, histogram};
pub(crate) use plan::ColumnQuery;
pub use scan::{mask, resolve};
pub use top::{DistinctPer, Top, TopDistinct, distinct_per, top};
