//! One resource of any kind, and under which keys others find it.

use std::net::IpAddr;

use super::doc::{Body, Doc, Field, Id, List};
use super::gateway::{Endpoint, Exclusion, Gateway, Nat, Peering, PublicAccess};
use super::group::Group;
use super::interface::{Elastic, Instance, Interface};
use super::kind::Kind;
use super::routes::{Association, RouteTable};
use super::transit::{Attachment, Transit, TransitTable, VpcAttachment};
use super::vpc::{Acl, PrefixList, Subnet, Vpc};
use super::{Index, Scope, Vague};

/// One resource, with what decides where packets go, and nothing else.
///
/// Two bodies that differ in tags or descriptions only are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the type of its name")]
pub enum Resource {
    Vpc(Vpc),
    Subnet(Subnet),
    RouteTable(RouteTable),
    Interface(Interface),
    Instance(Instance),
    InternetGateway(Gateway),
    EgressOnlyGateway(Gateway),
    NatGateway(Nat),
    NetworkAcl(Acl),
    SecurityGroup(Group),
    PrefixList(PrefixList),
    Peering(Peering),
    TransitGateway(Transit),
    Attachment(Attachment),
    VpcAttachment(VpcAttachment),
    TransitTable(TransitTable),
    Endpoint(Endpoint),
    VpnGateway(Gateway),
    VpnConnection,
    Address(Elastic),
    PublicAccessOptions(PublicAccess),
    PublicAccessExclusion(Exclusion),
}

impl Resource {
    /// Reads a body.
    pub fn parse(kind: Kind, id: &Id, body: Body<'_>) -> Resource {
        let doc = &Doc::from(body);
        match kind {
            Kind::Vpc => Resource::Vpc(Vpc::parse(doc)),
            Kind::Subnet => Resource::Subnet(Subnet::parse(doc)),
            Kind::RouteTable => Resource::RouteTable(RouteTable::parse(doc)),
            Kind::Interface => Resource::Interface(Interface::parse(doc)),
            Kind::Instance => Resource::Instance(Instance::parse(id, doc)),
            Kind::InternetGateway => Resource::InternetGateway(Gateway::parse(doc, "Attachments")),
            Kind::EgressOnlyGateway => {
                Resource::EgressOnlyGateway(Gateway::parse(doc, "Attachments"))
            }
            Kind::NatGateway => Resource::NatGateway(Nat::parse(doc)),
            Kind::NetworkAcl => Resource::NetworkAcl(Acl::parse(doc)),
            Kind::SecurityGroup => Resource::SecurityGroup(Group::parse(doc)),
            Kind::PrefixList => Resource::PrefixList(PrefixList::parse(doc)),
            Kind::Peering => Resource::Peering(Peering::parse(doc)),
            Kind::TransitGateway => Resource::TransitGateway(Transit::parse(doc)),
            Kind::Attachment => Resource::Attachment(Attachment::parse(doc)),
            Kind::VpcAttachment => Resource::VpcAttachment(VpcAttachment::parse(doc)),
            Kind::TransitTable => Resource::TransitTable(TransitTable::parse(doc)),
            Kind::Endpoint => Resource::Endpoint(Endpoint::parse(doc)),
            Kind::VpnGateway => Resource::VpnGateway(Gateway::parse(doc, "VpcAttachments")),
            Kind::VpnConnection => Resource::VpnConnection,
            Kind::Address => Resource::Address(Elastic::parse(doc)),
            Kind::PublicAccessOptions => Resource::PublicAccessOptions(PublicAccess::parse(doc)),
            Kind::PublicAccessExclusion => Resource::PublicAccessExclusion(Exclusion::parse(doc)),
        }
    }

