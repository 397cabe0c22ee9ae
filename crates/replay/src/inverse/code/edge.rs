//! Records of DNS zones.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::path::Path;
use super::super::types::Told;
use super::{answer, elements, text};
use crate::state::Key;

const RECORD_SET: &str = "AWS::Route53::RecordSet";

/// What names a record set: its zone, its name with the last dot, its type, and its set.
fn record_id(zone: &Key, record: &Value) -> String {
    let member = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = member("Name").trim_end_matches('.').to_ascii_lowercase();
    let id = format!("{} {name}. {}", zone.id, member("Type"));
    match member("SetIdentifier") {
        "" => id,
        set => format!("{id} {set}"),
    }
}

/// Takes the changes of a batch back, the last one first.
pub(in super::super) fn records_back(case: &mut Case<'_>) {
    let Some(zone) = case.about.clone() else {
        return case.ask_for("which zone it was", "", true);
    };
    let call = case.call;
    let batch = call.request.get("ChangeBatch").and_then(|it| it.get("Changes"));
    let mut inverse = Vec::new();
    let changes: Vec<&Value> = elements(batch).collect();
    for change in changes.iter().rev() {
        let action = change.get("Action").and_then(Value::as_str).unwrap_or_default();
        let Some(record) = change.get("ResourceRecordSet") else { continue };
        let key = case.key(RECORD_SET, &record_id(&zone, record));
        case.watch(&key, &Path::default());
        let Some(changed) = case.changes.iter().find(|it| it.key == key).cloned() else { continue };
        let (action, record) = match (action, &changed.before) {
            ("CREATE", _) => ("DELETE", record.clone()),
            ("DELETE", _) => ("CREATE", record.clone()),
            (_, Told::Value { value, .. }) => ("UPSERT", value.clone()),
            (_, Told::Absent) => ("DELETE", record.clone()),
            (_, Told::Unknown) => {
                let asks = format!("record `{}` before the event, if there was one", key.id);
                case.ask_for(asks, "", true);
                continue;
            }
        };
        inverse.push(json!({"Action": action, "ResourceRecordSet": record}));
    }
    case.judge_changed();
    if inverse.is_empty() {
        return case.ask_for("which records it changed", "", true);
    }
    let members = vec![
        ("HostedZoneId", text(&zone.id)),
        ("ChangeBatch", Worth::plain(json!({"Changes": inverse}))),
    ];
    case.add("ChangeResourceRecordSets", members);
}

/// Makes a zone again, with its records.
pub(in super::super) fn zone_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let Some(new) = case.new_identity() else { return };
    let Some(zone) = case.about.clone() else { return };
    let prefix = format!("{} ", zone.id);
    let found = case.before.resources(&case.scope, RECORD_SET);
    let mut records: Vec<_> = found.filter(|(key, _)| key.id.starts_with(&prefix)).collect();
    records.sort_by_key(|(key, _)| *key);
    let mut changes = Vec::new();
    for (_, record) in records {
        let kind = record.body.get("Type").and_then(Value::as_str);
        // A new zone has name servers and an authority of its own.
        if !matches!(kind, Some("NS" | "SOA")) {
            changes.push(json!({"Action": "CREATE", "ResourceRecordSet": record.body}));
        }
    }
    if !changes.is_empty() {
        let batch = Worth::plain(json!({"Changes": changes}));
        let members = vec![("HostedZoneId", answer(&new)), ("ChangeBatch", batch)];
        case.add("ChangeResourceRecordSets", members);
    }
}
