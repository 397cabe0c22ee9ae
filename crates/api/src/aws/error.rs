//! AWS's errors, by AWS's names.

use crate::auth::IncompleteSignature;
use crate::aws::lookup_events::AttributeKey;
use crate::limits::ATTRIBUTE_VALUE_LENGTH_MAX;
use crate::state::CallError;
use axum::http::StatusCode;
use serde_json::json;
use trailhound_app::TableError;
use trailhound_app::lookup::LookupError;
use trailhound_app::sql::StatementError;

/// How to get SQL where it is not.
pub(crate) const NO_SQL: &str = "this build has no SQL; build it in, which takes some minutes more: \
cargo install --path crates/cli --features sql";

/// Why an AWS request failed. The text goes to the caller as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AwsError {
    #[error("You can specify only one lookup attribute, found {found}.")]
    TooManyAttributes { found: usize },
    #[error("`{key}` is not a lookup attribute. Use one of {}.", AttributeKey::names())]
    UnknownAttribute { key: String },
    #[error(
        "The value of the lookup attribute {key} must be 1 to {ATTRIBUTE_VALUE_LENGTH_MAX} characters long, \
         where `_`, space, `,` and newline count twice, found {found}."
    )]
    AttributeLength { key: &'static str, found: usize },
    #[error(
        "Insights events can be looked up by EventId, EventName and EventSource, not by {key}."
    )]
    InsightAttribute { key: &'static str },
    #[error("StartTime must not be after EndTime.")]
    InvalidTimeRange,
    #[error("The number of results must be from 1 to {max}, found {found}.")]
    InvalidMaxResults { found: i64, max: usize },
    #[error(
        "The NextToken was not issued for this request. Send it with the same parameters as the request \
         that returned it."
    )]
    InvalidNextToken,
    #[error(
        "`{found}` is not an event category. Use `insight`, or leave it out for management events."
    )]
    InvalidEventCategory { found: String },
    #[error("The request body is not valid: {detail}.")]
    Serialization { detail: String },
    #[error("`{target}` in X-Amz-Target names no operation of CloudTrail.")]
    UnknownOperation { target: String },
    #[error(
        "Trailhound does not offer {operation} yet. It offers LookupEvents and CloudTrail Lake's queries."
    )]
    UnsupportedOperation { operation: &'static str },
    #[error(
        "The Authorization header must have a Credential of the form KEY/DATE/REGION/SERVICE/aws4_request."
    )]
    IncompleteSignature,
    #[error("Rate exceeded")]
    Throttling,
    #[error("The request body is longer than 1 MiB.")]
    TooLarge,
    #[error("The request took too long. Ask for a shorter time range.")]
    Timeout,
    #[error(
        "This answer would lack events, for {} of the store's segments cannot be read: {}. \
         Run `trailhound verify`, or ask for a time range without them.",
        segments.len(), segments.join(", ")
    )]
    Unreadable { segments: Vec<String> },
    #[error("{name} is missing.")]
    Missing { name: &'static str },
    #[error(
        "Trailhound knows no query aliases and parameters. Send the statement in QueryStatement, and the QueryId."
    )]
    NoAliases,
    #[error(
        "Trailhound does not deliver results to S3. Leave out DeliveryS3Uri, and read them with GetQueryResults."
    )]
    NoDelivery,
    #[error("{NO_SQL}")]
    NoSql,
    #[error("The query statement is not valid: {detail}")]
    InvalidQueryStatement { detail: String },
    #[error(
        "Ten queries are queued or running, which is the most. Wait for one to finish, or cancel one."
    )]
    TooManyQueries,
    #[error("The query `{id}` does not exist, or its results are kept no longer.")]
    QueryIdNotFound { id: String },
    #[error("The query `{id}` cannot be cancelled: it has ended.")]
    InactiveQuery { id: String },
    #[error("`{found}` is not a query status.")]
    InvalidQueryStatus { found: String },
    #[error("StartTime must not be after EndTime.")]
    InvalidDateRange,
    #[error("The event data store was not found: {detail}.")]
    EventDataStoreNotFound { detail: String },
    #[error("`{found}` is neither the ARN nor the UUID of an event data store.")]
    EventDataStoreArnInvalid { found: String },
    #[error("The query could not be started.")]
    Statement(#[source] StatementError),
    #[error("The query could not be started.")]
    Thread(#[source] std::io::Error),
    #[error("The store could not be read.")]
    Table(#[from] TableError),
    #[error("The store could not be read.")]
    Lookup(#[from] LookupError),
    #[error("The request failed.")]
    Call(#[from] CallError),
    #[error("The answer could not be written.")]
    Write(#[from] serde_json::Error),
}

impl From<IncompleteSignature> for AwsError {
    fn from(_: IncompleteSignature) -> Self {
        Self::IncompleteSignature
    }
}

impl AwsError {
    /// The name of the error's shape.
    pub(crate) fn shape(&self) -> &'static str {
        match self {
            Self::TooManyAttributes { .. }
            | Self::UnknownAttribute { .. }
            | Self::AttributeLength { .. }
            | Self::InsightAttribute { .. } => "InvalidLookupAttributesException",
            Self::Missing { .. } | Self::NoAliases => "InvalidParameterException",
            Self::InvalidQueryStatement { .. } => "InvalidQueryStatementException",
            Self::TooManyQueries => "MaxConcurrentQueriesException",
            Self::QueryIdNotFound { .. } => "QueryIdNotFoundException",
            Self::InactiveQuery { .. } => "InactiveQueryException",
            Self::InvalidQueryStatus { .. } => "InvalidQueryStatusException",
            Self::InvalidDateRange => "InvalidDateRangeException",
            Self::EventDataStoreNotFound { .. } => "EventDataStoreNotFoundException",
            Self::EventDataStoreArnInvalid { .. } => "EventDataStoreARNInvalidException",
            Self::InvalidTimeRange => "InvalidTimeRangeException",
            Self::InvalidMaxResults { .. } => "InvalidMaxResultsException",
            Self::InvalidNextToken => "InvalidNextTokenException",
            Self::InvalidEventCategory { .. } => "InvalidEventCategoryException",
            Self::Serialization { .. } => "SerializationException",
            Self::UnknownOperation { .. } => "UnknownOperationException",
            Self::UnsupportedOperation { .. } | Self::NoSql | Self::NoDelivery => {
                "UnsupportedOperationException"
            }
            Self::IncompleteSignature => "IncompleteSignature",
            Self::Throttling => "ThrottlingException",
            Self::TooLarge => "RequestEntityTooLargeException",
            Self::Timeout => "ServiceUnavailable",
            Self::Unreadable { .. }
            | Self::Statement(_)
            | Self::Thread(_)
            | Self::Table(_)
            | Self::Lookup(_)
            | Self::Call(_)
            | Self::Write(_) => "InternalFailure",
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownOperation { .. } => StatusCode::NOT_FOUND,
            Self::IncompleteSignature => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreadable { .. }
            | Self::Statement(_)
            | Self::Thread(_)
            | Self::Table(_)
            | Self::Lookup(_)
            | Self::Call(_)
            | Self::Write(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The JSON of the answer.
    pub(crate) fn body(&self) -> Vec<u8> {
        json!({"__type": self.shape(), "message": self.to_string()}).to_string().into_bytes()
    }
}
