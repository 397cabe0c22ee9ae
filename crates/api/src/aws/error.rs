//! AWS's errors, by AWS's names.

use crate::auth::IncompleteSignature;
use crate::aws::lookup_events::AttributeKey;
use crate::limits::{ATTRIBUTE_VALUE_LENGTH_MAX, LOOKUP_EVENTS_RESULTS_MAX};
use crate::state::CallError;
use axum::http::StatusCode;
use serde_json::json;
use trailhound_app::lookup::LookupError;

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
    #[error("MaxResults must be from 1 to {LOOKUP_EVENTS_RESULTS_MAX}, found {found}.")]
    InvalidMaxResults { found: i64 },
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
    #[error("Trailhound does not offer {operation} yet. It offers LookupEvents.")]
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
            Self::InvalidTimeRange => "InvalidTimeRangeException",
            Self::InvalidMaxResults { .. } => "InvalidMaxResultsException",
            Self::InvalidNextToken => "InvalidNextTokenException",
            Self::InvalidEventCategory { .. } => "InvalidEventCategoryException",
            Self::Serialization { .. } => "SerializationException",
            Self::UnknownOperation { .. } => "UnknownOperationException",
            Self::UnsupportedOperation { .. } => "UnsupportedOperationException",
            Self::IncompleteSignature => "IncompleteSignature",
            Self::Throttling => "ThrottlingException",
            Self::TooLarge => "RequestEntityTooLargeException",
            Self::Timeout => "ServiceUnavailable",
            Self::Unreadable { .. } | Self::Lookup(_) | Self::Call(_) | Self::Write(_) => {
                "InternalFailure"
            }
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownOperation { .. } => StatusCode::NOT_FOUND,
            Self::IncompleteSignature => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreadable { .. } | Self::Lookup(_) | Self::Call(_) | Self::Write(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The JSON of the answer.
    pub(crate) fn body(&self) -> Vec<u8> {
        json!({"__type": self.shape(), "message": self.to_string()}).to_string().into_bytes()
    }
}
