"""VPCs, subnets, routes, gateways, addresses, ACLs, security groups."""

from undo_kinds import kind, untried

ANY = "0.0.0.0/0"


def vpc(w, cidr="10.0.0.0/16"):
    return w.ec2("CreateVpc", CidrBlock=cidr)["Vpc"]["VpcId"]


def subnet(w, vpc_id, cidr="10.0.1.0/24", **more):
    return w.ec2("CreateSubnet", VpcId=vpc_id, CidrBlock=cidr, **more)["Subnet"]["SubnetId"]


def table(w, vpc_id):
    return w.ec2("CreateRouteTable", VpcId=vpc_id)["RouteTable"]["RouteTableId"]


def gateway(w, vpc_id=None):
    made = w.ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    if vpc_id:
        w.ec2("AttachInternetGateway", VpcId=vpc_id, InternetGatewayId=made)
    return made


def address(w):
    return w.ec2("AllocateAddress", Domain="vpc")["AllocationId"]


def interface(w, subnet_id, **more):
    return w.ec2("CreateNetworkInterface", SubnetId=subnet_id, **more)["NetworkInterface"]["NetworkInterfaceId"]


def group(w, vpc_id, name="web"):
    return w.ec2("CreateSecurityGroup", GroupName=name, Description="example", VpcId=vpc_id)["GroupId"]


def acl(w, vpc_id):
    return w.ec2("CreateNetworkAcl", VpcId=vpc_id)["NetworkAcl"]["NetworkAclId"]


def nat(w, subnet_id):
    made = w.ec2("CreateNatGateway", SubnetId=subnet_id, AllocationId=address(w))
    return made["NatGateway"]["NatGatewayId"]


@kind("ec2:CreateVpc", deviation="moto leaves the VPC's default ACL behind")
def create_vpc(w):
    w.client("ec2")
    yield
    vpc(w)


def settled_vpc(w):
    """A VPC whose attributes records tell."""
    made = vpc(w)
    w.ec2("ModifyVpcAttribute", VpcId=made, EnableDnsSupport={"Value": True})
    w.ec2("ModifyVpcAttribute", VpcId=made, EnableDnsHostnames={"Value": False})
    return made


@kind("ec2:DeleteVpc", deviation="moto leaves the VPC's default ACL behind")
def delete_vpc(w):
    made = settled_vpc(w)
    yield
    w.ec2("DeleteVpc", VpcId=made)


@kind("ec2:ModifyVpcAttribute")
def modify_vpc_attribute(w):
    made = settled_vpc(w)
    w.look("ec2", "describe_vpc_attribute", VpcId=made, Attribute="enableDnsHostnames")
    yield
    w.ec2("ModifyVpcAttribute", VpcId=made, EnableDnsHostnames={"Value": True})


@kind("ec2:AssociateVpcCidrBlock")
def associate_vpc_cidr(w):
    made = vpc(w)
    yield
    w.ec2("AssociateVpcCidrBlock", VpcId=made, CidrBlock="10.1.0.0/16")


@kind("ec2:DisassociateVpcCidrBlock")
def disassociate_vpc_cidr(w):
    answer = w.ec2("AssociateVpcCidrBlock", VpcId=vpc(w), CidrBlock="10.1.0.0/16")
    yield
    w.ec2("DisassociateVpcCidrBlock", AssociationId=answer["CidrBlockAssociation"]["AssociationId"])


@kind("ec2:CreateSubnet", deviation="moto leaves the subnet's association with an ACL behind")
def create_subnet(w):
    made = vpc(w)
    yield
    subnet(w, made)


@kind("ec2:DeleteSubnet", deviation="moto leaves the association with an ACL behind, and counts a subnet with a named zone as a default one")
def delete_subnet(w):
    made = subnet(w, vpc(w))
    w.ec2("ModifySubnetAttribute", SubnetId=made, MapPublicIpOnLaunch={"Value": True})
    yield
    w.ec2("DeleteSubnet", SubnetId=made)


@kind("ec2:ModifySubnetAttribute")
def modify_subnet(w):
    made = subnet(w, vpc(w))
    yield
    w.ec2("ModifySubnetAttribute", SubnetId=made, MapPublicIpOnLaunch={"Value": True})


