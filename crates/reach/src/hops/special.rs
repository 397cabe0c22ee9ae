//! Ends that packets rarely come back from: virtual private gateways, gateway endpoints, appliances.

use super::internet::{is_attached, is_text};
use super::route::Chosen;
use super::{Came, Goal, Spot, Trail, Walk, need};
use crate::explain::{AdditionalDetail, Code, Component, Direction, Explanation};
use crate::headers::{HeaderSet, ICMP, ICMPV6, IntervalSet, TCP};
use crate::net::{Id, Index, Kind, Resource, Vague};
use crate::read::{Home, Missing};

impl<'n> Walk<'_, 'n> {
    pub(crate) fn by_vpn_gateway(
        &mut self,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
    ) -> Result<(), Missing> {
        let Some(mut trail) = self.at_gateway(Kind::VpnGateway, id, chosen, trail)? else {
            return Ok(());
        };
        let (header, vpc) = (trail.packets.clone(), trail.vpc());
        trail.hop(id, |hop| (hop.inbound_header, hop.vpc) = (Some(header), vpc));
        self.beyond(id, trail, Spot::VpnGateway(id.clone()));
        Ok(())
    }

    /// At a gateway beyond which nothing is recorded.
    pub(crate) fn beyond(&mut self, id: &Id, trail: Trail, spot: Spot) {
        match &self.goal {
            Goal::Gateway(goal) if goal == id => self.arrived(trail, spot),
            _ => self.boundary(trail, spot),
        }
    }

    /// Packets from a virtual private gateway; they are delivered without a route in any table.
    pub(crate) fn leave_vpn_gateway(&mut self, id: &Id, trail: Trail) {
        self.step(trail, |walk, mut trail| {
            let stored = walk.reader.stored(Kind::VpnGateway, id);
            let Some(Resource::VpnGateway(gateway)) = stored.map(|stored| &stored.resource) else {
                return Err(Missing::new(id, ""));
            };
            let scope = stored.map(|stored| stored.scope.clone()).unwrap_or_default();
            let vpc = gateway.attachments.items.first().map(|(vpc, _)| vpc.clone());
            trail.home = Home { scope, vpc };
            trail.came = Came::Vpn;
            if trail.home.vpc.is_none() || !is_attached(id, gateway, &trail.home)? {
                if !gateway.attachments.is_whole() {
                    return Err(Missing::new(id, "VpcAttachments"));
                }
                let explanation = Explanation::with(Code::UnassociatedComponent, |e| {
                    e.component = Component::some(id);
                });
                walk.blocked(trail, explanation);
                return Ok(());
            }
            walk.in_by_edge(id, trail)
        });
    }

    pub(crate) fn by_endpoint(
        &mut self,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
    ) -> Result<(), Missing> {
        let found = self.find(Kind::Endpoint, id, &trail.home, |r| match r {
            Resource::Endpoint(endpoint) => Some(endpoint),
            _ => None,
        })?;
        let Some((endpoint, _)) = found else {
            self.blackhole(chosen, trail);
            return Ok(());
        };
        need(&endpoint.state, id, "State")?;
        if !is_text(&endpoint.state, "available") {
            self.blackhole(chosen, trail);
            return Ok(());
        }
        let mut trail = trail;
        if let Some(vpc) = trail.home.vpc.clone() {
            trail = trail.at(&vpc);
        }
        let mut trail = trail.at(id);
        let endpoint_type = need(&endpoint.endpoint_type, id, "VpcEndpointType")?;
        if endpoint_type.is_some_and(|text| &*text != "Gateway") {
            let code = Code::PathThroughGwlbNotChecked.as_str().to_owned();
            trail.hop(id, |hop| {
                let component = Component::some(id);
                hop.additional_details =
                    vec![AdditionalDetail { additional_detail_type: code, component }];
            });
            self.unknown(trail, Missing::new(id, "what lies behind it"));
            return Ok(());
        }
        let carried = self.carried(&trail.packets);
        let rest = trail.with_packets(trail.packets.subtract(&carried));
        let header = self.header(&rest.packets);
        self.blocked(
            rest,
            Explanation::with(Code::VpceGatewayProtocolRestriction, |e| {
                e.vpc_endpoint = Component::some(id);
                e.protocols = vec![header.protocol];
            }),
        );
        let mut trail = trail.with_packets(carried);
        let (header, vpc, home) = (trail.packets.clone(), trail.vpc(), trail.home.clone());
        trail.hop(id, |hop| (hop.inbound_header, hop.vpc) = (Some(header), vpc));
        trail.lose_identity(id);
        match &self.goal {
            Goal::Gateway(goal) if goal != id => {
                self.blocked(trail, Explanation::with(Code::NoPath, |_| {}));
            }
            // A service is no host of the internet, though its addresses are public.
            Goal::Internet | Goal::Interfaces(_) => {
                self.blocked(trail, Explanation::with(Code::NoPath, |_| {}));
            }
            _ => self.arrived(trail, Spot::Endpoint(id.clone(), home)),
        }
        Ok(())
    }

    /// What a gateway endpoint carries: TCP, and echo requests with their replies.
    fn carried(&self, packets: &HeaderSet) -> HeaderSet {
        let tcp = IntervalSet::one(TCP.into());
        let echo = |number: u8, kinds: [u128; 2]| {
            let types = IntervalSet::of(kinds.map(|kind| (kind * 256, kind * 256)));
            packets.matching(&IntervalSet::one(number.into()), &types)
        };
        packets
            .narrow(|block| block.protocol = block.protocol.intersect(&tcp))
            .union(&echo(ICMP, [0, 8]))
            .union(&echo(ICMPV6, [128, 129]))
    }

    /// A route to an instance is one to its only interface.
    pub(crate) fn by_appliance_instance(
        &mut self,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
    ) -> Result<(), Missing> {
        let interfaces = self.reader.ids(Index::InterfacesOf(id.clone()));
        let Some(interface) = interfaces.first() else {
            self.reader.none(
                Vague::Attached,
                &trail.home,
                Missing::new(id, "NetworkInterfaces"),
            )?;
            self.blackhole(chosen, trail);
            return Ok(());
        };
        self.by_appliance(interface, chosen, trail)
    }

    /// A route to an interface: a machine that forwards, by rules that are not recorded.
    pub(crate) fn by_appliance(
        &mut self,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
    ) -> Result<(), Missing> {
        let Some((interface, _)) = self.reader.interface(id) else {
            if !self.reader.is_complete(&trail.home) {
                return Err(Missing::new(id, ""));
            }
            self.blackhole(chosen, trail);
            return Ok(());
        };
        let mut trail = trail;
        if let Some(vpc) = trail.home.vpc.clone() {
            trail = trail.at(&vpc);
        }
        let own = super::interface::own_addresses(self.family, interface);
        let direct = trail.with_packets(trail.packets.to(&own));
        self.deliver(direct);
        let trail = trail.with_packets(trail.packets.subtract(&trail.packets.to(&own)));
        if trail.packets.is_empty() {
            return Ok(());
        }
        if self.out_of_use(id, interface, &trail.home)?.is_some() {
            self.blackhole(chosen, trail);
            return Ok(());
        }
        let subnet =
            need(&interface.subnet, id, "SubnetId")?.ok_or_else(|| Missing::new(id, "SubnetId"))?;
        let Some(trail) = self.pass_acl(&subnet, trail.at(&subnet), Direction::Ingress) else {
            return Ok(());
        };
        let foreign = trail.packets.clone();
        let trail = trail.at(id);
        let none = HeaderSet::default();
        let passed = self.foreign(id, interface, trail, none, foreign, Direction::Ingress);
        let Some(trail) = passed else { return Ok(()) };
        let Some(mut trail) = self.pass_groups(id, interface, trail, Direction::Ingress) else {
            return Ok(());
        };
        let header = trail.packets.clone();
        trail.hop(id, |hop| {
            hop.inbound_header = Some(header);
            hop.additional_details = vec![AdditionalDetail {
                additional_detail_type: Code::XAppliance.as_str().to_owned(),
                component: Component::some(id),
            }];
        });
        self.boundary(trail, Spot::Appliance(id.clone()));
        Ok(())
    }
}
