//! Calls of AWS with this computer's credentials, for the use cases.

use serde_json::Value;
use trailhound_app::caller::{ApiCall, CallFailure, Caller, Identity};
use trailhound_aws::{CallError, Client, Settings};

use crate::error::CliError;

/// A client with the credentials that the AWS CLI would take.
#[derive(Debug)]
pub(crate) struct AwsCaller {
    client: Client,
}

impl AwsCaller {
    /// Finds credentials; sends nothing yet.
    ///
    /// # Errors
    /// When there are none, or the endpoint is no address.
    pub(crate) fn connect(settings: &Settings) -> Result<Self, CliError> {
        let client = Client::connect(settings).map_err(|error| {
            CliError::from(error)
                .hint("credentials are taken from where the AWS CLI takes them; --profile NAME")
        })?;
        Ok(Self { client })
    }

    /// Where calls are sent instead of AWS, by a flag, the environment or the profile.
    pub(crate) fn endpoint_url(&self) -> Option<&str> {
        self.client.endpoint_url()
    }

    /// The Region that calls go to when none is named.
    pub(crate) fn region(&self) -> &str {
        self.client.region()
    }
}

impl Caller for AwsCaller {
    fn call(&self, call: &ApiCall<'_>) -> Result<Value, CallFailure> {
        let ApiCall { service, operation, region, input, user_agent } = call;
        self.client
            .call_as(service, operation, region, input, user_agent)
            .map_err(|error| failure(&error))
    }

    fn identity(&self) -> Result<Identity, CallFailure> {
        let (account_id, arn) = self.client.caller().map_err(|error| failure(&error))?;
        let access_key_id = self.client.access_key_id().ok().filter(|id| !id.is_empty());
        let endpoint_url = self.endpoint_url().map(str::to_owned);
        Ok(Identity { account_id, arn, access_key_id, endpoint_url })
    }
}

fn failure(error: &CallError) -> CallFailure {
    let chain = || {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            text.push_str(&format!(": {inner}"));
            cause = inner.source();
        }
        text
    };
    match error {
        _ if error.may_be_done() => CallFailure::NoAnswer { reason: chain() },
        CallError::Answer(trailhound_aws::ParseResponseError::Refused(refusal)) => {
            CallFailure::Refused { code: refusal.code.clone(), message: refusal.message.clone() }
        }
        _ => CallFailure::NotSent { reason: chain() },
    }
}
