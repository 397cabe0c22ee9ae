//! Route tables, network ACLs and security groups.

use super::super::code::{associations, groups, routes};
use super::super::row::{Row, added, ended, made, removed, set};

const TABLE: &str = "AWS::EC2::RouteTable req.RouteTableId";
const ACL: &str = "AWS::EC2::NetworkAcl req.NetworkAclId";
const GROUP: &str = "AWS::EC2::SecurityGroup req.GroupId|?GroupName=req.GroupName";

pub(super) const ROUTES: &[Row] = &[
    made(
        "CreateRouteTable",
        "AWS::EC2::RouteTable res.RouteTable.RouteTableId",
        &["DeleteRouteTable RouteTableId=id"],
    )
    .notes(&["no subnet may be associated with it"]),
    ended(
        "DeleteRouteTable",
        TABLE,
        &[
            "CreateRouteTable VpcId=old.VpcId TagSpecifications?=tags:route-table",
            "@PropagatingVgws EnableVgwRoutePropagation RouteTableId=step1.RouteTable.RouteTableId \
             GatewayId=each.GatewayId",
        ],
    )
    .code(routes::table_back)
    .new_id("RouteTable.RouteTableId")
    .lost(&["the table's id; gateway endpoints that listed it must be pointed at the new one"]),
    added(
        "AssociateRouteTable",
        TABLE,
        &["Associations[{res.AssociationId}]"],
        &["DisassociateRouteTable AssociationId=res.AssociationId"],
    )
    .notes(&["the subnet falls back to the main route table"]),
    removed(
        "DisassociateRouteTable",
        "AWS::EC2::RouteTable ?Associations[].RouteTableAssociationId=req.AssociationId",
        &["Associations[{req.AssociationId}]"],
        &["AssociateRouteTable RouteTableId=id \
          SubnetId?=old.Associations[{req.AssociationId}].SubnetId \
          GatewayId?=old.Associations[{req.AssociationId}].GatewayId"],
    )
    .lost(&["the association's id"]),
    set(
        "ReplaceRouteTableAssociation",
        "AWS::EC2::RouteTable ?Associations[].RouteTableAssociationId=req.AssociationId",
        &["ReplaceRouteTableAssociation AssociationId=res.NewAssociationId RouteTableId=id"],
    )
    .code(associations::route_table)
    .notes(&["a change of the main table moves every subnet without a table of its own"]),
    added(
        "CreateRoute",
        TABLE,
        &["Routes[{destination}]"],
        &["DeleteRoute RouteTableId=id DestinationCidrBlock?=req.DestinationCidrBlock \
          DestinationIpv6CidrBlock?=req.DestinationIpv6CidrBlock \
          DestinationPrefixListId?=req.DestinationPrefixListId"],
    )
    .notes(&["a propagated route for the same destination, if any, is uncovered"]),
    set("ReplaceRoute", TABLE, &["ReplaceRoute"])
        .touches(&["Routes[{destination}]"])
        .code(routes::target_back),
    removed("DeleteRoute", TABLE, &["Routes[{destination}]"], &["CreateRoute"])
        .code(routes::target_back),
    added(
        "EnableVgwRoutePropagation",
        TABLE,
        &["PropagatingVgws[{req.GatewayId}]"],
        &["DisableVgwRoutePropagation RouteTableId=id GatewayId=req.GatewayId"],
    ),
    removed(
        "DisableVgwRoutePropagation",
        TABLE,
        &["PropagatingVgws[{req.GatewayId}]"],
        &["EnableVgwRoutePropagation RouteTableId=id GatewayId=req.GatewayId"],
    ),
];

/// An entry of the prior ACL, as the calls take it.
macro_rules! old_entry {
    ($call:literal) => {
        concat!(
            $call,
            " NetworkAclId=id RuleNumber=req.RuleNumber Egress=req.Egress",
            " Protocol=old.Entries[{acl}].Protocol RuleAction=old.Entries[{acl}].RuleAction",
            " CidrBlock?=old.Entries[{acl}].CidrBlock",
            " Ipv6CidrBlock?=old.Entries[{acl}].Ipv6CidrBlock",
            " PortRange?=old.Entries[{acl}].PortRange",
            " IcmpTypeCode?=old.Entries[{acl}].IcmpTypeCode",
        )
    };
}

