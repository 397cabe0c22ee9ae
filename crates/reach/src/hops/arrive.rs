//! Arriving at an interface.

use super::interface::own_addresses;
use super::owner::Owner;
use super::{Goal, Spot, Trail, Walk};
use crate::explain::{Code, Component, Direction, Explanation};
use crate::net::{Id, Interface};
use crate::read::Missing;

impl<'n> Walk<'_, 'n> {
    /// At the owner of the destination address.
    pub(crate) fn arrive(&mut self, owner: &Owner<'n>, trail: Trail) -> Result<(), Missing> {
        match owner {
            Owner::Nat(id, nat, _) => self.back_through_nat(id, nat, trail),
            Owner::Interface(id, interface, _) => self.arrive_interface(id, interface, trail),
        }
    }

    fn arrive_interface(
        &mut self,
        id: &Id,
        interface: &'n Interface,
        trail: Trail,
    ) -> Result<(), Missing> {
        let instance = interface.instance.known().cloned().flatten();
        let trail = trail.at(instance.as_ref().unwrap_or(id));
        if let Some(explanation) = self.out_of_use(id, interface, &trail.home)? {
            self.blocked(trail, explanation);
            return Ok(());
        }
        let kept = trail.packets.to(&own_addresses(self.family, interface));
        let foreign = trail.packets.subtract(&kept);
        let passed = self.foreign(id, interface, trail, kept, foreign, Direction::Ingress);
        let Some(trail) = passed else { return Ok(()) };
        let Some(mut trail) = self.pass_groups(id, interface, trail, Direction::Ingress) else {
            return Ok(());
        };
        let header = trail.packets.clone();
        let subnet = interface.subnet.known().cloned().flatten();
        let vpc = trail.vpc();
        trail.hop(id, |hop| {
            hop.attached_to = instance.as_deref().and_then(Component::some);
            hop.subnet = subnet.as_deref().and_then(Component::some);
            hop.vpc = vpc;
            hop.inbound_header = instance.is_none().then(|| header.clone());
        });
        if let Some(instance) = &instance {
            trail.hop(instance, |hop| hop.inbound_header = Some(header));
        }
        self.judge_arrival(id, trail);
        Ok(())
    }

    fn judge_arrival(&mut self, id: &Id, trail: Trail) {
        let is_goal = match &self.goal {
            Goal::Interfaces(ids) => ids.contains(id),
            Goal::Address => true,
            Goal::Internet | Goal::Gateway(_) => false,
        };
        if is_goal {
            self.arrived(trail, Spot::Interface(id.clone()));
            return;
        }
        let code = if self.is_return() { Code::XReturnElsewhere } else { Code::NoPath };
        let explanation = Explanation::with(code, |e| e.component = Component::some(id));
        self.blocked(trail, explanation);
    }
}
