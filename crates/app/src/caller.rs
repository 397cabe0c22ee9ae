//! How the use cases call AWS: through whoever has credentials, who is not part of this crate.

use serde_json::Value;

/// One call of the AWS API; names and input are botocore's.
#[derive(Debug, Clone, Copy)]
pub struct ApiCall<'a> {
    /// The service: `ec2`, `elbv2`.
    pub service: &'a str,
    /// The operation: `ReplaceRoute`.
    pub operation: &'a str,
    /// The Region that it goes to.
    pub region: &'a str,
    /// The request.
    pub input: &'a Value,
    /// What the call says made it: `trailhound/0.1.0`. CloudTrail records it.
    pub user_agent: &'a str,
}

/// Makes calls of the AWS API as one principal.
pub trait Caller {
    /// Makes one call, and gives its answer in botocore form.
    ///
    /// # Errors
    /// [`CallFailure`], which says whether the call may have been carried out.
    fn call(&self, call: &ApiCall<'_>) -> Result<Value, CallFailure>;

    /// The account and ARN that calls are made as.
    ///
    /// # Errors
    /// As [`Caller::call`].
    fn identity(&self) -> Result<Identity, CallFailure>;
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's 12 digits.
    pub account_id: String,
    /// The principal's ARN, as `sts:GetCallerIdentity` says it.
    pub arn: String,
    /// The access key that signs, when it is known.
    pub access_key_id: Option<String>,
    /// Where the calls go, when that is not AWS.
    pub endpoint_url: Option<String>,
}

/// What calls say made them, when nothing else is to be said.
pub const USER_AGENT: &str = concat!("trailhound/", env!("CARGO_PKG_VERSION"));

/// Why a call has no answer of success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    /// The service refused it: it was not carried out.
    #[error("{code}: {message}")]
    Refused {
        /// The service's name of the refusal: `InvalidRoute.NotFound`.
        code: String,
        /// What it says.
        message: String,
    },
    /// It never left: it was not carried out.
    #[error("not sent: {reason}")]
    NotSent {
        /// Why.
        reason: String,
    },
    /// Nothing that can be read came back: whether it was carried out is not known.
    #[error("no answer, so it is not known whether it was carried out: {reason}")]
    NoAnswer {
        /// What is known of it.
        reason: String,
    },
}

impl CallFailure {
    /// The service's own name of its refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::NotSent { .. } | Self::NoAnswer { .. } => None,
        }
    }
}

/// What CloudTrail writes in place of a secret.
pub(crate) const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Whether a member of that name holds a secret: it is in no record and no snapshot.
pub(crate) fn is_secret(name: &str) -> bool {
    const SECRET: &[&str] = &[
        "AuthKey",
        "AuthToken",
        "ClientSecret",
        "Environment",
        "PreSharedKey",
        "SecretAccessKey",
        "SecretBinary",
        "SecretString",
        "SessionToken",
        "CustomerGatewayConfiguration",
        "UserData",
    ];
    // Some services begin their members in lower case.
    let is_it = |secret: &&str| secret.eq_ignore_ascii_case(name);
    SECRET.iter().any(is_it) || name.to_ascii_lowercase().ends_with("password")
}
