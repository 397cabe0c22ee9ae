//! Functions, scaling groups, stages and alarms.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::path::Path;
use super::super::prior::told;
use super::super::types::Told;
use super::{elements, text, used};

/// Gives a function its code from before, where it is known where that lies.
pub(in super::super) fn code_back(case: &mut Case<'_>) {
    match case.worth("old.Code.ImageUri", None) {
        Worth::Is { .. } => {
            case.run_call("UpdateFunctionCode FunctionName=id ImageUri=old.Code.ImageUri");
        }
        Worth::Absent | Worth::Unknown(_) => case.run_call(
            "UpdateFunctionCode FunctionName=id S3Bucket=old.Code.S3Bucket S3Key=old.Code.S3Key \
             S3ObjectVersion?=old.Code.S3ObjectVersion",
        ),
    }
}

/// Gives back a statement of a function's policy.
pub(in super::super) fn permission_back(case: &mut Case<'_>) {
    let Some(key) = case.about.clone() else {
        return case.ask_for("which function it was", "", true);
    };
    let wanted = case.call.request.get("StatementId").and_then(Value::as_str).unwrap_or_default();
    let path = Path::parse("Statements[{sid}]", |_| Some(wanted.to_owned())).unwrap_or_default();
    let Told::Value { value: statement, source } = told(case.before, &key, &path) else {
        let asks = format!("statement `{wanted}` of the policy before");
        return case.ask_for(asks, &path.to_string(), true);
    };
    let principal = statement.get("Principal").and_then(|it| match it {
        Value::String(all) => Some(json!(all)),
        other => other.get("Service").or_else(|| other.get("AWS")).cloned(),
    });
    let condition = |kind: &str, name: &str| {
        let found = statement.get("Condition").and_then(|it| it.get(kind)?.get(name)).cloned();
        found.map_or(Worth::Absent, Worth::plain)
    };
    let (Some(principal), Some(action)) = (principal, statement.get("Action").cloned()) else {
        let asks = format!("whom statement `{wanted}` let do what");
        return case.ask_for(asks, &path.to_string(), true);
    };
    let members = vec![
        ("FunctionName", text(&key.id)),
        ("StatementId", text(wanted)),
        ("Action", used(&key, path.to_string(), action, source)),
        ("Principal", Worth::plain(principal)),
        ("SourceArn", condition("ArnLike", "AWS:SourceArn")),
        ("SourceAccount", condition("StringEquals", "AWS:SourceAccount")),
    ];
    case.add("AddPermission", members);
}

/// Resumes the processes that were not suspended before.
pub(in super::super) fn processes_back(case: &mut Case<'_>) {
    let Some(key) = case.about.clone() else {
        return case.ask_for("which group it was", "", true);
    };
    let path = Path::of("SuspendedProcesses[].ProcessName");
    let before = match told(case.before, &key, &path) {
        Told::Value { value, .. } => value,
        Told::Absent => json!([]),
        Told::Unknown => {
            return case.ask_for(
                "which processes were suspended before",
                "SuspendedProcesses",
                true,
            );
        }
    };
    let is_new = |name: &&Value| !elements(Some(&before)).any(|it| it == *name);
    let listed = case.call.request.get("ScalingProcesses");
    let new: Vec<Value> = elements(listed).filter(is_new).cloned().collect();
    match (listed.is_some(), new.is_empty(), elements(Some(&before)).next().is_some()) {
        (true, true, _) => case.nothing("the event changed nothing: it was so before"),
        (true, false, _) => {
            let names = Worth::plain(json!(new));
            let members =
                vec![("AutoScalingGroupName", text(&key.id)), ("ScalingProcesses", names)];
            case.add("ResumeProcesses", members);
        }
        // Without a list the call is about all processes.
        (false, _, false) => {
            case.add("ResumeProcesses", vec![("AutoScalingGroupName", text(&key.id))]);
        }
        (false, _, true) => {
            case.ask_for("which of all processes are to be resumed", "SuspendedProcesses", true);
        }
    }
}

