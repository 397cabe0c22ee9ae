//! Tags of EC2 resources, and flow logs.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::path::Path;
use super::super::prior::told;
use super::super::types::Told;
use super::{elements, used};

/// The types of EC2 resources by the prefix of their ids.
const PREFIXES: &[(&str, &str)] = &[
    ("vpc", "AWS::EC2::VPC"),
    ("subnet", "AWS::EC2::Subnet"),
    ("rtb", "AWS::EC2::RouteTable"),
    ("igw", "AWS::EC2::InternetGateway"),
    ("eigw", "AWS::EC2::EgressOnlyInternetGateway"),
    ("nat", "AWS::EC2::NatGateway"),
    ("acl", "AWS::EC2::NetworkAcl"),
    ("sg", "AWS::EC2::SecurityGroup"),
    ("eni", "AWS::EC2::NetworkInterface"),
    ("i", "AWS::EC2::Instance"),
    ("vol", "AWS::EC2::Volume"),
    ("pcx", "AWS::EC2::VPCPeeringConnection"),
    ("tgw", "AWS::EC2::TransitGateway"),
    ("tgw-attach", "AWS::EC2::TransitGatewayAttachment"),
    ("tgw-rtb", "AWS::EC2::TransitGatewayRouteTable"),
    ("vpce", "AWS::EC2::VPCEndpoint"),
    ("vpce-svc", "AWS::EC2::VPCEndpointService"),
    ("pl", "AWS::EC2::PrefixList"),
    ("vgw", "AWS::EC2::VPNGateway"),
    ("cgw", "AWS::EC2::CustomerGateway"),
    ("vpn", "AWS::EC2::VPNConnection"),
    ("eipalloc", "AWS::EC2::EIP"),
    ("dopt", "AWS::EC2::DHCPOptions"),
    ("fl", "AWS::EC2::FlowLog"),
    ("lt", "AWS::EC2::LaunchTemplate"),
];

/// The type of a resource by its id.
fn type_of(id: &str) -> &'static str {
    let prefix = id.rsplit_once('-').map_or(id, |(prefix, _)| prefix);
    PREFIXES.iter().find(|(it, _)| *it == prefix).map_or("AWS::EC2::Resource", |(_, kind)| kind)
}

/// Gives every resource the tags that it had, and takes those that were new.
pub(in super::super) fn tags_back(case: &mut Case<'_>) {
    let call = case.call;
    let is_create = call.operation == "CreateTags";
    let tags: Vec<&Value> = elements(call.request.get("Tags")).collect();
    let ids: Vec<&str> =
        elements(call.request.get("Resources")).filter_map(Value::as_str).collect();
    if ids.is_empty() || tags.is_empty() {
        // Without tags the call takes all that the resource has.
        return case.ask_for("which tags it changed, and what they were", "Tags", true);
    }
    for id in ids {
        let key = case.key(type_of(id), id);
        let (mut old, mut new, mut uses) = (Vec::new(), Vec::new(), Vec::new());
        for tag in &tags {
            let Some(name) = tag.get("Key").and_then(Value::as_str) else { continue };
            let Some(path) = Path::parse("Tags[{key}].Value", |_| Some(name.to_owned())) else {
                continue;
            };
            case.watch(&key, &path);
            match told(case.before, &key, &path) {
                Told::Value { value, source } => {
                    old.push(json!({"Key": name, "Value": value}));
                    if let Worth::Is { uses: one, .. } = used(&key, path.to_string(), value, source)
                    {
                        uses.extend(one);
                    }
                }
                Told::Absent if is_create => new.push((*tag).clone()),
                Told::Absent => {}
                Told::Unknown => {
                    let asks = format!("which value tag `{name}` of {id} had before");
                    case.about(&key, |case| case.ask_for(asks, &path.to_string(), true));
                }
            }
        }
        let resource = || Worth::plain(json!([id]));
        if !old.is_empty() {
            let tags = Worth::Is { value: json!(old), refs: Vec::new(), uses };
            case.add("CreateTags", vec![("Resources", resource()), ("Tags", tags)]);
        }
        if !new.is_empty() {
            // With their values: a tag that has another value by then stays.
            let tags = Worth::plain(json!(new));
            case.add("DeleteTags", vec![("Resources", resource()), ("Tags", tags)]);
        }
    }
    case.judge_changed();
}

/// Makes flow logs again.
pub(in super::super) fn flow_logs_back(case: &mut Case<'_>) {
    let call = case.call;
    let ids: Vec<&str> =
        elements(call.request.get("FlowLogIds")).filter_map(Value::as_str).collect();
    if ids.is_empty() {
        return case.ask_for("which flow logs they were", "", true);
    }
    for id in ids {
        let key = case.key("AWS::EC2::FlowLog", id);
        case.about(&key, |case| {
            let resource = told(case.before, &key, &Path::of("ResourceId"));
            let kind = match resource.value().and_then(Value::as_str).map(type_of) {
                Some("AWS::EC2::VPC") => "VPC",
                Some("AWS::EC2::Subnet") => "Subnet",
                Some("AWS::EC2::NetworkInterface") => "NetworkInterface",
                Some("AWS::EC2::TransitGateway") => "TransitGateway",
                Some("AWS::EC2::TransitGatewayAttachment") => "TransitGatewayAttachment",
                _ => return case.ask_for(format!("what {id} recorded"), "ResourceId", true),
            };
            case.run_call(&format!(
                "CreateFlowLogs ResourceIds=[old.ResourceId] ResourceType=:\"{kind}\" \
                 TrafficType?=old.TrafficType LogDestinationType?=old.LogDestinationType \
                 LogDestination?=old.LogDestination LogGroupName?=old.LogGroupName \
                 DeliverLogsPermissionArn?=old.DeliverLogsPermissionArn LogFormat?=old.LogFormat \
                 MaxAggregationInterval?=old.MaxAggregationInterval"
            ));
        });
    }
}
