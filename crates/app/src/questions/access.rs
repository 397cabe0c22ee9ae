//! Sign-ins, refusals, rights and ways back in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use trailhound_record::Event;

use super::Logins;
use super::desk::{
    Desk, GROUPED_MAX, any_event, at, changing, error_text, principal, principal_term, record,
    time_text,
};
use crate::lookup::LookupError;

/// So many users tried from one address look like spraying.
const SPRAYED_USERS: usize = 3;

/// The permission that a refused call lacked.
///
/// # Source
/// IAM user guide, "access denied error messages": `is not authorized to perform: service:Action`; where
/// the message is encoded, the call itself says it.
fn permission(event: &Event) -> String {
    let message = event.error_message.as_deref().unwrap_or_default();
    let named = message.split_once("perform: ").map(|(_, rest)| rest);
    let named = named.and_then(|rest| rest.split_whitespace().next());
    if let Some(action) = named.filter(|action| action.contains(':')) {
        return action.trim_end_matches(['.', ',']).to_owned();
    }
    let service = event.event_source.as_deref().unwrap_or_default();
    let service = service.strip_suffix(".amazonaws.com").unwrap_or(service);
    format!("{service}:{}", event.event_name.as_deref().unwrap_or("?"))
}

/// Why it was refused, by the words of AWS's message.
fn refusal(event: &Event) -> &'static str {
    let message = event.error_message.as_deref().unwrap_or_default();
    match () {
        () if message.contains("explicit deny") => "an explicit deny",
        () if message.contains("no identity-based policy") => "no identity-based policy allows it",
        () if message.contains("no resource-based policy") => "no resource-based policy allows it",
        () if message.contains("service control policy") => "a service control policy",
        () if message.contains("permissions boundary") => "a permissions boundary",
        () if message.contains("session policy") => "a session policy",
        () => "",
    }
}

