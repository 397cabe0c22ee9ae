//! Network interfaces, instances and Elastic IP addresses.

use std::net::IpAddr;

use super::doc::{Doc, Field, Id, List};

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Interface {
    /// Its VPC.
    pub vpc: Field<Option<Id>>,
    /// Its subnet.
    pub subnet: Field<Option<Id>>,
    /// `in-use` where it is attached.
    pub status: Field<Option<Id>>,
    /// The instance that it is attached to.
    pub instance: Field<Option<Id>>,
    /// Whether packets of other addresses are dropped.
    pub source_dest_check: Field<bool>,
    /// Its security groups.
    pub groups: List<Id>,
    /// Its addresses of both families, with what the internet knows them by.
    pub addresses: List<Private>,
    /// Its type, as `interface` or `nat_gateway`.
    pub interface_type: Field<Option<Id>>,
}

/// One address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Private {
    /// The address itself.
    pub address: IpAddr,
    /// The public IPv4 address that it is paired with.
    pub public: Field<Option<IpAddr>>,
}

impl Interface {
    pub(super) fn parse(doc: &Doc<'_>) -> Interface {
        let instance = match doc.child("Attachment") {
            Field::Known(Some(attachment)) => attachment.text("InstanceId"),
            Field::Known(None) => Field::Known(None),
            Field::Unknown => Field::Unknown,
        };
        let groups =
            doc.list("Groups").filter_map(|group| group.some_text("GroupId").map(Id::from));
        Interface {
            vpc: doc.text("VpcId"),
            subnet: doc.text("SubnetId"),
            status: doc.text("Status"),
            instance,
            source_dest_check: doc.flag("SourceDestCheck", true),
            groups,
            addresses: addresses(doc),
            interface_type: doc.text("InterfaceType"),
        }
    }

    /// Whether `address` is one of its own.
    pub fn owns(&self, address: IpAddr) -> bool {
        self.addresses.items.iter().any(|own| own.address == address)
    }
}

fn addresses(doc: &Doc<'_>) -> List<Private> {
    let top = association(doc);
    let primary = doc.address("PrivateIpAddress");
    let mut addresses = doc.list("PrivateIpAddresses").filter_map(|item| {
        let address = item.address("PrivateIpAddress")?;
        let own = association(&item);
        // Some descriptions name the primary address's association on the interface only.
        let public =
            if own == Field::Known(None) && Some(address) == primary { top.clone() } else { own };
        Some(Private { address, public })
    });
    if let Some(primary) = primary
        && !addresses.items.iter().any(|own| own.address == primary)
    {
        addresses.items.push(Private { address: primary, public: top });
    }
    let six = doc.list("Ipv6Addresses").filter_map(|item| item.address("Ipv6Address"));
    addresses.is_complete &= six.is_complete && !doc.has_unknown_below("PrivateIpAddress");
    addresses.unknown.extend(six.unknown);
    let six = six.items.into_iter();
    addresses.items.extend(six.map(|address| Private { address, public: Field::Known(None) }));
    addresses
}

fn association(doc: &Doc<'_>) -> Field<Option<IpAddr>> {
    match doc.child("Association") {
        Field::Known(Some(association)) => {
            association.text("PublicIp").map(|text| text.and_then(|text| text.parse().ok()))
        }
        Field::Known(None) => Field::Known(None),
        Field::Unknown => Field::Unknown,
    }
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Instance {
    /// `running`, `stopped` and so on.
    pub state: Field<Option<Id>>,
    /// Its VPC.
    pub vpc: Field<Option<Id>>,
    /// What it says of its interfaces; an interface's own description goes first.
    pub interfaces: List<(Id, Interface)>,
}

impl Instance {
    pub(super) fn parse(id: &Id, doc: &Doc<'_>) -> Instance {
        let state = match doc.child("State") {
            Field::Known(Some(state)) => state.text("Name"),
            Field::Known(None) => Field::Known(None),
            Field::Unknown => Field::Unknown,
        };
        let interfaces = doc.list("NetworkInterfaces").filter_map(|item| {
            let name = item.some_text("NetworkInterfaceId").map(Id::from)?;
            let mut interface = Interface::parse(&item);
            interface.instance = Field::Known(Some(id.clone()));
            Some((name, interface))
        });
        Instance { state, vpc: doc.text("VpcId"), interfaces }
    }
}

/// An Elastic IP address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Elastic {
    /// The public address.
    pub public: Option<IpAddr>,
    /// The private address that it is paired with.
    pub private: Field<Option<IpAddr>>,
    /// The interface that it is associated with.
    pub interface: Field<Option<Id>>,
    /// The instance that it is associated with.
    pub instance: Field<Option<Id>>,
}

impl Elastic {
    pub(super) fn parse(doc: &Doc<'_>) -> Elastic {
        let private = doc.text("PrivateIpAddress");
        Elastic {
            public: doc.address("PublicIp"),
            private: private.map(|text| text.and_then(|text| text.parse().ok())),
            interface: doc.text("NetworkInterfaceId"),
            instance: doc.text("InstanceId"),
        }
    }
}
