//! Small networks, written by hand in the shape of describe answers.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "only tests use it"
)]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trailhound_reach::{Body, Kind, Network, Scope, Timeline, Write};

pub(crate) fn scope() -> Scope {
    Scope::new("111122223333", "us-east-1")
}

/// Bodies by kind and id, from which a network is built.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lab {
    pub(crate) bodies: BTreeMap<(Kind, String), Value>,
}

impl Lab {
    pub(crate) fn put(&mut self, kind: Kind, body: Value) -> &mut Self {
        let id = body[kind.id_name()].as_str().expect("an id").to_owned();
        self.bodies.insert((kind, id), body);
        self
    }

    pub(crate) fn edit(
        &mut self,
        kind: Kind,
        id: &str,
        edit: impl FnOnce(&mut Value),
    ) -> &mut Self {
        edit(self.bodies.get_mut(&(kind, id.to_owned())).unwrap_or_else(|| panic!("no {id}")));
        self
    }

    pub(crate) fn drop(&mut self, kind: Kind, id: &str) -> &mut Self {
        self.bodies.remove(&(kind, id.to_owned())).expect("a resource");
        self
    }

    /// The network, every resource of which is known.
    pub(crate) fn complete(&self) -> Network {
        self.network().complete(&scope())
    }

    pub(crate) fn network(&self) -> Network {
        self.bodies.iter().fold(Network::new(), |network, ((kind, id), json)| {
            network.with(&scope(), *kind, id, Some(Body { json, unknown: &[] }))
        })
    }
}

pub(crate) fn vpc(id: &str, cidr: &str) -> Value {
    json!({"VpcId": id, "CidrBlock": cidr, "State": "available",
        "CidrBlockAssociationSet": [{"CidrBlock": cidr, "CidrBlockState": {"State": "associated"}}]})
}

pub(crate) fn subnet(id: &str, vpc: &str, cidr: &str) -> Value {
    json!({"SubnetId": id, "VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": "us-east-1a"})
}

/// A route by destination and target; the target's id tells the member.
pub(crate) fn route(destination: &str, target: &str) -> Value {
    let to = if destination.starts_with("pl-") {
        "DestinationPrefixListId"
    } else if destination.contains(':') {
        "DestinationIpv6CidrBlock"
    } else {
        "DestinationCidrBlock"
    };
    let by = match target.split('-').next() {
        Some("nat") => "NatGatewayId",
        Some("eni") => "NetworkInterfaceId",
        Some("pcx") => "VpcPeeringConnectionId",
        Some("tgw") => "TransitGatewayId",
        Some("eigw") => "EgressOnlyInternetGatewayId",
        _ => "GatewayId",
    };
    let origin = if target == "local" { "CreateRouteTable" } else { "CreateRoute" };
    json!({to: destination, by: target, "Origin": origin, "State": "active"})
}

/// A table; `uses` are subnets, gateways or `main`.
pub(crate) fn table(id: &str, vpc: &str, routes: &[Value], uses: &[&str]) -> Value {
    let associations = uses.iter().map(|used| match used.split('-').next() {
        Some("main") => json!({"Main": true, "RouteTableId": id}),
        Some("subnet") => json!({"Main": false, "RouteTableId": id, "SubnetId": used}),
        _ => json!({"Main": false, "RouteTableId": id, "GatewayId": used}),
    });
    json!({"RouteTableId": id, "VpcId": vpc, "Routes": routes,
        "Associations": associations.collect::<Vec<_>>()})
}

pub(crate) fn entry(number: i64, is_egress: bool, action: &str, cidr: &str) -> Value {
    let member = if cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
    json!({"RuleNumber": number, "Egress": is_egress, "Protocol": "-1", "RuleAction": action,
        member: cidr})
}

pub(crate) fn tcp_entry(
    number: i64,
    is_egress: bool,
    action: &str,
    cidr: &str,
    ports: (u16, u16),
) -> Value {
    let mut entry = entry(number, is_egress, action, cidr);
    entry["Protocol"] = json!("6");
    entry["PortRange"] = json!({"From": ports.0, "To": ports.1});
    entry
}

