//! What was opened to the network or shared, and which data was read.

use std::net::IpAddr;

use serde_json::Value;
use trailhound_record::Event;

use super::Exposure;
use super::desk::{Desk, GROUPED_MAX, any_event, at, principal_term, quoted, record};
use crate::lookup::LookupError;

const NET: &[&str] = &[
    "AuthorizeSecurityGroupIngress",
    "ModifySecurityGroupRules",
    "CreateNetworkAclEntry",
    "ReplaceNetworkAclEntry",
    "CreateRoute",
    "ReplaceRoute",
];
const NET_WHOLE: &[&str] = &[
    "AttachInternetGateway",
    "AssociateAddress",
    "ModifySubnetAttribute",
    "CreateVpcPeeringConnection",
    "AcceptVpcPeeringConnection",
];
const DATA: &[&str] = &[
    "PutBucketPolicy",
    "PutBucketAcl",
    "PutObjectAcl",
    "DeletePublicAccessBlock",
    "PutBucketPublicAccessBlock",
    "DeleteBucketPublicAccessBlock",
    "DeleteAccountPublicAccessBlock",
    "PutAccountPublicAccessBlock",
    "PutBucketWebsite",
    "PutBucketReplication",
    "ModifySnapshotAttribute",
    "ModifyImageAttribute",
    "ModifyDBSnapshotAttribute",
    "ModifyDBClusterSnapshotAttribute",
    "ModifyDBInstance",
    "CreateDBInstance",
    "RestoreDBInstanceFromDBSnapshot",
    "CreateBucket",
    "UpdateFunctionUrlConfig",
    "PutKeyPolicy",
    "CreateGrant",
    "AddPermission20150331v2",
    "AddPermission",
    "SetTopicAttributes",
    "SetQueueAttributes",
    "PutResourcePolicy",
    "SetRepositoryPolicy",
    "CreateResourceShare",
    "AssociateResourceShare",
    "CreateFunctionUrlConfig",
    "SharedSnapshotCopyInitiated",
    "PutImage",
    "ModifyClusterSnapshotSchedule",
    "AuthorizeSnapshotAccess",
];

pub(super) fn exposure(desk: &mut Desk<'_>, which: Exposure) -> Result<(), LookupError> {
    if which != Exposure::Data {
        let search = format!("({} OR {}) -is:error -is:read", any_event(NET), any_event(NET_WHOLE));
        let events = desk.events(&search, GROUPED_MAX);
        let open: Vec<Event> =
            events.into_iter().filter(|event| !opens_network(event).is_empty()).collect();
        desk.event_table("opened to the network", &["opens"], &open, |event| {
            vec![opens_network(event)]
        });
    }
    if which != Exposure::Net {
        let search = format!("{} -is:error -is:read", any_event(DATA));
        let events = desk.events(&search, GROUPED_MAX);
        let shared: Vec<Event> =
            events.into_iter().filter(|event| !shares(event).is_empty()).collect();
        desk.event_table("made public or shared", &["with"], &shared, |event| vec![shares(event)]);
    }
    Ok(())
}

/// What a call opens; nothing when it closes or narrows.
fn opens_network(event: &Event) -> String {
    let record = record(event);
    let request = record.get("requestParameters").map(trailhound_replay::normalize::normalize);
    let request = request.unwrap_or_default();
    let text = |name: &str| at(&request, &format!("/{name}"));
    match event.event_name.as_deref().unwrap_or_default() {
        "CreateRoute" | "ReplaceRoute" => match text("gatewayId") {
            gateway if gateway.starts_with("igw-") => format!("a route to {gateway}"),
            _ => String::new(),
        },
        "CreateNetworkAclEntry" | "ReplaceNetworkAclEntry" => {
            let network = [text("cidrBlock"), text("ipv6CidrBlock")].iter().any(|it| is_wide(it));
            let is_open = network && text("ruleAction") == "allow" && text("egress") != "true";
            if is_open { "a network ACL to everyone".to_owned() } else { String::new() }
        }
        "AuthorizeSecurityGroupIngress" | "ModifySecurityGroupRules" => {
            let group = vec![text("groupId"), text("groupName")];
            let writes = trailhound_replay::effects(event, &group).writes;
            let open: Vec<_> = writes
                .iter()
                .map(|write| {
                    format!("{} {}", write.path, write.after.as_deref().unwrap_or_default())
                })
                .filter(|text| {
                    !text.starts_with("ruleIds") && text.split([' ', ',', ']']).any(is_wide)
                })
                .collect();
            open.join(", ")
        }
        "ModifySubnetAttribute" => match text("mapPublicIpOnLaunch").as_str() {
            "true" => "public addresses for new instances".to_owned(),
            _ => String::new(),
        },
        "AttachInternetGateway" => format!("{} to the internet", text("vpcId")),
        "AssociateAddress" => "a public address".to_owned(),
        _ => "a peering".to_owned(),
    }
}

/// Whether a network holds a 256th of all addresses or more, and is not a private one.
fn is_wide(network: &str) -> bool {
    let Some((address, length)) = network.split_once('/') else { return false };
    let Ok(length) = length.parse::<u8>() else { return false };
    match address.parse() {
        Ok(IpAddr::V4(address)) => length <= 8 && !address.is_private(),
        // Global addresses are within 2000::/3.
        Ok(IpAddr::V6(_)) => length <= 11,
        Err(_) => false,
    }
}

