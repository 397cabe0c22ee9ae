//! VPCs, subnets, DHCP options; internet and egress gateways; NAT gateways and addresses.

use super::super::code::{addresses, gateways, subnets};
use super::super::row::{Row, added, ended, made, removed, set};
use super::super::types::Class::{Exact, Partial};

const VPC: &str = "AWS::EC2::VPC req.VpcId";
const SUBNET: &str = "AWS::EC2::Subnet req.SubnetId";

pub(super) const NETWORKS: &[Row] = &[
    made("CreateVpc", "AWS::EC2::VPC res.Vpc.VpcId", &["DeleteVpc VpcId=id"])
        .notes(&["the VPC must be empty"]),
    made("CreateDefaultVpc", "AWS::EC2::VPC res.Vpc.VpcId", &["DeleteVpc VpcId=id"])
        .class(Partial)
        .code(subnets::end_default_vpc)
        .notes(&["its subnets and its internet gateway go first"]),
    ended(
        "DeleteVpc",
        VPC,
        &[
            "CreateVpc CidrBlock=old.CidrBlock InstanceTenancy?=old.InstanceTenancy \
             TagSpecifications?=tags:vpc",
            "@CidrBlockAssociationSet CidrBlock!=old.CidrBlock AssociateVpcCidrBlock \
             VpcId=step1.Vpc.VpcId CidrBlock=each.CidrBlock",
            "?ModifyVpcAttribute VpcId=step1.Vpc.VpcId EnableDnsSupport.Value=plain:old.EnableDnsSupport",
            "?ModifyVpcAttribute VpcId=step1.Vpc.VpcId \
             EnableDnsHostnames.Value=plain:old.EnableDnsHostnames",
            "?AssociateDhcpOptions DhcpOptionsId=old.DhcpOptionsId VpcId=step1.Vpc.VpcId",
        ],
    )
    .new_id("Vpc.VpcId")
    .lost(&["the ids of the VPC, its main route table, default network ACL and default group"])
    .notes(&["only an empty VPC can be deleted: what was in it was ended before, by other events"]),
    set("ModifyVpcAttribute", VPC, &["ModifyVpcAttribute VpcId=id *"])
        .back(&[
            "EnableDnsSupport.Value=plain:EnableDnsSupport",
            "EnableDnsHostnames.Value=plain:EnableDnsHostnames",
            "EnableNetworkAddressUsageMetrics.Value=plain:EnableNetworkAddressUsageMetrics",
        ])
        .notes(&["the DNS attributes decide over private DNS of endpoints and the VPC's resolver"]),
    added(
        "AssociateVpcCidrBlock",
        VPC,
        &[
            "CidrBlockAssociationSet[{res.CidrBlockAssociation.AssociationId}]",
            "Ipv6CidrBlockAssociationSet[{res.Ipv6CidrBlockAssociation.AssociationId}]",
        ],
        &["DisassociateVpcCidrBlock AssociationId=res.CidrBlockAssociation.AssociationId\
          |res.Ipv6CidrBlockAssociation.AssociationId"],
    )
    .notes(&["it fails once subnets use the block"]),
    removed(
        "DisassociateVpcCidrBlock",
        "AWS::EC2::VPC res.VpcId|?CidrBlockAssociationSet[].AssociationId=req.AssociationId\
         |?Ipv6CidrBlockAssociationSet[].AssociationId=req.AssociationId",
        &[],
        &["AssociateVpcCidrBlock VpcId=id CidrBlock=res.CidrBlockAssociation.CidrBlock\
          |old.CidrBlockAssociationSet[{req.AssociationId}].CidrBlock"],
    )
    .code(subnets::cidr_back)
    .lost(&["the association's id"]),
    made("CreateSubnet", "AWS::EC2::Subnet res.Subnet.SubnetId", &["DeleteSubnet SubnetId=id"])
        .notes(&["the subnet must be empty"]),
    made(
        "CreateDefaultSubnet",
        "AWS::EC2::Subnet res.Subnet.SubnetId",
        &["DeleteSubnet SubnetId=id"],
    ),
    ended(
        "DeleteSubnet",
        SUBNET,
        &[
            "CreateSubnet VpcId=old.VpcId CidrBlock=old.CidrBlock \
             AvailabilityZoneId=old.AvailabilityZoneId Ipv6CidrBlock?=old.Ipv6CidrBlock \
             TagSpecifications?=tags:subnet",
            "?ModifySubnetAttribute SubnetId=step1.Subnet.SubnetId \
             MapPublicIpOnLaunch.Value=old.MapPublicIpOnLaunch",
            "?ModifySubnetAttribute SubnetId=step1.Subnet.SubnetId \
             AssignIpv6AddressOnCreation.Value=old.AssignIpv6AddressOnCreation",
        ],
    )
    .code(subnets::subnet_back)
    .new_id("Subnet.SubnetId")
    .lost(&["the subnet's id"]),
    set("ModifySubnetAttribute", SUBNET, &["ModifySubnetAttribute SubnetId=id *"]).back(&[
        "MapPublicIpOnLaunch.Value=MapPublicIpOnLaunch",
        "AssignIpv6AddressOnCreation.Value=AssignIpv6AddressOnCreation",
        "EnableDns64.Value=EnableDns64",
        "MapCustomerOwnedIpOnLaunch.Value=MapCustomerOwnedIpOnLaunch",
        "CustomerOwnedIpv4Pool=CustomerOwnedIpv4Pool",
        "PrivateDnsHostnameTypeOnLaunch=PrivateDnsNameOptionsOnLaunch.HostnameType",
    ]),
    added(
        "AssociateSubnetCidrBlock",
        SUBNET,
        &["Ipv6CidrBlockAssociationSet[{res.Ipv6CidrBlockAssociation.AssociationId}]"],
        &["DisassociateSubnetCidrBlock AssociationId=res.Ipv6CidrBlockAssociation.AssociationId"],
    ),
    removed(
        "DisassociateSubnetCidrBlock",
        "AWS::EC2::Subnet res.SubnetId\
         |?Ipv6CidrBlockAssociationSet[].AssociationId=req.AssociationId",
        &["Ipv6CidrBlockAssociationSet[{req.AssociationId}]"],
        &["AssociateSubnetCidrBlock SubnetId=id \
          Ipv6CidrBlock=res.Ipv6CidrBlockAssociation.Ipv6CidrBlock\
          |old.Ipv6CidrBlockAssociationSet[{req.AssociationId}].Ipv6CidrBlock"],
    )
    .lost(&["the association's id"]),
    made(
        "CreateDhcpOptions",
        "AWS::EC2::DHCPOptions res.DhcpOptions.DhcpOptionsId",
        &["DeleteDhcpOptions DhcpOptionsId=id"],
    ),
    set(
        "AssociateDhcpOptions",
        VPC,
        &["AssociateDhcpOptions DhcpOptionsId=old.DhcpOptionsId|:\"default\" VpcId=id"],
    )
    .touches(&["DhcpOptionsId"])
    .notes(&["hosts keep their lease until they renew it"]),
    ended(
        "DeleteDhcpOptions",
        "AWS::EC2::DHCPOptions req.DhcpOptionsId",
        &["CreateDhcpOptions DhcpConfigurations=plain:old.DhcpConfigurations \
          TagSpecifications?=tags:dhcp-options"],
    )
    .new_id("DhcpOptions.DhcpOptionsId")
    .lost(&["the id of the option set"]),
];

