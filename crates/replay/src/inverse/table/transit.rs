//! Transit gateways, VPC endpoints, prefix lists, VPN and Direct Connect.

use super::super::code::{endpoints, gateways, routes};
use super::super::row::{Row, added, ended, made, removed, set};
use super::super::types::Class::Partial;

const GATEWAY: &str = "AWS::EC2::TransitGateway req.TransitGatewayId";
const ATTACHMENT: &str = "AWS::EC2::TransitGatewayAttachment req.TransitGatewayAttachmentId";
const TABLE: &str = "AWS::EC2::TransitGatewayRouteTable req.TransitGatewayRouteTableId";
const LIST: &str = "AWS::EC2::PrefixList req.PrefixListId";
const VPN: &str = "AWS::EC2::VPNConnection req.VpnConnectionId";
const ENDPOINT: &str = "AWS::EC2::VPCEndpoint req.VpcEndpointId";
const SERVICE: &str = "AWS::EC2::VPCEndpointService req.ServiceId";

pub(super) const TRANSIT: &[Row] = &[
    made(
        "CreateTransitGateway",
        "AWS::EC2::TransitGateway res.TransitGateway.TransitGatewayId",
        &["DeleteTransitGateway TransitGatewayId=id"],
    )
    .notes(&["it must have no attachments"]),
    set("ModifyTransitGateway", GATEWAY, &["ModifyTransitGateway TransitGatewayId=id *"]).back(&[
        "Description",
        "Options.VpnEcmpSupport=Options.VpnEcmpSupport",
        "Options.DnsSupport=Options.DnsSupport",
        "Options.SecurityGroupReferencingSupport=Options.SecurityGroupReferencingSupport",
        "Options.AutoAcceptSharedAttachments=Options.AutoAcceptSharedAttachments",
        "Options.DefaultRouteTableAssociation=Options.DefaultRouteTableAssociation",
        "Options.DefaultRouteTablePropagation=Options.DefaultRouteTablePropagation",
        "Options.AssociationDefaultRouteTableId=Options.AssociationDefaultRouteTableId",
        "Options.PropagationDefaultRouteTableId=Options.PropagationDefaultRouteTableId",
        "Options.AmazonSideAsn=Options.AmazonSideAsn",
    ]),
    ended(
        "DeleteTransitGateway",
        GATEWAY,
        &["CreateTransitGateway Description?=old.Description \
          Options.AmazonSideAsn?=old.Options.AmazonSideAsn \
          Options.AutoAcceptSharedAttachments?=old.Options.AutoAcceptSharedAttachments \
          Options.DefaultRouteTableAssociation=old.Options.DefaultRouteTableAssociation \
          Options.DefaultRouteTablePropagation=old.Options.DefaultRouteTablePropagation \
          Options.VpnEcmpSupport?=old.Options.VpnEcmpSupport \
          Options.DnsSupport?=old.Options.DnsSupport TagSpecifications?=tags:transit-gateway"],
    )
    .new_id("TransitGateway.TransitGatewayId")
    .lost(&["the gateway's id; its attachments, tables, routes and shares must be made again"]),
    made(
        "CreateTransitGatewayVpcAttachment",
        "AWS::EC2::TransitGatewayAttachment \
         res.TransitGatewayVpcAttachment.TransitGatewayAttachmentId",
        &["DeleteTransitGatewayVpcAttachment TransitGatewayAttachmentId=id"],
    ),
    set(
        "ModifyTransitGatewayVpcAttachment",
        ATTACHMENT,
        &["ModifyTransitGatewayVpcAttachment TransitGatewayAttachmentId=id \
          AddSubnetIds?=req.RemoveSubnetIds RemoveSubnetIds?=req.AddSubnetIds *"],
    )
    .back(&[
        "~AddSubnetIds=SubnetIds",
        "~RemoveSubnetIds=SubnetIds",
        "Options.DnsSupport=Options.DnsSupport",
        "Options.Ipv6Support=Options.Ipv6Support",
        "Options.ApplianceModeSupport=Options.ApplianceModeSupport",
        "Options.SecurityGroupReferencingSupport=Options.SecurityGroupReferencingSupport",
    ]),
    ended(
        "DeleteTransitGatewayVpcAttachment",
        ATTACHMENT,
        &["CreateTransitGatewayVpcAttachment TransitGatewayId=old.TransitGatewayId VpcId=old.VpcId \
          SubnetIds=old.SubnetIds Options?=old.Options \
          TagSpecifications?=tags:transit-gateway-attachment"],
    )
    .code(gateways::attachment_back)
    .new_id("TransitGatewayVpcAttachment.TransitGatewayAttachmentId")
    .lost(&["the attachment's id"]),
    set(
        "AcceptTransitGatewayVpcAttachment",
        ATTACHMENT,
        &["DeleteTransitGatewayVpcAttachment TransitGatewayAttachmentId=id"],
    )
    .touches(&["State"])
    .class(Partial)
    .lost(&["it cannot be pending again: its owner must ask again"]),
    ended(
        "RejectTransitGatewayVpcAttachment",
        ATTACHMENT,
        &["CreateTransitGatewayVpcAttachment TransitGatewayId=old.TransitGatewayId VpcId=old.VpcId \
          SubnetIds=old.SubnetIds"],
    )
    .new_id("TransitGatewayVpcAttachment.TransitGatewayAttachmentId")
    .lost(&["the attachment's id"])
    .notes(&["the account that owns the VPC must ask"]),
    made(
        "CreateTransitGatewayPeeringAttachment",
        "AWS::EC2::TransitGatewayAttachment \
         res.TransitGatewayPeeringAttachment.TransitGatewayAttachmentId",
        &["DeleteTransitGatewayPeeringAttachment TransitGatewayAttachmentId=id"],
    ),
    set(
        "AcceptTransitGatewayPeeringAttachment",
        ATTACHMENT,
        &["DeleteTransitGatewayPeeringAttachment TransitGatewayAttachmentId=id"],
    )
    .touches(&["State"])
    .class(Partial)
    .lost(&["it cannot be pending again: the other side must ask again"]),
    ended(
        "DeleteTransitGatewayPeeringAttachment",
        ATTACHMENT,
        &["CreateTransitGatewayPeeringAttachment \
          TransitGatewayId=old.RequesterTgwInfo.TransitGatewayId \
          PeerTransitGatewayId=old.AccepterTgwInfo.TransitGatewayId \
          PeerAccountId=old.AccepterTgwInfo.OwnerId PeerRegion=old.AccepterTgwInfo.Region"],
    )
    .new_id("TransitGatewayPeeringAttachment.TransitGatewayAttachmentId")
    .lost(&["the attachment's id; routes of both sides must be made again"])
    .notes(&["the other side must accept it"]),
    made(
        "CreateTransitGatewayRouteTable",
        "AWS::EC2::TransitGatewayRouteTable res.TransitGatewayRouteTable.TransitGatewayRouteTableId",
        &["DeleteTransitGatewayRouteTable TransitGatewayRouteTableId=id"],
    ),
    ended(
        "DeleteTransitGatewayRouteTable",
        TABLE,
        &["CreateTransitGatewayRouteTable TransitGatewayId=old.TransitGatewayId \
          TagSpecifications?=tags:transit-gateway-route-table"],
    )
    .code(routes::transit_table_back)
    .new_id("TransitGatewayRouteTable.TransitGatewayRouteTableId")
    .lost(&["the table's id"]),
    added(
        "AssociateTransitGatewayRouteTable",
        TABLE,
        &["Associations[{req.TransitGatewayAttachmentId}]"],
        &["DisassociateTransitGatewayRouteTable TransitGatewayRouteTableId=id \
          TransitGatewayAttachmentId=req.TransitGatewayAttachmentId"],
    ),
    removed(
        "DisassociateTransitGatewayRouteTable",
        TABLE,
        &["Associations[{req.TransitGatewayAttachmentId}]"],
        &["AssociateTransitGatewayRouteTable TransitGatewayRouteTableId=id \
          TransitGatewayAttachmentId=req.TransitGatewayAttachmentId"],
    ),
    added(
        "EnableTransitGatewayRouteTablePropagation",
        TABLE,
        &["Propagations[{req.TransitGatewayAttachmentId}]"],
        &["DisableTransitGatewayRouteTablePropagation TransitGatewayRouteTableId=id \
          TransitGatewayAttachmentId=req.TransitGatewayAttachmentId"],
    ),
    removed(
        "DisableTransitGatewayRouteTablePropagation",
        TABLE,
        &["Propagations[{req.TransitGatewayAttachmentId}]"],
        &["EnableTransitGatewayRouteTablePropagation TransitGatewayRouteTableId=id \
          TransitGatewayAttachmentId=req.TransitGatewayAttachmentId"],
    ),
    added(
        "CreateTransitGatewayRoute",
        TABLE,
        &["Routes[{req.DestinationCidrBlock}]"],
        &["DeleteTransitGatewayRoute TransitGatewayRouteTableId=id \
          DestinationCidrBlock=req.DestinationCidrBlock"],
    ),
    set("ReplaceTransitGatewayRoute", TABLE, &["ReplaceTransitGatewayRoute"])
        .touches(&["Routes[{req.DestinationCidrBlock}]"])
        .code(routes::transit_target_back),
    removed(
        "DeleteTransitGatewayRoute",
        TABLE,
        &["Routes[{req.DestinationCidrBlock}]"],
        &["CreateTransitGatewayRoute"],
    )
    .code(routes::transit_target_back),
    added(
        "CreateTransitGatewayPrefixListReference",
        TABLE,
        &["PrefixListReferences[{req.PrefixListId}]"],
        &["DeleteTransitGatewayPrefixListReference TransitGatewayRouteTableId=id \
          PrefixListId=req.PrefixListId"],
    ),
    set(
        "ModifyTransitGatewayPrefixListReference",
        TABLE,
        &["ModifyTransitGatewayPrefixListReference"],
    )
    .touches(&["PrefixListReferences[{req.PrefixListId}]"])
    .code(routes::transit_reference_back),
    removed(
        "DeleteTransitGatewayPrefixListReference",
        TABLE,
        &["PrefixListReferences[{req.PrefixListId}]"],
        &["CreateTransitGatewayPrefixListReference"],
    )
    .code(routes::transit_reference_back),
];

