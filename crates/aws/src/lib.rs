//! Signs calls of the AWS API and sends them, to AWS or to an endpoint that speaks like it.
//!
//! Calls are written and answers read by the tables of `trailhound-model`. Credentials come from where
//! the AWS CLI takes them: the environment, profiles, IAM Identity Center, instance and task roles.
//! Rejected: an SDK crate for each service, which take minutes each to build and cannot be driven by a
//! plan.
#![deny(missing_docs)]

mod endpoint;
mod sign;

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use serde_json::{Value, json};
pub use trailhound_model::ParseResponseError;
use trailhound_model::{
    HttpRequest, Operation, SerializeRequestError, operation, request, response,
};

/// What calls say made them, when nothing else is said.
pub const USER_AGENT: &str = concat!("trailhound/", env!("CARGO_PKG_VERSION"));
/// How long a connection may take, and a call in all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// So often a call is sent that the service throttles, with waits that double.
const SENDS_MAX: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(400);
/// So long an answer may be.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Where to call, and as whom.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The profile of the AWS configuration; the one of the environment when absent.
    pub profile: Option<String>,
    /// The Region; that of the environment or the profile when absent.
    pub region: Option<String>,
    /// Where to send calls instead of AWS.
    pub endpoint_url: Option<String>,
}

/// Why a call did not get its answer.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "variants are documented, fields are named by what they hold")]
pub enum CallError {
    /// The tables do not have the operation.
    #[error("`{service}:{name}` is not a call that is known here")]
    NotKnown { service: String, name: String },
    /// The parameters do not fit the operation.
    #[error("the call cannot be written")]
    Write(#[from] SerializeRequestError),
    /// There are no credentials, or they could not be had.
    #[error("no credentials: {reason}")]
    Credentials { reason: String },
    /// It could not be signed.
    #[error("`{name}` cannot be signed: {reason}")]
    Sign { name: String, reason: String },
    /// The endpoint is no address.
    #[error("the endpoint `{endpoint}` is no address of a server")]
    Endpoint { endpoint: String },
    /// The Region is spelled as none is.
    #[error("`{region}` is no Region")]
    Region { region: String },
    /// Nothing answered.
    #[error("no answer from {host}")]
    Send { host: String, source: reqwest::Error },
    /// The answer is longer than any should be.
    #[error("the answer of {host} is longer than {bytes_max} bytes")]
    TooLong { host: String, bytes_max: u64 },
    /// The service refused it, or its answer cannot be read.
    #[error(transparent)]
    Answer(#[from] ParseResponseError),
    /// No runtime for connections could be started.
    #[error("cannot start connections")]
    Runtime(#[source] std::io::Error),
}

impl CallError {
    /// The service's own name of its refusal: `InvalidRoute.NotFound`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Answer(ParseResponseError::Refused(error)) => Some(&error.code),
            _ => None,
        }
    }

    /// Whether the call may have been carried out although it has no answer of success.
    ///
    /// Shape: a refusal with a status below 500 was not carried out, nor was what never left.
    pub fn may_be_done(&self) -> bool {
        match self {
            Self::NotKnown { .. }
            | Self::Write(_)
            | Self::Credentials { .. }
            | Self::Sign { .. }
            | Self::Endpoint { .. }
            | Self::Region { .. }
            | Self::Runtime(_) => false,
            Self::Send { source, .. } => !source.is_connect() && !source.is_builder(),
            Self::TooLong { .. } => true,
            Self::Answer(ParseResponseError::Refused(error)) => error.status >= 500,
            Self::Answer(ParseResponseError::Malformed { .. }) => true,
        }
    }
}

/// A client for all services; every method blocks.
#[derive(Debug)]
pub struct Client {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    credentials: SharedCredentialsProvider,
    region: String,
    endpoint_url: Option<String>,
}

impl Client {
    /// Finds credentials and a Region as the AWS CLI does; sends nothing to AWS itself yet.
    ///
    /// # Errors
    /// When there is nowhere to take credentials from, or the endpoint is no address.
    pub fn connect(settings: &Settings) -> Result<Self, CallError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(CallError::Runtime)?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(profile) = &settings.profile {
            // Named, it counts: also where the environment holds credentials.
            let named = aws_config::profile::ProfileFileCredentialsProvider::builder()
                .profile_name(profile)
                .build();
            loader = loader.profile_name(profile).credentials_provider(named);
        }
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = runtime.block_on(loader.load());
        let reason = || "none is configured; see `aws configure`".to_owned();
        let credentials = config
            .credentials_provider()
            .ok_or_else(|| CallError::Credentials { reason: reason() })?;
        let endpoint_url =
            settings.endpoint_url.clone().or_else(|| config.endpoint_url().map(str::to_owned));
        if let Some(endpoint) = &endpoint_url {
            endpoint::check(endpoint)?;
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            // A redirect would be followed with a signature for another host.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|source| CallError::Send { host: "(client)".to_owned(), source })?;
        let region = config.region().map_or("us-east-1", |region| region.as_ref()).to_owned();
        Ok(Self { runtime, http, credentials, region, endpoint_url })
    }

