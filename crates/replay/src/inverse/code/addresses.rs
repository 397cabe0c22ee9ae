//! Elastic addresses.

use serde_json::Value;

use super::super::case::Case;
use super::super::path::Path;
use super::super::prior::told;
use super::super::types::Told;

/// Takes an address away again, and gives it back to who had it before.
pub(in super::super) fn disassociate(case: &mut Case<'_>) {
    let may_take = case.call.request.get("AllowReassociation").and_then(Value::as_bool);
    let before = case.about.as_ref().map(|key| told(case.before, key, &Path::of("AssociationId")));
    match before {
        Some(Told::Value { .. }) => {
            case.run_call(
                "AssociateAddress AllocationId=id NetworkInterfaceId=old.NetworkInterfaceId \
                 PrivateIpAddress?=old.PrivateIpAddress AllowReassociation=:true",
            );
        }
        // Without leave to take it, the call fails for an address that is bound.
        Some(Told::Absent) => case.run_calls(case.row.undo),
        _ if may_take != Some(true) => case.run_calls(case.row.undo),
        _ => case.ask_for("what the address was bound to before", "AssociationId", true),
    }
}
