//! Transit gateways: association decides what may leave, propagation what may come.

use std::sync::Arc;

use ipnet::IpNet;

use super::internet::is_text;
use super::route::Chosen;
use super::{Came, Spot, Trail, Walk, need};
use crate::explain::{AdditionalDetail, Code, Component, Explanation, TransitRouteTableRoute};
use crate::net::{
    Acl, Destination, Field, Id, Index, Kind, List, PrefixList, Resource, Subnet, TransitTable,
    Vague,
};
use crate::read::{Home, Missing};

/// What both descriptions of an attachment say together.
#[derive(Debug, Clone)]
struct View<'n> {
    id: Id,
    state: Field<Option<Id>>,
    table: Field<Option<Id>>,
    resource_type: Field<Option<Id>>,
    resource: Field<Option<Id>>,
    subnets: Option<&'n List<Id>>,
    group_referencing: Field<bool>,
}

/// A route of a transit gateway's table, one block of it.
#[derive(Debug, Clone)]
struct Candidate {
    net: IpNet,
    rank: u8,
    is_blackhole: bool,
    list: Option<Id>,
    attachment: Option<Id>,
}

impl<'n> Walk<'_, 'n> {
    pub(crate) fn by_transit(
        &mut self,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
        subnet: Option<&Id>,
    ) -> Result<(), Missing> {
        let vpc = trail.home.vpc.clone().unwrap_or_else(|| Id::from(""));
        let mut usable = None;
        for attachment in self.reader.ids(Index::AttachmentOf(id.clone(), vpc.clone())) {
            let view = self.attachment(&attachment, id)?;
            need(&view.state, &attachment, "State")?;
            if is_working(&view.state) {
                usable = Some(view);
            }
        }
        let Some(view) = usable else {
            self.reader.none(Vague::Attachment, &trail.home, Missing::new(id, "attachments"))?;
            self.blackhole(chosen, trail);
            return Ok(());
        };
        let zones = self.zones(&view, &trail.home)?;
        let zone = trail.zone.clone();
        if subnet.is_some() && zone.is_none() {
            return Err(Missing::new(subnet.map_or("", |id| &**id), "AvailabilityZone"));
        }
        if zone.as_ref().is_some_and(|zone| !zones.contains(zone)) {
            let explanation = Explanation::with(Code::TgwRouteAzRestriction, |e| {
                e.transit_gateway = Component::some(id);
                e.transit_gateway_attachment = Component::some(&view.id);
                e.availability_zones = zones.iter().map(|zone| zone.to_string()).collect();
            });
            self.blocked(trail, explanation);
            return Ok(());
        }
        let trail = trail.at(&vpc).at(id);
        self.through_transit(id, &view, trail)
    }

    /// Both descriptions of an attachment, as its side at one transit gateway sees it.
    fn attachment(&self, id: &Id, transit: &Id) -> Result<View<'n>, Missing> {
        let is_here = |field: &Field<Option<Id>>| {
            matches!(field, Field::Known(Some(own)) if own == transit) || *field == Field::Unknown
        };
        let mut view = None;
        for stored in self.reader.slot(Kind::Attachment, id) {
            if let Resource::Attachment(own) = &stored.resource
                && is_here(&own.transit)
            {
                view = Some(View {
                    id: id.clone(),
                    state: own.state.clone(),
                    table: own.table.clone(),
                    resource_type: own.resource_type.clone(),
                    resource: own.resource.clone(),
                    subnets: None,
                    group_referencing: Field::Known(true),
                });
            }
        }
        for stored in self.reader.slot(Kind::VpcAttachment, id) {
            let Resource::VpcAttachment(own) = &stored.resource else { continue };
            if !is_here(&own.transit) {
                continue;
            }
            let table = own.table.clone().map_or(Field::Unknown, |table| Field::Known(Some(table)));
            let base = view.take().unwrap_or_else(|| View {
                id: id.clone(),
                state: own.state.clone(),
                table,
                resource_type: Field::Known(Some(Id::from("vpc"))),
                resource: own.vpc.clone(),
                subnets: None,
                group_referencing: Field::Known(true),
            });
            let group_referencing = own.group_referencing.clone();
            view = Some(View { subnets: Some(&own.subnets), group_referencing, ..base });
        }
        view.ok_or_else(|| Missing::new(id, ""))
    }

    /// The zones in which an attachment has a subnet.
    fn zones(&self, view: &View<'n>, home: &Home) -> Result<Vec<Id>, Missing> {
        let subnets = view.subnets.filter(|subnets| subnets.is_whole());
        let subnets = subnets.ok_or_else(|| Missing::new(&view.id, "SubnetIds"))?;
        let mut zones = Vec::new();
        for id in &subnets.items {
            let (Subnet { zone, .. }, _) = self.subnet(id, home)?;
            zones.extend(need(zone, id, "AvailabilityZone")?);
        }
        Ok(zones)
    }

    /// By the table of the attachment that packets come in by.
    fn through_transit(
        &mut self,
        id: &Id,
        view: &View<'n>,
        mut trail: Trail,
    ) -> Result<(), Missing> {
        let stored = self.reader.stored(Kind::TransitGateway, id).map(|stored| &stored.resource);
        if let Some(Resource::TransitGateway(transit)) = stored {
            match (&transit.group_referencing, &mut trail.identity) {
                (Field::Known(false), _) => trail.lose_identity(id),
                (Field::Unknown, Some(identity)) => {
                    let property = "Options.SecurityGroupReferencingSupport";
                    identity.missing = Some(Missing::new(id, property));
                }
                _ => {}
            }
            if let Some(state) = need(&transit.state, id, "State")?
                && !matches!(&*state, "available" | "modifying")
            {
                let explanation = Explanation::with(Code::BadState, |e| {
                    e.component = Component::some(id);
                    e.state = Some(state.to_string());
                });
                self.blocked(trail, explanation);
                return Ok(());
            }
        } else if let Some(identity) = &mut trail.identity {
            identity.missing = Some(Missing::new(id, "Options.SecurityGroupReferencingSupport"));
        }
        let Some(table) = need(&view.table, &view.id, "Association")? else {
            let explanation = Explanation::with(Code::TgwAttachMissingTgwRtbAssociation, |e| {
                e.transit_gateway = Component::some(id);
                e.transit_gateway_attachment = Component::some(&view.id);
            });
            self.blocked(trail, explanation);
            return Ok(());
        };
        self.step(trail, |walk, trail| walk.follow_transit_table(id, &table, trail));
        Ok(())
    }

    fn follow_transit_table(
        &mut self,
        transit: &Id,
        table: &Id,
        trail: Trail,
    ) -> Result<(), Missing> {
        let stored = self.reader.stored(Kind::TransitTable, table).map(|stored| &stored.resource);
        let Some(Resource::TransitTable(found)) = stored else {
            return Err(Missing::new(table, "Routes"));
        };
        let (candidates, open) = self.transit_candidates(table, found, &trail.home);
        let mut rest = trail.packets.clone();
        for candidate in candidates {
            let taken = rest.to(&self.family.addresses(&candidate.net));
            if taken.is_empty() {
                continue;
            }
            rest = rest.subtract(&taken);
            let mut part = trail.with_packets(taken);
            let is_sure = candidate.net.prefix_len() == self.family.bits();
            if let Some(missing) = open.as_ref().filter(|_| !is_sure) {
                self.unknown(part, missing.clone());
                continue;
            }
            let shown = candidate.shown();
            if candidate.is_blackhole {
                let explanation = Explanation::with(Code::TgwRtbBadStateRoute, |e| {
                    e.transit_gateway = Component::some(transit);
                    e.transit_gateway_route_table = Component::some(table);
                    e.transit_gateway_route_table_route = Some(shown);
                });
                self.blocked(part, explanation);
                continue;
            }
            part.hop(table, |hop| {
                hop.transit_gateway = Component::some(transit);
                hop.transit_gateway_route_table_route = Some(shown);
            });
            let Some(attachment) = candidate.attachment else {
                self.unknown(part, Missing::new(table, &format!("Routes[{}]", candidate.net)));
                continue;
            };
            self.step(part, |walk, trail| walk.by_attachment(transit, &attachment, trail));
        }
        let part = trail.with_packets(rest);
        if let Some(missing) = open {
            self.unknown(part, missing);
            return Ok(());
        }
        let addresses = crate::explain::addresses(self.family, &part.packets.destinations());
        let explanation = Explanation::with(Code::TgwRtbNoRouteToTgwAttachment, |e| {
            e.transit_gateway = Component::some(transit);
            e.transit_gateway_route_table = Component::some(table);
            e.addresses = addresses;
        });
        self.blocked(part, explanation);
        Ok(())
    }

    /// The routes of a table in the order in which they take packets, and what may be missing.
    fn transit_candidates(
        &self,
        table: &Id,
        found: &TransitTable,
        home: &Home,
    ) -> (Vec<Candidate>, Option<Missing>) {
        let mut open = (!found.routes.is_whole()).then(|| Missing::new(table, "Routes"));
        if !found.propagations.is_whole() {
            let property = "TransitGatewayRouteTablePropagations";
            open.get_or_insert_with(|| Missing::new(table, property));
        }
        let mut candidates = Vec::new();
        for route in &found.routes.items {
            let attachment = route.attachments.first().cloned();
            let learnt = attachment.as_ref().map_or(2, |id| self.learnt_rank(id));
            let mut add = |net: IpNet, rank: u8, list: Option<Id>| {
                let (is_blackhole, attachment) = (route.is_blackhole, attachment.clone());
                candidates.push(Candidate { net, rank, is_blackhole, list, attachment });
            };
            match &route.destination {
                Destination::Cidr(net) => {
                    add(*net, if route.is_propagated { learnt } else { 0 }, None)
                }
                Destination::PrefixList(list) => {
                    let stored = self.reader.stored(Kind::PrefixList, list);
                    match stored.map(|stored| &stored.resource) {
                        Some(Resource::PrefixList(PrefixList { entries }))
                            if entries.is_whole() =>
                        {
                            entries.items.iter().for_each(|net| add(*net, 1, Some(list.clone())));
                        }
                        _ => {
                            open.get_or_insert_with(|| Missing::new(list, "Entries"));
                        }
                    }
                }
            }
        }
        for learnt in &found.propagations.items {
            let is_listed =
                found.routes.items.iter().any(|route| {
                    route.is_propagated && route.attachments.contains(&learnt.attachment)
                });
            if is_listed {
                continue;
            }
            match self.learnt_nets(learnt.resource_type.as_deref(), learnt.resource.as_ref(), home)
            {
                Ok(nets) => candidates.extend(nets.into_iter().map(|net| Candidate {
                    net,
                    rank: 2,
                    is_blackhole: false,
                    list: None,
                    attachment: Some(learnt.attachment.clone()),
                })),
                Err(property) => {
                    open.get_or_insert_with(|| Missing::new(&learnt.attachment, property));
                }
            }
        }
        candidates.sort_by_key(|c| (u8::MAX - c.net.prefix_len(), c.net, c.rank));
        (candidates, open)
    }

    /// What a VPC announces; what tunnels announce is in no description.
    fn learnt_nets(
        &self,
        resource_type: Option<&str>,
        resource: Option<&Id>,
        _home: &Home,
    ) -> Result<Vec<IpNet>, &'static str> {
        let (Some("vpc"), Some(vpc)) = (resource_type, resource) else {
            return Err("propagated routes");
        };
        match self.reader.stored(Kind::Vpc, vpc).map(|stored| &stored.resource) {
            Some(Resource::Vpc(vpc)) if vpc.cidrs.is_whole() => Ok(vpc.cidrs.items.clone()),
            _ => Err("propagated routes"),
        }
    }

    /// Who goes first among equal blocks that were learnt.
    fn learnt_rank(&self, attachment: &Id) -> u8 {
        let stored =
            self.reader.stored(Kind::Attachment, attachment).map(|stored| &stored.resource);
        let Some(Resource::Attachment(found)) = stored else { return 2 };
        match found.resource_type.known().cloned().flatten().as_deref() {
            Some("direct-connect-gateway") => 3,
            Some("connect") => 4,
            Some("vpn") => 5,
            Some("peering") => 6,
            _ => 2,
        }
    }

    fn by_attachment(&mut self, transit: &Id, id: &Id, mut trail: Trail) -> Result<(), Missing> {
        let view = self.attachment(id, transit)?;
        let state = need(&view.state, id, "State")?;
        if !is_working(&view.state) {
            let explanation = Explanation::with(Code::BadStateAttachment, |e| {
                e.component = Component::some(id);
                e.attached_to = Component::some(transit);
                e.state = state.map(|state| state.to_string());
            });
            self.blocked(trail, explanation);
            return Ok(());
        }
        trail.hop(id, |hop| hop.attached_to = Component::some(transit));
        if self.goal == super::Goal::Gateway(id.clone()) {
            self.arrived(trail, Spot::Attachment(id.clone(), transit.clone()));
            return Ok(());
        }
        let resource_type = need(&view.resource_type, id, "ResourceType")?;
        let resource = need(&view.resource, id, "ResourceId")?;
        match (resource_type.as_deref(), resource) {
            (Some("vpc"), Some(vpc)) => self.out_of_transit(&view, &vpc, trail),
            (Some("peering"), Some(far)) => {
                trail.lose_identity(id);
                let view = self.attachment(id, &far)?;
                let trail = trail.at(&far);
                self.through_transit(&far, &view, trail)
            }
            (Some(_), _) => {
                let trail = trail.at(id);
                self.boundary(trail, Spot::Attachment(id.clone(), transit.clone()));
                Ok(())
            }
            (None, _) => Err(Missing::new(id, "ResourceType")),
        }
    }

    /// Into a VPC, by the table of the attachment's subnet in the zone that packets come from.
    fn out_of_transit(
        &mut self,
        view: &View<'n>,
        vpc: &Id,
        mut trail: Trail,
    ) -> Result<(), Missing> {
        match &view.group_referencing {
            Field::Known(true) => {}
            Field::Known(false) => trail.lose_identity(&view.id),
            Field::Unknown => {
                if let Some(identity) = &mut trail.identity {
                    let property = "Options.SecurityGroupReferencingSupport";
                    identity.missing = Some(Missing::new(&view.id, property));
                }
            }
        }
        let stored = self.reader.stored(Kind::Vpc, vpc).ok_or_else(|| Missing::new(vpc, ""))?;
        trail.home = Home { scope: stored.scope.clone(), vpc: Some(vpc.clone()) };
        trail.came = Came::Transit;
        let subnets = view.subnets.filter(|subnets| subnets.is_whole());
        let subnets = subnets.ok_or_else(|| Missing::new(&view.id, "SubnetIds"))?;
        let mut chosen = subnets.items.first().cloned();
        for id in &subnets.items {
            let (Subnet { zone, .. }, _) = self.subnet(id, &trail.home)?;
            if trail.zone.is_some() && need(zone, id, "AvailabilityZone")? == trail.zone {
                chosen = Some(id.clone());
            }
        }
        let subnet = chosen.ok_or_else(|| Missing::new(&view.id, "SubnetIds"))?;
        let (found, _) = self.subnet(&subnet, &trail.home)?;
        trail.zone = found.zone.known().cloned().flatten();
        self.note_acl(&subnet, &mut trail);
        let table = self.table_of(&subnet, &trail.home)?;
        self.follow_table(&table, trail, Some(&subnet));
        Ok(())
    }

    /// Tells of an ACL on the attachment's subnet, which is not evaluated.
    fn note_acl(&self, subnet: &Id, trail: &mut Trail) {
        for id in self.reader.ids(Index::SubnetAcl(subnet.clone())) {
            let stored = self.reader.stored(Kind::NetworkAcl, &id).map(|stored| &stored.resource);
            if matches!(
                stored,
                Some(Resource::NetworkAcl(Acl { is_default: Field::Known(false), .. }))
            ) {
                let additional_detail_type = Code::XAclOfAttachmentNotChecked.as_str().to_owned();
                let component = Component::some(&id);
                if let Some(hop) = trail.hops.last_mut() {
                    Arc::make_mut(hop)
                        .additional_details
                        .push(AdditionalDetail { additional_detail_type, component });
                }
            }
        }
    }

    /// Packets that come in by an attachment.
    pub(crate) fn leave_attachment(
        &mut self,
        id: &Id,
        transit: Option<&Id>,
        trail: Trail,
    ) -> Result<(), Missing> {
        let transit = match transit {
            Some(transit) => transit.clone(),
            None => self.transit_of(id)?,
        };
        let view = self.attachment(id, &transit)?;
        need(&view.state, id, "State")?;
        if !is_working(&view.state) {
            let explanation =
                Explanation::with(Code::BadStateAttachment, |e| e.component = Component::some(id));
            self.blocked(trail, explanation);
            return Ok(());
        }
        let trail = trail.at(&transit);
        self.through_transit(&transit, &view, trail)
    }

    fn transit_of(&self, id: &Id) -> Result<Id, Missing> {
        let missing = || Missing::new(id, "TransitGatewayId");
        for kind in [Kind::Attachment, Kind::VpcAttachment] {
            let found = self.reader.stored(kind, id).map(|stored| &stored.resource);
            let field = match found {
                Some(Resource::Attachment(own)) => &own.transit,
                Some(Resource::VpcAttachment(own)) => &own.transit,
                _ => continue,
            };
            return need(field, id, "TransitGatewayId")?.ok_or_else(missing);
        }
        Err(missing())
    }
}

impl Candidate {
    fn shown(&self) -> TransitRouteTableRoute {
        TransitRouteTableRoute {
            destination_cidr: Some(self.net.to_string()),
            state: if self.is_blackhole { "blackhole" } else { "active" }.to_owned(),
            route_origin: if self.rank < 2 { "static" } else { "propagated" }.to_owned(),
            prefix_list_id: self.list.as_ref().map(ToString::to_string),
            attachment_id: self.attachment.as_ref().map(ToString::to_string),
            resource_id: None,
            resource_type: None,
        }
    }
}

fn is_working(state: &Field<Option<Id>>) -> bool {
    is_text(state, "available") || is_text(state, "modifying") || *state == Field::Known(None)
}
