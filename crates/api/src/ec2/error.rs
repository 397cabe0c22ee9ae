//! EC2's errors, by EC2's codes.

use axum::http::StatusCode;
use trailhound_app::insights::{InsightsError, InsightsKind};
use trailhound_model::serve::ReadCallError;

use crate::auth::IncompleteSignature;
use crate::state::CallError;

/// Why a call failed. The text goes to the caller as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ec2Error {
    #[error("the request must be signed with AWS Signature Version 4, with any credentials")]
    Unsigned,
    #[error(
        "the Authorization header must have a Credential of the form KEY/DATE/REGION/SERVICE/aws4_request"
    )]
    IncompleteSignature,
    #[error("the request body is longer than 1 MiB, or has too many parameters")]
    TooLarge,
    #[error("the request body is no form of UTF-8 text")]
    Malformed,
    #[error("the request must contain the parameter Action")]
    NoAction,
    #[error(
        "the action {action} is not valid for this web service: Trailhound offers those of Network Insights"
    )]
    UnknownAction { action: String },
    #[error("the version {found} is not offered; the one that is: 2016-11-15")]
    Version { found: String },
    #[error("the request would have succeeded, but the DryRun flag is set")]
    DryRun,
    #[error("the NextToken was not issued for this request")]
    NextToken,
    #[error("value ({found}) for parameter MaxResults is invalid: it is 1 to 100")]
    MaxResults { found: i64 },
    #[error("value ({value}) for parameter {name} is invalid: it is no time")]
    Time { name: &'static str, value: String },
    #[error(transparent)]
    Read(#[from] ReadCallError),
    #[error("the request is not valid: {0}")]
    Shape(serde_json::Error),
    #[error(transparent)]
    Insights(#[from] InsightsError),
    #[error("the request failed")]
    Call(#[from] CallError),
    #[error("the answer could not be written")]
    Write(#[source] serde_json::Error),
}

impl From<IncompleteSignature> for Ec2Error {
    fn from(_: IncompleteSignature) -> Self {
        Self::IncompleteSignature
    }
}

impl Ec2Error {
    /// The code.
    pub(crate) fn code(&self) -> String {
        let code = match self {
            Self::Unsigned => "MissingAuthenticationToken",
            Self::IncompleteSignature => "IncompleteSignature",
            Self::TooLarge => "RequestEntityTooLarge",
            Self::Malformed => "MalformedQueryString",
            Self::NoAction => "MissingAction",
            Self::UnknownAction { .. } => "InvalidAction",
            Self::Version { .. } => "NoSuchVersion",
            Self::DryRun => "DryRunOperation",
            Self::NextToken | Self::MaxResults { .. } | Self::Time { .. } | Self::Shape(_) => {
                "InvalidParameterValue"
            }
            Self::Read(error) => match error {
                ReadCallError::Unknown { .. } => "UnknownParameter",
                ReadCallError::Missing { .. } => "MissingParameter",
                ReadCallError::Value { .. } => "InvalidParameterValue",
                ReadCallError::Repeated { .. } => "InvalidQueryParameter",
            },
            Self::Insights(error) => return insights_code(error),
            Self::Call(_) | Self::Write(_) => "InternalError",
        };
        code.to_owned()
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unsigned | Self::IncompleteSignature => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::DryRun => StatusCode::PRECONDITION_FAILED,
            Self::Call(_)
            | Self::Write(_)
            | Self::Insights(
                InsightsError::File { .. }
                | InsightsError::Damaged { .. }
                | InsightsError::Thread { .. },
            ) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

fn insights_code(error: &InsightsError) -> String {
    let code = match error {
        InsightsError::Missing { .. } => "MissingParameter",
        InsightsError::Value { .. } => "InvalidParameterValue",
        InsightsError::Combination { .. } => "InvalidParameterCombination",
        InsightsError::Unsupported { .. } => "UnsupportedOperation",
        InsightsError::NotFound { kind, .. } => {
            return format!("Invalid{}Id.NotFound", kind.name());
        }
        InsightsError::AnalysisExists { .. } => "AnalysisExistsForNetworkInsightsPath",
        // No published code says it of scopes: EC2's general one.
        InsightsError::ScopeInUse { .. } => "DependencyViolation",
        InsightsError::TokenMismatch => "IdempotentParameterMismatch",
        InsightsError::Limit {
            kind: kind @ (InsightsKind::Path | InsightsKind::Analysis), ..
        } => {
            return format!("{}.LimitExceeded", kind.name());
        }
        InsightsError::Limit { .. } => "ResourceLimitExceeded",
        InsightsError::Tags { .. } => "TagLimitExceeded",
        InsightsError::File { .. }
        | InsightsError::Damaged { .. }
        | InsightsError::Thread { .. } => "InternalError",
    };
    code.to_owned()
}
