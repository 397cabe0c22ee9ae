//! Associations of subnets with route tables and network ACLs: replacing one gives it a new id.

use super::super::case::Case;
use super::super::path::Path;
use super::super::types::{Changed, Told};

/// Moves a subnet, or the main place, back to its old route table.
pub(in super::super) fn route_table(case: &mut Case<'_>) {
    move_back(case, "RouteTableId");
}

/// Moves a subnet back to its old network ACL.
pub(in super::super) fn network_acl(case: &mut Case<'_>) {
    move_back(case, "NetworkAclId");
}

fn move_back(case: &mut Case<'_>, member: &str) {
    let text =
        |value: Option<&serde_json::Value>| value.and_then(|it| it.as_str()).map(str::to_owned);
    let moved_to = text(case.call.request.get(member));
    let new_id = text(case.call.response.get("NewAssociationId"));
    let Some(old) = case.about.clone() else {
        let asks = "which one the association led to before";
        return case.ask_for(asks, "Associations", true);
    };
    if let (Some(moved_to), Some(new_id)) = (moved_to, new_id) {
        let key = case.key(old.resource_type, &moved_to);
        if let Some(path) = Path::parse("Associations[{id}]", |_| Some(new_id.clone())) {
            case.watch(&key, &path);
            // A later change gives the association yet another id.
            let is_gone = |it: &&Changed| it.key == key && matches!(it.now, Told::Absent);
            if let Some(changed) = case.changes.iter().find(is_gone).cloned() {
                case.conflict(changed, "the association was replaced again since the event");
            }
        }
    }
    if let Some(path) = case.path("Associations[{req.AssociationId}]") {
        case.watch(&old, &path);
    }
    case.run_calls(case.row.undo);
}
