//! Buckets, databases, tables and queues.

use serde_json::{Map, Value, json};

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::path::Path;
use super::super::prior::told;
use super::super::types::{Class, Told};
use super::{elements, text, used};

/// Makes a bucket again in its Region, with its settings.
pub(in super::super) fn bucket_back(case: &mut Case<'_>) {
    // Only this Region must not be named.
    match case.call.region.as_str() {
        "us-east-1" => case.run_calls(case.row.undo),
        _ => case
            .run_call("CreateBucket Bucket=id CreateBucketConfiguration.LocationConstraint=region"),
    }
    case.run_calls(&[
        "?PutPublicAccessBlock Bucket=id \
         PublicAccessBlockConfiguration=old.PublicAccessBlockConfiguration",
        "?PutBucketOwnershipControls Bucket=id OwnershipControls=old.OwnershipControls",
        "?PutBucketVersioning Bucket=id VersioningConfiguration=old.VersioningConfiguration",
        "?PutBucketEncryption Bucket=id \
         ServerSideEncryptionConfiguration=old.ServerSideEncryptionConfiguration",
        "?PutBucketLifecycleConfiguration Bucket=id LifecycleConfiguration=old.LifecycleConfiguration",
        "?PutBucketNotificationConfiguration Bucket=id \
         NotificationConfiguration=old.NotificationConfiguration",
        "?PutBucketPolicy Bucket=id Policy=text:old.Policy",
    ]);
}

/// Sets parameters of a database back; those that the user had not set are reset.
pub(in super::super) fn parameters_back(case: &mut Case<'_>) {
    let Some(key) = case.about.clone() else {
        return case.ask_for("which parameter group it was", "", true);
    };
    let call = case.call;
    let (mut set, mut reset, mut uses) = (Vec::new(), Vec::new(), Vec::new());
    for parameter in elements(call.request.get("Parameters")) {
        let Some(name) = parameter.get("ParameterName").and_then(Value::as_str) else { continue };
        let Some(path) = Path::parse("Parameters[{name}]", |_| Some(name.to_owned())) else {
            continue;
        };
        case.watch(&key, &path);
        let method =
            parameter.get("ApplyMethod").cloned().unwrap_or_else(|| json!("pending-reboot"));
        match told(case.before, &key, &path) {
            Told::Value { value, source }
                if value.get("Source").is_none_or(|it| it.as_str() == Some("user")) =>
            {
                let Some(old) = value.get("ParameterValue").cloned() else { continue };
                set.push(
                    json!({"ParameterName": name, "ParameterValue": old, "ApplyMethod": method}),
                );
                if let Worth::Is { uses: one, .. } = used(&key, path.to_string(), value, source) {
                    uses.extend(one);
                }
            }
            Told::Value { .. } | Told::Absent => {
                reset.push(json!({"ParameterName": name, "ApplyMethod": method}));
            }
            Told::Unknown => {
                let asks = format!("parameter `{name}` before, and whether it was set at all");
                case.ask_for(asks, &path.to_string(), true);
            }
        }
    }
    case.judge_changed();
    if set.is_empty() && reset.is_empty() {
        return case.ask_for("which parameters it changed", "Parameters", true);
    }
    let name = || ("DBParameterGroupName", text(&key.id));
    if !set.is_empty() {
        let set = Worth::Is { value: json!(set), refs: Vec::new(), uses };
        case.add("ModifyDBParameterGroup", vec![name(), ("Parameters", set)]);
    }
    if !reset.is_empty() {
        let reset = Worth::plain(json!(reset));
        case.add("ResetDBParameterGroup", vec![name(), ("Parameters", reset)]);
    }
}

/// Makes a database again from its last snapshot.
pub(in super::super) fn database_back(case: &mut Case<'_>) {
    let request = &case.call.request;
    if request.get("FinalDBSnapshotIdentifier").is_none() {
        case.class = Class::Irreversible;
        let asks = "which snapshot, or retained backup, there is: the event made none";
        return case.ask_for(asks, "", true);
    }
    case.run_call(
        "RestoreDBInstanceFromDBSnapshot DBInstanceIdentifier=id \
         DBSnapshotIdentifier=req.FinalDBSnapshotIdentifier DBInstanceClass?=old.DBInstanceClass \
         DBSubnetGroupName?=old.DBSubnetGroup.DBSubnetGroupName \
         VpcSecurityGroupIds?=old.VpcSecurityGroups[].VpcSecurityGroupId \
         DBParameterGroupName?=old.DBParameterGroups[#0].DBParameterGroupName \
         MultiAZ?=old.MultiAZ PubliclyAccessible?=old.PubliclyAccessible",
    );
}

/// Makes a table again, if it had backups.
pub(in super::super) fn table_back(case: &mut Case<'_>) {
    const STATUS: &str = "PointInTimeRecoveryDescription.PointInTimeRecoveryStatus";
    let status = case.worth(&format!("old.ContinuousBackupsDescription.{STATUS}"), None);
    match status {
        Worth::Is { value, .. } if value.as_str() == Some("ENABLED") => {
            case.run_calls(case.row.undo);
        }
        Worth::Is { .. } | Worth::Absent => {
            case.class = Class::Irreversible;
            case.nothing("it had no backups of every point in time: look for one made by hand");
        }
        Worth::Unknown(_) => {
            let asks = "whether it had backups of every point in time";
            case.ask_for(asks, "ContinuousBackupsDescription", true);
        }
    }
}

/// Sets a queue's attributes back.
pub(in super::super) fn queue_back(case: &mut Case<'_>) {
    let Some(key) = case.about.clone() else {
        return case.ask_for("which queue it was", "", true);
    };
    let call = case.call;
    let names: Vec<&String> = call
        .request
        .get("Attributes")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .collect();
    let (mut old, mut uses) = (Map::new(), Vec::new());
    for name in names {
        let Some(path) = Path::parse("Attributes[{name}]", |_| Some(name.clone())) else {
            continue;
        };
        case.watch(&key, &path);
        match told(case.before, &key, &path) {
            Told::Value { value, source } => {
                let written = match &value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                old.insert(name.clone(), json!(written));
                if let Worth::Is { uses: one, .. } = used(&key, path.to_string(), value, source) {
                    uses.extend(one);
                }
            }
            // An empty document takes it away.
            Told::Absent if name == "Policy" || name.starts_with("Redrive") => {
                old.insert(name.clone(), json!(""));
            }
            Told::Absent | Told::Unknown => {
                case.ask_for(format!("attribute `{name}` before"), &path.to_string(), true);
            }
        }
    }
    case.judge_changed();
    if old.is_empty() {
        return case.ask_for("which attributes it changed", "Attributes", true);
    }
    let value = Worth::Is { value: Value::Object(old), refs: Vec::new(), uses };
    case.add("SetQueueAttributes", vec![("QueueUrl", text(&key.id)), ("Attributes", value)]);
}
