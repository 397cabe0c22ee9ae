//! What an event says that issued credentials.

use chrono::NaiveDateTime;
use serde_json::Value;
use trailhound_record::{Event, Timestamp};

use crate::identity::{Identity, text};
use crate::limits::{CLOCK_SLACK_MICROS, CREATION_SLACK_MICROS};

/// The calls that return credentials or begin a session, and whose caller stands before it.
///
/// # Source
/// IAM user guide, "Logging IAM and AWS STS API calls with CloudTrail"; user guide, "console sign-in
/// events".
const ISSUING: &[&str] = &[
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "AssumeRoot",
    "GetFederationToken",
    "GetSessionToken",
    "GetSigninToken",
];

/// The services that issue credentials.
const SOURCES: &[&str] = &["sts.amazonaws.com", "signin.amazonaws.com"];

/// A search for the calls that issue.
pub(crate) fn issuing() -> String {
    format!("event:({}) -is:error", ISSUING.join(" OR "))
}

/// A session that a call began.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) event: Event,
    /// Who called.
    pub(crate) caller: Identity,
    /// The other account's copy of the call has this id too.
    pub(crate) shared_event_id: Option<String>,
    role_arn: Option<String>,
    /// The account whose root user a call of AssumeRoot acts as.
    target_principal: Option<String>,
    session_name: Option<String>,
    access_key_id: Option<String>,
    expiration: Option<Timestamp>,
}

impl Issued {
    /// Reads `event`; nothing when it failed or issues nothing.
    pub(crate) fn of(event: Event) -> Option<Self> {
        let name = event.event_name.as_deref()?;
        let source = event.event_source.as_deref()?;
        if !ISSUING.contains(&name) || !SOURCES.contains(&source) || event.has_failed() {
            return None;
        }
        let record: Value = serde_json::from_slice(&event.raw).ok()?;
        let mut caller = record.get("userIdentity").map(Identity::of_json).unwrap_or_default();
        let of = |pointer: &str| text(&record, pointer);
        if let Some(subject) = of("/responseElements/subjectFromWebIdentityToken") {
            caller.user_name = Some(subject);
        }
        Some(Self {
            caller,
            shared_event_id: of("/sharedEventID"),
            role_arn: of("/requestParameters/roleArn"),
            target_principal: of("/requestParameters/targetPrincipal"),
            session_name: of("/requestParameters/roleSessionName")
                .or_else(|| of("/requestParameters/name")),
            access_key_id: of("/responseElements/credentials/accessKeyId"),
            expiration: of("/responseElements/credentials/expiration")
                .and_then(|text| expiration(&text)),
            event,
        })
    }

    /// Whether `other` has the same caller: the same principal, and of sessions the same one.
    pub(crate) fn has_caller_of(&self, other: &Self) -> bool {
        let (a, b) = (&self.caller, &other.caller);
        let is_session = a.session.creation_date.is_some() || b.session.creation_date.is_some();
        let is_same = (&a.identity_type, &a.arn, &a.principal_id, &a.invoked_by, &a.user_name)
            == (&b.identity_type, &b.arn, &b.principal_id, &b.invoked_by, &b.user_name);
        is_same
            && (!is_session
                || (&a.access_key_id, a.session.creation_date)
                    == (&b.access_key_id, b.session.creation_date))
    }

    /// The identity that the new session has, as far as the call says.
    pub(crate) fn session(&self) -> Identity {
        let record: Value = serde_json::from_slice(&self.event.raw).unwrap_or_default();
        let assumed = text(&record, "/responseElements/assumedRoleUser/arn")
            .or_else(|| text(&record, "/responseElements/federatedUser/arn"));
        let mut session = match (&assumed, &self.role_arn, &self.session_name) {
            (Some(arn), ..) => Identity { arn: Some(arn.clone()), ..Identity::default() },
            (None, Some(role), Some(name)) => {
                Identity { arn: session_arn(role, name), ..Identity::default() }
            }
            _ => Identity { arn: self.caller.arn.clone(), ..Identity::default() },
        };
        let kind = match self.event.event_name.as_deref() {
            Some("GetSessionToken" | "GetSigninToken") => self.caller.identity_type.as_deref(),
            Some("GetFederationToken") => Some("FederatedUser"),
            _ => Some("AssumedRole"),
        };
        session.identity_type = kind.map(str::to_owned);
        session.access_key_id.clone_from(&self.access_key_id);
        session.account_id.clone_from(&self.event.account_id);
        session.session.creation_date = self.event.event_time;
        session.session.issuer_arn = self.role_arn.clone().or_else(|| self.caller.arn.clone());
        session.session.source_identity = text(&record, "/requestParameters/sourceIdentity")
            .or_else(|| text(&record, "/responseElements/sourceIdentity"));
        session
    }