/// Whether an object, or JSON within one of its texts, has a statement that allows everyone.
fn allows_everyone(json: &Value, depth: usize) -> bool {
    const DEPTH_MAX: usize = 8;
    match json {
        _ if depth > DEPTH_MAX => false,
        Value::String(text) if text.trim_start().starts_with('{') => {
            let inner = serde_json::from_str::<Value>(text);
            inner.is_ok_and(|inner| allows_everyone(&inner, depth + 1))
        }
        Value::Array(values) => values.iter().any(|value| allows_everyone(value, depth + 1)),
        Value::Object(members) => {
            let allows = members.get("Effect").and_then(Value::as_str) == Some("Allow");
            let is_open = members.get("Principal").is_some_and(|principal| match principal {
                Value::Object(kinds) => kinds.values().any(is_star),
                principal => is_star(principal),
            });
            allows && is_open || members.values().any(|value| allows_everyone(value, depth + 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_star(principal: &Value) -> bool {
    match principal {
        Value::Array(all) => all.iter().any(is_star),
        principal => principal.as_str() == Some("*"),
    }
}

/// With whom a call shares; nothing when it does not.
fn shares(event: &Event) -> String {
    let record = record(event);
    let name = event.event_name.as_deref().unwrap_or_default();
    let request = record.get("requestParameters").map(ToString::to_string).unwrap_or_default();
    let plain = request.replace("\\\"", "\"").replace([' ', '\\'], "");
    let is_everyone = [
        "AllUsers",
        "AuthenticatedUsers",
        "public-read",
        "authenticated-read",
        "\"group\":\"all\"",
        "\"groups\":\"all\"",
        "\"principal\":\"*\"",
        "\"valuesToAdd\":[\"all\"]",
        "\"NONE\"",
        "\"publiclyAccessible\":true",
    ]
    .iter()
    .any(|mark| plain.contains(mark))
        || record.get("requestParameters").is_some_and(|request| allows_everyone(request, 0));
    let account = accounts_in(&plain, event.account_id.as_deref().unwrap_or_default());
    match name {
        "DeletePublicAccessBlock"
        | "DeleteBucketPublicAccessBlock"
        | "DeleteAccountPublicAccessBlock" => "the block of public access is removed".to_owned(),
        "PutBucketPublicAccessBlock" | "PutAccountPublicAccessBlock" => {
            match plain.contains("false") {
                true => "the block of public access is loosened".to_owned(),
                false => String::new(),
            }
        }
        "PutBucketWebsite" => "a website".to_owned(),
        _ if is_everyone => "everyone".to_owned(),
        "ModifyDBInstance"
        | "CreateDBInstance"
        | "CreateBucket"
        | "RestoreDBInstanceFromDBSnapshot" => String::new(),
        _ if !account.is_empty() => format!("account {account}"),
        _ => String::new(),
    }
}

/// The account ids in a request that are not the event's own.
fn accounts_in(request: &str, own: &str) -> String {
    let mut found: Vec<&str> = request
        .split(|c: char| !c.is_ascii_digit())
        .filter(|text| text.len() == 12 && *text != own)
        .collect();
    found.sort_unstable();
    found.dedup();
    found.join(", ")
}

const READS: &[&str] = &[
    "GetObject",
    "SelectObjectContent",
    "GetSecretValue",
    "BatchGetSecretValue",
    "GetParameter",
    "GetParameters",
    "GetParametersByPath",
    "Decrypt",
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "GetPasswordData",
    "CopySnapshot",
    "CopyObject",
    "CreateDBSnapshot",
    "StartExportTask",
    "DownloadDBLogFilePortion",
    "GetFunction20150331v2",
    "GetLogEvents",
    "FilterLogEvents",
    "StartQuery",
    "GetQueryResults",
    "GetSnapshotBlock",
    "ListSnapshotBlocks",
];

pub(super) fn reads(
    desk: &mut Desk<'_>,
    actor: Option<&str>,
    resource: Option<&str>,
) -> Result<(), LookupError> {
    let mut search = format!("{} -is:error", any_event(READS));
    if let Some(actor) = actor {
        search = format!("{} {search}", principal_term(actor));
    }
    if let Some(resource) = resource {
        search = format!("resource:{} {search}", quoted(resource));
    }
    let all = desk.count(&search);
    desk.table("reads of data", &["events"], vec![vec![all.to_string()]]);
    for (title, facet) in [
        ("by user", "user"),
        ("by event", "event"),
        ("by resource", "resource"),
        ("by object key", "requestParameters.key"),
        ("by address", "ip"),
    ] {
        desk.top_table(title, facet, &search);
    }
    let data = desk.count("eventCategory:Data");
    if data == 0 {
        desk.note(
            "the store has no data events in this time: reads of objects and items are not in it",
        );
    }
    let limit = desk.limit;
    let events = desk.events(&search, limit);
    desk.event_table("newest", &[], &events, |_| Vec::new());
    Ok(())
}
