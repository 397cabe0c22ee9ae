//! What EC2's calls do to networks.
//!
//! # Source
//! The EC2 API reference and VPC user guide; members as in botocore's `ec2` model.

mod acls;
mod addresses;
mod endpoints;
mod gateways;
mod groups;
mod instances;
mod interfaces;
mod prefix_lists;
mod routes;
mod tags;
mod targets;
mod transit;
mod vpc;
mod vpn;

use serde_json::{Value, json};

use super::draft::Draft;
use super::fold::Fold;
use super::resource::Source;
use super::rule::Rule;

pub(crate) const ACL: &str = "AWS::EC2::NetworkAcl";
pub(crate) const ADDRESS: &str = "AWS::EC2::EIP";
pub(crate) const ATTACHMENT: &str = "AWS::EC2::TransitGatewayAttachment";
pub(crate) const CUSTOMER: &str = "AWS::EC2::CustomerGateway";
pub(crate) const DHCP: &str = "AWS::EC2::DHCPOptions";
pub(crate) const EGRESS_GATEWAY: &str = "AWS::EC2::EgressOnlyInternetGateway";
pub(crate) const ENDPOINT: &str = "AWS::EC2::VPCEndpoint";
pub(crate) const ENDPOINT_SERVICE: &str = "AWS::EC2::VPCEndpointService";
pub(crate) const EXCLUSION: &str = "AWS::EC2::VPCBlockPublicAccessExclusion";
pub(crate) const FLOW_LOG: &str = "AWS::EC2::FlowLog";
pub(crate) const GATEWAY: &str = "AWS::EC2::InternetGateway";
pub(crate) const GROUP: &str = "AWS::EC2::SecurityGroup";
pub(crate) const INSTANCE: &str = "AWS::EC2::Instance";
pub(crate) const INTERFACE: &str = "AWS::EC2::NetworkInterface";
pub(crate) const NAT: &str = "AWS::EC2::NatGateway";
pub(crate) const PEERING: &str = "AWS::EC2::VPCPeeringConnection";
pub(crate) const PREFIX_LIST: &str = "AWS::EC2::PrefixList";
pub(crate) const SUBNET: &str = "AWS::EC2::Subnet";
pub(crate) const TABLE: &str = "AWS::EC2::RouteTable";
pub(crate) const TEMPLATE: &str = "AWS::EC2::LaunchTemplate";
pub(crate) const TRANSIT: &str = "AWS::EC2::TransitGateway";
pub(crate) const TRANSIT_TABLE: &str = "AWS::EC2::TransitGatewayRouteTable";
pub(crate) const VPC: &str = "AWS::EC2::VPC";
pub(crate) const VPN: &str = "AWS::EC2::VPNConnection";
pub(crate) const VPN_GATEWAY: &str = "AWS::EC2::VPNGateway";

/// All rules about EC2.
pub(crate) const RULES: &[&[Rule]] = &[
    acls::RULES,
    addresses::RULES,
    endpoints::RULES,
    gateways::RULES,
    groups::RULES,
    instances::RULES,
    interfaces::RULES,
    prefix_lists::RULES,
    routes::RULES,
    tags::RULES,
    transit::RULES,
    vpc::RULES,
    vpn::RULES,
];

pub(crate) use targets::doubt;

/// What follows from what the rules of an event did.
pub(crate) fn after(fold: &mut Fold<'_>) {
    targets::refresh(fold);
}

/// The body of the answer, with the tags that were asked for and the owner when it does not say them.
fn described(fold: &Fold<'_>, path: &str) -> Value {
    let mut body = fold.call.answer(path).cloned().unwrap_or_else(|| json!({}));
    complete(fold, &mut body);
    body
}

/// Adds the tags of the request and the owner, when a new resource's body does not have them.
pub(crate) fn complete(fold: &Fold<'_>, body: &mut Value) {
    let Some(members) = body.as_object_mut() else { return };
    if !members.contains_key("Tags") {
        let asked = fold.call.input.get("TagSpecifications").and_then(Value::as_array);
        let tags = asked.into_iter().flatten().filter_map(|it| it.get("Tags")?.as_array());
        members.insert("Tags".to_owned(), tags.flatten().cloned().collect());
    }
    if !fold.call.scope.account.is_empty() {
        members.entry("OwnerId").or_insert_with(|| json!(fold.call.scope.account));
    }
}

/// A resource that no event made may be what came with a VPC, under the id that no event said.
///
/// When it can be only one it is bound. Otherwise `doubt` takes out of each that it may be what is about
/// to be written: it may be written to that one.
fn sight(fold: &mut Fold<'_>, kind: &'static str, id: &str, doubt: impl Fn(&mut Draft)) {
    let is_open = match fold.get(kind, id) {
        Some(known) => *known.source("") == Source::Unknown && text(&known.body, "VpcId").is_none(),
        None => !fold.is_gone(kind, id),
    };
    if !is_open || super::is_placeholder(id) {
        return;
    }
    let candidates = fold.ids_from(kind, "vpc-");
    if let ([only], true) = (candidates.as_slice(), fold.is_complete(kind)) {
        // A baseline had every resource of the type, and events made every other: it is this one.
        let only = only.clone();
        fold.bind(kind, &only, id);
        return;
    }
    for candidate in candidates {
        fold.edit(kind, &candidate, &doubt);
    }
}

/// The text of a member of any object.
fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// A network as AWS writes it: without bits of the host.
fn canonical(cidr: &str) -> String {
    let Some((address, length)) = cidr.split_once('/') else { return cidr.to_owned() };
    let (Ok(address), Ok(length)) = (address.parse::<std::net::IpAddr>(), length.parse::<u32>())
    else {
        return cidr.to_owned();
    };
    match address {
        std::net::IpAddr::V4(v4) if length <= 32 => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or_default();
            format!("{}/{length}", std::net::Ipv4Addr::from(u32::from(v4) & mask))
        }
        std::net::IpAddr::V6(v6) if length <= 128 => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or_default();
            format!("{}/{length}", std::net::Ipv6Addr::from(u128::from(v6) & mask))
        }
        _ => cidr.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn networks_have_no_bits_of_the_host() {
        for (given, expected) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3/32", "10.1.2.3/32"),
            ("1.2.3.4/0", "0.0.0.0/0"),
            ("2001:DB8::1/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("pl-1", "pl-1"),
        ] {
            assert_eq!(canonical(given), expected);
        }
    }
}
