//! Users of Identity Center, behind the sessions of the roles that it reserves.
//!
//! # Source
//! Identity Center user guide, "Understanding CloudTrail events for IAM Identity Center":
//! `GetRoleCredentials` is logged in its own account and returns no key in its record, so that role,
//! account and time are what joins it to a session.

use serde_json::Value;
use trailhound_query::LookupQuery;
use trailhound_record::{Event, Timestamp};

use crate::actor::{Actor, How, PersonKind};
use crate::attribute::{Step, Tracer, Walk};
use crate::identity::{Identity, text};
use crate::limits::{CANDIDATES_MAX, CREATION_SLACK_MICROS};
use crate::lookups::within;

impl Tracer {
    /// The user of Identity Center that a reserved role's session is named after, and the call of the
    /// access portal that asked for it, where one user alone can have made it.
    pub(crate) fn of_identity_center(
        &mut self,
        identity: &Identity,
        walk: &mut Walk,
    ) -> Option<Step> {
        if !is_of_identity_center(identity) {
            return None;
        }
        let user = identity.session_name()?.to_owned();
        let calls = self.portal_calls(identity);
        let mut people: Vec<_> = calls.iter().filter_map(person_of).collect();
        people.sort_unstable();
        people.dedup();
        match (people.as_slice(), calls.first()) {
            ([id], Some(call)) => {
                walk.weak(identity, &user, How::RoleCredentials, &[call]);
                if *id != user {
                    walk.notes.push(format!("the access portal knows the user as `{id}`"));
                }
            }
            ([], _) | (_, None) => walk.weak(identity, &user, How::IdentityCenterName, &[]),
            (several, _) => {
                walk.weak(identity, &user, How::IdentityCenterName, &[]);
                let count = several.len();
                walk.notes.push(format!("{count} users asked for this role at that time"));
            }
        }
        Some(Step::End(Actor::Person { name: user, kind: PersonKind::IdentityCenterUser }))
    }

    /// The calls for credentials of the session's role and account when it was created; calls by users of
    /// another name are left out.
    fn portal_calls(&mut self, identity: &Identity) -> Vec<Event> {
        let Some(created) = identity.session.creation_date else { return Vec::new() };
        let query = LookupQuery {
            event_name: Some("GetRoleCredentials".to_owned()),
            event_source: Some("sso.amazonaws.com".to_owned()),
            ..LookupQuery::default()
        };
        let around = within(
            query,
            Some(Timestamp(created.0.saturating_sub(CREATION_SLACK_MICROS))),
            Some(Timestamp(created.0.saturating_add(CREATION_SLACK_MICROS))),
        );
        let mut events = self.lookups.done(&around, CANDIDATES_MAX).unwrap_or_default();
        events.retain(|event| asks_for(event, identity));
        events
    }
}

/// Whether a call of the access portal asked for credentials of the session's role in its account.
fn asks_for(event: &Event, identity: &Identity) -> bool {
    let record: Value = serde_json::from_slice(&event.raw).unwrap_or_default();
    let either = |one: &str, other: &str| text(&record, one).or_else(|| text(&record, other));
    let role = either("/serviceEventDetails/role_name", "/requestParameters/roleName");
    let account = either("/serviceEventDetails/account_id", "/requestParameters/accountId");
    let caller = record.get("userIdentity").map(Identity::of_json).unwrap_or_default();
    let is_named_otherwise =
        caller.user_name.is_some() && caller.user_name.as_deref() != identity.session_name();
    let has_role =
        role.is_some() && role.as_deref() == identity.role_name().and_then(permission_set);
    has_role && account.is_some() && account == identity.account_id && !is_named_otherwise
}

/// Who called: the user's id, or before 2025-07-14 the name.
fn person_of(event: &Event) -> Option<String> {
    let caller = Identity::of(event);
    caller.on_behalf_of.or(caller.user_name)
}

/// The permission set in the name of a reserved role: `AWSReservedSSO_Admin_0123456789abcdef`.
fn permission_set(role: &str) -> Option<&str> {
    role.strip_prefix("AWSReservedSSO_")?.rsplit_once('_').map(|(name, _)| name)
}

/// Whether the session is of a role that only Identity Center can assume.
fn is_of_identity_center(identity: &Identity) -> bool {
    let issuer = identity.session.issuer_arn.as_deref().unwrap_or_default();
    issuer.contains(":role/aws-reserved/sso.amazonaws.com/")
}