def dual(w):
    made = w.ec2("CreateVpc", CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    block = made["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    return made["VpcId"], block.replace("/56", "/64")


@kind("ec2:AssociateSubnetCidrBlock")
def associate_subnet_cidr(w):
    vpc_id, block = dual(w)
    made = subnet(w, vpc_id)
    yield
    w.ec2("AssociateSubnetCidrBlock", SubnetId=made, Ipv6CidrBlock=block)


@kind("ec2:DisassociateSubnetCidrBlock")
def disassociate_subnet_cidr(w):
    vpc_id, block = dual(w)
    answer = w.ec2("AssociateSubnetCidrBlock", SubnetId=subnet(w, vpc_id), Ipv6CidrBlock=block)
    yield
    w.ec2("DisassociateSubnetCidrBlock", AssociationId=answer["Ipv6CidrBlockAssociation"]["AssociationId"])


def options(w):
    made = w.ec2("CreateDhcpOptions", DhcpConfigurations=[{"Key": "domain-name", "Values": ["example.com"]}])
    return made["DhcpOptions"]["DhcpOptionsId"]


@kind("ec2:CreateDhcpOptions")
def create_dhcp(w):
    w.client("ec2")
    yield
    options(w)


@kind("ec2:AssociateDhcpOptions")
def associate_dhcp(w):
    made, one, other = vpc(w), options(w), options(w)
    w.ec2("AssociateDhcpOptions", VpcId=made, DhcpOptionsId=one)
    yield
    w.ec2("AssociateDhcpOptions", VpcId=made, DhcpOptionsId=other)


@kind("ec2:DeleteDhcpOptions")
def delete_dhcp(w):
    made = options(w)
    yield
    w.ec2("DeleteDhcpOptions", DhcpOptionsId=made)


@kind("ec2:CreateRouteTable")
def create_table(w):
    made = vpc(w)
    yield
    table(w, made)


@kind("ec2:DeleteRouteTable")
def delete_table(w):
    made = vpc(w)
    routes = table(w, made)
    w.ec2("CreateRoute", RouteTableId=routes, DestinationCidrBlock=ANY, GatewayId=gateway(w, made))
    yield
    w.ec2("DeleteRouteTable", RouteTableId=routes)


@kind("ec2:AssociateRouteTable")
def associate_table(w):
    made = vpc(w)
    one, routes = subnet(w, made), table(w, made)
    yield
    w.ec2("AssociateRouteTable", RouteTableId=routes, SubnetId=one)


@kind("ec2:DisassociateRouteTable")
def disassociate_table(w):
    made = vpc(w)
    answer = w.ec2("AssociateRouteTable", RouteTableId=table(w, made), SubnetId=subnet(w, made))
    yield
    w.ec2("DisassociateRouteTable", AssociationId=answer["AssociationId"])


@kind("ec2:ReplaceRouteTableAssociation")
def replace_association(w):
    made = vpc(w)
    answer = w.ec2("AssociateRouteTable", RouteTableId=table(w, made), SubnetId=subnet(w, made))
    other = table(w, made)
    yield
    w.ec2("ReplaceRouteTableAssociation", AssociationId=answer["AssociationId"], RouteTableId=other)


def routed(w):
    made = vpc(w)
    routes, inner = table(w, made), gateway(w, made)
    return made, routes, inner


@kind("ec2:CreateRoute")
def create_route(w):
    _, routes, inner = routed(w)
    yield
    w.ec2("CreateRoute", RouteTableId=routes, DestinationCidrBlock=ANY, GatewayId=inner)


@kind("ec2:ReplaceRoute")
def replace_route(w):
    made, routes, inner = routed(w)
    other = interface(w, subnet(w, made))
    w.ec2("CreateRoute", RouteTableId=routes, DestinationCidrBlock=ANY, GatewayId=inner)
    yield
    w.ec2("ReplaceRoute", RouteTableId=routes, DestinationCidrBlock=ANY, NetworkInterfaceId=other)


@kind("ec2:DeleteRoute")
def delete_route(w):
    _, routes, inner = routed(w)
    w.ec2("CreateRoute", RouteTableId=routes, DestinationCidrBlock=ANY, GatewayId=inner)
    yield
    w.ec2("DeleteRoute", RouteTableId=routes, DestinationCidrBlock=ANY)


@kind("ec2:CreateInternetGateway")
def create_gateway(w):
    w.client("ec2")
    yield
    gateway(w)


@kind("ec2:DeleteInternetGateway")
def delete_gateway(w):
    one = gateway(w)
    yield
    w.ec2("DeleteInternetGateway", InternetGatewayId=one)


@kind("ec2:AttachInternetGateway")
def attach_gateway(w):
    made, one = vpc(w), gateway(w)
    yield
    w.ec2("AttachInternetGateway", VpcId=made, InternetGatewayId=one)


@kind("ec2:DetachInternetGateway")
def detach_gateway(w):
    made = vpc(w)
    one = gateway(w, made)
    yield
    w.ec2("DetachInternetGateway", VpcId=made, InternetGatewayId=one)


def egress_gateway(w, vpc_id):
    made = w.ec2("CreateEgressOnlyInternetGateway", VpcId=vpc_id)
    return made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]


@kind("ec2:CreateEgressOnlyInternetGateway")
def create_egress(w):
    made = vpc(w)
    yield
    egress_gateway(w, made)


@kind("ec2:DeleteEgressOnlyInternetGateway")
def delete_egress(w):
    made = egress_gateway(w, vpc(w))
    yield
    w.ec2("DeleteEgressOnlyInternetGateway", EgressOnlyInternetGatewayId=made)


@kind("ec2:CreateNatGateway", deviation="moto leaves the gateway's interface behind")
def create_nat(w):
    one, allocation = subnet(w, vpc(w)), address(w)
    yield
    w.ec2("CreateNatGateway", SubnetId=one, AllocationId=allocation)


@kind("ec2:DeleteNatGateway", deviation="moto does not let go of the address of a deleted gateway")
def delete_nat(w):
    made = vpc(w)
    one = nat(w, subnet(w, made))
    w.ec2("CreateRoute", RouteTableId=table(w, made), DestinationCidrBlock=ANY, NatGatewayId=one)
    yield
    w.ec2("DeleteNatGateway", NatGatewayId=one)


@kind("ec2:AllocateAddress")
def allocate(w):
    w.client("ec2")
    yield
    address(w)


@kind("ec2:ReleaseAddress")
def release(w):
    made = address(w)
    yield
    w.ec2("ReleaseAddress", AllocationId=made)


@kind("ec2:AssociateAddress")
def associate_address(w):
    one, allocation = interface(w, subnet(w, vpc(w))), address(w)
    yield
    w.ec2("AssociateAddress", AllocationId=allocation, NetworkInterfaceId=one)


@kind("ec2:DisassociateAddress")
def disassociate_address(w):
    one, allocation = interface(w, subnet(w, vpc(w))), address(w)
    private = w.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[one])["NetworkInterfaces"][0]
    made = w.ec2("AssociateAddress", AllocationId=allocation, NetworkInterfaceId=one,
                 PrivateIpAddress=private["PrivateIpAddress"])
    yield
    w.ec2("DisassociateAddress", AssociationId=made["AssociationId"])


