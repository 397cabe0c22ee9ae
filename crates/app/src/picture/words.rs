//! A path's answer in words.

use serde_json::Value;
use trailhound_reach::explain::{
    AclRule, Code, Explanation, RouteTableRoute, SecurityGroupRule, TransitRouteTableRoute,
};
use trailhound_reach::{Answer, Verdict};

/// The verdict in a few words.
pub fn verdict(answer: &Answer) -> &'static str {
    match answer.verdict {
        Verdict::Reachable => "reachable",
        Verdict::ForwardOnly => "forward only: answers do not come back",
        Verdict::Unreachable => "unreachable",
        Verdict::Boundary => "leaves the network that is known",
        Verdict::Unknown => "unknown",
    }
}

/// What a code means; the code itself where we never give it.
///
/// # Source
/// Reachability Analyzer guide, "explanation codes", edition of 2026; the wording is ours.
pub fn code(code: Code) -> &'static str {
    match code {
        Code::BadState => "it cannot be used in its state",
        Code::BadStateAttachment => "the attachment cannot be used in its state",
        Code::BadStateRoute | Code::TgwRtbBadStateRoute => "the route is a blackhole",
        Code::EniSgRulesMismatch => "no rule of the interface's security groups lets it pass",
        Code::SgHasNoRules => "the security group has no rule in this direction",
        Code::SgReferencesNotPreserved => "a rule names a group that is not known any more here",
        Code::EniSourceDestCheckRestriction => "the source/destination check drops foreign packets",
        Code::GatewayRejectsSpoofedTraffic => "the gateway drops a source that is not its VPC's",
        Code::IgwDestinationAddressNotInRfc1918Egress
        | Code::IgwDestinationAddressNotInRfc6598Egress => {
            "an internet gateway leads to no private address"
        }
        Code::IgwPrivateIpAssociationForIngress => "no interface has this public address",
        Code::IgwPublicIpAssociationForEgress => {
            "the internet gateway lets out only what has a public address, and the source has none"
        }
        Code::IgwSourceAddressNotInRfc1918Ingress | Code::IgwSourceAddressNotInRfc6598Ingress => {
            "a private source cannot come from the internet"
        }
        Code::IgwExpectsPublicAddress => "from the internet nothing gets to a private address",
        Code::NgwRequiresSourceInVpc => "the NAT gateway takes nothing from outside its VPC",
        Code::NgwSourceAddressReassign => "after NAT the source is the gateway's own address",
        Code::NoPossibleDestination => "nobody is there to take it",
        Code::NoRouteToDestination => "the route table has no route to the destination",
        Code::NoPath => "no path is configured",
        Code::NoSourceOrDestination => "the source or the destination is not there",
        Code::PcxRequiresAddressInVpcCidr => "peering leads only to addresses of the other VPC",
        Code::ProtocolRestriction | Code::VpceGatewayProtocolRestriction => {
            "the protocol is not carried"
        }
        Code::SubnetAclRestriction => "the network ACL denies it",
        Code::TgwAttachMissingTgwRtbAssociation => "the attachment has no transit route table",
        Code::TgwRouteAzRestriction => "the attachment has no subnet in the sender's zone",
        Code::TgwRtbNoRouteToTgwAttachment => "the transit route table has no route there",
        Code::TgwRtbRoutesAreUnknown => "the routes of the transit route table are not known",
        Code::UnassociatedComponent => "it is attached to nothing",
        Code::UnknownResource => "nothing is known of it",
        Code::UnsupportedComponent => "Trailhound does not follow packets through it",
        Code::VpcBlockPublicAccessEnabled => "Block Public Access is on",
        Code::XNgwNoSession => "nothing inside asked: the NAT gateway drops it",
        Code::XEigwNoSession => "nothing inside asked: the gateway drops it",
        Code::XReturnElsewhere => "the answer arrives where nobody waits for it",
        Code::XLoop => "packets go round",
        Code::XUnknownState => "a property on the way is not known",
        other => other.as_str(),
    }
}

