//! Why a packet is dropped, by the codes that the Reachability Analyzer publishes.

/// Makes the enumeration and its spelling from one list.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Why a packet does not get through, or what is to be known of a hop.
        ///
        /// # Source
        /// Reachability Analyzer guide, "explanation codes", edition of 2026. Codes that begin with `X_`
        /// are ours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// As AWS spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// Component not usable in its state.
    BadState = "BAD_STATE";
    /// Attachment between two components not usable.
    BadStateAttachment = "BAD_STATE_ATTACHMENT";
    /// Chosen route is a blackhole or otherwise not active.
    BadStateRoute = "BAD_STATE_ROUTE";
    /// VPN connection down or not available.
    BadStateVpn = "BAD_STATE_VPN";
    /// Route's CIDR or prefix list does not cover the packet.
    CannotRoute = "CANNOT_ROUTE";
    /// A required or excluded component leaves no path.
    ComponentFilterRestriction = "COMPONENT_FILTER_RESTRICTION";
    /// Classic LB: ACL also applies toward targets in its own subnet.
    ElbAclRestriction = "ELB_ACL_RESTRICTION";
    /// Target lies in a zone the LB is not enabled in.
    ElbInstalledAzRestriction = "ELB_INSTALLED_AZ_RESTRICTION";
    /// Classic listener fixes in and out ports.
    ElbListenerPortRestriction = "ELB_LISTENER_PORT_RESTRICTION";
    /// Classic LB has no listener for the packet.
    ElbListenersMismatch = "ELB_LISTENERS_MISMATCH";
    /// Target in another zone and cross-zone is off.
    ElbNotCrosszone = "ELB_NOT_CROSSZONE";
    /// Listener forwards only to empty target groups.
    Elbv2ListenerHasNoTg = "ELBV2_LISTENER_HAS_NO_TG";
    /// Listener wants another destination port.
    Elbv2ListenerPortRestriction = "ELBV2_LISTENER_PORT_RESTRICTION";
    /// No target group behind the listener takes the packet.
    Elbv2ListenerRequiresTgAccept = "ELBV2_LISTENER_REQUIRES_TG_ACCEPT";
    /// LB has no listener for the packet.
    Elbv2ListenersMismatch = "ELBV2_LISTENERS_MISMATCH";
    /// No target in the zones given.
    Elbv2NoTargetsInAz = "ELBV2_NO_TARGETS_IN_AZ";
    /// NLB keeps the client address, so the assumed source cannot occur.
    Elbv2SourceAddressPreservation = "ELBV2_SOURCE_ADDRESS_PRESERVATION";
    /// Packet address is not this interface's private address.
    EniAddressRestriction = "ENI_ADDRESS_RESTRICTION";
    /// No rule of any of the interface's groups fits.
    EniSgRulesMismatch = "ENI_SG_RULES_MISMATCH";
    /// Source/dest check on: foreign source leaving or foreign destination arriving.
    EniSourceDestCheckRestriction = "ENI_SOURCE_DEST_CHECK_RESTRICTION";
    /// Firewall rule drops the packet.
    FirewallRulesRestriction = "FIREWALL_RULES_RESTRICTION";
    /// Packet claims an address not owned by the VPC side (older data:
    /// IGW_REJECTS_SPOOFED_TRAFFIC).
    GatewayRejectsSpoofedTraffic = "GATEWAY_REJECTS_SPOOFED_TRAFFIC";
    /// Traffic to GWLB targets must use port 6081.
    GwlbDestinationPortRestriction = "GWLB_DESTINATION_PORT_RESTRICTION";
    /// Traffic to GWLB targets must be GENEVE over UDP.
    GwlbProtocolRestriction = "GWLB_PROTOCOL_RESTRICTION";
    /// Same CIDR, other route wins.
    HigherPriorityRoute = "HIGHER_PRIORITY_ROUTE";
    /// Arriving packet's address (after translation) is outside the VPC.
    IgwDestinationAddressInVpcCidrs = "IGW_DESTINATION_ADDRESS_IN_VPC_CIDRS";
    /// Leaving toward a private address.
    IgwDestinationAddressNotInRfc1918Egress = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS";
    /// Leaving toward shared address space.
    IgwDestinationAddressNotInRfc6598Egress = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS";
    /// IGW would be in the middle of the path.
    IgwNatReflection = "IGW_NAT_REFLECTION";
    /// Destination is no interface's public address, or its attachment is unusable.
    IgwPrivateIpAssociationForIngress = "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS";
    /// Source has no public address pairing.
    IgwPublicIpAssociationForEgress = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS";
    /// Arriving with a private source.
    IgwSourceAddressNotInRfc1918Ingress = "IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS";
    /// Arriving with a shared-space source.
    IgwSourceAddressNotInRfc6598Ingress = "IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS";
    /// Appliance named by a gateway route table has no public address.
    IngressRtbNoPublicIp = "INGRESS_RTB_NO_PUBLIC_IP";
    /// Inbound goes through an appliance, so the direct route back is unusable.
    IngressRtbTrafficRedirection = "INGRESS_RTB_TRAFFIC_REDIRECTION";
    /// A longer prefix takes the packet.
    MoreSpecificRoute = "MORE_SPECIFIC_ROUTE";
    /// NAT never rewrites the destination.
    NgwDestAddressPreservation = "NGW_DEST_ADDRESS_PRESERVATION";
    /// Packet reached NAT from peering, VPN or DX.
    NgwRequiresSourceInVpc = "NGW_REQUIRES_SOURCE_IN_VPC";
    /// After NAT the source is the NAT's own address.
    NgwSourceAddressReassign = "NGW_SOURCE_ADDRESS_REASSIGN";
    /// Next hop can hand the packet to nobody (no subnet, no interface, other account).
    NoPossibleDestination = "NO_POSSIBLE_DESTINATION";
    /// Table holds no usable route.
    NoRouteToDestination = "NO_ROUTE_TO_DESTINATION";
    /// Address outside the far VPC: no transit over peering.
    PcxRequiresAddressInVpcCidr = "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR";
    /// Component carries only some protocols.
    ProtocolRestriction = "PROTOCOL_RESTRICTION";
    /// Regional NAT not present in the source zone.
    RegionalNgwRouteAzRestriction = "REGIONAL_NGW_ROUTE_AZ_RESTRICTION";
    /// NAT or LB moved the source port into 1024–65535.
    RemapEphemeralPort = "REMAP_EPHEMERAL_PORT";
    /// Group has no rule at all in that direction.
    SgHasNoRules = "SG_HAS_NO_RULES";
    /// Hop drops group identity, so group-sourced rules cannot match.
    SgReferencesNotPreserved = "SG_REFERENCES_NOT_PRESERVED";
    /// TGW attachment has group referencing off.
    SgReferencingSupport = "SG_REFERENCING_SUPPORT";
    /// ACL denies.
    SubnetAclRestriction = "SUBNET_ACL_RESTRICTION";
    /// LB can send only to its targets' addresses.
    TargetAddressRestriction = "TARGET_ADDRESS_RESTRICTION";
    /// LB can send only to the registered port.
    TargetPortRestriction = "TARGET_PORT_RESTRICTION";
    /// Attachment has no table.
    TgwAttachMissingTgwRtbAssociation = "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION";
    /// VPC attachment keeps traffic in the zone (or the zone of the first direction in appliance
    /// mode).
    TgwAttachVpcAzRestriction = "TGW_ATTACH_VPC_AZ_RESTRICTION";
    /// VPN behind the attachment is down.
    TgwBadStateVpn = "TGW_BAD_STATE_VPN";
    /// Attachment has no subnet in the source zone.
    TgwRouteAzRestriction = "TGW_ROUTE_AZ_RESTRICTION";
    /// Chosen TGW route is a blackhole.
    TgwRtbBadStateRoute = "TGW_RTB_BAD_STATE_ROUTE";
    /// TGW route does not cover the packet.
    TgwRtbCannotRoute = "TGW_RTB_CANNOT_ROUTE";
    /// Same CIDR, other TGW route wins (typical: static blackhole over propagated).
    TgwRtbHigherPriorityRoute = "TGW_RTB_HIGHER_PRIORITY_ROUTE";
    /// Longer TGW prefix wins.
    TgwRtbMoreSpecificRoute = "TGW_RTB_MORE_SPECIFIC_ROUTE";
    /// Table has no route to the wanted attachment.
    TgwRtbNoRouteToTgwAttachment = "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT";
    /// Table contents unavailable.
    TgwRtbRoutesAreUnknown = "TGW_RTB_ROUTES_ARE_UNKNOWN";
    /// Not enough known about the destination.
    UnknownDestination = "UNKNOWN_DESTINATION";
    /// Peer VPC unknown, so group references are taken as deny.
    UnknownPeeredSgs = "UNKNOWN_PEERED_SGS";
    /// Resource could not be described.
    UnknownResource = "UNKNOWN_RESOURCE";
    /// Source is no interface of the attached VPC.
    VgwPrivateIpAssociationForEgress = "VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS";
    /// Destination is no private address of the attached VPC.
    VgwPrivateIpAssociationForIngress = "VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS";
    /// Account setting blocks IGW traffic.
    VpcBlockPublicAccessEnabled = "VPC_BLOCK_PUBLIC_ACCESS_ENABLED";
    /// Local route covers only VPC CIDRs.
    VpcLocalRouteCidrRestriction = "VPC_LOCAL_ROUTE_CIDR_RESTRICTION";
    /// Gateway endpoint answers only from its prefix list.
    VpceGatewayEgressSourceAddressRestriction = "VPCE_GATEWAY_EGRESS_SOURCE_ADDRESS_RESTRICTION";
    /// Gateway endpoint carries TCP and ICMP echo only.
    VpceGatewayProtocolRestriction = "VPCE_GATEWAY_PROTOCOL_RESTRICTION";
    /// Endpoint cannot start connections into its own VPC.
    VpceIntraVpcTraffic = "VPCE_INTRA_VPC_TRAFFIC";
    /// Endpoint service absent from the zone.
    VpceServiceNotInstalledInAz = "VPCE_SERVICE_NOT_INSTALLED_IN_AZ";
    /// The VPCs have no connection that is configured.
    DisconnectedVpcs = "DISCONNECTED_VPCS";
    /// No path is configured.
    NoPath = "NO_PATH";
    /// Source or destination is not there.
    NoSourceOrDestination = "NO_SOURCE_OR_DESTINATION";
    /// Component is attached to nothing.
    UnassociatedComponent = "UNASSOCIATED_COMPONENT";
    /// Component is not followed.
    UnsupportedComponent = "UNSUPPORTED_COMPONENT";
    /// Packet from the internet has a private destination.
    IgwExpectsPublicAddress = "IGW_EXPECTS_PUBLIC_ADDRESS";
    /// A component that is left out is needed.
    ComponentFilterRestrictionRemovedComponent = "COMPONENT_FILTER_RESTRICTION_REMOVED_COMPONENT";
    /// Filter at the source on source address leaves nothing.
    FilterAtSourceSourceAddress = "FILTER_AT_SOURCE_SOURCE_ADDRESS";
    /// Filter at the source on source port range leaves nothing.
    FilterAtSourceSourcePortRange = "FILTER_AT_SOURCE_SOURCE_PORT_RANGE";
    /// Filter at the source on destination address leaves nothing.
    FilterAtSourceDestinationAddress = "FILTER_AT_SOURCE_DESTINATION_ADDRESS";
    /// Filter at the source on destination port range leaves nothing.
    FilterAtSourceDestinationPortRange = "FILTER_AT_SOURCE_DESTINATION_PORT_RANGE";
    /// Filter at the source on protocol leaves nothing.
    FilterAtSourceProtocol = "FILTER_AT_SOURCE_PROTOCOL";
    /// Filter at the destination on source address leaves nothing.
    FilterAtDestinationSourceAddress = "FILTER_AT_DESTINATION_SOURCE_ADDRESS";
    /// Filter at the destination on source port range leaves nothing.
    FilterAtDestinationSourcePortRange = "FILTER_AT_DESTINATION_SOURCE_PORT_RANGE";
    /// Filter at the destination on destination address leaves nothing.
    FilterAtDestinationDestinationAddress = "FILTER_AT_DESTINATION_DESTINATION_ADDRESS";
    /// Filter at the destination on destination port range leaves nothing.
    FilterAtDestinationDestinationPortRange = "FILTER_AT_DESTINATION_DESTINATION_PORT_RANGE";
    /// Filter at the destination on protocol leaves nothing.
    FilterAtDestinationProtocol = "FILTER_AT_DESTINATION_PROTOCOL";
    /// Detail: assumption preserve client ip is enabled.
    AssumptionPreserveClientIpIsEnabled = "ASSUMPTION_PRESERVE_CLIENT_IP_IS_ENABLED";
    /// Detail: assumption preserve client ip is disabled.
    AssumptionPreserveClientIpIsDisabled = "ASSUMPTION_PRESERVE_CLIENT_IP_IS_DISABLED";
    /// Detail: availability zone crossed.
    AvailabilityZoneCrossed = "AVAILABILITY_ZONE_CROSSED";
    /// Detail: firewall unsupported higher priority rule group type.
    FirewallUnsupportedHigherPriorityRuleGroupType = "FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULE_GROUP_TYPE";
    /// Detail: firewall unsupported higher priority rules.
    FirewallUnsupportedHigherPriorityRules = "FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULES";
    /// Detail: firewall unsupported rule options.
    FirewallUnsupportedRuleOptions = "FIREWALL_UNSUPPORTED_RULE_OPTIONS";
    /// Detail: missing target group attributes.
    MissingTargetGroupAttributes = "MISSING_TARGET_GROUP_ATTRIBUTES";
    /// Detail: path through gwlb not checked.
    PathThroughGwlbNotChecked = "PATH_THROUGH_GWLB_NOT_CHECKED";
    /// Detail: response rtb has no route to transit gateway.
    ResponseRtbHasNoRouteToTransitGateway = "RESPONSE_RTB_HAS_NO_ROUTE_TO_TRANSIT_GATEWAY";
    /// Detail: transit gateway appliance mode recommended.
    TransitGatewayApplianceModeRecommended = "TRANSIT_GATEWAY_APPLIANCE_MODE_RECOMMENDED";
    /// Detail: unidirectional path analysis only.
    UnidirectionalPathAnalysisOnly = "UNIDIRECTIONAL_PATH_ANALYSIS_ONLY";
    /// Ours: packet addressed to a NAT gateway without a session.
    XNgwNoSession = "X_NGW_NO_SESSION";
    /// Ours: tunnel has no route for the packet.
    XVpnNoRoute = "X_VPN_NO_ROUTE";
    /// Ours: a resource on the path has an unknown state at this instant.
    XUnknownState = "X_UNKNOWN_STATE";
    /// Ours: the verdict rests on a synthesised resource.
    XInferredState = "X_INFERRED_STATE";
    /// Ours: an egress-only internet gateway lets no connection in.
    XEigwNoSession = "X_EIGW_NO_SESSION";
    /// Ours: the packet is handed to an appliance, whose own routing is not recorded.
    XAppliance = "X_APPLIANCE";
    /// Ours: the answer arrives where nobody waits for it.
    XReturnElsewhere = "X_RETURN_ELSEWHERE";
    /// Ours: the packet goes round without arriving.
    XLoop = "X_LOOP";
    /// Ours: a transit attachment subnet has an ACL of its own, which is not evaluated.
    XAclOfAttachmentNotChecked = "X_ACL_OF_ATTACHMENT_NOT_CHECKED";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