def entry(w, acl_id, call="CreateNetworkAclEntry", number=100, action="allow", cidr="10.0.0.0/8"):
    w.ec2(call, NetworkAclId=acl_id, RuleNumber=number, Protocol="6", RuleAction=action, Egress=False,
          CidrBlock=cidr, PortRange={"From": 443, "To": 443})


@kind("ec2:CreateNetworkAcl")
def create_acl(w):
    made = vpc(w)
    yield
    acl(w, made)


@kind("ec2:DeleteNetworkAcl")
def delete_acl(w):
    made = acl(w, vpc(w))
    entry(w, made)
    yield
    w.ec2("DeleteNetworkAcl", NetworkAclId=made)


@kind("ec2:CreateNetworkAclEntry")
def create_entry(w):
    made = acl(w, vpc(w))
    yield
    entry(w, made)


@kind("ec2:ReplaceNetworkAclEntry")
def replace_entry(w):
    made = acl(w, vpc(w))
    entry(w, made)
    yield
    entry(w, made, "ReplaceNetworkAclEntry", action="deny")


@kind("ec2:DeleteNetworkAclEntry")
def delete_entry(w):
    made = acl(w, vpc(w))
    entry(w, made)
    yield
    w.ec2("DeleteNetworkAclEntry", NetworkAclId=made, RuleNumber=100, Egress=False)


