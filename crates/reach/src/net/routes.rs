//! Route tables.

use ipnet::IpNet;

use super::doc::{Doc, Field, Id, List};

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RouteTable {
    /// Its VPC.
    pub vpc: Field<Option<Id>>,
    /// Its routes.
    pub routes: List<Route>,
    /// What uses it.
    pub associations: List<Association>,
}

/// What uses a route table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Association {
    /// All subnets of the VPC that name no other.
    Main,
    /// One subnet.
    Subnet(Id),
    /// Packets that come in through a gateway.
    Gateway(Id),
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// Where packets of this route go to.
    pub destination: Destination,
    /// What they are handed to.
    pub target: Field<Target>,
    /// How it came to be.
    pub origin: Origin,
    /// The state that the description gave it.
    pub state: Option<Id>,
}

/// The addresses of a route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// One block.
    Cidr(IpNet),
    /// The entries of a prefix list.
    PrefixList(Id),
}

/// How a route came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// With the table.
    CreateRouteTable,
    /// By a call of its own.
    CreateRoute,
    /// By propagation from a virtual private gateway.
    EnableVgwRoutePropagation,
}

impl Origin {
    /// As AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::CreateRouteTable => "CreateRouteTable",
            Origin::CreateRoute => "CreateRoute",
            Origin::EnableVgwRoutePropagation => "EnableVgwRoutePropagation",
        }
    }
}

/// What a route hands packets to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// The VPC itself.
    Local,
    /// An internet gateway.
    InternetGateway(Id),
    /// An egress-only internet gateway.
    EgressOnly(Id),
    /// A NAT gateway.
    Nat(Id),
    /// A network interface.
    Interface(Id),
    /// An instance.
    Instance(Id),
    /// A peering connection.
    Peering(Id),
    /// A transit gateway.
    Transit(Id),
    /// A virtual private gateway.
    VpnGateway(Id),
    /// A gateway endpoint or a Gateway Load Balancer endpoint.
    Endpoint(Id),
    /// Something that is not followed: a carrier gateway, a local gateway, a core network.
    Other(Id),
    /// Nothing that the description names.
    Nothing,
}

impl Target {
    /// The target's id.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Target::Local | Target::Nothing => None,
            Target::InternetGateway(id)
            | Target::EgressOnly(id)
            | Target::Nat(id)
            | Target::Interface(id)
            | Target::Instance(id)
            | Target::Peering(id)
            | Target::Transit(id)
            | Target::VpnGateway(id)
            | Target::Endpoint(id)
            | Target::Other(id) => Some(id),
        }
    }
}

impl RouteTable {
    pub(super) fn parse(doc: &Doc<'_>) -> RouteTable {
        let mut is_readable = true;
        let mut routes = doc.list("Routes").filter_map(|route| {
            let parsed = Route::parse(&route);
            is_readable &= parsed.is_some();
            parsed
        });
        routes.is_complete &= is_readable;
        let associations = doc.list("Associations").filter_map(|item| {
            let state = match item.child("AssociationState") {
                Field::Known(Some(state)) => state.some_text("State").map(str::to_owned),
                _ => None,
            };
            if matches!(state.as_deref(), Some("disassociating" | "disassociated" | "failed")) {
                return None;
            }
            if item.flag("Main", false) == Field::Known(true) {
                return Some(Association::Main);
            }
            let subnet = item.some_text("SubnetId").map(|id| Association::Subnet(id.into()));
            subnet.or_else(|| item.some_text("GatewayId").map(|id| Association::Gateway(id.into())))
        });
        RouteTable { vpc: doc.text("VpcId"), routes, associations }
    }
}

/// How a target is made of its id.
type MakeTarget = fn(Id) -> Target;

/// The members that name a target, beside `GatewayId`.
const TARGETS: [(&str, MakeTarget); 10] = [
    ("EgressOnlyInternetGatewayId", Target::EgressOnly),
    ("NatGatewayId", Target::Nat),
    ("NetworkInterfaceId", Target::Interface),
    ("InstanceId", Target::Instance),
    ("VpcPeeringConnectionId", Target::Peering),
    ("TransitGatewayId", Target::Transit),
    ("VpcEndpointId", Target::Endpoint),
    ("CarrierGatewayId", Target::Other),
    ("LocalGatewayId", Target::Other),
    ("CoreNetworkArn", Target::Other),
];

impl Route {
    fn parse(doc: &Doc<'_>) -> Option<Route> {
        let list =
            || Some(Destination::PrefixList(doc.some_text("DestinationPrefixListId")?.into()));
        let cidr =
            doc.cidr("DestinationCidrBlock").or_else(|| doc.cidr("DestinationIpv6CidrBlock"));
        let destination = cidr.map(Destination::Cidr).or_else(list)?;
        let origin = match doc.some_text("Origin") {
            Some("CreateRouteTable") => Origin::CreateRouteTable,
            Some("EnableVgwRoutePropagation") => Origin::EnableVgwRoutePropagation,
            _ => Origin::CreateRoute,
        };
        let state = doc.some_text("State").map(Id::from);
        Some(Route { destination, target: target(doc), origin, state })
    }
}

fn target(doc: &Doc<'_>) -> Field<Target> {
    let names = TARGETS.iter().map(|(name, _)| *name).chain(["GatewayId"]);
    if names.into_iter().any(|name| doc.has_unknown_below(name)) {
        return Field::Unknown;
    }
    if let Some(id) = doc.some_text("GatewayId") {
        return Field::Known(gateway(id));
    }
    for (name, target) in TARGETS {
        // An interface route names the instance as well; the interface says more.
        if let Some(id) = doc.some_text(name) {
            return Field::Known(target(id.into()));
        }
    }
    Field::Known(Target::Nothing)
}

/// `GatewayId` holds ids of several kinds.
fn gateway(id: &str) -> Target {
    match id.split('-').next() {
        Some("local") => Target::Local,
        Some("igw") => Target::InternetGateway(id.into()),
        Some("eigw") => Target::EgressOnly(id.into()),
        Some("vgw") => Target::VpnGateway(id.into()),
        Some("vpce") => Target::Endpoint(id.into()),
        Some("nat") => Target::Nat(id.into()),
        Some("tgw") => Target::Transit(id.into()),
        Some("pcx") => Target::Peering(id.into()),
        Some("eni") => Target::Interface(id.into()),
        _ => Target::Other(id.into()),
    }
}