pub(super) const ENDPOINTS: &[Row] = &[
    made(
        "CreateVpcEndpoint",
        "AWS::EC2::VPCEndpoint res.VpcEndpoint.VpcEndpointId",
        &["DeleteVpcEndpoints VpcEndpointIds=[id]"],
    ),
    set(
        "ModifyVpcEndpoint",
        ENDPOINT,
        &["ModifyVpcEndpoint VpcEndpointId=id AddRouteTableIds?=req.RemoveRouteTableIds \
          RemoveRouteTableIds?=req.AddRouteTableIds AddSubnetIds?=req.RemoveSubnetIds \
          RemoveSubnetIds?=req.AddSubnetIds AddSecurityGroupIds?=req.RemoveSecurityGroupIds \
          RemoveSecurityGroupIds?=req.AddSecurityGroupIds *"],
    )
    .back(&[
        "PolicyDocument=text:PolicyDocument",
        "PrivateDnsEnabled",
        "IpAddressType",
        "~AddRouteTableIds=RouteTableIds",
        "~RemoveRouteTableIds=RouteTableIds",
        "~AddSubnetIds=SubnetIds",
        "~RemoveSubnetIds=SubnetIds",
        "~AddSecurityGroupIds=Groups[].GroupId",
        "~RemoveSecurityGroupIds=Groups[].GroupId",
    ])
    .widens()
    .notes(&["subnets that come back get new interfaces, and possibly new addresses"]),
    ended(
        "DeleteVpcEndpoints",
        "AWS::EC2::VPCEndpoint req.VpcEndpointIds[#0]",
        &["CreateVpcEndpoint VpcId=old.VpcId ServiceName=old.ServiceName \
          VpcEndpointType=old.VpcEndpointType RouteTableIds?=old.RouteTableIds \
          SubnetIds?=old.SubnetIds SecurityGroupIds?=old.Groups[].GroupId \
          PolicyDocument?=text:old.PolicyDocument PrivateDnsEnabled?=old.PrivateDnsEnabled \
          TagSpecifications?=tags:vpc-endpoint"],
    )
    .code(endpoints::endpoints_back)
    .new_id("VpcEndpoint.VpcEndpointId")
    .lost(&["the endpoint's id: policies that name it by aws:sourceVpce no longer hold"]),
    made(
        "CreateVpcEndpointServiceConfiguration",
        "AWS::EC2::VPCEndpointService res.ServiceConfiguration.ServiceId",
        &["DeleteVpcEndpointServiceConfigurations ServiceIds=[id]"],
    )
    .notes(&["it must have no connections"]),
    ended(
        "DeleteVpcEndpointServiceConfigurations",
        "AWS::EC2::VPCEndpointService req.ServiceIds[#0]",
        &["CreateVpcEndpointServiceConfiguration \
          NetworkLoadBalancerArns?=old.NetworkLoadBalancerArns \
          GatewayLoadBalancerArns?=old.GatewayLoadBalancerArns \
          AcceptanceRequired=old.AcceptanceRequired PrivateDnsName?=old.PrivateDnsName \
          TagSpecifications?=tags:vpc-endpoint-service"],
    )
    .code(endpoints::endpoints_back)
    .new_id("ServiceConfiguration.ServiceId")
    .lost(&["the service's name: consumers must connect anew; who may connect must be set again"]),
    set(
        "AcceptVpcEndpointConnections",
        SERVICE,
        &["RejectVpcEndpointConnections ServiceId=id VpcEndpointIds=req.VpcEndpointIds"],
    ),
    set(
        "RejectVpcEndpointConnections",
        SERVICE,
        &["AcceptVpcEndpointConnections ServiceId=id VpcEndpointIds=req.VpcEndpointIds"],
    )
    .notes(&["only what was accepted before: one that was pending becomes accepted"]),
    set(
        "ModifyVpcEndpointServicePermissions",
        SERVICE,
        &["ModifyVpcEndpointServicePermissions ServiceId=id \
          AddAllowedPrincipals?=req.RemoveAllowedPrincipals \
          RemoveAllowedPrincipals?=req.AddAllowedPrincipals"],
    )
    .widens(),
];