    /// Where calls are sent instead of AWS: as given, or by the environment or the profile.
    pub fn endpoint_url(&self) -> Option<&str> {
        self.endpoint_url.as_deref()
    }

    /// The Region that calls go to when none is named.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Calls `service:name` with `input`, both in botocore form, in `region`.
    ///
    /// Shape: the answer is in botocore form. Calls that the service throttles are sent again.
    ///
    /// # Errors
    /// [`CallError`]; nothing is known of a call that got no answer: it may have been carried out.
    pub fn call(
        &self,
        service: &str,
        name: &str,
        region: &str,
        input: &Value,
    ) -> Result<Value, CallError> {
        self.call_as(service, name, region, input, USER_AGENT)
    }

    /// As [`Client::call`]; `user_agent` is what the call says made it, and what CloudTrail records.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn call_as(
        &self,
        service: &str,
        name: &str,
        region: &str,
        input: &Value,
        user_agent: &str,
    ) -> Result<Value, CallError> {
        let operation = operation(service, name).ok_or_else(|| CallError::NotKnown {
            service: service.to_owned(),
            name: name.to_owned(),
        })?;
        let written = request(operation, input)?;
        self.runtime.block_on(self.send(operation, region, &written, user_agent))
    }

    /// The id of the access key that signs now.
    ///
    /// # Errors
    /// [`CallError::Credentials`].
    pub fn access_key_id(&self) -> Result<String, CallError> {
        let credentials = self.runtime.block_on(self.credentials())?;
        Ok(credentials.access_key_id().to_owned())
    }

    /// The account and ARN that calls are made as.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn caller(&self) -> Result<(String, String), CallError> {
        let answer = self.call("sts", "GetCallerIdentity", &self.region, &json!({}))?;
        let text =
            |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((text("Account"), text("Arn")))
    }

    async fn send(
        &self,
        operation: &Operation,
        region: &str,
        written: &HttpRequest,
        user_agent: &str,
    ) -> Result<Value, CallError> {
        let mut wait = FIRST_WAIT;
        for _ in 1..SENDS_MAX {
            match self.send_once(operation, region, written, user_agent).await {
                Err(error) if is_throttled(&error) => tokio::time::sleep(wait).await,
                done => return done,
            }
            wait *= 2;
        }
        self.send_once(operation, region, written, user_agent).await
    }

    async fn send_once(
        &self,
        operation: &Operation,
        region: &str,
        written: &HttpRequest,
        user_agent: &str,
    ) -> Result<Value, CallError> {
        let credentials = self.credentials().await?;
        let place = endpoint::place(&operation.service, region, self.endpoint_url.as_deref())?;
        let mut signed = sign::sign(operation, &place, written, &credentials, SystemTime::now())?;
        if let Ok(value) = http::HeaderValue::from_str(user_agent) {
            // Not signed: proxies may change it.
            signed.headers_mut().insert(http::header::USER_AGENT, value);
        }
        let host = place.host.clone();
        let failed = |source| CallError::Send { host: host.clone(), source };
        let signed = reqwest::Request::try_from(signed).map_err(failed)?;
        let mut answer = self.http.execute(signed).await.map_err(failed)?;
        let status = answer.status().as_u16();
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers: Vec<(String, String)> =
            answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if (body.len() + chunk.len()) as u64 > ANSWER_BYTES_MAX {
                return Err(CallError::TooLong { host, bytes_max: ANSWER_BYTES_MAX });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response(operation, status, &headers, &body)?)
    }

    async fn credentials(&self) -> Result<Credentials, CallError> {
        self.credentials.provide_credentials().await.map_err(|error| {
            // The cause says which of the places had what; it holds no secret.
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let reason =
                cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
            CallError::Credentials { reason }
        })
    }
}

/// Whether the service asks to come back later; the call was not carried out.
fn is_throttled(error: &CallError) -> bool {
    const CODES: &[&str] = &[
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "PriorRequestNotComplete",
        "SlowDown",
        "HTTP 429",
    ];
    error.code().is_some_and(|code| CODES.contains(&code))
}
