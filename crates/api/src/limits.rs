//! Every limit of the API, in one place.

use std::time::Duration;

/// The longest request body, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 1 << 20;
/// Parameters of a form.
pub(crate) const FORM_PAIRS_MAX: usize = 10_000;
/// How long a request may take unless configured otherwise.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Calls into the store at one time; more wait.
pub(crate) const CALLS_AT_ONCE_MAX: usize = 32;
/// Regions with a rate limit of their own; further ones share one.
pub(crate) const THROTTLED_REGIONS_MAX: usize = 64;
/// `MaxResults` of `LookupEvents`: its default and its greatest value.
///
/// # Source
/// botocore model `cloudtrail/2013-11-01`, shape `MaxResults`.
pub(crate) const LOOKUP_EVENTS_RESULTS_MAX: usize = 50;
/// The longest `AttributeValue`, in characters, some of which count twice.
///
/// # Source
/// API reference, "LookupAttribute".
pub(crate) const ATTRIBUTE_VALUE_LENGTH_MAX: usize = 2000;
/// `MaxResults` and `MaxQueryResults` of CloudTrail Lake: their default and their greatest value.
///
/// # Source
/// botocore model `cloudtrail/2013-11-01`, shape `MaxQueryResults`.
pub(crate) const LAKE_RESULTS_MAX: usize = 1_000;
/// The longest `QueryStatement`, in characters.
///
/// # Source
/// botocore model `cloudtrail/2013-11-01`, shape `QueryStatement`.
pub(crate) const STATEMENT_LENGTH_MAX: usize = 10_000;
/// The longest `RetentionPeriod`, in days.
///
/// # Source
/// botocore model `cloudtrail/2013-11-01`, shape `RetentionPeriod`.
pub(crate) const RETENTION_DAYS_MAX: u32 = 3_653;
/// `MaxResults` of Network Insights: its default and its greatest value.
///
/// # Source
/// botocore model `ec2/2016-11-15`, shape `NetworkInsightsMaxResults`.
pub(crate) const INSIGHTS_RESULTS_MAX: usize = 100;
/// `limit` of `POST /api/v1/sql` when absent.
pub(crate) const SQL_LIMIT_DEFAULT: usize = 1_000;
/// The greatest `limit` of `POST /api/v1/sql`.
pub(crate) const SQL_LIMIT_MAX: usize = 100_000;
/// The longest rows of an answer of `POST /api/v1/sql` together, in bytes.
pub(crate) const SQL_BYTES_MAX: usize = 64 << 20;
/// `limit` of `GET /api/v1/events` when absent.
pub(crate) const NATIVE_LIMIT_DEFAULT: usize = 100;
/// The greatest `limit` of `GET /api/v1/events`.
pub(crate) const NATIVE_LIMIT_MAX: usize = 1000;
