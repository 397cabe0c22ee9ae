//! Tags of any resource of EC2, and flow logs.

use serde_json::{Value, json};

use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};
use super::{
    ACL, ADDRESS, ATTACHMENT, CUSTOMER, DHCP, EGRESS_GATEWAY, ENDPOINT, ENDPOINT_SERVICE,
    EXCLUSION, FLOW_LOG, GATEWAY, GROUP, INSTANCE, INTERFACE, NAT, PEERING, PREFIX_LIST, SUBNET,
    TABLE, TEMPLATE, TRANSIT, TRANSIT_TABLE, VPC, VPN, VPN_GATEWAY, text,
};

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateTags", create),
    code("ec2:DeleteTags", delete),
    code("ec2:CreateFlowLogs", create_flow_logs),
    rule("ec2:DeleteFlowLogs", FLOW_LOG, "in.FlowLogIds", Do::Delete),
];

/// What the ids of EC2's resources begin with; the longer ones first.
const PREFIXES: &[(&str, &str)] = &[
    ("tgw-attach-", ATTACHMENT),
    ("tgw-rtb-", TRANSIT_TABLE),
    ("tgw-", TRANSIT),
    ("vpce-svc-", ENDPOINT_SERVICE),
    ("vpce-", ENDPOINT),
    ("vpcbpa-exclude-", EXCLUSION),
    ("vpc-", VPC),
    ("subnet-", SUBNET),
    ("rtb-", TABLE),
    ("igw-", GATEWAY),
    ("eigw-", EGRESS_GATEWAY),
    ("nat-", NAT),
    ("eipalloc-", ADDRESS),
    ("acl-", ACL),
    ("sg-", GROUP),
    ("eni-", INTERFACE),
    ("i-", INSTANCE),
    ("pcx-", PEERING),
    ("pl-", PREFIX_LIST),
    ("vgw-", VPN_GATEWAY),
    ("cgw-", CUSTOMER),
    ("vpn-", VPN),
    ("dopt-", DHCP),
    ("fl-", FLOW_LOG),
    ("lt-", TEMPLATE),
];

/// The type of the resource with an id of EC2's.
fn kind_of(id: &str) -> Option<&'static str> {
    PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, kind)| *kind)
}

fn list_of(kind: &str) -> &'static str {
    if kind == INTERFACE { "TagSet" } else { "Tags" }
}

fn tags(fold: &Fold<'_>) -> Vec<Value> {
    fold.call.input.get("Tags").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn create(fold: &mut Fold<'_>) {
    let tags: Vec<Value> = tags(fold)
        .iter()
        .map(|tag| json!({"Key": tag.get("Key"), "Value": text(tag, "Value").unwrap_or_default()}))
        .collect();
    for id in fold.call.texts("Resources") {
        let Some(kind) = kind_of(&id) else { continue };
        let keys = keys(&tags);
        super::sight(fold, kind, &id, |draft| keys.iter().for_each(|key| draft.doubt("Tags", key)));
        let tags = tags.clone();
        fold.edit(kind, &id, |draft| {
            tags.into_iter().for_each(|tag| draft.put(list_of(kind), tag))
        });
    }
}

fn keys(tags: &[Value]) -> Vec<String> {
    tags.iter().filter_map(|tag| text(tag, "Key").map(str::to_owned)).collect()
}

fn delete(fold: &mut Fold<'_>) {
    let tags = tags(fold);
    for id in fold.call.texts("Resources") {
        let Some(kind) = kind_of(&id) else { continue };
        let list = list_of(kind);
        fold.edit(kind, &id, |draft| {
            if tags.is_empty() {
                draft.set(list, json!([]));
            }
            for tag in &tags {
                let Some(key) = text(tag, "Key") else { continue };
                // A value that is given must be the tag's.
                let value = text(tag, "Value");
                let known = draft.element(list, key).and_then(|old| text(old, "Value"));
                match (value, known) {
                    (Some(given), Some(known)) if given != known => {}
                    (Some(_), None) => {}
                    _ => {
                        draft.remove(list, key);
                    }
                }
            }
        });
    }
}

fn create_flow_logs(fold: &mut Fold<'_>) {
    let ids = super::super::call::texts(fold.call.answer("FlowLogIds"));
    let resources = fold.call.texts("ResourceIds");
    let input = fold.call.input.clone();
    for (id, resource) in ids.iter().zip(resources) {
        let mut body = json!({"ResourceId": resource, "FlowLogStatus": "ACTIVE"});
        super::complete(fold, &mut body);
        if let Some(members) = body.as_object_mut() {
            members.shift_remove("OwnerId");
            for name in [
                "TrafficType",
                "LogDestination",
                "LogDestinationType",
                "LogGroupName",
                "DeliverLogsPermissionArn",
                "LogFormat",
                "MaxAggregationInterval",
            ] {
                if let Some(value) = input.get(name) {
                    members.insert(name.to_owned(), value.clone());
                }
            }
        }
        fold.create(FLOW_LOG, id, body);
    }
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn the_longest_prefix_says_the_type() {
        assert_eq!(kind_of("tgw-attach-1"), Some("AWS::EC2::TransitGatewayAttachment"));
        assert_eq!(kind_of("vpce-svc-1"), Some("AWS::EC2::VPCEndpointService"));
        assert_eq!(kind_of("i-1"), Some("AWS::EC2::Instance"));
        assert_eq!(kind_of("ami-1"), None);
    }
}