pub(super) const LISTS: &[Row] = &[
    made(
        "CreateManagedPrefixList",
        "AWS::EC2::PrefixList res.PrefixList.PrefixListId",
        &["DeleteManagedPrefixList PrefixListId=id"],
    )
    .notes(&["nothing may refer to it"]),
    set(
        "ModifyManagedPrefixList",
        LIST,
        &["RestoreManagedPrefixListVersion PrefixListId=id \
          PreviousVersion=old.Version|req.CurrentVersion CurrentVersion=now.Version"],
    )
    .touches(&["Version"])
    .notes(&["AWS keeps the versions; every rule and route that uses the list changes with it"]),
    set(
        "RestoreManagedPrefixListVersion",
        LIST,
        &["RestoreManagedPrefixListVersion PrefixListId=id \
          PreviousVersion=old.Version|req.CurrentVersion CurrentVersion=now.Version"],
    )
    .touches(&["Version"]),
    ended(
        "DeleteManagedPrefixList",
        LIST,
        &["CreateManagedPrefixList PrefixListName=old.PrefixListName MaxEntries=old.MaxEntries \
          AddressFamily=old.AddressFamily Entries?=old.Entries TagSpecifications?=tags:prefix-list"],
    )
    .new_id("PrefixList.PrefixListId")
    .lost(&["the list's id and its versions"]),
];

