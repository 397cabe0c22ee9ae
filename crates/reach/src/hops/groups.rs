//! Security groups: allow rules only, the union of all groups, no order.

use std::net::IpAddr;

use super::{Identity, Trail, Walk, own_addresses};
use crate::explain::{Code, Component, Direction, Explanation, SecurityGroupRule, rule_ports};
use crate::headers::{Block, HeaderSet, IntervalSet};
use crate::limits::ADDRESSES_MAX;
use crate::net::{
    GroupRule, Id, Index, Interface, Kind, Peer, PrefixList, Resource, Vague, any_of,
};
use crate::read::{Home, Missing};

/// What the groups of one interface let through.
#[derive(Default)]
struct Passed {
    accepted: HeaderSet,
    /// The first rule that took packets, with its group.
    rule: Option<(Id, SecurityGroupRule)>,
    missing: Option<Missing>,
    /// Whether any group has a rule.
    has_rules: bool,
    /// A rule that would match if the sender's groups were known here.
    lost: Option<Id>,
}

impl<'n> Walk<'_, 'n> {
    /// Keeps the packets that an interface's groups accept; answers pass without a rule.
    pub(crate) fn pass_groups(
        &mut self,
        id: &Id,
        interface: &'n Interface,
        mut trail: Trail,
        direction: Direction,
    ) -> Option<Trail> {
        // Managed interfaces, as those of NAT gateways, may be in no group: nothing filters there.
        let is_bare = interface.groups.items.is_empty() && interface.groups.is_whole();
        if self.is_return() || is_bare {
            return Some(trail);
        }
        let mut passed = Passed::default();
        if !interface.groups.is_whole() {
            passed.missing = Some(Missing::new(id, "Groups"));
        }
        for group in &interface.groups.items {
            self.pass_group(group, &trail, direction, &mut passed);
        }
        let rest = trail.packets.subtract(&passed.accepted);
        if !rest.is_empty() {
            let dropped = trail.with_packets(rest);
            match passed.missing.take() {
                Some(missing) => self.unknown(dropped, missing),
                None => self.no_rule(id, interface, dropped, direction, &passed),
            }
        }
        trail.packets = passed.accepted;
        if trail.packets.is_empty() {
            return None;
        }
        if let Some((group, rule)) = passed.rule {
            trail.hop(&group, |hop| hop.security_group_rule = Some(rule));
        }
        Some(trail)
    }

    fn pass_group(&self, group: &Id, trail: &Trail, direction: Direction, passed: &mut Passed) {
        let is_egress = direction == Direction::Egress;
        let Some(rules) = self.reader.group(group, is_egress) else {
            if !self.reader.is_complete(&trail.home) {
                passed.missing.get_or_insert_with(|| Missing::new(group, ""));
            }
            return;
        };
        if !rules.is_whole() {
            let property = if is_egress { "IpPermissionsEgress" } else { "IpPermissions" };
            passed.missing.get_or_insert_with(|| Missing::new(group, property));
        }
        passed.has_rules |= !rules.items.is_empty();
        for rule in &rules.items {
            let rest = trail.packets.subtract(&passed.accepted);
            if rest.is_empty() {
                return;
            }
            let (protocols, ports) = Block::pattern(rule.protocol, &rule.ports);
            let fitting = rest.matching(&protocols, &ports);
            if fitting.is_empty() {
                continue;
            }
            let matched = self.match_peer(rule, &fitting, trail, is_egress, passed);
            if !matched.is_empty() {
                passed.accepted = passed.accepted.union(&matched);
                passed.rule.get_or_insert_with(|| (group.clone(), shown(rule, direction)));
            }
        }
    }

    /// The packets whose other end is the rule's peer.
    fn match_peer(
        &self,
        rule: &GroupRule,
        packets: &HeaderSet,
        trail: &Trail,
        is_egress: bool,
        passed: &mut Passed,
    ) -> HeaderSet {
        let other_end = |addresses: &IntervalSet| {
            if is_egress { packets.to(addresses) } else { packets.from_source(addresses) }
        };
        match &rule.peer {
            Peer::Cidr(cidr) => other_end(&self.family.addresses(cidr)),
            Peer::PrefixList(list) => {
                let (addresses, missing) = self.prefix_list(list);
                if let Some(missing) = missing {
                    passed.missing.get_or_insert(missing);
                }
                other_end(&addresses)
            }
            Peer::Group(group) if is_egress => match self.members(group, packets, &trail.home) {
                Ok(addresses) => other_end(&addresses),
                Err((addresses, missing)) => {
                    passed.missing.get_or_insert(missing);
                    other_end(&addresses)
                }
            },
            Peer::Group(group) => {
                let Some(identity) = &trail.identity else {
                    passed.lost.get_or_insert_with(|| group.clone());
                    return HeaderSet::default();
                };
                match any_of(&identity.groups, |own| own == group) {
                    crate::net::Field::Known(false) => return HeaderSet::default(),
                    crate::net::Field::Known(true) if identity.missing.is_none() => {
                        return packets.from_source(&self.member_addresses(identity));
                    }
                    _ => {}
                }
                let missing = identity.missing.clone();
                let missing =
                    missing.unwrap_or_else(|| Missing::new(&identity.interface, "Groups"));
                passed.missing.get_or_insert(missing);
                HeaderSet::default()
            }
        }
    }

    /// The addresses of a prefix list as far as they are known, and what is missing.
    pub(crate) fn prefix_list(&self, id: &Id) -> (IntervalSet, Option<Missing>) {
        let stored = self.reader.stored(Kind::PrefixList, id).map(|stored| &stored.resource);
        let Some(Resource::PrefixList(PrefixList { entries })) = stored else {
            // That a list which a rule names does not exist cannot be; it was not recorded.
            return (IntervalSet::default(), Some(Missing::new(id, "Entries")));
        };
        let ranges = entries.items.iter().map(|cidr| self.family.addresses(cidr));
        let addresses = ranges.fold(IntervalSet::default(), |all, range| all.union(&range));
        let missing = (!entries.is_whole()).then(|| Missing::new(id, "Entries"));
        (addresses, missing)
    }

    /// Which destinations of `packets` are private addresses of a group's members.
    fn members(
        &self,
        group: &Id,
        packets: &HeaderSet,
        home: &Home,
    ) -> Result<IntervalSet, (IntervalSet, Missing)> {
        let mut found = IntervalSet::default();
        let mut missing = None;
        let mut note = |why: Missing| {
            missing.get_or_insert(why);
        };
        if let Some(numbers) = packets.destinations().numbers(ADDRESSES_MAX) {
            for number in numbers {
                let address = self.family.address(number);
                match self.is_member(group, address, home) {
                    Ok(true) => found = found.union(&IntervalSet::one(number)),
                    Ok(false) => {}
                    Err(why) => note(why),
                }
            }
        } else {
            for id in self.reader.ids(Index::Members(group.clone())) {
                if let Some((interface, _)) = self.reader.interface(&id) {
                    found = found.union(&own_addresses(self.family, interface));
                }
            }
            let absent = Missing::new(group, "members");
            if let Err(why) = self.reader.none_anywhere(Vague::Member, absent) {
                note(why);
            }
        }
        match missing {
            None => Ok(found),
            Some(missing) => Err((found, missing)),
        }
    }

    /// The addresses that a rule about the sender's group is about: its own, not what it forwards.
    fn member_addresses(&self, identity: &Identity) -> IntervalSet {
        let sender = self.reader.interface(&identity.interface);
        sender.map_or_else(IntervalSet::default, |(sender, _)| own_addresses(self.family, sender))
    }

    fn is_member(&self, group: &Id, address: IpAddr, home: &Home) -> Result<bool, Missing> {
        let holders = self.reader.ids(Index::Anywhere(address));
        let mut vague = None;
        for id in &holders {
            let Some((interface, _)) = self.reader.interface(id) else { continue };
            if !interface.owns(address) {
                continue;
            }
            match any_of(&interface.groups, |own| own == group) {
                crate::net::Field::Known(true) => return Ok(true),
                crate::net::Field::Known(false) => {}
                crate::net::Field::Unknown => vague = Some(Missing::new(id, "Groups")),
            }
        }
        if let Some(missing) = vague {
            return Err(missing);
        }
        if holders.is_empty() {
            let absent = Missing::new(&address.to_string(), "NetworkInterfaceId");
            // Members may be in a VPC that is peered with this one.
            if self.vpc_addresses(home)?.contains(crate::headers::number(address)) {
                self.reader.none(Vague::Interface, home, absent)?;
            } else {
                self.reader.none_anywhere(Vague::Interface, absent)?;
            }
        }
        Ok(false)
    }

    fn no_rule(
        &mut self,
        id: &Id,
        interface: &Interface,
        trail: Trail,
        direction: Direction,
        passed: &Passed,
    ) {
        if let (Some(group), Some(hop)) = (&passed.lost, &trail.lost_at) {
            let lost = Explanation::with(Code::SgReferencesNotPreserved, |e| {
                e.security_group = Component::some(group);
                e.component = Component::some(hop);
            });
            self.blocked(trail.clone(), lost);
        }
        let code = if passed.has_rules { Code::EniSgRulesMismatch } else { Code::SgHasNoRules };
        let header = self.header(&trail.packets);
        let vpc = trail.vpc();
        let explanation = Explanation::with(code, |e| {
            e.direction = Some(direction);
            e.network_interface = Component::some(id);
            e.security_groups =
                interface.groups.items.iter().filter_map(|group| Component::some(group)).collect();
            e.security_group = e.security_groups.first().filter(|_| !passed.has_rules).cloned();
            e.subnet =
                interface.subnet.known().cloned().flatten().as_deref().and_then(Component::some);
            e.vpc = vpc;
            e.protocols = vec![header.protocol.clone()];
            if let [range] = header.destination_port_ranges.as_slice()
                && range.from == range.to
            {
                e.port = Some(range.from);
            }
        });
        self.blocked(trail, explanation);
    }
}

fn shown(rule: &GroupRule, direction: Direction) -> SecurityGroupRule {
    let (mut cidr, mut prefix_list_id, mut security_group_id) = (None, None, None);
    match &rule.peer {
        Peer::Cidr(net) => cidr = Some(net.to_string()),
        Peer::PrefixList(list) => prefix_list_id = Some(list.to_string()),
        Peer::Group(group) => security_group_id = Some(group.to_string()),
    }
    SecurityGroupRule {
        cidr,
        direction: if direction == Direction::Egress { "egress" } else { "ingress" }.to_owned(),
        port_range: rule_ports(rule.protocol, &rule.ports),
        prefix_list_id,
        protocol: rule.protocol.map_or("-1".to_owned(), |number| number.to_string()),
        security_group_id,
    }
}