/// Patches a stage back to its values from before.
pub(in super::super) fn stage_back(case: &mut Case<'_>) {
    let Some(key) = case.about.clone() else {
        return case.ask_for("which stage it was", "", true);
    };
    let call = case.call;
    let (mut patches, mut uses) = (Vec::new(), Vec::new());
    for patch in elements(call.request.get("patchOperations")) {
        let Some(at) = patch.get("path").and_then(Value::as_str) else { continue };
        let pointed = at.trim_start_matches('/');
        let (root, name) = pointed.split_once('/').unwrap_or((pointed, ""));
        // Paths of methods (`/*/*/throttling/rateLimit`) have other names in a description.
        let is_plain = root == "variables" || (name.is_empty() && !root.starts_with(['*', '~']));
        let path = match is_plain {
            true if name.is_empty() => Path::parse("[{root}]", |_| Some(root.to_owned())),
            true => Path::parse("variables[{name}]", |_| Some(name.replace("~1", "/"))),
            false => None,
        };
        let Some(path) = path else {
            case.ask_for(format!("what `{at}` of the stage was before"), "methodSettings", true);
            continue;
        };
        case.watch(&key, &path);
        match told(case.before, &key, &path) {
            Told::Value { value, source } => {
                let written = match &value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                patches.push(json!({"op": "replace", "path": at, "value": written}));
                if let Worth::Is { uses: one, .. } = used(&key, path.to_string(), value, source) {
                    uses.extend(one);
                }
            }
            Told::Absent => patches.push(json!({"op": "remove", "path": at})),
            Told::Unknown => {
                case.ask_for(
                    format!("what `{at}` of the stage was before"),
                    &path.to_string(),
                    true,
                );
            }
        }
    }
    case.judge_changed();
    if patches.is_empty() {
        return case.ask_for("what it patched", "", true);
    }
    let api = case.call.request.get("restApiId").cloned().map_or(Worth::Absent, Worth::plain);
    let stage = case.worth("req.stageName", None);
    let patches = Worth::Is { value: json!(patches), refs: Vec::new(), uses };
    case.add(
        "UpdateStage",
        vec![("restApiId", api), ("stageName", stage), ("patchOperations", patches)],
    );
}

/// Makes alarms again.
pub(in super::super) fn alarms_back(case: &mut Case<'_>) {
    let call = case.call;
    let names: Vec<&str> =
        elements(call.request.get("AlarmNames")).filter_map(Value::as_str).collect();
    if names.is_empty() {
        return case.ask_for("which alarms they were", "", true);
    }
    for name in names {
        let key = case.key("AWS::CloudWatch::Alarm", name);
        case.about(&key, |case| {
            if matches!(case.worth("old.AlarmRule", None), Worth::Is { .. }) {
                return case.run_call(
                    "PutCompositeAlarm AlarmName=id AlarmRule=old.AlarmRule \
                     AlarmActions?=old.AlarmActions OKActions?=old.OKActions \
                     ActionsEnabled?=old.ActionsEnabled AlarmDescription?=old.AlarmDescription",
                );
            }
            case.run_call(
                "PutMetricAlarm AlarmName=id ComparisonOperator=old.ComparisonOperator \
                 EvaluationPeriods=old.EvaluationPeriods MetricName?=old.MetricName \
                 Namespace?=old.Namespace Statistic?=old.Statistic \
                 ExtendedStatistic?=old.ExtendedStatistic Dimensions?=old.Dimensions \
                 Period?=old.Period Unit?=old.Unit Threshold?=old.Threshold Metrics?=old.Metrics \
                 DatapointsToAlarm?=old.DatapointsToAlarm \
                 TreatMissingData?=old.TreatMissingData AlarmActions?=old.AlarmActions \
                 OKActions?=old.OKActions InsufficientDataActions?=old.InsufficientDataActions \
                 ActionsEnabled?=old.ActionsEnabled AlarmDescription?=old.AlarmDescription",
            );
        });
    }
}