    /// Whether it returned `key`.
    pub(crate) fn returned(&self, key: &str) -> bool {
        self.access_key_id.as_deref() == Some(key)
    }

    /// Whether it returned a key that is not `key`.
    pub(crate) fn has_other_key(&self, key: &str) -> bool {
        self.access_key_id.as_deref().is_some_and(|returned| returned != key)
    }

    /// Whether nothing that it says contradicts that it began the session of `identity`, used at `used`.
    /// Ids of keys are used again after a time, so the key alone does not decide.
    pub(crate) fn may_have_begun(&self, identity: &Identity, used: Option<Timestamp>) -> bool {
        self.is_in_time(identity, used) && self.is_of(identity)
    }

    /// Whether it asked for a session of the name that `identity` has.
    pub(crate) fn names_session(&self, identity: &Identity) -> bool {
        self.session_name.is_some() && self.session_name.as_deref() == identity.session_name()
    }

    fn is_in_time(&self, identity: &Identity, used: Option<Timestamp>) -> bool {
        let Some(at) = self.event.event_time else { return true };
        let creation = identity.session.creation_date;
        let fits = |created: Timestamp| at.0.abs_diff(created.0) <= CREATION_SLACK_MICROS as u64;
        let is_before = used.is_none_or(|used| at.0 <= used.0.saturating_add(CLOCK_SLACK_MICROS));
        let is_over = match (used, self.expiration) {
            (Some(used), Some(end)) => used.0 > end.0.saturating_add(CREATION_SLACK_MICROS),
            _ => false,
        };
        creation.is_none_or(fits) && is_before && !is_over
    }

    fn is_of(&self, identity: &Identity) -> bool {
        match (&self.role_arn, identity.role_name()) {
            // The record names the role itself; the session's ARN has its name without the path.
            (Some(role), Some(_)) if identity.session.issuer_arn.is_some() => {
                identity.session.issuer_arn.as_ref() == Some(role)
            }
            (Some(role), Some(name)) => {
                let has_name = role.rsplit_once('/').is_some_and(|(_, last)| last == name);
                has_name && same_account(role, identity.arn.as_deref())
            }
            (Some(_), None) => false,
            (None, _) if self.event.event_name.as_deref() == Some("AssumeRoot") => {
                let target = self.target_principal.as_deref().unwrap_or_default();
                let account = account_of(target).unwrap_or(target);
                identity.identity_type.as_deref() == Some("Root")
                    && identity.account_id.as_deref() == Some(account)
            }
            (None, _) if self.event.event_name.as_deref() == Some("GetFederationToken") => {
                let name = identity.arn.as_deref().and_then(|arn| arn.rsplit_once('/'));
                name.map(|(_, name)| name) == self.session_name.as_deref()
            }
            (None, _) => self.caller.arn == identity.arn,
        }
    }
}

/// The ARN of a session of a role.
fn session_arn(role: &str, session_name: &str) -> Option<String> {
    let account = account_of(role)?;
    let (_, role) = role.rsplit_once('/')?;
    Some(format!("arn:aws:sts::{account}:assumed-role/{role}/{session_name}"))
}

/// The account in an ARN.
pub(crate) fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

fn same_account(one: &str, other: Option<&str>) -> bool {
    match (account_of(one), other.and_then(account_of)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

/// Reads the end of credentials' life: `Mar 13, 2024, 8:50:11 AM`, as STS logs it, or RFC 3339.
///
/// # Source
/// Observed in STS records of 2023 to 2025, undocumented; newer ones have a narrow space before AM.
fn expiration(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| {
        let text = text.replace('\u{202f}', " ");
        let at = NaiveDateTime::parse_from_str(&text, "%b %d, %Y, %I:%M:%S %p").ok()?;
        Some(Timestamp(at.and_utc().timestamp_micros()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expirations_are_read_as_sts_writes_them() {
        let at = |text| expiration(text).map(|at| at.to_string());
        assert_eq!(at("Mar 13, 2024, 8:50:11 AM").as_deref(), Some("2024-03-13T08:50:11Z"));
        assert_eq!(at("Nov 30, 2024, 8:43:17\u{202f}PM").as_deref(), Some("2024-11-30T20:43:17Z"));
        assert_eq!(at("2026-01-01T00:00:00Z").as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(at("soon"), None);
    }
}