    /// The keys of the indexes under which it is found, with the id that is found there.
    pub(crate) fn keys(&self, scope: &Scope, id: &Id) -> Vec<(Index, Id)> {
        let mut keys = Keys { id: id.clone(), keys: Vec::new() };
        match self {
            Resource::Subnet(subnet) => keys.in_vpc(&subnet.vpc, Index::SubnetsOf, Vague::Subnet),
            Resource::RouteTable(table) => keys.table(table),
            Resource::Interface(interface) => keys.interface(id, interface),
            Resource::Instance(instance) => keys.instance(instance),
            Resource::InternetGateway(gateway) => {
                keys.gateway(gateway, Index::InternetGatewayOf, Vague::InternetGateway);
            }
            Resource::VpnGateway(gateway) => {
                keys.gateway(gateway, Index::VpnGatewayOf, Vague::VpnGateway);
            }
            Resource::NatGateway(nat) => keys.nat(nat),
            Resource::NetworkAcl(acl) => keys.acl(acl),
            Resource::VpcAttachment(attachment) => keys.vpc_attachment(attachment),
            Resource::Attachment(attachment) => keys.attachment(attachment),
            Resource::Endpoint(endpoint) => keys.endpoint(endpoint),
            Resource::Address(elastic) => keys.elastic(elastic),
            Resource::PublicAccessOptions(_) => keys.add(Index::PublicAccess(scope.clone())),
            Resource::PublicAccessExclusion(exclusion) => keys.exclusion(exclusion),
            _ => {}
        }
        keys.keys
    }
}

/// Collects the keys of one resource.
struct Keys {
    id: Id,
    keys: Vec<(Index, Id)>,
}

impl Keys {
    fn add(&mut self, key: Index) {
        self.keys.push((key, self.id.clone()));
    }

    /// Notes that the resource may belong under keys that are not known.
    fn vague(&mut self, class: Vague, vpc: &Field<Option<Id>>) {
        let vpc = vpc.known().cloned().flatten();
        self.add(Index::Vague(class, vpc));
        self.add(Index::VagueAnywhere(class));
    }

    fn in_vpc(&mut self, vpc: &Field<Option<Id>>, key: fn(Id) -> Index, class: Vague) {
        match vpc {
            Field::Known(Some(vpc)) => self.add(key(vpc.clone())),
            Field::Known(None) => {}
            Field::Unknown => self.vague(class, vpc),
        }
    }

    fn table(&mut self, table: &RouteTable) {
        for association in &table.associations.items {
            match association {
                Association::Subnet(subnet) => self.add(Index::SubnetTable(subnet.clone())),
                Association::Gateway(gateway) => self.add(Index::GatewayTable(gateway.clone())),
                Association::Main => self.in_vpc(&table.vpc, Index::MainTable, Vague::Table),
            }
        }
        if !table.associations.is_whole() || table.vpc == Field::Unknown {
            self.vague(Vague::Table, &table.vpc);
        }
    }

    fn acl(&mut self, acl: &Acl) {
        for subnet in &acl.subnets.items {
            self.add(Index::SubnetAcl(subnet.clone()));
        }
        if acl.is_default == Field::Known(true) {
            self.in_vpc(&acl.vpc, Index::DefaultAcl, Vague::Acl);
        }
        if !acl.subnets.is_whole() || acl.is_default == Field::Unknown {
            self.vague(Vague::Acl, &acl.vpc);
        }
    }

    fn interface(&mut self, name: &Id, interface: &Interface) {
        let owner = std::mem::replace(&mut self.id, name.clone());
        self.add(Index::Interfaces);
        if let Field::Known(Some(instance)) = &interface.instance {
            self.add(Index::InterfacesOf(instance.clone()));
        }
        for group in &interface.groups.items {
            self.add(Index::Members(group.clone()));
        }
        for own in &interface.addresses.items {
            self.add(Index::Anywhere(own.address));
            if let Field::Known(Some(vpc)) = &interface.vpc {
                self.add(Index::Owner(vpc.clone(), own.address));
            }
            if let Field::Known(Some(public)) = &own.public {
                self.add(Index::Public(*public));
            }
        }
        if interface.vpc == Field::Unknown || !interface.addresses.is_whole() {
            self.vague(Vague::Interface, &interface.vpc);
        }
        if !interface.groups.is_whole() {
            self.vague(Vague::Member, &interface.vpc);
        }
        if interface.instance == Field::Unknown {
            self.vague(Vague::Attached, &interface.vpc);
        }
        if interface.addresses.items.iter().any(|own| own.public == Field::Unknown)
            || !interface.addresses.is_whole()
        {
            self.vague(Vague::Public, &Field::Known(None));
        }
        self.id = owner;
    }

