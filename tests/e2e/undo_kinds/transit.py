"""Peering, transit gateways, endpoints, prefix lists, VPN."""

from undo_kinds import kind, untried
from undo_kinds.vpc import subnet, table, vpc


def peering(w):
    one, other = vpc(w), vpc(w, "10.9.0.0/16")
    made = w.ec2("CreateVpcPeeringConnection", VpcId=one, PeerVpcId=other)
    return made["VpcPeeringConnection"]["VpcPeeringConnectionId"]


@kind("ec2:CreateVpcPeeringConnection")
def create_peering(w):
    one, other = vpc(w), vpc(w, "10.9.0.0/16")
    yield
    w.ec2("CreateVpcPeeringConnection", VpcId=one, PeerVpcId=other)


@kind("ec2:AcceptVpcPeeringConnection", deviation="accepted once it cannot be pending again: it is deleted")
def accept_peering(w):
    made = peering(w)
    yield
    w.ec2("AcceptVpcPeeringConnection", VpcPeeringConnectionId=made)


@kind("ec2:RejectVpcPeeringConnection")
def reject_peering(w):
    made = peering(w)
    yield
    w.ec2("RejectVpcPeeringConnection", VpcPeeringConnectionId=made)


@kind("ec2:DeleteVpcPeeringConnection")
def delete_peering(w):
    made = peering(w)
    w.ec2("AcceptVpcPeeringConnection", VpcPeeringConnectionId=made)
    yield
    w.ec2("DeleteVpcPeeringConnection", VpcPeeringConnectionId=made)


@kind("ec2:ModifyVpcPeeringConnectionOptions")
def modify_peering(w):
    made = peering(w)
    w.ec2("AcceptVpcPeeringConnection", VpcPeeringConnectionId=made)
    for truth in (False, True):
        if truth:
            yield
        w.ec2("ModifyVpcPeeringConnectionOptions", VpcPeeringConnectionId=made,
              RequesterPeeringConnectionOptions={"AllowDnsResolutionFromRemoteVpc": truth})


def transit(w):
    return w.ec2("CreateTransitGateway", Description="old")["TransitGateway"]["TransitGatewayId"]