pub(super) const GATEWAYS: &[Row] = &[
    made(
        "CreateInternetGateway",
        "AWS::EC2::InternetGateway res.InternetGateway.InternetGatewayId",
        &["DeleteInternetGateway InternetGatewayId=id"],
    )
    .notes(&["it must be detached first"]),
    ended(
        "DeleteInternetGateway",
        "AWS::EC2::InternetGateway req.InternetGatewayId",
        &["CreateInternetGateway TagSpecifications?=tags:internet-gateway"],
    )
    .code(gateways::internet_gateway_back)
    .new_id("InternetGateway.InternetGatewayId")
    .lost(&["the gateway's id"]),
    added(
        "AttachInternetGateway",
        "AWS::EC2::InternetGateway req.InternetGatewayId",
        &["Attachments[{req.VpcId}]"],
        &["DetachInternetGateway InternetGatewayId=id VpcId=req.VpcId"],
    )
    .notes(&["it fails while public addresses in the VPC are in use"]),
    removed(
        "DetachInternetGateway",
        "AWS::EC2::InternetGateway req.InternetGatewayId",
        &["Attachments[{req.VpcId}]"],
        &["AttachInternetGateway InternetGatewayId=id VpcId=req.VpcId"],
    )
    .notes(&["its routes become active again"]),
    made(
        "CreateEgressOnlyInternetGateway",
        "AWS::EC2::EgressOnlyInternetGateway \
         res.EgressOnlyInternetGateway.EgressOnlyInternetGatewayId",
        &["DeleteEgressOnlyInternetGateway EgressOnlyInternetGatewayId=id"],
    ),
    ended(
        "DeleteEgressOnlyInternetGateway",
        "AWS::EC2::EgressOnlyInternetGateway req.EgressOnlyInternetGatewayId",
        &["CreateEgressOnlyInternetGateway VpcId=old.Attachments[#0].VpcId \
          TagSpecifications?=tags:egress-only-internet-gateway"],
    )
    .code(gateways::egress_gateway_back)
    .new_id("EgressOnlyInternetGateway.EgressOnlyInternetGatewayId")
    .lost(&["the gateway's id"]),
    set(
        "ModifyVpcBlockPublicAccessOptions",
        "AWS::EC2::VPCBlockPublicAccessOptions :\"options\"",
        &["ModifyVpcBlockPublicAccessOptions *"],
    )
    .back(&["InternetGatewayBlockMode"])
    .widens()
    .notes(&["it takes minutes, and an organization's policy may forbid it"]),
    made(
        "CreateVpcBlockPublicAccessExclusion",
        "AWS::EC2::VPCBlockPublicAccessExclusion res.VpcBlockPublicAccessExclusion.ExclusionId",
        &["DeleteVpcBlockPublicAccessExclusion ExclusionId=id"],
    ),
    set(
        "ModifyVpcBlockPublicAccessExclusion",
        "AWS::EC2::VPCBlockPublicAccessExclusion req.ExclusionId",
        &["ModifyVpcBlockPublicAccessExclusion ExclusionId=id *"],
    )
    .back(&["InternetGatewayExclusionMode"]),
    ended(
        "DeleteVpcBlockPublicAccessExclusion",
        "AWS::EC2::VPCBlockPublicAccessExclusion req.ExclusionId",
        &["CreateVpcBlockPublicAccessExclusion VpcId?=arn:vpc:old.ResourceArn \
          SubnetId?=arn:subnet:old.ResourceArn \
          InternetGatewayExclusionMode=old.InternetGatewayExclusionMode"],
    )
    .class(Exact)
    .new_id("VpcBlockPublicAccessExclusion.ExclusionId")
    .lost(&["the exclusion's id"]),
];

