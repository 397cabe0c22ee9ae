//! Leaving an interface.

use super::{Came, Identity, Trail, Walk, need};
use crate::explain::{Code, Component, Direction, Explanation};
use crate::headers::{Family, HeaderSet, IntervalSet, number};
use crate::net::{Field, Id, Instance, Interface, Kind, Resource};
use crate::read::{Home, Missing};

impl<'n> Walk<'_, 'n> {
    /// Starts at an interface: attachment, source check, groups, then its subnet.
    pub(crate) fn leave_interface(&mut self, id: &Id, trail: Trail) {
        self.step(trail, |walk, trail| walk.leave_interface_known(id, trail));
    }

    fn leave_interface_known(&mut self, id: &Id, mut trail: Trail) -> Result<(), Missing> {
        let (interface, scope) = self.reader.interface(id).ok_or_else(|| Missing::new(id, ""))?;
        let vpc = need(&interface.vpc, id, "VpcId")?;
        trail.home = Home { scope: scope.clone(), vpc };
        trail.came = Came::Inside;
        let subnet =
            need(&interface.subnet, id, "SubnetId")?.ok_or_else(|| Missing::new(id, "SubnetId"))?;
        let header = trail.packets.clone();
        let instance = interface.instance.known().cloned().flatten();
        if let Some(instance) = &instance {
            trail.hop(instance, |hop| hop.outbound_header = Some(header.clone()));
        }
        let (vpc, at) = (trail.vpc(), Component::some(&subnet));
        trail.hop(id, |hop| {
            hop.attached_to = instance.as_deref().and_then(Component::some);
            (hop.subnet, hop.vpc) = (at, vpc);
        });
        if trail.nodes.is_empty() {
            trail = trail.at(instance.as_ref().unwrap_or(id));
        }
        if let Some(explanation) = self.out_of_use(id, interface, &trail.home)? {
            self.blocked(trail, explanation);
            return Ok(());
        }
        let Some(mut trail) = self.check_source(id, interface, trail) else { return Ok(()) };
        trail.identity = Some(Identity {
            interface: id.clone(),
            groups: interface.groups.clone(),
            missing: None,
        });
        let Some(trail) = self.pass_groups(id, interface, trail, Direction::Egress) else {
            return Ok(());
        };
        self.leave_subnet(&subnet, trail, true);
        Ok(())
    }

    /// Why an interface carries nothing: it is attached to nothing, or its instance does not run.
    pub(crate) fn out_of_use(
        &self,
        id: &Id,
        interface: &Interface,
        home: &Home,
    ) -> Result<Option<Box<Explanation>>, Missing> {
        let status = need(&interface.status, id, "Status")?;
        if status.as_deref().is_some_and(|status| status != "in-use") {
            return Ok(Some(Explanation::with(Code::UnassociatedComponent, |e| {
                e.component = Component::some(id);
            })));
        }
        let Some(instance) = need(&interface.instance, id, "Attachment.InstanceId")? else {
            return Ok(None);
        };
        let found = self.reader.stored(Kind::Instance, &instance).map(|stored| &stored.resource);
        let state = match found {
            Some(Resource::Instance(Instance { state, .. })) => {
                need(state, &instance, "State.Name")?
            }
            // A snapshot without instances still says that the interface is attached to one.
            _ if self.reader.is_complete(home) => None,
            _ => return Err(Missing::new(&instance, "State.Name")),
        };
        Ok(state.filter(|state| !matches!(&**state, "running" | "pending")).map(|state| {
            Explanation::with(Code::BadState, |e| {
                e.component = Component::some(&instance);
                e.state = Some(state.to_string());
            })
        }))
    }

    /// Keeps packets that an interface may send; the check drops those of foreign sources.
    fn check_source(&mut self, id: &Id, interface: &Interface, trail: Trail) -> Option<Trail> {
        let own = own_addresses(self.family, interface);
        let kept = trail.packets.from_source(&own);
        let foreign = trail.packets.subtract(&kept);
        self.foreign(id, interface, trail, kept, foreign, Direction::Egress)
    }

    /// What the source/dest check does with packets that are not the interface's own.
    pub(crate) fn foreign(
        &mut self,
        id: &Id,
        interface: &Interface,
        trail: Trail,
        kept: HeaderSet,
        foreign: HeaderSet,
        direction: Direction,
    ) -> Option<Trail> {
        if foreign.is_empty() || interface.source_dest_check == Field::Known(false) {
            return Some(trail);
        }
        let rest = trail.with_packets(foreign);
        if interface.source_dest_check == Field::Unknown {
            self.unknown(rest, Missing::new(id, "SourceDestCheck"));
        } else if !interface.addresses.is_whole() {
            self.unknown(rest, Missing::new(id, "PrivateIpAddresses"));
        } else {
            let set = match direction {
                Direction::Egress => rest.packets.sources(),
                Direction::Ingress => rest.packets.destinations(),
            };
            let addresses = crate::explain::addresses(self.family, &set);
            self.blocked(
                rest,
                Explanation::with(Code::EniSourceDestCheckRestriction, |e| {
                    e.direction = Some(direction);
                    e.network_interface = Component::some(id);
                    e.addresses = addresses;
                }),
            );
        }
        let kept = trail.with_packets(kept);
        (!kept.packets.is_empty()).then_some(kept)
    }
}

/// The addresses of an interface in one family.
pub(crate) fn own_addresses(family: Family, interface: &Interface) -> IntervalSet {
    let addresses = interface.addresses.items.iter().map(|own| own.address);
    IntervalSet::of(addresses.filter(|own| Family::of(*own) == family).map(|own| {
        let number = number(own);
        (number, number)
    }))
}