def attachment(w, gateway):
    made = vpc(w)
    answer = w.ec2("CreateTransitGatewayVpcAttachment", TransitGatewayId=gateway, VpcId=made,
                   SubnetIds=[subnet(w, made)])
    return answer["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]


def transit_table(w, gateway):
    made = w.ec2("CreateTransitGatewayRouteTable", TransitGatewayId=gateway)["TransitGatewayRouteTable"]
    made = made["TransitGatewayRouteTableId"]
    w.look("ec2", "search_transit_gateway_routes", TransitGatewayRouteTableId=made,
           Filters=[{"Name": "state", "Values": ["active", "blackhole"]}])
    w.look("ec2", "get_transit_gateway_route_table_associations", TransitGatewayRouteTableId=made)
    w.look("ec2", "get_transit_gateway_route_table_propagations", TransitGatewayRouteTableId=made)
    return made


@kind("ec2:CreateTransitGateway", deviation="moto leaves the gateway's default route table behind")
def create_transit(w):
    w.client("ec2")
    yield
    transit(w)


@kind("ec2:ModifyTransitGateway")
def modify_transit(w):
    made = transit(w)
    yield
    w.ec2("ModifyTransitGateway", TransitGatewayId=made, Description="new")


@kind("ec2:DeleteTransitGateway", deviation="moto leaves the gateway's default route table behind")
def delete_transit(w):
    made = transit(w)
    yield
    w.ec2("DeleteTransitGateway", TransitGatewayId=made)


@kind("ec2:CreateTransitGatewayVpcAttachment")
def create_attachment(w):
    gateway, made = transit(w), vpc(w)
    one = subnet(w, made)
    yield
    w.ec2("CreateTransitGatewayVpcAttachment", TransitGatewayId=gateway, VpcId=made, SubnetIds=[one])


@kind("ec2:ModifyTransitGatewayVpcAttachment")
def modify_attachment(w):
    gateway, made = transit(w), vpc(w)
    one, other = subnet(w, made), subnet(w, made, "10.0.2.0/24")
    answer = w.ec2("CreateTransitGatewayVpcAttachment", TransitGatewayId=gateway, VpcId=made, SubnetIds=[one])
    made = answer["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    yield
    w.ec2("ModifyTransitGatewayVpcAttachment", TransitGatewayAttachmentId=made, AddSubnetIds=[other])


@kind("ec2:DeleteTransitGatewayVpcAttachment")
def delete_attachment(w):
    made = attachment(w, transit(w))
    yield
    w.ec2("DeleteTransitGatewayVpcAttachment", TransitGatewayAttachmentId=made)


def peered(w):
    one, other = transit(w), transit(w)
    made = w.ec2("CreateTransitGatewayPeeringAttachment", TransitGatewayId=one, PeerTransitGatewayId=other,
                 PeerAccountId="123456789012", PeerRegion="us-east-1")
    return made["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]


@kind("ec2:CreateTransitGatewayPeeringAttachment")
def create_transit_peering(w):
    one, other = transit(w), transit(w)
    yield
    w.ec2("CreateTransitGatewayPeeringAttachment", TransitGatewayId=one, PeerTransitGatewayId=other,
          PeerAccountId="123456789012", PeerRegion="us-east-1")


@kind("ec2:AcceptTransitGatewayPeeringAttachment",
      deviation="accepted once it cannot be pending again: it is deleted")
def accept_transit_peering(w):
    made = peered(w)
    yield
    w.ec2("AcceptTransitGatewayPeeringAttachment", TransitGatewayAttachmentId=made)


@kind("ec2:DeleteTransitGatewayPeeringAttachment")
def delete_transit_peering(w):
    made = peered(w)
    yield
    w.ec2("DeleteTransitGatewayPeeringAttachment", TransitGatewayAttachmentId=made)


@kind("ec2:CreateTransitGatewayRouteTable")
def create_transit_table(w):
    made = transit(w)
    yield
    w.ec2("CreateTransitGatewayRouteTable", TransitGatewayId=made)


@kind("ec2:DeleteTransitGatewayRouteTable")
def delete_transit_table(w):
    made = w.ec2("CreateTransitGatewayRouteTable", TransitGatewayId=transit(w))["TransitGatewayRouteTable"]
    yield
    w.ec2("DeleteTransitGatewayRouteTable", TransitGatewayRouteTableId=made["TransitGatewayRouteTableId"])


def pair(w):
    gateway = transit(w)
    made = transit_table(w, gateway)
    one = attachment(w, gateway)
    return {"TransitGatewayRouteTableId": made, "TransitGatewayAttachmentId": one}


@kind("ec2:AssociateTransitGatewayRouteTable")
def associate_transit(w):
    both = pair(w)
    yield
    w.ec2("AssociateTransitGatewayRouteTable", **both)


@kind("ec2:DisassociateTransitGatewayRouteTable")
def disassociate_transit(w):
    both = pair(w)
    w.ec2("AssociateTransitGatewayRouteTable", **both)
    yield
    w.ec2("DisassociateTransitGatewayRouteTable", **both)


@kind("ec2:EnableTransitGatewayRouteTablePropagation")
def propagate(w):
    both = pair(w)
    yield
    w.ec2("EnableTransitGatewayRouteTablePropagation", **both)


@kind("ec2:DisableTransitGatewayRouteTablePropagation")
def do_not_propagate(w):
    both = pair(w)
    w.ec2("EnableTransitGatewayRouteTablePropagation", **both)
    yield
    w.ec2("DisableTransitGatewayRouteTablePropagation", **both)


@kind("ec2:CreateTransitGatewayRoute")
def create_transit_route(w):
    both = pair(w)
    yield
    w.ec2("CreateTransitGatewayRoute", DestinationCidrBlock="10.7.0.0/16", **both)


@kind("ec2:DeleteTransitGatewayRoute", deviation="moto does not show the attachment of a route")
def delete_transit_route(w):
    both = pair(w)
    w.ec2("CreateTransitGatewayRoute", DestinationCidrBlock="10.7.0.0/16", **both)
    yield
    w.ec2("DeleteTransitGatewayRoute", DestinationCidrBlock="10.7.0.0/16",
          TransitGatewayRouteTableId=both["TransitGatewayRouteTableId"])


def endpoint(w, vpc_id, tables):
    made = w.ec2("CreateVpcEndpoint", VpcId=vpc_id, ServiceName="com.amazonaws.us-east-1.s3",
                 VpcEndpointType="Gateway", RouteTableIds=tables)
    return made["VpcEndpoint"]["VpcEndpointId"]


@kind("ec2:CreateVpcEndpoint")
def create_endpoint(w):
    made = vpc(w)
    one = table(w, made)
    yield
    endpoint(w, made, [one])


@kind("ec2:ModifyVpcEndpoint")
def modify_endpoint(w):
    made = vpc(w)
    one, other = table(w, made), table(w, made)
    gateway = endpoint(w, made, [one])
    yield
    w.ec2("ModifyVpcEndpoint", VpcEndpointId=gateway, AddRouteTableIds=[other])


@kind("ec2:DeleteVpcEndpoints")
def delete_endpoint(w):
    made = vpc(w)
    gateway = endpoint(w, made, [table(w, made)])
    yield
    w.ec2("DeleteVpcEndpoints", VpcEndpointIds=[gateway])


def service(w):
    made = vpc(w)
    balancer = w.call("elbv2", "CreateLoadBalancer", Name="inner", Subnets=[subnet(w, made)], Scheme="internal",
                      Type="network")["LoadBalancers"][0]["LoadBalancerArn"]
    return {"NetworkLoadBalancerArns": [balancer], "AcceptanceRequired": False}


@kind("ec2:CreateVpcEndpointServiceConfiguration")
def create_service(w):
    params = service(w)
    yield
    w.ec2("CreateVpcEndpointServiceConfiguration", **params)


@kind("ec2:DeleteVpcEndpointServiceConfigurations")
def delete_service(w):
    made = w.ec2("CreateVpcEndpointServiceConfiguration", **service(w))["ServiceConfiguration"]["ServiceId"]
    yield
    w.ec2("DeleteVpcEndpointServiceConfigurations", ServiceIds=[made])


@kind("ec2:ModifyVpcEndpointServicePermissions")
def permit(w):
    made = w.ec2("CreateVpcEndpointServiceConfiguration", **service(w))["ServiceConfiguration"]["ServiceId"]
    w.look("ec2", "describe_vpc_endpoint_service_permissions", ServiceId=made)
    yield
    w.ec2("ModifyVpcEndpointServicePermissions", ServiceId=made,
          AddAllowedPrincipals=["arn:aws:iam::210987654321:root"])


def prefixes(w):
    made = w.ec2("CreateManagedPrefixList", PrefixListName="offices", MaxEntries=5, AddressFamily="IPv4",
                 Entries=[{"Cidr": "192.0.2.0/24", "Description": "a"}])
    return made["PrefixList"]["PrefixListId"]


@kind("ec2:CreateManagedPrefixList")
def create_list(w):
    w.client("ec2")
    yield
    prefixes(w)


@kind("ec2:ModifyManagedPrefixList", deviation="moto has no RestoreManagedPrefixListVersion")
def modify_list(w):
    made = prefixes(w)
    w.look("ec2", "get_managed_prefix_list_entries", PrefixListId=made)
    yield
    w.ec2("ModifyManagedPrefixList", PrefixListId=made, CurrentVersion=1,
          AddEntries=[{"Cidr": "198.51.100.0/24"}])


@kind("ec2:DeleteManagedPrefixList")
def delete_list(w):
    made = prefixes(w)
    yield
    w.ec2("DeleteManagedPrefixList", PrefixListId=made)


def vpn_gateway(w):
    return w.ec2("CreateVpnGateway", Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]


def customer_gateway(w):
    made = w.ec2("CreateCustomerGateway", Type="ipsec.1", BgpAsn=65000, IpAddress="192.0.2.7")
    return made["CustomerGateway"]["CustomerGatewayId"]


@kind("ec2:CreateVpnGateway")
def create_vpn_gateway(w):
    w.client("ec2")
    yield
    vpn_gateway(w)


@kind("ec2:DeleteVpnGateway", asks="moto does not say the gateway's own number (AmazonSideAsn)")
def delete_vpn_gateway(w):
    made = vpn_gateway(w)
    yield
    w.ec2("DeleteVpnGateway", VpnGatewayId=made)


@kind("ec2:AttachVpnGateway")
def attach_vpn(w):
    made, one = vpn_gateway(w), vpc(w)
    yield
    w.ec2("AttachVpnGateway", VpnGatewayId=made, VpcId=one)


@kind("ec2:DetachVpnGateway")
def detach_vpn(w):
    made, one = vpn_gateway(w), vpc(w)
    w.ec2("AttachVpnGateway", VpnGatewayId=made, VpcId=one)
    yield
    w.ec2("DetachVpnGateway", VpnGatewayId=made, VpcId=one)


@kind("ec2:CreateCustomerGateway")
def create_customer(w):
    w.client("ec2")
    yield
    customer_gateway(w)


@kind("ec2:DeleteCustomerGateway")
def delete_customer(w):
    made = customer_gateway(w)
    yield
    w.ec2("DeleteCustomerGateway", CustomerGatewayId=made)


@kind("ec2:CreateVpnConnection")
def create_vpn(w):
    one, other = customer_gateway(w), vpn_gateway(w)
    yield
    w.ec2("CreateVpnConnection", Type="ipsec.1", CustomerGatewayId=one, VpnGatewayId=other)


@kind("ec2:DeleteVpnConnection")
def delete_vpn(w):
    made = w.ec2("CreateVpnConnection", Type="ipsec.1", CustomerGatewayId=customer_gateway(w),
                 VpnGatewayId=vpn_gateway(w))["VpnConnection"]["VpnConnectionId"]
    yield
    w.ec2("DeleteVpnConnection", VpnConnectionId=made)


untried("moto has no such call", "ec2:AcceptTransitGatewayVpcAttachment", "ec2:RejectTransitGatewayVpcAttachment",
        "ec2:ReplaceTransitGatewayRoute", "ec2:CreateTransitGatewayPrefixListReference",
        "ec2:ModifyTransitGatewayPrefixListReference", "ec2:DeleteTransitGatewayPrefixListReference",
        "ec2:AcceptVpcEndpointConnections", "ec2:RejectVpcEndpointConnections",
        "ec2:RestoreManagedPrefixListVersion", "ec2:ModifyVpnConnection", "ec2:CreateVpnConnectionRoute",
        "ec2:DeleteVpnConnectionRoute", "ec2:ModifyVpnTunnelOptions",
        "directconnect:CreateDirectConnectGatewayAssociation",
        "directconnect:UpdateDirectConnectGatewayAssociation",
        "directconnect:DeleteDirectConnectGatewayAssociation", "directconnect:DeleteVirtualInterface",
        "network-firewall:AssociateFirewallPolicy", "network-firewall:UpdateFirewallPolicy",
        "network-firewall:UpdateRuleGroup", "network-firewall:AssociateSubnets",
        "network-firewall:DisassociateSubnets", "ram:DisassociateResourceShare", "ram:AssociateResourceShare")
