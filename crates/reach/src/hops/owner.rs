//! Who has an address, and by which public address the internet knows it.

use std::net::IpAddr;

use super::{Walk, need};
use crate::net::{Elastic, Field, Id, Index, Interface, Kind, Nat, Resource, Scope, Vague};
use crate::read::{Home, Missing};

/// Who has an address.
#[derive(Debug, Clone)]
pub(crate) enum Owner<'n> {
    /// An interface that is no NAT gateway's.
    Interface(Id, &'n Interface, &'n Scope),
    /// A NAT gateway.
    Nat(Id, &'n Nat, &'n Scope),
}

impl Owner<'_> {
    /// The VPC that the address is in.
    pub(crate) fn vpc(&self) -> Result<Option<Id>, Missing> {
        match self {
            Owner::Interface(id, interface, _) => need(&interface.vpc, id, "VpcId"),
            Owner::Nat(id, nat, _) => need(&nat.vpc, id, "VpcId"),
        }
    }

    pub(crate) fn subnet(&self) -> Result<Option<Id>, Missing> {
        match self {
            Owner::Interface(id, interface, _) => need(&interface.subnet, id, "SubnetId"),
            Owner::Nat(id, nat, _) => need(&nat.subnet, id, "SubnetId"),
        }
    }

    pub(crate) fn scope(&self) -> &Scope {
        match self {
            Owner::Interface(_, _, scope) | Owner::Nat(_, _, scope) => scope,
        }
    }
}

impl<'n> Walk<'_, 'n> {
    /// Who has a private address in a VPC; `None` where it is proven that nobody has.
    pub(crate) fn owner(&self, home: &Home, address: IpAddr) -> Result<Option<Owner<'n>>, Missing> {
        let vpc = home.vpc.clone().unwrap_or_else(|| Id::from(""));
        for id in self.reader.ids(Index::Owner(vpc, address)) {
            if let Some(owner) = self.owner_by_id(&id, Some(address)) {
                return Ok(Some(owner));
            }
        }
        let missing = Missing::new(&address.to_string(), "NetworkInterfaceId");
        self.reader.none(Vague::Interface, home, missing)?;
        self.reader.none_vague(Vague::Nat, home.vpc.as_ref())?;
        Ok(None)
    }

    /// An interface or NAT gateway by its id, where it still has the address.
    pub(crate) fn owner_by_id(&self, id: &Id, address: Option<IpAddr>) -> Option<Owner<'n>> {
        if let Some(nat) = self.nat(id) {
            return Some(Owner::Nat(id.clone(), nat.0, nat.1));
        }
        let (interface, scope) = self.reader.interface(id)?;
        if address.is_some_and(|address| !interface.owns(address)) {
            return None;
        }
        let nats = self.reader.ids(Index::NatOf(id.clone()));
        if let Some((nat_id, nat)) = nats.iter().find_map(|nat| Some((nat, self.nat(nat)?))) {
            return Some(Owner::Nat(nat_id.clone(), nat.0, nat.1));
        }
        Some(Owner::Interface(id.clone(), interface, scope))
    }

    fn nat(&self, id: &Id) -> Option<(&'n Nat, &'n Scope)> {
        if !id.starts_with("nat-") {
            return None;
        }
        let stored = self.reader.stored(Kind::NatGateway, id)?;
        match &stored.resource {
            Resource::NatGateway(nat) => Some((nat, &stored.scope)),
            _ => None,
        }
    }

    /// The public address that the internet gateway pairs a private one with.
    pub(crate) fn public_of(
        &self,
        owner: &Owner<'n>,
        private: IpAddr,
    ) -> Result<Option<IpAddr>, Missing> {
        let (holders, said, id) = match owner {
            Owner::Interface(id, interface, _) => {
                let own = interface.addresses.items.iter().find(|own| own.address == private);
                let said = own.map_or(Field::Known(None), |own| own.public.clone());
                let instance = interface.instance.known().cloned().flatten();
                (Vec::from_iter([Some(id.clone()), instance].into_iter().flatten()), said, id)
            }
            Owner::Nat(id, nat, _) => {
                let own = nat.addresses.items.iter().find(|own| own.private == Some(private));
                let said = own.map_or(Field::Known(None), |own| own.public.clone());
                let interface = own.and_then(|own| own.interface.clone());
                (interface.into_iter().collect(), said, id)
            }
        };
        // An allocation is the authority on its own association.
        for holder in &holders {
            for allocation in self.reader.ids(Index::ElasticOf(holder.clone())) {
                let Some(elastic) = self.elastic(&allocation) else { continue };
                let paired = need(&elastic.private, &allocation, "PrivateIpAddress")?;
                if paired.is_none_or(|paired| paired == private) && elastic.public.is_some() {
                    return Ok(elastic.public);
                }
            }
        }
        let Some(public) = need(&said, id, "Association")? else {
            self.reader.none_vague(Vague::Elastic, None)?;
            return Ok(None);
        };
        match self.allocation(public) {
            // It went to somebody else, or to nobody.
            Some((_, elastic)) if is_elsewhere(elastic, &holders) => Ok(None),
            _ => Ok(Some(public)),
        }
    }

    fn elastic(&self, allocation: &Id) -> Option<&'n Elastic> {
        match &self.reader.stored(Kind::Address, allocation)?.resource {
            Resource::Address(elastic) => Some(elastic),
            _ => None,
        }
    }

    fn allocation(&self, public: IpAddr) -> Option<(Id, &'n Elastic)> {
        let ids = self.reader.ids(Index::Elastic(public));
        ids.into_iter().find_map(|id| Some((id.clone(), self.elastic(&id)?)))
    }

    /// Who a public address is paired with, and the private address; `None` where proven nobody is.
    pub(crate) fn holder(&self, public: IpAddr) -> Result<Option<(Owner<'n>, IpAddr)>, Missing> {
        let mut candidates = self.reader.ids(Index::Public(public));
        if let Some((id, elastic)) = self.allocation(public) {
            let interface = need(&elastic.interface, &id, "NetworkInterfaceId")?;
            let instance = need(&elastic.instance, &id, "InstanceId")?;
            match (interface, instance) {
                (Some(interface), _) => candidates.push(interface),
                (None, Some(instance)) => {
                    candidates.extend(self.reader.ids(Index::InterfacesOf(instance)));
                }
                (None, None) => return Ok(None),
            }
        }
        for id in candidates {
            let Some(owner) = self.owner_by_id(&id, None) else { continue };
            for private in privates(&owner) {
                if self.public_of(&owner, private)? == Some(public) {
                    return Ok(Some((owner, private)));
                }
            }
        }
        let missing = Missing::new(&public.to_string(), "AssociationId");
        self.reader.none_anywhere(Vague::Public, missing.clone())?;
        self.reader.none_anywhere(Vague::Elastic, missing)?;
        Ok(None)
    }
}

fn privates(owner: &Owner<'_>) -> Vec<IpAddr> {
    match owner {
        Owner::Interface(_, interface, _) => {
            interface.addresses.items.iter().map(|own| own.address).collect()
        }
        Owner::Nat(_, nat, _) => nat.addresses.items.iter().filter_map(|own| own.private).collect(),
    }
}

/// Whether an allocation is known to be associated with none of `holders`.
fn is_elsewhere(elastic: &Elastic, holders: &[Id]) -> bool {
    let (Field::Known(interface), Field::Known(instance)) = (&elastic.interface, &elastic.instance)
    else {
        return false;
    };
    ![interface, instance].into_iter().flatten().any(|holder| holders.contains(holder))
}