pub(super) const VPNS: &[Row] = &[
    made(
        "CreateVpnGateway",
        "AWS::EC2::VPNGateway res.VpnGateway.VpnGatewayId",
        &["DeleteVpnGateway VpnGatewayId=id"],
    )
    .notes(&["it must be detached"]),
    ended(
        "DeleteVpnGateway",
        "AWS::EC2::VPNGateway req.VpnGatewayId",
        &["CreateVpnGateway Type=:\"ipsec.1\" AmazonSideAsn=old.AmazonSideAsn \
          TagSpecifications?=tags:vpn-gateway"],
    )
    .code(gateways::vpn_gateway_back)
    .new_id("VpnGateway.VpnGatewayId")
    .lost(&["the gateway's id; its attachment and connections must be made again"]),
    added(
        "AttachVpnGateway",
        "AWS::EC2::VPNGateway req.VpnGatewayId",
        &["VpcAttachments[{req.VpcId}]"],
        &["DetachVpnGateway VpnGatewayId=id VpcId=req.VpcId"],
    ),
    removed(
        "DetachVpnGateway",
        "AWS::EC2::VPNGateway req.VpnGatewayId",
        &["VpcAttachments[{req.VpcId}]"],
        &["AttachVpnGateway VpnGatewayId=id VpcId=req.VpcId"],
    )
    .notes(&["propagation must be enabled again where it was dropped"]),
    made(
        "CreateCustomerGateway",
        "AWS::EC2::CustomerGateway res.CustomerGateway.CustomerGatewayId",
        &["DeleteCustomerGateway CustomerGatewayId=id"],
    )
    .notes(&["it must have no connection"]),
    ended(
        "DeleteCustomerGateway",
        "AWS::EC2::CustomerGateway req.CustomerGatewayId",
        &["CreateCustomerGateway Type=:\"ipsec.1\" IpAddress=old.IpAddress BgpAsn=int:old.BgpAsn \
          TagSpecifications?=tags:customer-gateway"],
    )
    .new_id("CustomerGateway.CustomerGatewayId")
    .lost(&["the gateway's id"]),
    made(
        "CreateVpnConnection",
        "AWS::EC2::VPNConnection res.VpnConnection.VpnConnectionId",
        &["DeleteVpnConnection VpnConnectionId=id"],
    ),
    ended(
        "DeleteVpnConnection",
        VPN,
        &[
            "CreateVpnConnection Type=:\"ipsec.1\" CustomerGatewayId=old.CustomerGatewayId \
             VpnGatewayId?=old.VpnGatewayId TransitGatewayId?=old.TransitGatewayId \
             Options.StaticRoutesOnly?=old.Options.StaticRoutesOnly \
             TagSpecifications?=tags:vpn-connection",
            "@Routes CreateVpnConnectionRoute VpnConnectionId=step1.VpnConnection.VpnConnectionId \
             DestinationCidrBlock=each.DestinationCidrBlock",
        ],
    )
    .new_id("VpnConnection.VpnConnectionId")
    .lost(&["the outside addresses and keys: the customer's device must be set up again"]),
    set("ModifyVpnConnection", VPN, &["ModifyVpnConnection VpnConnectionId=id *"])
        .back(&["VpnGatewayId", "TransitGatewayId", "CustomerGatewayId"])
        .code(endpoints::vpn_target_back)
        .class(Partial)
        .lost(&[
            "traffic while the tunnels are made again; static routes, if the target's type changes",
        ]),
    added(
        "CreateVpnConnectionRoute",
        VPN,
        &["Routes[{req.DestinationCidrBlock}]"],
        &["DeleteVpnConnectionRoute VpnConnectionId=id \
          DestinationCidrBlock=req.DestinationCidrBlock"],
    ),
    removed(
        "DeleteVpnConnectionRoute",
        VPN,
        &["Routes[{req.DestinationCidrBlock}]"],
        &["CreateVpnConnectionRoute VpnConnectionId=id \
          DestinationCidrBlock=req.DestinationCidrBlock"],
    ),
    set("ModifyVpnTunnelOptions", VPN, &["ModifyVpnTunnelOptions VpnConnectionId=id"])
        .code(endpoints::tunnel_back)
        .class(Partial)
        .lost(&["a pre-shared key that was changed"]),
];