/// What an explanation is about: its members' values, each once.
pub fn about(explanation: &Explanation) -> String {
    let json = serde_json::to_value(explanation).unwrap_or_default();
    let mut told: Vec<String> = Vec::new();
    for (name, value) in json.as_object().into_iter().flatten() {
        let text = match name.as_str() {
            "ExplanationCode" | "AclRule" | "RouteTableRoute" => continue,
            "Port" => format!("port {}", flat(value)),
            "Protocols" => {
                let numbers = value.as_array().into_iter().flatten();
                numbers.map(|number| protocol(&flat(number))).collect::<Vec<_>>().join(" ")
            }
            _ => flat(value),
        };
        if !text.is_empty() && !told.contains(&text) {
            told.push(text);
        }
    }
    told.join(", ")
}

fn flat(value: &Value) -> String {
    let all = |values: Vec<String>, between: &str| {
        values.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
    };
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => all(values.iter().map(flat).collect(), " "),
        Value::Object(members) => all(members.values().map(flat).collect(), " "),
        other => other.to_string(),
    }
}

/// The rule or route that an explanation names.
pub fn rule(explanation: &Explanation) -> Option<String> {
    let acl = explanation.acl_rule.as_ref().map(acl_rule);
    let route = explanation.route_table_route.as_ref().map(route);
    acl.or(route).or(explanation.transit_gateway_route_table_route.as_ref().map(transit_route))
}

/// A rule of a network ACL: `100 allow out, all, 0.0.0.0/0`.
pub(super) fn acl_rule(rule: &AclRule) -> String {
    let way = if rule.egress { "out to" } else { "in from" };
    let ports = rule.port_range.map(|range| ports(range.from, range.to)).unwrap_or_default();
    format!(
        "rule {} {}: {}{ports} {way} {}",
        rule.rule_number,
        rule.rule_action,
        protocol(&rule.protocol),
        rule.cidr.as_deref().unwrap_or("?")
    )
}

/// A rule of a security group.
pub(super) fn group_rule(rule: &SecurityGroupRule) -> String {
    let way = if rule.direction == "egress" { "out to" } else { "in from" };
    let peer =
        rule.cidr.as_ref().or(rule.prefix_list_id.as_ref()).or(rule.security_group_id.as_ref());
    let ports = rule.port_range.map(|range| ports(range.from, range.to)).unwrap_or_default();
    let peer = peer.map_or("?", String::as_str);
    format!("allows {}{ports} {way} {peer}", protocol(&rule.protocol))
}

/// A route: `0.0.0.0/0 → nat-…`.
pub(super) fn route(route: &RouteTableRoute) -> String {
    let to = route.destination_cidr.as_ref().or(route.destination_prefix_list_id.as_ref());
    let state = route.state.as_deref().filter(|state| *state != "active");
    let state = state.map(|state| format!(" ({state})")).unwrap_or_default();
    let target = target(route).unwrap_or("nothing known");
    format!("{} → {target}{state}", to.map_or("?", String::as_str))
}

/// Where a route leads.
pub(super) fn target(route: &RouteTableRoute) -> Option<&str> {
    let targets = [
        &route.gateway_id,
        &route.nat_gateway_id,
        &route.transit_gateway_id,
        &route.vpc_peering_connection_id,
        &route.network_interface_id,
        &route.instance_id,
        &route.egress_only_internet_gateway_id,
    ];
    targets.into_iter().flatten().next().map(String::as_str)
}

/// A route of a transit gateway's table.
pub(super) fn transit_route(route: &TransitRouteTableRoute) -> String {
    let to = route.destination_cidr.as_ref().or(route.prefix_list_id.as_ref());
    let state = if route.state == "active" { "" } else { route.state.as_str() };
    let target = route.attachment_id.as_ref().or(route.resource_id.as_ref());
    let text = format!(
        "{} → {} {state}",
        to.map_or("?", String::as_str),
        target.map_or("nothing", String::as_str)
    );
    text.trim_end().to_owned()
}

/// A protocol by its name where it has one.
fn protocol(number: &str) -> String {
    match number {
        "-1" => "all".to_owned(),
        "1" => "ICMP".to_owned(),
        "6" => "TCP".to_owned(),
        "17" => "UDP".to_owned(),
        "58" => "ICMPv6".to_owned(),
        other => format!("protocol {other}"),
    }
}

fn ports(from: u16, to: u16) -> String {
    match (from, to) {
        (0, u16::MAX) => String::new(),
        (from, to) if from == to => format!(" {from}"),
        (from, to) => format!(" {from}–{to}"),
    }
}