pub(crate) fn acl(
    id: &str,
    vpc: &str,
    is_default: bool,
    entries: &[Value],
    subnets: &[&str],
) -> Value {
    let associations = subnets.iter().map(|subnet| json!({"SubnetId": subnet}));
    json!({"NetworkAclId": id, "VpcId": vpc, "IsDefault": is_default, "Entries": entries,
        "Associations": associations.collect::<Vec<_>>()})
}

pub(crate) fn open_acl(id: &str, vpc: &str) -> Value {
    let entries = [
        entry(100, true, "allow", "0.0.0.0/0"),
        entry(101, true, "allow", "::/0"),
        entry(100, false, "allow", "0.0.0.0/0"),
        entry(101, false, "allow", "::/0"),
    ];
    acl(id, vpc, true, &entries, &[])
}

/// A permission for a protocol, ports and a peer: a block, `pl-…` or `sg-…`.
pub(crate) fn permit(protocol: &str, ports: Option<(i64, i64)>, peer: &str) -> Value {
    let mut permission = json!({"IpProtocol": protocol, "IpRanges": [], "Ipv6Ranges": [],
        "PrefixListIds": [], "UserIdGroupPairs": []});
    if let Some((from, to)) = ports {
        permission["FromPort"] = json!(from);
        permission["ToPort"] = json!(to);
    }
    let (list, element) = match peer {
        peer if peer.starts_with("sg-") => ("UserIdGroupPairs", json!({"GroupId": peer})),
        peer if peer.starts_with("pl-") => ("PrefixListIds", json!({"PrefixListId": peer})),
        peer if peer.contains(':') => ("Ipv6Ranges", json!({"CidrIpv6": peer})),
        peer => ("IpRanges", json!({"CidrIp": peer})),
    };
    permission[list] = json!([element]);
    permission
}

pub(crate) fn all() -> Value {
    permit("-1", None, "0.0.0.0/0")
}

pub(crate) fn all_six() -> Value {
    permit("-1", None, "::/0")
}

pub(crate) fn group(id: &str, vpc: &str, ingress: &[Value], egress: &[Value]) -> Value {
    json!({"GroupId": id, "VpcId": vpc, "IpPermissions": ingress, "IpPermissionsEgress": egress})
}