@kind("ec2:ReplaceNetworkAclAssociation")
def replace_acl(w):
    made = vpc(w)
    one, first, second = subnet(w, made), acl(w, made), acl(w, made)
    shown = w.client("ec2").describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [one]}])
    default = shown["NetworkAcls"][0]["Associations"][0]["NetworkAclAssociationId"]
    answer = w.ec2("ReplaceNetworkAclAssociation", AssociationId=default, NetworkAclId=first)
    yield
    w.ec2("ReplaceNetworkAclAssociation", AssociationId=answer["NewAssociationId"], NetworkAclId=second)


def permission(port=443, cidr="10.0.0.0/8", **more):
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr, **more}]}


@kind("ec2:CreateSecurityGroup")
def create_group(w):
    made = vpc(w)
    yield
    group(w, made)


@kind("ec2:DeleteSecurityGroup")
def delete_group(w):
    made = group(w, vpc(w))
    w.ec2("AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=[permission()])
    yield
    w.ec2("DeleteSecurityGroup", GroupId=made)


@kind("ec2:AuthorizeSecurityGroupIngress")
def authorize(w):
    made = group(w, vpc(w))
    w.ec2("AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=[permission()])
    yield
    w.ec2("AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=[permission(22, ANY)])


@kind("ec2:AuthorizeSecurityGroupEgress")
def authorize_egress(w):
    made = group(w, vpc(w))
    yield
    w.ec2("AuthorizeSecurityGroupEgress", GroupId=made, IpPermissions=[permission()])


@kind("ec2:RevokeSecurityGroupIngress")
def revoke(w):
    made = group(w, vpc(w))
    w.ec2("AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=[permission(), permission(22)])
    yield
    w.ec2("RevokeSecurityGroupIngress", GroupId=made, IpPermissions=[permission()])


@kind("ec2:RevokeSecurityGroupEgress")
def revoke_egress(w):
    made = group(w, vpc(w))
    w.ec2("AuthorizeSecurityGroupEgress", GroupId=made, IpPermissions=[permission()])
    yield
    w.ec2("RevokeSecurityGroupEgress", GroupId=made, IpPermissions=[permission()])


@kind("ec2:ModifySecurityGroupRules")
def modify_rules(w):
    made = group(w, vpc(w))
    answer = w.ec2("AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=[permission()])
    rule = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    yield
    w.ec2("ModifySecurityGroupRules", GroupId=made, SecurityGroupRules=[{
        "SecurityGroupRuleId": rule,
        "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "192.0.2.0/24"},
    }])


@kind("ec2:UpdateSecurityGroupRuleDescriptionsIngress")
def describe_ingress(w):
    made = group(w, vpc(w))
    w.ec2("AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=[permission(Description="old")])
    yield
    w.ec2("UpdateSecurityGroupRuleDescriptionsIngress", GroupId=made, IpPermissions=[permission(Description="new")])


@kind("ec2:UpdateSecurityGroupRuleDescriptionsEgress")
def describe_egress(w):
    made = group(w, vpc(w))
    w.ec2("AuthorizeSecurityGroupEgress", GroupId=made, IpPermissions=[permission(Description="old")])
    yield
    w.ec2("UpdateSecurityGroupRuleDescriptionsEgress", GroupId=made, IpPermissions=[permission(Description="new")])


untried("moto has no such call", "ec2:EnableVgwRoutePropagation", "ec2:DisableVgwRoutePropagation",
        "ec2:ModifyVpcBlockPublicAccessOptions", "ec2:CreateVpcBlockPublicAccessExclusion",
        "ec2:ModifyVpcBlockPublicAccessExclusion", "ec2:DeleteVpcBlockPublicAccessExclusion",
        "ec2:AssociateNatGatewayAddress", "ec2:DisassociateNatGatewayAddress",
        "ec2:AssignPrivateNatGatewayAddress", "ec2:UnassignPrivateNatGatewayAddress",
        "ec2:AssociateSecurityGroupVpc", "ec2:DisassociateSecurityGroupVpc")
untried("the simulated account has default ones already, of which there is no record",
        "ec2:CreateDefaultVpc", "ec2:CreateDefaultSubnet")
