//! Records of DNS zones.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::types::{Changed, Told};
use super::{answer, elements, text};
use crate::state::{Resource, Source};

const LIST: &str = "ResourceRecordSets";

/// What names a record set: its name without the last dot, its type, and its set.
fn name_of(record: &Value) -> (String, String, String) {
    let member =
        |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = member("Name").trim_end_matches('.').to_ascii_lowercase();
    (name, member("Type"), member("SetIdentifier"))
}

fn told_record(zone: Option<&Resource>, record: &Value) -> Told {
    let Some(zone) = zone else { return Told::Unknown };
    let wanted = name_of(record);
    let path = format!("{LIST}[{} {} {}]", wanted.0, wanted.1, wanted.2);
    let found = elements(zone.body.get(LIST)).find(|it| name_of(it) == wanted);
    match (found, zone.source(&path)) {
        (_, Source::Unknown) => Told::Unknown,
        (Some(value), source) => Told::Value { value: value.clone(), source: source.clone() },
        (None, _) => Told::Absent,
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
        let (name, kind, set) = name_of(record);
        let now_key = (zone.clone(), format!("{LIST}[{name} {kind} {set}]"));
        let changed = Changed {
            key: zone.clone(),
            path: now_key.1.clone(),
            before: told_record(case.before.resource(&zone), record),
            after: told_record(case.after.resource(&zone), record),
            now: match case.overlay.get(&now_key) {
                Some(told) => told.clone(),
                None => told_record(case.now.resource(&zone), record),
            },
        };
        case.changes.push(changed.clone());
        let (action, record) = match (action, &changed.before) {
            ("CREATE", _) => ("DELETE", record.clone()),
            ("DELETE", _) => ("CREATE", record.clone()),
            (_, Told::Value { value, .. }) => ("UPSERT", value.clone()),
            (_, Told::Absent) => ("DELETE", record.clone()),
            (_, Told::Unknown) => {
                let asks = format!("record {kind} {name} before the event, if there was one");
                case.ask_for(asks, &changed.path, true);
                continue;
            }
        };
        inverse.push(json!({"Action": action, "ResourceRecordSet": record}));
    }
    case.judge_changed();
    if inverse.is_empty() {
        return case.ask_for("which records it changed", LIST, true);
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
    let mut changes = Vec::new();
    for record in case.elements(LIST, "ChangeResourceRecordSets") {
        let kind = record.element.get("Type").and_then(Value::as_str);
        // A new zone has name servers and an authority of its own.
        if !matches!(kind, Some("NS" | "SOA")) {
            changes.push(json!({"Action": "CREATE", "ResourceRecordSet": record.element}));
        }
    }
    if !changes.is_empty() {
        let batch = Worth::plain(json!({"Changes": changes}));
        let members = vec![("HostedZoneId", answer(&new)), ("ChangeBatch", batch)];
        case.add("ChangeResourceRecordSets", members);
    }
}