pub(super) const DIRECT_CONNECT: &[Row] = &[
    made(
        "CreateDirectConnectGatewayAssociation",
        "AWS::DirectConnect::GatewayAssociation \
         res.directConnectGatewayAssociation.associationId",
        &["DeleteDirectConnectGatewayAssociation associationId=id"],
    )
    .of("directconnect")
    .notes(&["a Direct Connect gateway is global: look in the Region that the call went to"]),
    set(
        "UpdateDirectConnectGatewayAssociation",
        "AWS::DirectConnect::GatewayAssociation req.associationId",
        &["UpdateDirectConnectGatewayAssociation associationId=id \
          addAllowedPrefixesToDirectConnectGateway?\
          =req.removeAllowedPrefixesToDirectConnectGateway \
          removeAllowedPrefixesToDirectConnectGateway?\
          =req.addAllowedPrefixesToDirectConnectGateway"],
    )
    .of("directconnect"),
    ended(
        "DeleteDirectConnectGatewayAssociation",
        "AWS::DirectConnect::GatewayAssociation \
         req.associationId|res.directConnectGatewayAssociation.associationId",
        &["CreateDirectConnectGatewayAssociation \
          directConnectGatewayId=old.directConnectGatewayId gatewayId=old.associatedGateway.id \
          addAllowedPrefixesToDirectConnectGateway?=old.allowedPrefixesToDirectConnectGateway"],
    )
    .of("directconnect")
    .new_id("directConnectGatewayAssociation.associationId")
    .lost(&["the association's id"]),
    ended(
        "DeleteVirtualInterface",
        "AWS::DirectConnect::VirtualInterface req.virtualInterfaceId",
        &["CreatePrivateVirtualInterface connectionId=old.connectionId \
          newPrivateVirtualInterface.virtualInterfaceName=old.virtualInterfaceName \
          newPrivateVirtualInterface.vlan=old.vlan newPrivateVirtualInterface.asn=old.asn \
          newPrivateVirtualInterface.amazonAddress?=old.amazonAddress \
          newPrivateVirtualInterface.customerAddress?=old.customerAddress \
          newPrivateVirtualInterface.addressFamily?=old.addressFamily \
          newPrivateVirtualInterface.mtu?=old.mtu \
          newPrivateVirtualInterface.virtualGatewayId?=old.virtualGatewayId \
          newPrivateVirtualInterface.directConnectGatewayId?=old.directConnectGatewayId"],
    )
    .of("directconnect")
    .new_id("virtualInterfaceId")
    .lost(&["the interface's id, and its BGP key: the router's side must match"]),
];
