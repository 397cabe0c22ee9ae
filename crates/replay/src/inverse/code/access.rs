//! Versions of policies, keys about to be deleted, versions of secrets.

use serde_json::Value;

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::path::Path;
use super::super::prior::told;
use super::super::types::Told;
use super::{text, used};

/// Takes a new version of a policy back: the one from before is the default again.
pub(in super::super) fn version_back(case: &mut Case<'_>) {
    let is_default = case.call.request.get("SetAsDefault").and_then(Value::as_bool) == Some(true);
    if is_default {
        if let (Some(key), path) = (case.about.clone(), Path::of("DefaultVersionId")) {
            case.watch(&key, &path);
            case.judge_changed();
        }
        case.run_call("SetDefaultPolicyVersion PolicyArn=id VersionId=old.DefaultVersionId");
    }
    case.run_call("DeletePolicyVersion PolicyArn=id VersionId=res.PolicyVersion.VersionId");
}

/// Keeps a key from being deleted; it is disabled then, so it is enabled when it was before.
pub(in super::super) fn key_back(case: &mut Case<'_>) {
    let state = case.worth("old.KeyState", None);
    case.run_call("CancelKeyDeletion KeyId=id");
    match state {
        Worth::Is { value, .. } if value.as_str() == Some("Enabled") => {
            case.run_call("EnableKey KeyId=id");
        }
        Worth::Is { .. } => {}
        Worth::Absent | Worth::Unknown(_) => {
            case.ask_for("whether the key was enabled before", "KeyState", true);
        }
    }
}

/// The version of a secret that is the current one in a state, and where that is known from.
fn current_version(case: &Case<'_>, is_before: bool) -> Option<Worth> {
    let key = case.about.clone()?;
    let state = if is_before { case.before } else { case.after };
    let Told::Value { value, source } = told(state, &key, &Path::of("VersionIdsToStages")) else {
        return None;
    };
    let holds =
        |stages: &Value| super::elements(Some(stages)).any(|it| it.as_str() == Some("AWSCURRENT"));
    let (id, _) = value.as_object()?.iter().find(|(_, stages)| holds(stages))?;
    Some(used(&key, format!("VersionIdsToStages[{id}]"), Value::String(id.clone()), source))
}

/// Makes the version of a secret from before the current one again.
pub(in super::super) fn secret_stage_back(case: &mut Case<'_>) {
    if case.about.is_none() {
        return case.ask_for("which secret it was", "", true);
    }
    let old = current_version(case, true);
    let new = match case.call.response.get("VersionId").and_then(Value::as_str) {
        Some(id) => Some(text(id)),
        None => current_version(case, false),
    };
    match (old, new) {
        (Some(old), Some(new)) => {
            let members = vec![
                ("SecretId", case.worth("req.SecretId", None)),
                ("VersionStage", text("AWSCURRENT")),
                ("MoveToVersionId", old),
                ("RemoveFromVersionId", new),
            ];
            case.add("UpdateSecretVersionStage", members);
        }
        (None, _) => {
            case.ask_for(
                "which version of the secret was the current one",
                "VersionIdsToStages",
                true,
            );
        }
        (_, None) => case.ask_for("which version the event made", "VersionIdsToStages", true),
    }
}

/// Sets a secret's description and key back, and its value when that was changed too.
pub(in super::super) fn secret_back(case: &mut Case<'_>) {
    let request = &case.call.request;
    let is_value = ["SecretString", "SecretBinary"].iter().any(|name| request.get(*name).is_some())
        || case.call.response.get("VersionId").is_some_and(|it| !it.is_null());
    if is_value {
        secret_stage_back(case);
    }
    case.run_call("UpdateSecret SecretId=req.SecretId *");
}

/// Sets a parameter back, unless its value is a secret: that is not to be printed.
pub(in super::super) fn parameter_back(case: &mut Case<'_>) {
    let before = case.about.as_ref().map(|key| told(case.before, key, &Path::of("Type")));
    match before {
        Some(Told::Absent) => case.run_calls(case.row.or_none),
        Some(Told::Value { value, .. }) if value.as_str() == Some("SecureString") => {
            let asks = "the value before: it is a secret, to be read from the parameter's history";
            case.ask_for(asks, "Value", true);
        }
        Some(Told::Value { .. }) => case.run_calls(case.row.undo),
        Some(Told::Unknown) | None => {
            case.ask_for("what the parameter was before, if there was one", "Value", true);
        }
    }
}

/// Makes a parameter again, unless its value is a secret.
pub(in super::super) fn parameter_again(case: &mut Case<'_>) {
    match case.worth("old.Type", None) {
        Worth::Is { value, .. } if value.as_str() == Some("SecureString") => {
            case.ask_for("the value before: it is a secret, and it is gone", "Value", true);
        }
        _ => case.run_calls(case.row.undo),
    }
}
