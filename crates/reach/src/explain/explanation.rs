//! One reason, in the shape of AWS's `Explanation`.

use serde::Serialize;

use super::{AclRule, Code, Component, PortRange, RouteTableRoute, TransitRouteTableRoute};

/// Which way a packet passes a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Toward an interface or into a subnet.
    Ingress,
    /// Away from it.
    Egress,
}

/// Why a packet does not get through.
///
/// # Source
/// Shape `Explanation` of the model `ec2/2016-11-15`. Which members a code fills in is ours where no
/// published output shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "members are AWS's")]
pub struct Explanation {
    pub explanation_code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl_rule: Option<AclRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attached_to: Option<Component>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub availability_zones: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cidrs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_vpc: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_route_table: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internet_gateway: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nat_gateway: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_interface: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packet_field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub port_ranges: Vec<PortRange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_list: Option<Component>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_table: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_table_route: Option<RouteTableRoute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group: Option<Component>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_vpc: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_gateway: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_gateway_attachment: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_gateway_route_table: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_gateway_route_table_route: Option<TransitRouteTableRoute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_endpoint: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_peering_connection: Option<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpn_gateway: Option<Component>,
}

impl Explanation {
    /// A code without members.
    pub fn new(explanation_code: Code) -> Explanation {
        Explanation {
            explanation_code,
            direction: None,
            acl: None,
            acl_rule: None,
            address: None,
            addresses: Vec::new(),
            attached_to: None,
            availability_zones: Vec::new(),
            cidrs: Vec::new(),
            component: None,
            destination: None,
            destination_vpc: None,
            ingress_route_table: None,
            internet_gateway: None,
            missing_component: None,
            nat_gateway: None,
            network_interface: None,
            packet_field: None,
            port: None,
            port_ranges: Vec::new(),
            prefix_list: None,
            protocols: Vec::new(),
            route_table: None,
            route_table_route: None,
            security_group: None,
            security_groups: Vec::new(),
            source_vpc: None,
            state: None,
            subnet: None,
            transit_gateway: None,
            transit_gateway_attachment: None,
            transit_gateway_route_table: None,
            transit_gateway_route_table_route: None,
            vpc: None,
            vpc_endpoint: None,
            vpc_peering_connection: None,
            vpn_gateway: None,
        }
    }

    /// A code with the members that `fill` sets.
    pub fn with(code: Code, fill: impl FnOnce(&mut Explanation)) -> Box<Explanation> {
        let mut explanation = Box::new(Explanation::new(code));
        fill(&mut explanation);
        explanation
    }
}
