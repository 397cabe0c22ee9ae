//! An immutable network: resources by id, and the indexes that questions walk by.
//!
//! A version is a handful of persistent maps, so that a changed copy shares all but a path with its
//! origin. Rejected alternative: a graph built anew for each state, which costs a pass over all
//! resources for each change.

pub(crate) mod doc;
mod gateway;
mod group;
mod interface;
mod kind;
mod protocol;
mod resource;
mod routes;
mod transit;
mod vpc;

pub use doc::{Body, Field, Id, List};
pub use gateway::{Endpoint, Exclusion, Gateway, Nat, NatAddress, Peering, PublicAccess, Side};
pub use group::{Group, GroupRule, Peer};
pub use interface::{Elastic, Instance, Interface, Private};
pub use kind::Kind;
pub use resource::Resource;
pub(crate) use resource::any_of;
pub use routes::{Association, Destination, Origin, Route, RouteTable, Target};
pub use transit::{Attachment, Propagation, Transit, TransitRoute, TransitTable, VpcAttachment};
pub use vpc::{Acl, AclEntry, PrefixList, Subnet, Vpc};

use std::net::IpAddr;
use std::sync::Arc;

use foldhash::quality::FixedState;
use rpds::{HashTrieMapSync, RedBlackTreeSetSync};

/// The account and Region that a resource is in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize)]
pub struct Scope {
    /// The account's 12 digits.
    pub account: String,
    /// The Region.
    pub region: String,
}

impl Scope {
    /// A scope by account and Region.
    pub fn new(account: &str, region: &str) -> Scope {
        Scope { account: account.to_owned(), region: region.to_owned() }
    }
}

/// A key under which ids are found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    /// All scopes that hold a resource.
    Scopes,
    /// That everything in a scope is in the state.
    Complete(Scope),
    /// That everything in a VPC is in the state.
    CompleteVpc(Id),
    /// All interfaces.
    Interfaces,
    /// The table that a subnet names.
    SubnetTable(Id),
    /// A VPC's main table.
    MainTable(Id),
    /// The table for packets that come in through a gateway.
    GatewayTable(Id),
    /// The ACL that a subnet names.
    SubnetAcl(Id),
    /// A VPC's default ACL.
    DefaultAcl(Id),
    /// A VPC's subnets.
    SubnetsOf(Id),
    /// The interface with an address in a VPC.
    Owner(Id, IpAddr),
    /// The interfaces with an address in any VPC.
    Anywhere(IpAddr),
    /// The interface or NAT gateway that names a public address.
    Public(IpAddr),
    /// The allocation of a public address.
    Elastic(IpAddr),
    /// The allocations that are associated with an interface or instance.
    ElasticOf(Id),
    /// The interfaces of an instance.
    InterfacesOf(Id),
    /// The instance whose description tells of an interface.
    Embedded(Id),
    /// The interfaces in a security group.
    Members(Id),
    /// The internet gateway that is attached to a VPC.
    InternetGatewayOf(Id),
    /// The virtual private gateway that is attached to a VPC.
    VpnGatewayOf(Id),
    /// The NAT gateway with an interface.
    NatOf(Id),
    /// The endpoint with an interface.
    EndpointOf(Id),
    /// The attachment of a VPC to a transit gateway.
    AttachmentOf(Id, Id),
    /// The account's Block Public Access options.
    PublicAccess(Scope),
    /// The exclusions of a VPC or subnet.
    ExclusionOf(Id),
    /// Resources that may belong under keys of a class, in a VPC or in none that is known.
    Vague(Vague, Option<Id>),
    /// The same in any VPC.
    VagueAnywhere(Vague),
}

/// What a resource may be, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is what its name says")]
pub enum Vague {
    Table,
    Acl,
    Subnet,
    Interface,
    Member,
    Attached,
    Public,
    Elastic,
    InternetGateway,
    VpnGateway,
    Nat,
    Attachment,
    Exclusion,
}

impl Vague {
    /// The property that is missing on such a resource.
    pub fn property(self) -> &'static str {
        match self {
            Vague::Table | Vague::Acl => "Associations",
            Vague::Subnet => "VpcId",
            Vague::Interface => "PrivateIpAddresses",
            Vague::Member => "Groups",
            Vague::Attached => "Attachment",
            Vague::Public => "Association",
            Vague::Elastic => "AssociationId",
            Vague::InternetGateway | Vague::VpnGateway => "Attachments",
            Vague::Nat => "NatGatewayAddresses",
            Vague::Attachment => "ResourceId",
            Vague::Exclusion => "ResourceArn",
        }
    }
}

/// A resource with the place that it is in.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Stored {
    /// Where it is.
    pub scope: Scope,
    /// What it is.
    pub resource: Resource,
}

/// The same id in several scopes: both sides describe a peering.
type Slot = Vec<Arc<Stored>>;
/// Which resource put an id under a key, and the id.
type Entry = (Kind, Id, Id);