pub(super) const ACLS: &[Row] = &[
    made(
        "CreateNetworkAcl",
        "AWS::EC2::NetworkAcl res.NetworkAcl.NetworkAclId",
        &["DeleteNetworkAcl NetworkAclId=id"],
    )
    .notes(&["no subnet may be associated with it"]),
    ended(
        "DeleteNetworkAcl",
        ACL,
        &[
            "CreateNetworkAcl VpcId=old.VpcId TagSpecifications?=tags:network-acl",
            "@Entries RuleNumber!=:32767 CreateNetworkAclEntry \
             NetworkAclId=step1.NetworkAcl.NetworkAclId RuleNumber=each.RuleNumber \
             Egress=each.Egress Protocol=each.Protocol RuleAction=each.RuleAction \
             CidrBlock?=each.CidrBlock Ipv6CidrBlock?=each.Ipv6CidrBlock \
             PortRange?=each.PortRange IcmpTypeCode?=each.IcmpTypeCode",
        ],
    )
    .new_id("NetworkAcl.NetworkAclId")
    .lost(&["the ACL's id"]),
    added(
        "CreateNetworkAclEntry",
        ACL,
        &["Entries[{acl}]"],
        &["DeleteNetworkAclEntry NetworkAclId=id RuleNumber=req.RuleNumber Egress=req.Egress"],
    )
    .notes(&["the first matching number wins: later entries may come into force"]),
    set("ReplaceNetworkAclEntry", ACL, &[old_entry!("ReplaceNetworkAclEntry")])
        .touches(&["Entries[{acl}]"]),
    removed(
        "DeleteNetworkAclEntry",
        ACL,
        &["Entries[{acl}]"],
        &[old_entry!("CreateNetworkAclEntry")],
    ),
    set(
        "ReplaceNetworkAclAssociation",
        "AWS::EC2::NetworkAcl ?Associations[].NetworkAclAssociationId=req.AssociationId",
        &["ReplaceNetworkAclAssociation AssociationId=res.NewAssociationId NetworkAclId=id"],
    )
    .code(associations::network_acl)
    .notes(&["an association made with its subnet is in no event: only a description tells it"]),
];

pub(super) const GROUPS: &[Row] = &[
    made(
        "CreateSecurityGroup",
        "AWS::EC2::SecurityGroup res.GroupId",
        &["DeleteSecurityGroup GroupId=id"],
    )
    .notes(&["it must not be in use, nor named by a rule"]),
    ended(
        "DeleteSecurityGroup",
        GROUP,
        &["CreateSecurityGroup GroupName=old.GroupName Description=old.Description \
          VpcId?=old.VpcId TagSpecifications?=tags:security-group"],
    )
    .code(groups::group_back)
    .new_id("GroupId")
    .lost(&[
        "the ids of the group and of its rules",
        "references in peered VPCs, launch templates and policies are not repaired",
    ]),
    added("AuthorizeSecurityGroupIngress", GROUP, &[], &["RevokeSecurityGroupIngress GroupId=id"])
        .code(groups::revoke),
    added("AuthorizeSecurityGroupEgress", GROUP, &[], &["RevokeSecurityGroupEgress GroupId=id"])
        .code(groups::revoke),
    removed(
        "RevokeSecurityGroupIngress",
        GROUP,
        &[],
        &["AuthorizeSecurityGroupIngress GroupId=id"],
    )
    .code(groups::authorize)
    .lost(&["the rules' ids"]),
    removed("RevokeSecurityGroupEgress", GROUP, &[], &["AuthorizeSecurityGroupEgress GroupId=id"])
        .code(groups::authorize)
        .lost(&["the rules' ids"]),
    set("ModifySecurityGroupRules", GROUP, &["ModifySecurityGroupRules GroupId=id"])
        .code(groups::rules_back),
    set(
        "UpdateSecurityGroupRuleDescriptionsIngress",
        GROUP,
        &["UpdateSecurityGroupRuleDescriptionsIngress GroupId=id"],
    )
    .code(groups::descriptions_back)
    .notes(&["no effect on traffic"]),
    set(
        "UpdateSecurityGroupRuleDescriptionsEgress",
        GROUP,
        &["UpdateSecurityGroupRuleDescriptionsEgress GroupId=id"],
    )
    .code(groups::descriptions_back)
    .notes(&["no effect on traffic"]),
    added(
        "AssociateSecurityGroupVpc",
        GROUP,
        &["SecurityGroupVpcAssociations[{req.VpcId}]"],
        &["DisassociateSecurityGroupVpc GroupId=id VpcId=req.VpcId"],
    ),
    removed(
        "DisassociateSecurityGroupVpc",
        GROUP,
        &["SecurityGroupVpcAssociations[{req.VpcId}]"],
        &["AssociateSecurityGroupVpc GroupId=id VpcId=req.VpcId"],
    ),
];
