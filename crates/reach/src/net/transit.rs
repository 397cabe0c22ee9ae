//! Transit gateways, their attachments and route tables.

use super::doc::{Doc, Field, Id, List};
use super::routes::Destination;

/// A transit gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Transit {
    /// `available` where it works.
    pub state: Field<Option<Id>>,
    /// Whether ingress rules may name groups of other attached VPCs.
    pub group_referencing: Field<bool>,
}

impl Transit {
    pub(super) fn parse(doc: &Doc<'_>) -> Transit {
        Transit { state: doc.text("State"), group_referencing: group_referencing(doc, false) }
    }
}

fn group_referencing(doc: &Doc<'_>, default: bool) -> Field<bool> {
    match doc.child("Options") {
        Field::Known(Some(options)) => options
            .text("SecurityGroupReferencingSupport")
            .map(|text| text.map_or(default, |text| &*text == "enable")),
        Field::Known(None) => Field::Known(default),
        Field::Unknown => Field::Unknown,
    }
}

/// An attachment of any type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attachment {
    /// The transit gateway.
    pub transit: Field<Option<Id>>,
    /// `vpc`, `vpn`, `direct-connect-gateway`, `connect`, `peering`.
    pub resource_type: Field<Option<Id>>,
    /// What is attached.
    pub resource: Field<Option<Id>>,
    /// `available` where it works.
    pub state: Field<Option<Id>>,
    /// The route table for packets that come in by it.
    pub table: Field<Option<Id>>,
}

impl Attachment {
    pub(super) fn parse(doc: &Doc<'_>) -> Attachment {
        Attachment {
            transit: doc.text("TransitGatewayId"),
            resource_type: doc.text("ResourceType"),
            resource: doc.text("ResourceId"),
            state: doc.text("State"),
            table: association(doc),
        }
    }
}

fn association(doc: &Doc<'_>) -> Field<Option<Id>> {
    match doc.child("Association") {
        Field::Known(Some(association)) => {
            let is_gone =
                matches!(association.some_text("State"), Some("disassociating" | "disassociated"));
            if is_gone {
                return Field::Known(None);
            }
            association.text("TransitGatewayRouteTableId")
        }
        Field::Known(None) => Field::Known(None),
        Field::Unknown => Field::Unknown,
    }
}

/// What only a VPC's attachment has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VpcAttachment {
    /// The transit gateway.
    pub transit: Field<Option<Id>>,
    /// The VPC.
    pub vpc: Field<Option<Id>>,
    /// `available` where it works.
    pub state: Field<Option<Id>>,
    /// Its subnets, at most one in each Availability Zone.
    pub subnets: List<Id>,
    /// The route table, where this body names it.
    pub table: Option<Id>,
    /// Whether ingress rules of the VPC may name groups of other attached VPCs.
    pub group_referencing: Field<bool>,
}

impl VpcAttachment {
    pub(super) fn parse(doc: &Doc<'_>) -> VpcAttachment {
        VpcAttachment {
            transit: doc.text("TransitGatewayId"),
            vpc: doc.text("VpcId"),
            state: doc.text("State"),
            subnets: doc.texts("SubnetIds"),
            table: association(doc).known().cloned().flatten(),
            group_referencing: group_referencing(doc, true),
        }
    }
}

/// A transit gateway's route table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransitTable {
    /// The transit gateway.
    pub transit: Field<Option<Id>>,
    /// Static routes, and propagated ones where a search listed them.
    pub routes: List<TransitRoute>,
    /// The attachments whose addresses it learns.
    pub propagations: List<Propagation>,
}

/// One route of a transit gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransitRoute {
    /// Where packets of this route go to.
    pub destination: Destination,
    /// Whether it was learnt, not set.
    pub is_propagated: bool,
    /// Whether it drops.
    pub is_blackhole: bool,
    /// The attachments that packets are handed to.
    pub attachments: Vec<Id>,
}

/// That a table learns from an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Propagation {
    /// The attachment.
    pub attachment: Id,
    /// What is attached: `vpc`, `vpn` and so on.
    pub resource_type: Option<Id>,
    /// Its id.
    pub resource: Option<Id>,
}

impl TransitTable {
    pub(super) fn parse(doc: &Doc<'_>) -> TransitTable {
        let mut is_readable = true;
        let mut routes = doc.list("Routes").filter_map(|route| {
            let parsed = TransitRoute::parse(&route);
            is_readable &= parsed.is_some();
            parsed
        });
        // A table's description lists no routes: then nothing is known of them.
        routes.is_complete &= is_readable && doc.has_member("Routes");
        let name = "TransitGatewayRouteTablePropagations";
        let mut propagations = doc.list(name).filter_map(|item| {
            if matches!(item.some_text("State"), Some("disabling" | "disabled")) {
                return None;
            }
            Some(Propagation {
                attachment: item.some_text("TransitGatewayAttachmentId")?.into(),
                resource_type: item.some_text("ResourceType").map(Id::from),
                resource: item.some_text("ResourceId").map(Id::from),
            })
        });
        propagations.is_complete &= doc.has_member(name);
        TransitTable { transit: doc.text("TransitGatewayId"), routes, propagations }
    }
}

impl TransitRoute {
    fn parse(doc: &Doc<'_>) -> Option<TransitRoute> {
        let list = || Some(Destination::PrefixList(doc.some_text("PrefixListId")?.into()));
        let destination = doc.cidr("DestinationCidrBlock").map(Destination::Cidr).or_else(list)?;
        let attachments = doc.list("TransitGatewayAttachments");
        if doc.has_unknown_below("State") || !attachments.is_whole() {
            return None;
        }
        let id = |item: &Doc<'_>| item.some_text("TransitGatewayAttachmentId").map(Id::from);
        Some(TransitRoute {
            destination,
            is_propagated: doc.some_text("Type") == Some("propagated"),
            is_blackhole: doc.some_text("State") == Some("blackhole"),
            attachments: attachments.items.iter().filter_map(id).collect(),
        })
    }
}