    fn instance(&mut self, instance: &Instance) {
        let owner = self.id.clone();
        for (name, interface) in &instance.interfaces.items {
            self.keys.push((Index::Embedded(name.clone()), owner.clone()));
            self.interface(name, interface);
        }
        if !instance.interfaces.is_whole() {
            for class in [Vague::Interface, Vague::Member] {
                self.vague(class, &instance.vpc);
            }
            self.vague(Vague::Public, &Field::Known(None));
        }
    }

    fn gateway(&mut self, gateway: &Gateway, key: fn(Id) -> Index, class: Vague) {
        for (vpc, _) in &gateway.attachments.items {
            self.add(key(vpc.clone()));
        }
        if !gateway.attachments.is_whole() {
            self.vague(class, &Field::Known(None));
        }
    }

    fn nat(&mut self, nat: &Nat) {
        for address in &nat.addresses.items {
            if let Some(interface) = &address.interface {
                self.add(Index::NatOf(interface.clone()));
            }
            if let Field::Known(Some(public)) = address.public {
                self.add(Index::Public(public));
            }
            self.owned(&nat.vpc, address.private);
        }
        if !nat.addresses.is_whole() || nat.vpc == Field::Unknown {
            self.vague(Vague::Nat, &nat.vpc);
        }
    }

    fn owned(&mut self, vpc: &Field<Option<Id>>, address: Option<IpAddr>) {
        if let (Field::Known(Some(vpc)), Some(address)) = (vpc, address) {
            self.add(Index::Owner(vpc.clone(), address));
        }
    }

    fn vpc_attachment(&mut self, attachment: &VpcAttachment) {
        match (&attachment.transit, &attachment.vpc) {
            (Field::Known(Some(transit)), Field::Known(Some(vpc))) => {
                self.add(Index::AttachmentOf(transit.clone(), vpc.clone()));
            }
            (Field::Known(_), Field::Known(_)) => {}
            (_, vpc) => self.vague(Vague::Attachment, vpc),
        }
    }

    fn attachment(&mut self, attachment: &Attachment) {
        let is_vpc = matches!(&attachment.resource_type, Field::Known(Some(t)) if &**t == "vpc");
        match (&attachment.transit, &attachment.resource) {
            (Field::Known(Some(transit)), Field::Known(Some(vpc))) if is_vpc => {
                self.add(Index::AttachmentOf(transit.clone(), vpc.clone()));
            }
            (Field::Known(_), Field::Known(_)) => {}
            _ => self.vague(Vague::Attachment, &Field::Known(None)),
        }
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        for interface in &endpoint.interfaces.items {
            self.add(Index::EndpointOf(interface.clone()));
        }
    }

    fn elastic(&mut self, elastic: &Elastic) {
        if let Some(public) = elastic.public {
            self.add(Index::Elastic(public));
        }
        for holder in [&elastic.interface, &elastic.instance] {
            if let Field::Known(Some(holder)) = holder {
                self.add(Index::ElasticOf(holder.clone()));
            }
        }
        if [&elastic.interface, &elastic.instance].contains(&&Field::Unknown)
            || elastic.private == Field::Unknown
        {
            self.vague(Vague::Elastic, &Field::Known(None));
        }
    }

    fn exclusion(&mut self, exclusion: &Exclusion) {
        match &exclusion.resource {
            Field::Known(Some(resource)) => self.add(Index::ExclusionOf(resource.clone())),
            Field::Known(None) => {}
            Field::Unknown => self.vague(Vague::Exclusion, &Field::Known(None)),
        }
    }
}

/// Whether any part of a list satisfies a claim, or may.
pub(crate) fn any_of<T>(list: &List<T>, claim: impl Fn(&T) -> bool) -> Field<bool> {
    match (list.items.iter().any(claim), list.is_whole()) {
        (true, _) => Field::Known(true),
        (false, true) => Field::Known(false),
        (false, false) => Field::Unknown,
    }
}