/// A running instance's interface, `eni-NAME` of `i-NAME`.
pub(crate) fn interface(
    name: &str,
    subnet: &str,
    vpc: &str,
    address: &str,
    groups: &[&str],
) -> Value {
    json!({"NetworkInterfaceId": format!("eni-{name}"), "SubnetId": subnet, "VpcId": vpc,
        "Status": "in-use", "SourceDestCheck": true, "InterfaceType": "interface",
        "Attachment": {"InstanceId": format!("i-{name}"), "Status": "attached"},
        "Groups": groups.iter().map(|id| json!({"GroupId": id})).collect::<Vec<_>>(),
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": address}]})
}

pub(crate) fn instance(name: &str) -> Value {
    json!({"InstanceId": format!("i-{name}"), "State": {"Code": 16, "Name": "running"}})
}

pub(crate) fn public(mut interface: Value, address: &str) -> Value {
    interface["Association"] = json!({"PublicIp": address, "IpOwnerId": "amazon"});
    interface
}

pub(crate) fn six(mut interface: Value, address: &str) -> Value {
    interface["Ipv6Addresses"] = json!([{"Ipv6Address": address}]);
    interface
}

pub(crate) fn internet_gateway(id: &str, vpc: &str) -> Value {
    json!({"InternetGatewayId": id, "Attachments": [{"State": "available", "VpcId": vpc}]})
}

/// A private subnet behind a NAT gateway in a public one, and a machine in each.
pub(crate) fn story() -> Lab {
    let mut lab = Lab::default();
    let local = || route("10.0.0.0/16", "local");
    lab.put(Kind::Vpc, vpc("vpc-1", "10.0.0.0/16"))
        .put(Kind::Subnet, subnet("subnet-public", "vpc-1", "10.0.1.0/24"))
        .put(Kind::Subnet, subnet("subnet-private", "vpc-1", "10.0.2.0/24"))
        .put(Kind::RouteTable, table("rtb-main", "vpc-1", &[local()], &["main"]))
        .put(
            Kind::RouteTable,
            table(
                "rtb-public",
                "vpc-1",
                &[local(), route("0.0.0.0/0", "igw-1")],
                &["subnet-public"],
            ),
        )
        .put(
            Kind::RouteTable,
            table(
                "rtb-private",
                "vpc-1",
                &[local(), route("0.0.0.0/0", "nat-1")],
                &["subnet-private"],
            ),
        )
        .put(Kind::InternetGateway, internet_gateway("igw-1", "vpc-1"))
        .put(Kind::NetworkAcl, open_acl("acl-1", "vpc-1"))
        .put(Kind::SecurityGroup, group("sg-app", "vpc-1", &[], &[all()]))
        .put(
            Kind::SecurityGroup,
            group("sg-web", "vpc-1", &[permit("tcp", Some((443, 443)), "0.0.0.0/0")], &[all()]),
        )
        .put(Kind::Interface, interface("app", "subnet-private", "vpc-1", "10.0.2.20", &["sg-app"]))
        .put(Kind::Instance, instance("app"))
        .put(
            Kind::Interface,
            public(
                interface("web", "subnet-public", "vpc-1", "10.0.1.30", &["sg-web"]),
                "198.51.100.30",
            ),
        )
        .put(Kind::Instance, instance("web"));
    nat(&mut lab);
    lab
}

fn nat(lab: &mut Lab) {
    let mut own = interface("nat", "subnet-public", "vpc-1", "10.0.1.10", &[]);
    own["InterfaceType"] = json!("nat_gateway");
    own["Attachment"] = json!({"InstanceOwnerId": "amazon-aws", "Status": "attached"});
    own["Association"] = json!({"PublicIp": "198.51.100.7"});
    lab.put(Kind::Interface, own)
        .put(
            Kind::NatGateway,
            json!({"NatGatewayId": "nat-1", "VpcId": "vpc-1", "SubnetId": "subnet-public",
                "State": "available", "ConnectivityType": "public", "NatGatewayAddresses": [{
                    "AllocationId": "eipalloc-1", "NetworkInterfaceId": "eni-nat",
                    "PrivateIp": "10.0.1.10", "PublicIp": "198.51.100.7"}]}),
        )
        .put(
            Kind::Address,
            json!({"AllocationId": "eipalloc-1", "AssociationId": "eipassoc-1",
                "PublicIp": "198.51.100.7", "NetworkInterfaceId": "eni-nat",
                "PrivateIpAddress": "10.0.1.10"}),
        );
}

/// One change: what it writes, with `None` for what it deletes.
pub(crate) type Change = Vec<(Kind, String, Option<Value>)>;

/// The bodies that an edit of the lab changes.
pub(crate) fn difference(before: &Lab, after: &Lab) -> Change {
    let mut change = Change::new();
    for (key, body) in &after.bodies {
        if before.bodies.get(key) != Some(body) {
            change.push((key.0, key.1.clone(), Some(body.clone())));
        }
    }
    let gone = before.bodies.keys().filter(|key| !after.bodies.contains_key(*key));
    change.extend(gone.map(|key| (key.0, key.1.clone(), None)));
    change
}

pub(crate) fn push(timeline: &mut Timeline<String>, name: &str, change: &Change) {
    let scope = scope();
    let writes = change.iter().map(|(kind, id, body)| Write {
        scope: &scope,
        kind: *kind,
        id,
        body: body.as_ref().map(|body| (body, &[][..])),
    });
    timeline.push(name.to_owned(), writes);
}

/// The story with IPv6 and an egress-only gateway.
pub(crate) fn dual() -> Lab {
    let mut lab = story();
    let association = |cidr: &str| json!([{"Ipv6CidrBlock": cidr}]);
    lab.edit(Kind::Vpc, "vpc-1", |body| {
        body["Ipv6CidrBlockAssociationSet"] = association("2001:db8:1::/56");
    })
    .edit(Kind::Subnet, "subnet-private", |body| {
        body["Ipv6CidrBlockAssociationSet"] = association("2001:db8:1:2::/64");
    })
    .edit(Kind::Interface, "eni-app", |body| {
        body["Ipv6Addresses"] = json!([{"Ipv6Address": "2001:db8:1:2::20"}]);
    })
    .edit(Kind::SecurityGroup, "sg-app", |body| {
        body["IpPermissionsEgress"] = json!([all_six()]);
        body["IpPermissions"] = json!([permit("tcp", Some((443, 443)), "::/0")]);
    })
    .edit(Kind::RouteTable, "rtb-private", |body| {
        body["Routes"] = json!([
            route("2001:db8:1::/56", "local"),
            route("10.0.0.0/16", "local"),
            route("::/0", "eigw-1")
        ]);
    })
    .put(
        Kind::EgressOnlyGateway,
        json!({"EgressOnlyInternetGatewayId": "eigw-1",
            "Attachments": [{"State": "attached", "VpcId": "vpc-1"}]}),
    );
    lab
}

pub(crate) fn transit_gateway(support: &str) -> Value {
    json!({"TransitGatewayId": "tgw-1", "State": "available",
        "Options": {"SecurityGroupReferencingSupport": support}})
}

/// The story with a second VPC behind a transit gateway.
pub(crate) fn transit() -> Lab {
    let mut lab = story();
    lab.put(Kind::Vpc, vpc("vpc-2", "10.2.0.0/16"))
        .put(Kind::Subnet, subnet("subnet-far", "vpc-2", "10.2.1.0/24"))
        .put(Kind::NetworkAcl, open_acl("acl-2", "vpc-2"))
        .put(
            Kind::SecurityGroup,
            group("sg-far", "vpc-2", &[permit("tcp", Some((443, 443)), "sg-app")], &[all()]),
        )
        .put(Kind::Interface, interface("far", "subnet-far", "vpc-2", "10.2.1.5", &["sg-far"]))
        .put(Kind::Instance, instance("far"))
        .put(
            Kind::RouteTable,
            table(
                "rtb-far",
                "vpc-2",
                &[route("10.0.0.0/8", "tgw-1"), route("10.2.0.0/16", "local")],
                &["main"],
            ),
        )
        .edit(Kind::RouteTable, "rtb-private", |body| {
            body["Routes"].as_array_mut().expect("routes").push(route("10.2.0.0/16", "tgw-1"));
        });
    lab.put(Kind::TransitGateway, transit_gateway("enable"));
    for (name, vpc, subnet) in [("near", "vpc-1", "subnet-private"), ("far", "vpc-2", "subnet-far")]
    {
        let id = format!("tgw-attach-{name}");
        lab.put(
            Kind::Attachment,
            json!({"TransitGatewayAttachmentId": id, "TransitGatewayId": "tgw-1", "State": "available",
                "ResourceType": "vpc", "ResourceId": vpc,
                "Association": {"TransitGatewayRouteTableId": "tgw-rtb-1", "State": "associated"}}),
        )
        .put(
            Kind::VpcAttachment,
            json!({"TransitGatewayAttachmentId": id, "TransitGatewayId": "tgw-1", "VpcId": vpc,
                "State": "available", "SubnetIds": [subnet]}),
        );
    }
    let learnt = |name: &str, vpc: &str| {
        json!({"TransitGatewayAttachmentId": format!("tgw-attach-{name}"),
        "ResourceType": "vpc", "ResourceId": vpc, "State": "enabled"})
    };
    lab.put(
        Kind::TransitTable,
        json!({"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayId": "tgw-1", "Routes": [],
            "TransitGatewayRouteTablePropagations": [learnt("near", "vpc-1"), learnt("far", "vpc-2")]}),
    );
    lab
}
