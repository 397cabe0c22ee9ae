//! Network ACLs: lowest number first, the first match decides, no memory of connections.

use super::{Trail, Walk};
use crate::explain::{AclRule, Code, Component, Direction, Explanation};
use crate::headers::{Block, HeaderSet};
use crate::net::{AclEntry, Id, Index, Vague};
use crate::read::{Home, Missing};

impl Walk<'_, '_> {
    /// Keeps the packets that a subnet's ACL allows in one direction.
    pub(crate) fn pass_acl(
        &mut self,
        subnet: &Id,
        trail: Trail,
        direction: Direction,
    ) -> Option<Trail> {
        match self.pass_acl_known(subnet, &trail, direction) {
            Ok(passed) => passed,
            Err(missing) => {
                self.unknown(trail, missing);
                None
            }
        }
    }

    fn pass_acl_known(
        &mut self,
        subnet: &Id,
        trail: &Trail,
        direction: Direction,
    ) -> Result<Option<Trail>, Missing> {
        let is_egress = direction == Direction::Egress;
        let id = self.acl_of(subnet, &trail.home)?;
        let acl = self.reader.acl(&id, is_egress).ok_or_else(|| Missing::new(&id, ""))?;
        if !acl.entries.is_whole() {
            return Err(Missing::new(&id, "Entries"));
        }
        let mut rest = trail.packets.clone();
        let mut accepted = HeaderSet::default();
        let mut first: Option<AclRule> = None;
        let entries = acl.entries.items.iter().filter(|entry| entry.is_egress == is_egress);
        for entry in entries {
            let matched = self.entry_matches(entry, &rest);
            if matched.is_empty() {
                continue;
            }
            rest = rest.subtract(&matched);
            if entry.is_allow {
                first.get_or_insert_with(|| AclRule::from(entry));
                accepted = accepted.union(&matched);
            } else {
                self.denied(&id, subnet, trail.with_packets(matched), direction, Some(entry));
            }
        }
        self.denied(&id, subnet, trail.with_packets(rest), direction, None);
        if accepted.is_empty() {
            return Ok(None);
        }
        let mut passed = trail.with_packets(accepted);
        let (at, vpc) = (Component::some(subnet), trail.vpc());
        passed.hop(&id, |hop| {
            hop.acl_rule = first;
            (hop.subnet, hop.vpc) = (at, vpc);
        });
        Ok(Some(passed))
    }

    /// The ACL that a subnet names, else its VPC's default one.
    fn acl_of(&self, subnet: &Id, home: &Home) -> Result<Id, Missing> {
        if let [id, ..] = self.reader.ids(Index::SubnetAcl(subnet.clone())).as_slice() {
            return Ok(id.clone());
        }
        let missing = || Missing::new(subnet, "NetworkAclId");
        self.reader.none(Vague::Acl, home, missing())?;
        let vpc = home.vpc.clone().ok_or_else(missing)?;
        let default = self.reader.ids(Index::DefaultAcl(vpc));
        default.first().cloned().ok_or_else(missing)
    }

    fn entry_matches(&self, entry: &AclEntry, packets: &HeaderSet) -> HeaderSet {
        let (protocols, ports) = Block::pattern(entry.protocol, &entry.ports);
        let addresses = self.family.addresses(&entry.cidr);
        let fitting = packets.matching(&protocols, &ports);
        if entry.is_egress { fitting.to(&addresses) } else { fitting.from_source(&addresses) }
    }

    fn denied(
        &mut self,
        acl: &Id,
        subnet: &Id,
        trail: Trail,
        direction: Direction,
        entry: Option<&AclEntry>,
    ) {
        if trail.packets.is_empty() {
            return;
        }
        let vpc = trail.vpc();
        let explanation = Explanation::with(Code::SubnetAclRestriction, |e| {
            e.direction = Some(direction);
            e.acl = Component::some(acl);
            e.acl_rule = entry.map(AclRule::from);
            e.subnet = Component::some(subnet);
            e.vpc = vpc;
        });
        self.blocked(trail, explanation);
    }
}
