//! VPCs, subnets and their network ACLs, prefix lists.

use ipnet::IpNet;

use super::doc::{Doc, Field, Id, List};
use super::protocol::{icmp_ports, port_range, protocol_number};
use crate::headers::{ICMP, ICMPV6, IntervalSet, TCP, UDP, all_ports};

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Vpc {
    /// Its blocks of addresses, of both families.
    pub cidrs: List<IpNet>,
}

impl Vpc {
    pub(super) fn parse(doc: &Doc<'_>) -> Vpc {
        let mut cidrs = cidrs_of(doc, "CidrBlockAssociationSet", "CidrBlock", "CidrBlockState");
        let six =
            cidrs_of(doc, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", "Ipv6CidrBlockState");
        cidrs.items.extend(doc.cidr("CidrBlock"));
        cidrs.items.extend(six.items);
        cidrs.is_complete &= six.is_complete;
        cidrs.unknown.extend(six.unknown);
        cidrs.items.sort_unstable();
        cidrs.items.dedup();
        Vpc { cidrs }
    }
}

/// The blocks of a set of associations, without those that are no longer associated.
fn cidrs_of(doc: &Doc<'_>, list: &str, member: &str, state: &str) -> List<IpNet> {
    doc.list(list).filter_map(|item| {
        let state = match item.child(state) {
            Field::Known(Some(state)) => state.some_text("State").map(str::to_owned),
            _ => None,
        };
        let is_gone =
            matches!(state.as_deref(), Some("disassociating" | "disassociated" | "failed"));
        item.cidr(member).filter(|_| !is_gone)
    })
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subnet {
    /// Its VPC.
    pub vpc: Field<Option<Id>>,
    /// Its blocks of addresses, of both families.
    pub cidrs: List<IpNet>,
    /// Its Availability Zone.
    pub zone: Field<Option<Id>>,
}

impl Subnet {
    pub(super) fn parse(doc: &Doc<'_>) -> Subnet {
        let mut cidrs =
            cidrs_of(doc, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", "Ipv6CidrBlockState");
        match doc.text("CidrBlock") {
            Field::Known(_) => cidrs.items.extend(doc.cidr("CidrBlock")),
            Field::Unknown => cidrs.is_complete = false,
        }
        Subnet { vpc: doc.text("VpcId"), cidrs, zone: doc.text("AvailabilityZone") }
    }
}

/// A network ACL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Acl {
    /// Its VPC.
    pub vpc: Field<Option<Id>>,
    /// Whether subnets that name no other have this one.
    pub is_default: Field<bool>,
    /// The subnets that name it.
    pub subnets: List<Id>,
    /// Its rules in the order in which they are tried.
    pub entries: List<AclEntry>,
}

/// One rule of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AclEntry {
    /// Its number; the lowest is tried first.
    pub number: i64,
    /// Whether it is about packets that leave.
    pub is_egress: bool,
    /// Whether it allows.
    pub is_allow: bool,
    /// The protocol's number; all of them where absent.
    pub protocol: Option<u8>,
    /// Ports, or types and codes.
    pub ports: IntervalSet,
    /// The other end's addresses.
    pub cidr: IpNet,
}

impl Acl {
    pub(super) fn parse(doc: &Doc<'_>) -> Acl {
        let mut is_readable = true;
        let mut entries = doc.list("Entries").filter_map(|entry| {
            let parsed = AclEntry::parse(&entry);
            is_readable &= parsed.is_some();
            parsed
        });
        // A rule that cannot be read may match anything.
        entries.is_complete &= is_readable;
        entries.items.sort_by_key(|entry| (entry.is_egress, entry.number));
        let subnets = doc
            .list("Associations")
            .filter_map(|association| association.some_text("SubnetId").map(Id::from));
        let is_default = doc.flag("IsDefault", false);
        Acl { vpc: doc.text("VpcId"), is_default, subnets, entries }
    }
}

impl AclEntry {
    fn parse(doc: &Doc<'_>) -> Option<AclEntry> {
        let protocol = protocol_number(doc.some_text("Protocol")?)?;
        let range = match protocol {
            Some(ICMP | ICMPV6) => doc.child("IcmpTypeCode"),
            _ => doc.child("PortRange"),
        };
        let Field::Known(range) = range else { return None };
        let bounds = |first: &str, last: &str| {
            let range = range.as_ref()?;
            Some((*range.number(first).known()?, *range.number(last).known()?))
        };
        let ports = match protocol {
            Some(TCP | UDP) => {
                let (from, to) = bounds("From", "To").unwrap_or((None, None));
                port_range(from, to)
            }
            Some(ICMP | ICMPV6) => {
                let (kind, code) = bounds("Type", "Code").unwrap_or((None, None));
                icmp_ports(kind, code)
            }
            _ => all_ports(),
        };
        Some(AclEntry {
            number: (*doc.number("RuleNumber").known()?)?,
            is_egress: *doc.flag("Egress", false).known()?,
            is_allow: doc.some_text("RuleAction")? == "allow",
            protocol,
            ports,
            cidr: doc.cidr("CidrBlock").or_else(|| doc.cidr("Ipv6CidrBlock"))?,
        })
    }
}

/// A prefix list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrefixList {
    /// Its blocks of addresses.
    pub entries: List<IpNet>,
}

impl PrefixList {
    pub(super) fn parse(doc: &Doc<'_>) -> PrefixList {
        let mut entries = doc.list("Entries").filter_map(|entry| entry.cidr("Cidr"));
        let cidrs = doc.texts("Cidrs").filter_map(|text| super::doc::parse_cidr(&text));
        // `DescribeManagedPrefixLists` lists no entries: then nothing is known of them.
        let is_listed = doc.has_member("Entries") || doc.has_member("Cidrs");
        entries.is_complete &= cidrs.is_complete && is_listed;
        entries.unknown.extend(cidrs.unknown);
        entries.items.extend(cidrs.items);
        entries.items.sort_unstable();
        entries.items.dedup();
        PrefixList { entries }
    }
}