/// A network at one instant; cheap to clone, never changed.
#[derive(Debug, Clone, Default)]
pub struct Network {
    resources: HashTrieMapSync<(Kind, Id), Slot, FixedState>,
    index: HashTrieMapSync<Index, RedBlackTreeSetSync<Entry>, FixedState>,
}

impl Network {
    /// A network of which nothing is known.
    pub fn new() -> Network {
        Network::default()
    }

    /// The same network with one resource replaced, or removed where `body` is absent.
    pub fn with(&self, scope: &Scope, kind: Kind, id: &str, body: Option<Body<'_>>) -> Network {
        let id = Id::from(id);
        let resource = body.map(|body| Resource::parse(kind, &id, body));
        self.with_resource(scope, kind, &id, resource)
    }

    /// The same with a resource that was read before.
    pub fn with_resource(
        &self,
        scope: &Scope,
        kind: Kind,
        id: &Id,
        resource: Option<Resource>,
    ) -> Network {
        let key = (kind, id.clone());
        let mut slot = self.resources.get(&key).cloned().unwrap_or_default();
        let old = slot.iter().position(|stored| &stored.scope == scope);
        if old.and_then(|place| slot.get(place)).map(|stored| &stored.resource) == resource.as_ref()
        {
            return self.clone();
        }
        let mut next = self.clone();
        if let Some(place) = old {
            let stored = slot.remove(place);
            for (index, found) in stored.resource.keys(scope, id) {
                // Another scope's copy may keep the key alive.
                let is_kept = slot.iter().any(|other| {
                    other.resource.keys(&other.scope, id).contains(&(index.clone(), found.clone()))
                });
                if !is_kept {
                    next.unlink(&index, &(kind, id.clone(), found));
                }
            }
        }
        if let Some(resource) = resource {
            for (index, found) in resource.keys(scope, id) {
                next.link(index, (kind, id.clone(), found));
            }
            let place = scope_id(scope);
            next.link(Index::Scopes, (Kind::Vpc, place.clone(), place));
            slot.push(Arc::new(Stored { scope: scope.clone(), resource }));
            slot.sort_by(|a, b| a.scope.cmp(&b.scope));
        }
        if slot.is_empty() {
            next.resources.remove_mut(&key);
        } else {
            next.resources.insert_mut(key, slot);
        }
        next
    }

    /// The same, knowing that every resource of `scope` is in it: what is absent does not exist.
    pub fn complete(&self, scope: &Scope) -> Network {
        let mut next = self.clone();
        let place = scope_id(scope);
        next.link(Index::Complete(scope.clone()), (Kind::Vpc, place.clone(), place.clone()));
        next.link(Index::Scopes, (Kind::Vpc, place.clone(), place));
        next
    }

    /// The same, knowing that every resource of a VPC is in it.
    pub fn complete_vpc(&self, vpc: &str) -> Network {
        let mut next = self.clone();
        let vpc = Id::from(vpc);
        next.link(Index::CompleteVpc(vpc.clone()), (Kind::Vpc, vpc.clone(), vpc));
        next
    }

    /// The resource with this id; of several descriptions the first by scope.
    pub fn resource(&self, kind: Kind, id: &str) -> Option<&Arc<Stored>> {
        self.slot(kind, id).first()
    }

    /// Every description of the resource with this id.
    pub fn slot(&self, kind: Kind, id: &str) -> &[Arc<Stored>] {
        self.resources.get(&(kind, Id::from(id))).map_or(&[], Vec::as_slice)
    }

    /// The ids under a key, in order.
    pub fn ids(&self, index: &Index) -> Vec<Id> {
        let mut ids: Vec<Id> = Vec::new();
        for (_, _, id) in self.index.get(index).into_iter().flatten() {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        ids
    }

    /// Every interface's id.
    pub fn interfaces(&self) -> Vec<Id> {
        let entries = self.index.get(&Index::Interfaces).into_iter().flatten();
        let mut ids: Vec<Id> = entries.map(|(_, _, id)| id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Every resource, in no order.
    pub fn resources(&self) -> impl Iterator<Item = (Kind, &Id, &Arc<Stored>)> {
        let slots = self.resources.iter();
        slots.flat_map(|((kind, id), slot)| slot.iter().map(move |stored| (*kind, id, stored)))
    }

    fn link(&mut self, index: Index, entry: Entry) {
        let mut set = self.index.get(&index).cloned().unwrap_or_default();
        set.insert_mut(entry);
        self.index.insert_mut(index, set);
    }

    fn unlink(&mut self, index: &Index, entry: &Entry) {
        let Some(set) = self.index.get(index) else { return };
        let set = set.remove(entry);
        if set.is_empty() {
            self.index.remove_mut(index);
        } else {
            self.index.insert_mut(index.clone(), set);
        }
    }
}

/// The text that stands for a scope among ids.
pub(crate) fn scope_id(scope: &Scope) -> Id {
    Id::from(format!("{}/{}", scope.account, scope.region))
}
