//! Why a question about insights is refused.

use std::path::PathBuf;

/// The four kinds of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsightsKind {
    /// A path.
    Path,
    /// An analysis of a path.
    Analysis,
    /// An access scope.
    Scope,
    /// An analysis of an access scope.
    ScopeAnalysis,
}

impl InsightsKind {
    /// What its ids begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Path => "nip",
            Self::Analysis => "nia",
            Self::Scope => "nis",
            Self::ScopeAnalysis => "nisa",
        }
    }

    /// Its name in ARNs and tag specifications.
    pub fn arn_type(self) -> &'static str {
        match self {
            Self::Path => "network-insights-path",
            Self::Analysis => "network-insights-analysis",
            Self::Scope => "network-insights-access-scope",
            Self::ScopeAnalysis => "network-insights-access-scope-analysis",
        }
    }

    /// Its name in codes: `NetworkInsightsPath`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "NetworkInsightsPath",
            Self::Analysis => "NetworkInsightsAnalysis",
            Self::Scope => "NetworkInsightsAccessScope",
            Self::ScopeAnalysis => "NetworkInsightsAccessScopeAnalysis",
        }
    }
}

/// Why a question about insights is refused. The text is for whoever asked.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "variants are documented, fields are named by what they hold")]
pub enum InsightsError {
    /// A parameter is missing.
    #[error("the request must contain the parameter {name}")]
    Missing { name: &'static str },
    /// A value is none that the parameter takes.
    #[error("value ({value}) for parameter {name} is invalid: {reason}")]
    Value { name: String, value: String, reason: String },
    /// Parameters do not go together.
    #[error("{reason}")]
    Combination { reason: String },
    /// It is AWS's, and not ours to answer.
    #[error("Trailhound does not support {what}")]
    Unsupported { what: String },
    /// There is none with this id, in this Region.
    #[error("the {} ID '{id}' does not exist", kind.name())]
    NotFound { kind: InsightsKind, id: String },
    /// A path has analyses.
    #[error("the network insights path '{id}' has analyses; delete them first")]
    AnalysisExists { id: String },
    /// A scope has analyses.
    #[error("the access scope '{id}' has analyses; delete them first")]
    ScopeInUse { id: String },
    /// A client token was used with other parameters.
    #[error("the client token was used before, with other parameters")]
    TokenMismatch,
    /// As many as there may be are there.
    #[error("there are {max} already, which is the most")]
    Limit { kind: InsightsKind, max: usize },
    /// Too many tags.
    #[error("there are more than {max} tags")]
    Tags { max: usize },
    /// A file cannot be read or written.
    #[error("cannot read or write `{path}`")]
    File { path: PathBuf, source: std::io::Error },
    /// A file holds something else.
    #[error("`{path}` is damaged; remove it")]
    Damaged { path: PathBuf, source: serde_json::Error },
    /// There is no thread for an analysis.
    #[error("cannot start a thread for the analysis")]
    Thread { source: std::io::Error },
}

/// The longest value that an error repeats, in characters.
const SHOWN_MAX: usize = 100;

impl InsightsError {
    pub(super) fn value(name: &str, value: &str, reason: impl Into<String>) -> Self {
        let value = value.chars().take(SHOWN_MAX).collect();
        Self::Value { name: name.to_owned(), value, reason: reason.into() }
    }

    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    pub(super) fn combination(reason: impl Into<String>) -> Self {
        Self::Combination { reason: reason.into() }
    }
}