pub(super) fn errors(desk: &mut Desk<'_>) -> Result<(), LookupError> {
    let denied = "error:(*Denied* OR *Unauthorized* OR *Forbidden* OR *NotAuthorized*)";
    let events = desk.events(denied, GROUPED_MAX);
    let mut groups: BTreeMap<(String, String), (u64, &Event)> = BTreeMap::new();
    for event in &events {
        // Newest first: the first event of a group is the last that happened.
        groups.entry((principal(event), permission(event))).or_insert((0, event)).0 += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    let mut rows = Vec::new();
    for ((user, permission), (count, last)) in groups.into_iter().take(desk.limit) {
        let actor = desk.actor(last);
        rows.push(vec![
            user,
            actor,
            permission,
            refusal(last).to_owned(),
            count.to_string(),
            last.event_time.map(time_text).unwrap_or_default(),
            last.event_id.clone().unwrap_or_default(),
        ]);
    }
    desk.table(
        "denied, by user and missing permission",
        &["user", "actor", "permission", "reason", "events", "last", "event_id"],
        rows,
    );
    let failed = format!("is:error -{denied}");
    desk.top_table("other failures", "error", &failed);
    desk.top_table("failures without a code, by message", "errorMessage", "is:error -error:*");
    desk.top_table("users whose calls failed otherwise", "user", &failed);
    Ok(())
}

pub(super) fn logins(desk: &mut Desk<'_>, which: Logins) -> Result<(), LookupError> {
    match which {
        Logins::Summary => return summary(desk, false),
        Logins::FailedSummary => return summary(desk, true),
        Logins::Failed => return failed_logins(desk),
        Logins::All | Logins::NoMfa => {}
    }
    let search = match which {
        Logins::NoMfa => {
            "event:ConsoleLogin responseElements.ConsoleLogin:Success -additionalEventData.MFAUsed:Yes"
        }
        _ => "event:ConsoleLogin",
    };
    let events = desk.events(search, GROUPED_MAX);
    let columns = ["user", "type", "result", "mfa"];
    desk.event_table("sign-ins", &columns, &events, |event| {
        let record = record(event);
        vec![
            user_of(event, &record),
            at(&record, "/userIdentity/type"),
            at(&record, "/responseElements/ConsoleLogin"),
            at(&record, "/additionalEventData/MFAUsed"),
        ]
    });
    let federated = events
        .iter()
        .any(|event| !matches!(event.user_identity_type.as_deref(), Some("IAMUser" | "Root")));
    if federated {
        desk.note(
            "federated sign-ins say MFAUsed No also where the identity provider asked for it",
        );
    }
    note_identity_center(desk);
    Ok(())
}

fn user_of(event: &Event, record: &Value) -> String {
    event.username.clone().unwrap_or_else(|| at(record, "/userIdentity/userName"))
}

fn failed_logins(desk: &mut Desk<'_>) -> Result<(), LookupError> {
    let search = "event:ConsoleLogin responseElements.ConsoleLogin:Failure";
    let events = desk.events(search, GROUPED_MAX);
    let mut sources: BTreeMap<String, (u64, BTreeSet<String>, &Event)> = BTreeMap::new();
    for event in &events {
        let record = record(event);
        let source = event.source_ip_address.clone().unwrap_or_default();
        let entry = sources.entry(source).or_insert_with(|| (0, BTreeSet::new(), event));
        entry.0 += 1;
        entry.1.insert(user_of(event, &record));
    }
    let rows = sources.into_iter().map(|(source, (count, users, last))| {
        let spraying = if users.len() >= SPRAYED_USERS { "many users: spraying?" } else { "" };
        let users: Vec<_> = users.into_iter().collect();
        let (at, id) = time_and_id(last);
        vec![source, count.to_string(), users.join(", "), at, spraying.to_owned(), id]
    });
    let rows = rows.take(desk.limit).collect();
    desk.table(
        "failed sign-ins by address",
        &["source", "failed", "users", "last", "mark", "event_id"],
        rows,
    );
    desk.event_table("failed sign-ins", &["user", "reason"], &events, |event| {
        let record = record(event);
        vec![user_of(event, &record), error_text(event)]
    });
    if events.iter().any(|event| user_of(event, &record(event)).starts_with("HIDDEN_")) {
        desk.note("AWS hides names that do not exist: several of them count as one user here");
    }
    note_identity_center(desk);
    Ok(())
}

/// Sign-ins to Identity Center have events of their own.
fn note_identity_center(desk: &mut Desk<'_>) {
    let search = "event:(UserAuthentication OR CredentialVerification OR CredentialChallenge)";
    let count = desk.count(search);
    if count > 0 {
        desk.note(format!(
            "{count} events of signing in to Identity Center are not in these tables"
        ));
    }
}

/// Who signed in or took a role; `only_failed`: who tried to.
fn summary(desk: &mut Desk<'_>, only_failed: bool) -> Result<(), LookupError> {
    let failed = if only_failed { " is:error" } else { "" };
    let search = format!(
        "event:(ConsoleLogin OR AssumeRole* OR GetFederationToken OR GetSessionToken OR SwitchRole) \
        -userIdentity.type:AWSService{failed}"
    );
    let events = desk.events(&search, GROUPED_MAX);
    let mut groups: BTreeMap<[String; 4], (u64, u64, &Event)> = BTreeMap::new();
    for (event, record) in once_a_call(&events) {
        let who = match user_of(event, &record) {
            user if user.is_empty() => at(&record, "/userIdentity/principalId"),
            user => user,
        };
        let key = [
            who,
            event.event_name.clone().unwrap_or_default(),
            at(&record, "/requestParameters/roleArn"),
            event.source_ip_address.clone().unwrap_or_default(),
        ];
        // Newest first: the first event of a group is the last that happened.
        let entry = groups.entry(key).or_insert((0, 0, event));
        entry.0 += 1;
        entry.1 += u64::from(event.has_failed());
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.2.event_time.cmp(&a.1.2.event_time).then_with(|| a.0.cmp(&b.0)));
    let rows = groups.into_iter().take(desk.limit).map(|(key, (count, failed, last))| {
        let mut row = key.to_vec();
        let (at, id) = time_and_id(last);
        row.extend([count.to_string(), failed.to_string(), at, id]);
        row
    });
    let rows = rows.collect();
    desk.table(
        match only_failed {
            true => "who tried to sign in or take which role and failed, from where",
            false => "who signed in or took which role, from where",
        },
        &["user", "event_name", "role", "source", "events", "failed", "last", "event_id"],
        rows,
    );
    Ok(())
}

/// Each call once, with its record: of the copies that two accounts have, the one that names its caller.
fn once_a_call(events: &[Event]) -> Vec<(&Event, Value)> {
    let mut calls: Vec<(&Event, Value)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for event in events {
        let record = record(event);
        let shared = at(&record, "/sharedEventID");
        let known = (!shared.is_empty()).then(|| places.get(&shared).copied()).flatten();
        let is_named = event.user_identity_type.as_deref() != Some("AWSAccount");
        match known.and_then(|place| calls.get_mut(place)) {
            Some(call) if is_named => *call = (event, record),
            Some(_) => {}
            None => {
                if !shared.is_empty() {
                    places.insert(shared, calls.len());
                }
                calls.push((event, record));
            }
        }
    }
    calls
}

/// When an event happened, and its id.
fn time_and_id(event: &Event) -> (String, String) {
    let at = event.event_time.map(time_text).unwrap_or_default();
    (at, event.event_id.clone().unwrap_or_default())
}

pub(super) fn root(desk: &mut Desk<'_>) -> Result<(), LookupError> {
    desk.top_table("by event", "event", "is:root");
    desk.top_table("by address", "ip", "is:root");
    let limit = desk.limit;
    let events = desk.events("is:root", limit);
    desk.event_table("newest", &[], &events, |_| Vec::new());
    Ok(())
}

/// Changes that raise somebody's rights, and why.
///
/// # Source
/// Public lists of IAM privilege escalation paths.
const RAISING: &[(&str, &str)] = &[
    ("CreateAccessKey", "a key for a user"),
    ("CreateLoginProfile", "a console password for a user"),
    ("UpdateLoginProfile", "a new console password for a user"),
    ("AttachUserPolicy", "a policy for a user"),
    ("AttachGroupPolicy", "a policy for a group"),
    ("AttachRolePolicy", "a policy for a role"),
    ("PutUserPolicy", "an inline policy for a user"),
    ("PutGroupPolicy", "an inline policy for a group"),
    ("PutRolePolicy", "an inline policy for a role"),
    ("AddUserToGroup", "a user in a group"),
    ("UpdateAssumeRolePolicy", "who may take a role"),
    ("CreatePolicyVersion", "a new version of a policy"),
    ("SetDefaultPolicyVersion", "another version of a policy"),
    ("DeleteUserPermissionsBoundary", "a boundary removed"),
    ("DeleteRolePermissionsBoundary", "a boundary removed"),
    ("DeactivateMFADevice", "MFA switched off"),
    ("AddRoleToInstanceProfile", "a role for instances"),
    ("CreateSAMLProvider", "an identity provider"),
    ("CreateOpenIDConnectProvider", "an identity provider"),
];

fn raises(event: &Event) -> String {
    let name = event.event_name.as_deref().unwrap_or_default();
    let known = RAISING.iter().find(|(raising, _)| *raising == name);
    let Some((_, why)) = known else { return String::new() };
    let text = at(&record(event), "/requestParameters");
    let is_admin = text.contains("AdministratorAccess") || text.contains("IAMFullAccess");
    if is_admin { format!("{why}, administrator rights") } else { (*why).to_owned() }
}

pub(super) fn iam_changes(desk: &mut Desk<'_>) -> Result<(), LookupError> {
    let search = format!("service:(iam OR sso OR identitystore OR sso-directory) {}", changing());
    desk.top_table("by event", "event", &search);
    let events = desk.events(&search, GROUPED_MAX);
    let raising: Vec<Event> = events
        .iter()
        .filter(|event| !raises(event).is_empty() && !event.has_failed())
        .cloned()
        .collect();
    desk.event_table("changes that raise rights", &["gives"], &raising, |event| {
        vec![raises(event)]
    });
    desk.event_table("all changes, failed ones too", &[], &events, |_| Vec::new());
    Ok(())
}

/// What lets somebody come back.
const PERSISTENCE: &[&str] = &[
    "CreateUser",
    "CreateAccessKey",
    "CreateLoginProfile",
    "UpdateLoginProfile",
    "CreateRole",
    "UpdateAssumeRolePolicy",
    "CreateSAMLProvider",
    "CreateOpenIDConnectProvider",
    "UpdateSAMLProvider",
    "CreateVirtualMFADevice",
    "EnableMFADevice",
    "CreateServiceSpecificCredential",
    "UploadSSHPublicKey",
    "CreateFunction20150331",
    "UpdateFunctionCode20150331v2",
    "UpdateFunctionConfiguration20150331v2",
    "AddPermission20150331v2",
    "CreateEventSourceMapping20150331",
    "PutRule",
    "PutTargets",
    "ImportKeyPair",
    "CreateKeyPair",
    "RunInstances",
    "ModifyInstanceAttribute",
    "GetFederationToken",
    "CreateProfile",
    "CreateTrustAnchor",
    "PutRolePolicy",
    "PutUserPolicy",
    "AttachUserPolicy",
    "CreateStack",
    "CreatePipeline",
    "AttachRolePolicy",
    "PutGroupPolicy",
    "AttachGroupPolicy",
    "CreatePolicyVersion",
    "SetDefaultPolicyVersion",
    "AddUserToGroup",
    "CreateInstanceProfile",
    "AddRoleToInstanceProfile",
    "CreateAccountAssignment",
    "CreatePermissionSet",
    "PutInlinePolicyToPermissionSet",
    "AttachManagedPolicyToPermissionSet",
    "CreateGroupMembership",
    "CreateFunctionUrlConfig",
    "SendCommand",
    "CreateAssociation",
];

pub(super) fn persistence(desk: &mut Desk<'_>, actor: Option<&str>) -> Result<(), LookupError> {
    let mut search = format!("{} -is:error", any_event(PERSISTENCE));
    if let Some(actor) = actor {
        search = format!("{} {search}", principal_term(actor));
    }
    desk.top_table("by event", "event", &search);
    let events = desk.events(&search, GROUPED_MAX);
    desk.event_table("ways back in that were made", &["gives"], &events, |event| {
        vec![raises(event)]
    });
    Ok(())
}

pub(super) fn cross_account(desk: &mut Desk<'_>) -> Result<(), LookupError> {
    // Another account's call is reduced to its account and principal.
    let search = "userIdentity.type:AWSAccount";
    let events = desk.events(search, GROUPED_MAX);
    let mut groups: BTreeMap<[String; 3], (u64, String)> = BTreeMap::new();
    for event in &events {
        let record = record(event);
        let key = [
            at(&record, "/userIdentity/accountId"),
            event.account_id.clone().unwrap_or_default(),
            event.event_name.clone().unwrap_or_default(),
        ];
        let last = event.event_time.map(time_text).unwrap_or_default();
        groups.entry(key).or_insert((0, last)).0 += 1;
    }
    desk.table(
        "from outside",
        &["caller", "in", "event_name", "events", "last"],
        grouped(groups, desk.limit),
    );
    let taken = "event:AssumeRole* -is:error -userIdentity.type:(AWSAccount OR AWSService)";
    let events = desk.events(taken, GROUPED_MAX);
    let mut groups: BTreeMap<[String; 3], (u64, String)> = BTreeMap::new();
    for event in &events {
        let record = record(event);
        let role = at(&record, "/requestParameters/roleArn");
        let account = role.split(':').nth(4).unwrap_or_default().to_owned();
        let caller = at(&record, "/userIdentity/accountId");
        if account.is_empty() || caller.is_empty() || account == caller {
            continue;
        }
        let last = event.event_time.map(time_text).unwrap_or_default();
        let who = event.username.clone().unwrap_or_default();
        groups.entry([who, caller, role]).or_insert((0, last)).0 += 1;
    }
    desk.table(
        "we outside",
        &["user", "of", "role", "events", "last"],
        grouped(groups, desk.limit),
    );
    Ok(())
}

fn grouped(groups: BTreeMap<[String; 3], (u64, String)>, limit: usize) -> Vec<Vec<String>> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    let row = |(key, (count, last)): ([String; 3], (u64, String))| {
        let mut row = key.to_vec();
        row.extend([count.to_string(), last]);
        row
    };
    groups.into_iter().take(limit).map(row).collect()
}