pub(super) const ADDRESSES: &[Row] = &[
    made(
        "CreateNatGateway",
        "AWS::EC2::NatGateway res.NatGateway.NatGatewayId",
        &["DeleteNatGateway NatGatewayId=id"],
    )
    .notes(&["its elastic address is disassociated, not released"]),
    ended("DeleteNatGateway", "AWS::EC2::NatGateway req.NatGatewayId", gateways::NAT_PUBLIC)
        .code(gateways::nat_gateway_back)
        .new_id("NatGateway.NatGatewayId")
        .wait("nat-gateway-available", "NatGatewayIds")
        .lost(&["the gateway's id; its public address is the same only if it is still held"]),
    added(
        "AssociateNatGatewayAddress",
        "AWS::EC2::NatGateway req.NatGatewayId",
        &[],
        &["DisassociateNatGatewayAddress NatGatewayId=id \
          AssociationIds=map:was.NatGatewayAddresses/AllocationId/req.AllocationIds/AssociationId\
          |map:now.NatGatewayAddresses/AllocationId/req.AllocationIds/AssociationId"],
    ),
    removed(
        "DisassociateNatGatewayAddress",
        "AWS::EC2::NatGateway req.NatGatewayId",
        &[],
        &["AssociateNatGatewayAddress NatGatewayId=id \
          AllocationIds=map:old.NatGatewayAddresses/AssociationId/req.AssociationIds/AllocationId"],
    )
    .lost(&["the associations' ids"]),
    added(
        "AssignPrivateNatGatewayAddress",
        "AWS::EC2::NatGateway req.NatGatewayId",
        &[],
        &["UnassignPrivateNatGatewayAddress NatGatewayId=id \
          PrivateIpAddresses=req.PrivateIpAddresses|res.NatGatewayAddresses[].PrivateIp"],
    ),
    removed(
        "UnassignPrivateNatGatewayAddress",
        "AWS::EC2::NatGateway req.NatGatewayId",
        &[],
        &["AssignPrivateNatGatewayAddress NatGatewayId=id \
          PrivateIpAddresses=req.PrivateIpAddresses"],
    )
    .notes(&["another may have taken the address"]),
    made("AllocateAddress", "AWS::EC2::EIP res.AllocationId", &["ReleaseAddress AllocationId=id"])
        .notes(&["it must not be associated"]),
    ended(
        "ReleaseAddress",
        "AWS::EC2::EIP req.AllocationId|?PublicIp=req.PublicIp",
        &["AllocateAddress Domain=:\"vpc\" Address=old.PublicIp|req.PublicIp \
          TagSpecifications?=tags:elastic-ip"],
    )
    .class(Partial)
    .new_id("AllocationId")
    .lost(&["the address, unless AWS can still give it back: for a time, and never promised"]),
    added(
        "AssociateAddress",
        "AWS::EC2::EIP req.AllocationId|?PublicIp=req.PublicIp",
        &["AssociationId"],
        &["DisassociateAddress AssociationId=res.AssociationId"],
    )
    .class(Partial)
    .code(addresses::disassociate)
    .lost(&["an address that AWS had assigned by itself and this one displaced"]),
    removed(
        "DisassociateAddress",
        "AWS::EC2::EIP ?AssociationId=req.AssociationId|?PublicIp=req.PublicIp",
        &["AssociationId"],
        &["AssociateAddress AllocationId=id NetworkInterfaceId=old.NetworkInterfaceId \
          PrivateIpAddress?=old.PrivateIpAddress"],
    )
    .lost(&["the association's id"]),
];
