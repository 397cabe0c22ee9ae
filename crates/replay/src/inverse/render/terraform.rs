//! What a plan means for resources that are managed by code.

use super::super::types::{Managed, Plan};
use super::comment;

/// Hints for Terraform and other tools; empty when nothing says that the resources are managed by one.
///
/// Shape: comments and, for resources with a new identity, `terraform import` with the address to be
/// filled in: the address in the code is in no event.
pub fn terraform(plan: &Plan) -> String {
    let mut out = String::new();
    for managed in &plan.managed_by {
        let stack = managed.stack.as_deref().map(|it| format!(" ({it})")).unwrap_or_default();
        out.push_str(&comment(&format!(
            "{} is managed by {}{stack}, by {}.",
            managed.id, managed.tool, managed.because
        )));
        match managed.tool.as_str() {
            "Terraform" | "OpenTofu" => push_terraform(&mut out, managed),
            "CloudFormation" => out.push_str(&comment(
                "After the commands: detect drift of the stack; update it from the template of before \
                 if the event came from it.",
            )),
            _ => out.push_str(&comment("After the commands: refresh its state, and look at what it would change.")),
        }
    }
    out
}

fn push_terraform(out: &mut String, managed: &Managed) {
    let tool = if managed.tool == "OpenTofu" { "tofu" } else { "terraform" };
    match (&managed.resource_type, &managed.renamed_by) {
        (Some(kind), Some(new)) => {
            out.push_str(&comment("The new resource has another id. ADDRESS is its name in your code:"));
            out.push_str(&format!("{tool} state rm '{kind}.ADDRESS'\n"));
            out.push_str(&format!("{tool} import '{kind}.ADDRESS' \"$STEP_{}\"\n", new.step));
        }
        (None, Some(_)) => {
            out.push_str(&comment("The new resource has another id: remove the old one from the state, import the new."));
        }
        (_, None) => out.push_str(&comment(
            "If the event came from an apply: revert the code and apply it, instead of the commands.",
        )),
    }
    out.push_str(&format!("{tool} plan -refresh-only\n{tool} plan\n"));
}
