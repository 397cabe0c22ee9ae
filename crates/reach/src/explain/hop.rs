//! One step of a path, in the shape of AWS's `PathComponent`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::Explanation;
use crate::headers::{Family, HeaderSet, IntervalSet};
use crate::net::{AclEntry, Destination, Field, Id, Route, Target};

/// A resource on a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Component {
    /// Its id.
    pub id: String,
}

impl Component {
    /// A component, ready for a member.
    pub fn some(id: &str) -> Option<Component> {
        Some(Component { id: id.to_owned() })
    }
}

/// A range of ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PortRange {
    /// The lowest.
    pub from: u16,
    /// The highest.
    pub to: u16,
}

/// The ranges of a set of ports.
pub(crate) fn port_ranges(ports: &IntervalSet) -> Vec<PortRange> {
    let port = |number: u128| u16::try_from(number).unwrap_or(u16::MAX);
    ports.intervals().iter().map(|(a, b)| PortRange { from: port(*a), to: port(*b) }).collect()
}

/// A rule of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "members are AWS's")]
pub struct AclRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
    pub egress: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_range: Option<PortRange>,
    pub protocol: String,
    pub rule_action: String,
    pub rule_number: i64,
}

impl From<&AclEntry> for AclRule {
    fn from(entry: &AclEntry) -> Self {
        AclRule {
            cidr: Some(entry.cidr.to_string()),
            egress: entry.is_egress,
            port_range: rule_ports(entry.protocol, &entry.ports),
            protocol: entry.protocol.map_or("-1".to_owned(), |number| number.to_string()),
            rule_action: if entry.is_allow { "allow" } else { "deny" }.to_owned(),
            rule_number: entry.number,
        }
    }
}

/// The ports of a rule; absent where it is about all.
pub(crate) fn rule_ports(protocol: Option<u8>, ports: &IntervalSet) -> Option<PortRange> {
    let is_ported = matches!(protocol, Some(crate::headers::TCP | crate::headers::UDP));
    port_ranges(ports).first().copied().filter(|_| is_ported)
}

/// A rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "members are AWS's")]
pub struct SecurityGroupRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
    pub direction: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_range: Option<PortRange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_list_id: Option<String>,
    pub protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_id: Option<String>,
}

/// A route of a route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "members are AWS's")]
pub struct RouteTableRoute {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_cidr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_prefix_list_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress_only_internet_gateway_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nat_gateway_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_interface_id: Option<String>,
    pub origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_gateway_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_peering_connection_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl RouteTableRoute {
    /// A route, with the block that took the packet where that is an entry of a prefix list.
    pub(crate) fn new(route: &Route, cidr: Option<IpNet>, state: &str) -> RouteTableRoute {
        let mut shown = RouteTableRoute {
            destination_cidr: cidr.map(|cidr| cidr.to_string()),
            origin: route.origin.as_str().to_owned(),
            state: Some(state.to_owned()),
            ..RouteTableRoute::default()
        };
        if let Destination::PrefixList(list) = &route.destination {
            shown.destination_prefix_list_id = Some(list.to_string());
        }
        let Field::Known(target) = &route.target else { return shown };
        let id = target.id().map(|id| id.to_string());
        match target {
            Target::Local => shown.gateway_id = Some("local".to_owned()),
            Target::EgressOnly(_) => shown.egress_only_internet_gateway_id = id,
            Target::Nat(_) => shown.nat_gateway_id = id,
            Target::Interface(_) => shown.network_interface_id = id,
            Target::Instance(_) => shown.instance_id = id,
            Target::Peering(_) => shown.vpc_peering_connection_id = id,
            Target::Transit(_) => shown.transit_gateway_id = id,
            Target::Nothing => {}
            Target::InternetGateway(_)
            | Target::VpnGateway(_)
            | Target::Endpoint(_)
            | Target::Other(_) => shown.gateway_id = id,
        }
        shown
    }
}

/// A route of a transit gateway's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "members are AWS's")]
pub struct TransitRouteTableRoute {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_cidr: Option<String>,
    pub state: String,
    pub route_origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_list_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
}

/// A set of headers, as the smallest product that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "members are AWS's")]
pub struct PacketHeader {
    pub protocol: String,
    pub source_addresses: Vec<String>,
    pub destination_addresses: Vec<String>,
    pub source_port_ranges: Vec<PortRange>,
    pub destination_port_ranges: Vec<PortRange>,
}

impl PacketHeader {
    /// What a set of headers spans.
    pub fn new(family: Family, headers: &HeaderSet) -> PacketHeader {
        let protocols = headers.protocols();
        let protocol = match protocols.intervals() {
            [(first, last)] if first == last => first.to_string(),
            _ => "-1".to_owned(),
        };
        PacketHeader {
            protocol,
            source_addresses: addresses(family, &headers.sources()),
            destination_addresses: addresses(family, &headers.destinations()),
            source_port_ranges: port_ranges(&headers.source_ports()),
            destination_port_ranges: port_ranges(&headers.destination_ports()),
        }
    }
}

/// How many ranges of addresses are written out.
const ADDRESSES_SHOWN_MAX: usize = 32;

/// Addresses as blocks where they are one, else as `first-last`.
pub(crate) fn addresses(family: Family, set: &IntervalSet) -> Vec<String> {
    let shown = set.intervals().iter().take(ADDRESSES_SHOWN_MAX);
    shown.map(|(first, last)| range_text(family, *first, *last)).collect()
}

fn range_text(family: Family, first: u128, last: u128) -> String {
    let (low, high): (IpAddr, IpAddr) = (family.address(first), family.address(last));
    let Some(size) = (last - first).checked_add(1) else { return format!("{low}/0") };
    if size.is_power_of_two() && first.is_multiple_of(size) {
        let length = u32::from(family.bits()).saturating_sub(size.trailing_zeros());
        return format!("{low}/{length}");
    }
    format!("{low}-{high}")
}

/// What is to be known of a hop beside the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AdditionalDetail {
    /// The code, as the guide spells it.
    pub additional_detail_type: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "members are AWS's")]
pub struct Hop {
    pub sequence_number: usize,
    pub component: Component,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attached_to: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_vpc: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_vpc: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl_rule: Option<AclRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_rule: Option<SecurityGroupRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_table_route: Option<RouteTableRoute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound_header: Option<PacketHeader>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound_header: Option<PacketHeader>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_gateway: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_gateway_route_table_route: Option<TransitRouteTableRoute>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_details: Vec<AdditionalDetail>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explanations: Vec<Explanation>,
}

impl Hop {
    /// A step at one component, with the members that `fill` sets.
    pub(crate) fn with(id: &Id, fill: impl FnOnce(&mut Hop)) -> Hop {
        let mut hop = Hop {
            sequence_number: 0,
            component: Component { id: id.to_string() },
            attached_to: None,
            subnet: None,
            vpc: None,
            source_vpc: None,
            destination_vpc: None,
            acl_rule: None,
            security_group_rule: None,
            route_table_route: None,
            inbound_header: None,
            outbound_header: None,
            transit_gateway: None,
            transit_gateway_route_table_route: None,
            additional_details: Vec::new(),
            explanations: Vec::new(),
        };
        fill(&mut hop);
        hop
    }
}
