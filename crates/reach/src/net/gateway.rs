//! Gateways, peering connections, endpoints, and the account's block of public access.

use std::net::IpAddr;

use ipnet::IpNet;

use super::doc::{Doc, Field, Id, List};

/// An internet gateway, an egress-only one, or a virtual private gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gateway {
    /// The VPCs that it is attached to, with the attachment's state.
    pub attachments: List<(Id, Option<Id>)>,
    /// Its own state; internet gateways have none.
    pub state: Field<Option<Id>>,
}

impl Gateway {
    pub(super) fn parse(doc: &Doc<'_>, list: &str) -> Gateway {
        let attachments = doc.list(list).filter_map(|item| {
            let vpc = item.some_text("VpcId").map(Id::from)?;
            match item.text("State") {
                Field::Known(state) => Some((vpc, state)),
                Field::Unknown => Some((vpc, Some(Id::from("unknown")))),
            }
        });
        Gateway { attachments, state: doc.text("State") }
    }
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nat {
    /// Its VPC.
    pub vpc: Field<Option<Id>>,
    /// Its subnet; a regional one has none.
    pub subnet: Field<Option<Id>>,
    /// `available` where it works.
    pub state: Field<Option<Id>>,
    /// `public` or `private`.
    pub connectivity: Field<Option<Id>>,
    /// Its addresses.
    pub addresses: List<NatAddress>,
}

/// One address of a NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NatAddress {
    /// The private address that packets get as their source.
    pub private: Option<IpAddr>,
    /// The Elastic IP address that the internet gateway pairs it with.
    pub public: Field<Option<IpAddr>>,
    /// Its interface.
    pub interface: Option<Id>,
}

impl Nat {
    pub(super) fn parse(doc: &Doc<'_>) -> Nat {
        let mut addresses = doc.list("NatGatewayAddresses").filter_map(|item| {
            let public = item.text("PublicIp");
            Some(NatAddress {
                private: item.address("PrivateIp"),
                public: public.map(|text| text.and_then(|text| text.parse().ok())),
                interface: item.some_text("NetworkInterfaceId").map(Id::from),
            })
        });
        // `CreateNatGateway` answers before the gateway has an address.
        let is_listed = addresses.items.iter().all(|address| address.private.is_some());
        addresses.is_complete &= is_listed && !addresses.items.is_empty();
        Nat {
            vpc: doc.text("VpcId"),
            subnet: doc.text("SubnetId"),
            state: doc.text("State"),
            connectivity: doc.text("ConnectivityType"),
            addresses,
        }
    }
}

/// A peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Peering {
    /// `active` where it works.
    pub status: Field<Option<Id>>,
    /// The VPC that asked for it.
    pub requester: Side,
    /// The VPC that accepted it.
    pub accepter: Side,
}

/// One side of a peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Side {
    /// The VPC.
    pub vpc: Field<Option<Id>>,
    /// Its blocks of addresses, as the connection knows them.
    pub cidrs: Vec<IpNet>,
    /// Its account.
    pub owner: Option<Id>,
    /// Its Region.
    pub region: Option<Id>,
}

impl Peering {
    pub(super) fn parse(doc: &Doc<'_>) -> Peering {
        let status = match doc.child("Status") {
            Field::Known(Some(status)) => status.text("Code"),
            Field::Known(None) => Field::Known(None),
            Field::Unknown => Field::Unknown,
        };
        let requester = Side::parse(doc, "RequesterVpcInfo");
        Peering { status, requester, accepter: Side::parse(doc, "AccepterVpcInfo") }
    }
}

impl Side {
    fn parse(doc: &Doc<'_>, name: &str) -> Side {
        let Field::Known(Some(side)) = doc.child(name) else {
            return Side { vpc: Field::Unknown, cidrs: Vec::new(), owner: None, region: None };
        };
        let mut cidrs: Vec<_> = side.cidr("CidrBlock").into_iter().collect();
        for (list, member) in [("CidrBlockSet", "CidrBlock"), ("Ipv6CidrBlockSet", "Ipv6CidrBlock")]
        {
            cidrs.extend(side.list(list).items.iter().filter_map(|item| item.cidr(member)));
        }
        cidrs.sort_unstable();
        cidrs.dedup();
        Side {
            vpc: side.text("VpcId"),
            cidrs,
            owner: side.some_text("OwnerId").map(Id::from),
            region: side.some_text("Region").map(Id::from),
        }
    }
}

/// A VPC endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Its VPC.
    pub vpc: Field<Option<Id>>,
    /// `available` where it works; capitals differ between answers.
    pub state: Field<Option<Id>>,
    /// `Gateway`, `Interface` or `GatewayLoadBalancer`.
    pub endpoint_type: Field<Option<Id>>,
    /// Its interfaces.
    pub interfaces: List<Id>,
}

impl Endpoint {
    pub(super) fn parse(doc: &Doc<'_>) -> Endpoint {
        Endpoint {
            vpc: doc.text("VpcId"),
            state: doc.text("State"),
            endpoint_type: doc.text("VpcEndpointType"),
            interfaces: doc.texts("NetworkInterfaceIds"),
        }
    }
}

/// An account's Block Public Access options.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PublicAccess {
    /// `off`, `block-ingress` or `block-bidirectional`.
    pub mode: Field<Option<Id>>,
}

impl PublicAccess {
    pub(super) fn parse(doc: &Doc<'_>) -> PublicAccess {
        PublicAccess { mode: doc.text("InternetGatewayBlockMode") }
    }
}

/// An exclusion from Block Public Access.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Exclusion {
    /// The VPC or subnet.
    pub resource: Field<Option<Id>>,
    /// `allow-bidirectional` or `allow-egress`.
    pub mode: Field<Option<Id>>,
    /// `create-complete` or `update-complete` where it works.
    pub state: Field<Option<Id>>,
}

impl Exclusion {
    pub(super) fn parse(doc: &Doc<'_>) -> Exclusion {
        let resource = doc
            .text("ResourceArn")
            .map(|arn| arn.and_then(|arn| arn.rsplit_once('/').map(|(_, id)| Id::from(id))));
        Exclusion {
            resource,
            mode: doc.text("InternetGatewayExclusionMode"),
            state: doc.text("State"),
        }
    }
}
