//! Security groups.

use ipnet::IpNet;

use super::doc::{Doc, Field, Id, List};
use super::protocol::{icmp_ports, port_range, protocol_number};
use crate::headers::{ICMP, ICMPV6, IntervalSet, TCP, UDP, all_ports};

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Group {
    /// Its VPC.
    pub vpc: Field<Option<Id>>,
    /// What may come in.
    pub ingress: List<GroupRule>,
    /// What may leave.
    pub egress: List<GroupRule>,
}

/// One rule with one peer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupRule {
    /// The protocol's number; all of them where absent.
    pub protocol: Option<u8>,
    /// Ports, or types and codes.
    pub ports: IntervalSet,
    /// The other end.
    pub peer: Peer,
}

/// The other end that a rule names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Peer {
    /// These addresses.
    Cidr(IpNet),
    /// The addresses of a prefix list.
    PrefixList(Id),
    /// The interfaces in a security group.
    Group(Id),
}

impl Group {
    pub(super) fn parse(doc: &Doc<'_>) -> Group {
        let rules = |name: &str| {
            let mut is_readable = true;
            let parsed = doc.list(name).filter_map(|permission| {
                let parsed = permission_rules(&permission);
                is_readable &= parsed.is_some();
                parsed
            });
            let is_complete = parsed.is_complete && is_readable;
            let items: Vec<_> = parsed.items.into_iter().flatten().collect();
            List { items, is_complete, unknown: parsed.unknown }
        };
        Group {
            vpc: doc.text("VpcId"),
            ingress: rules("IpPermissions"),
            egress: rules("IpPermissionsEgress"),
        }
    }
}

/// The rules of one permission, one per peer; `None` where a part of it cannot be read.
fn permission_rules(doc: &Doc<'_>) -> Option<Vec<GroupRule>> {
    let protocol = protocol_number(doc.some_text("IpProtocol")?)?;
    let (from, to) = (*doc.number("FromPort").known()?, *doc.number("ToPort").known()?);
    let ports = match protocol {
        Some(TCP | UDP) => port_range(from, to),
        Some(ICMP | ICMPV6) => icmp_ports(from, to),
        _ => all_ports(),
    };
    let mut peers = Vec::new();
    for (list, member) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")] {
        let ranges = doc.list(list);
        if !ranges.is_whole() {
            return None;
        }
        for range in ranges.items {
            peers.push(Peer::Cidr(range.cidr(member)?));
        }
    }
    let lists = doc.list("PrefixListIds");
    let groups = doc.list("UserIdGroupPairs");
    if !lists.is_whole() || !groups.is_whole() {
        return None;
    }
    for list in lists.items {
        peers.push(Peer::PrefixList(Id::from(list.some_text("PrefixListId")?)));
    }
    for group in groups.items {
        peers.push(Peer::Group(Id::from(group.some_text("GroupId")?)));
    }
    let rule = |peer| GroupRule { protocol, ports: ports.clone(), peer };
    Some(peers.into_iter().map(rule).collect())
}
