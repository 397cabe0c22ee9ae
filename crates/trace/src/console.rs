//! The console: who switched role there, who signed in, and who only tried to.

use trailhound_query::LookupQuery;
use trailhound_record::{Event, Timestamp};

use crate::actor::{Gap, How};
use crate::attribute::{Step, Tracer, Walk};
use crate::identity::Identity;
use crate::issue::account_of;
use crate::limits::{CANDIDATES_MAX, CREATION_SLACK_MICROS};
use crate::lookups::within;

/// The services whose records name an Identity Center user by the type `Unknown`.
pub(crate) const NAMES_USERS: &[&str] = &[
    "sso.amazonaws.com",
    "signin.amazonaws.com",
    "sso-directory.amazonaws.com",
    "identitystore.amazonaws.com",
];
impl Tracer {
    /// The step to whoever switched to the role in the console.
    pub(crate) fn switched_role(&mut self, identity: &Identity, walk: &mut Walk) -> Option<Step> {
        let created = identity.session.creation_date?;
        let name = identity.session_name()?;
        let query = LookupQuery {
            event_name: Some("SwitchRole".to_owned()),
            username: Some(name.to_owned()),
            ..LookupQuery::default()
        };
        let around = within(
            query,
            Some(Timestamp(created.0 - CREATION_SLACK_MICROS)),
            Some(Timestamp(created.0 + CREATION_SLACK_MICROS)),
        );
        let mut events = self.lookups.done(&around, CANDIDATES_MAX)?;
        events.retain(|event| event.user_identity_arn == identity.arn);
        let from = |event: &Event| {
            let record: serde_json::Value = serde_json::from_slice(&event.raw).unwrap_or_default();
            crate::identity::text(&record, "/additionalEventData/SwitchFrom")
        };
        let event = events.first()?;
        let before = from(event)?;
        if events.iter().any(|other| from(other).as_ref() != Some(&before)) {
            return None;
        }
        walk.weak(identity, &before, How::SwitchRole, &[event]);
        let identity_type = match before.split(':').nth(5) {
            Some("root") => "Root",
            Some(part) if part.starts_with("user/") => "IAMUser",
            Some(part) if part.starts_with("assumed-role/") => "AssumedRole",
            _ => "Unknown",
        };
        let account_id = account_of(&before).map(str::to_owned);
        let before = Identity {
            identity_type: Some(identity_type.to_owned()),
            arn: Some(before),
            account_id,
            ..Identity::default()
        };
        Some(Step::Before(Box::new(before), event.event_time, None))
    }

    /// Adds the sign-in that began a console session, where there is one.
    pub(crate) fn note_sign_in(&mut self, identity: &Identity, walk: &mut Walk) {
        let Some(created) = identity.session.creation_date else { return };
        let query = LookupQuery {
            event_name: Some("ConsoleLogin".to_owned()),
            account_id: identity.account_id.clone(),
            ..LookupQuery::default()
        };
        let around = within(
            query,
            Some(Timestamp(created.0 - CREATION_SLACK_MICROS)),
            Some(Timestamp(created.0 + CREATION_SLACK_MICROS)),
        );
        let events = self.lookups.done(&around, CANDIDATES_MAX).unwrap_or_default();
        let is_own = |event: &&Event| event.user_identity_arn == identity.arn;
        let nearest = events
            .iter()
            .filter(is_own)
            .min_by_key(|event| event.event_time.map(|at| at.0.abs_diff(created.0)));
        if let Some(event) = nearest {
            let from = event.source_ip_address.as_deref().unwrap_or("an address not recorded");
            let id = event.event_id.as_deref().unwrap_or("(no id)");
            walk.notes.push(format!("they signed in to the console from {from} ({id})"));
        }
    }
}

/// Why nobody is behind a sign-in: it failed, so that whoever tried is not known, or AWS hides the name.
pub(crate) fn nobody_signed_in(event: &Event, identity: &Identity) -> Option<Gap> {
    let is_hidden = identity.user_name.as_deref() == Some("HIDDEN_DUE_TO_SECURITY_REASONS");
    let is_sign_in = event.event_type.as_deref() == Some("AwsConsoleSignIn")
        || event.event_source.as_deref() == Some("signin.amazonaws.com");
    match () {
        () if is_hidden => Some(Gap::new("AWS hides the name that was tried")),
        () if is_sign_in && event.has_failed() => {
            Some(Gap::new(format!("the sign-in failed: somebody tried as {}", identity.text())))
        }
        () => None,
    }
}
