//! Network interfaces and instances, VPC peering, tags and flow logs, launch templates.

use super::super::code::{gateways, tags};
use super::super::row::{Row, added, ended, made, removed, set};
use super::super::types::Class::Partial;

const INTERFACE: &str = "AWS::EC2::NetworkInterface req.NetworkInterfaceId";
const PEERING: &str = "AWS::EC2::VPCPeeringConnection req.VpcPeeringConnectionId";
const REQUEST: &str = "CreateVpcPeeringConnection VpcId=old.RequesterVpcInfo.VpcId \
    PeerVpcId=old.AccepterVpcInfo.VpcId PeerOwnerId?=old.AccepterVpcInfo.OwnerId \
    PeerRegion?=old.AccepterVpcInfo.Region TagSpecifications?=tags:vpc-peering-connection";
const ACCEPT: &str = "AcceptVpcPeeringConnection \
    VpcPeeringConnectionId=step1.VpcPeeringConnection.VpcPeeringConnectionId";

pub(super) const INTERFACES: &[Row] = &[
    made(
        "CreateNetworkInterface",
        "AWS::EC2::NetworkInterface res.NetworkInterface.NetworkInterfaceId",
        &["DeleteNetworkInterface NetworkInterfaceId=id"],
    )
    .notes(&["it must be detached"]),
    ended(
        "DeleteNetworkInterface",
        INTERFACE,
        &[
            "CreateNetworkInterface SubnetId=old.SubnetId PrivateIpAddress=old.PrivateIpAddress \
             Groups=old.Groups[].GroupId Description?=old.Description \
             TagSpecifications?=tags:network-interface",
            "?ModifyNetworkInterfaceAttribute \
             NetworkInterfaceId=step1.NetworkInterface.NetworkInterfaceId \
             SourceDestCheck.Value=old.SourceDestCheck",
        ],
    )
    .new_id("NetworkInterface.NetworkInterfaceId")
    .lost(&["the interface's id; its elastic addresses and attachment must be made again"])
    .notes(&["another may have taken the address"]),
    added(
        "AttachNetworkInterface",
        INTERFACE,
        &["Attachment"],
        &["DetachNetworkInterface AttachmentId=res.AttachmentId"],
    ),
    removed(
        "DetachNetworkInterface",
        "AWS::EC2::NetworkInterface ?Attachment.AttachmentId=req.AttachmentId",
        &["Attachment"],
        &["AttachNetworkInterface NetworkInterfaceId=id InstanceId=old.Attachment.InstanceId \
          DeviceIndex=old.Attachment.DeviceIndex"],
    )
    .lost(&["the attachment's id"]),
    set(
        "ModifyNetworkInterfaceAttribute",
        INTERFACE,
        &["ModifyNetworkInterfaceAttribute NetworkInterfaceId=id *"],
    )
    .back(&[
        "Groups=Groups[].GroupId",
        "SourceDestCheck.Value=SourceDestCheck",
        "Description.Value=Description",
        "Attachment.AttachmentId=Attachment.AttachmentId",
        "Attachment.DeleteOnTermination=Attachment.DeleteOnTermination",
    ]),
    set(
        "ResetNetworkInterfaceAttribute",
        INTERFACE,
        &["ModifyNetworkInterfaceAttribute NetworkInterfaceId=id \
          SourceDestCheck.Value=old.SourceDestCheck"],
    )
    .touches(&["SourceDestCheck"]),
    added(
        "AssignPrivateIpAddresses",
        INTERFACE,
        &[],
        &["UnassignPrivateIpAddresses NetworkInterfaceId=id \
          PrivateIpAddresses=req.PrivateIpAddresses\
          |res.AssignedPrivateIpAddresses[].PrivateIpAddress"],
    )
    .notes(&["an address that was moved here goes back to nobody: see who had it before"]),
    removed(
        "UnassignPrivateIpAddresses",
        INTERFACE,
        &[],
        &["AssignPrivateIpAddresses NetworkInterfaceId=id \
          PrivateIpAddresses=req.PrivateIpAddresses"],
    )
    .notes(&[
        "another may have taken the address; elastic addresses bound to it must be bound again",
    ]),
    added(
        "AssignIpv6Addresses",
        INTERFACE,
        &[],
        &["UnassignIpv6Addresses NetworkInterfaceId=id \
          Ipv6Addresses=req.Ipv6Addresses|res.AssignedIpv6Addresses"],
    ),
    removed(
        "UnassignIpv6Addresses",
        INTERFACE,
        &[],
        &["AssignIpv6Addresses NetworkInterfaceId=id Ipv6Addresses=req.Ipv6Addresses"],
    ),
    made(
        "RunInstances",
        "AWS::EC2::Instance res.Instances[#0].InstanceId",
        &["TerminateInstances InstanceIds=res.Instances[].InstanceId"],
    )
    .notes(&["it destroys the data of instance stores"]),
    set(
        "StartInstances",
        "AWS::EC2::Instance req.InstanceIds[#0]",
        &["StopInstances \
          InstanceIds=where:res.StartingInstances/PreviousState.Name/stopped/InstanceId"],
    ),
    set(
        "StopInstances",
        "AWS::EC2::Instance req.InstanceIds[#0]",
        &["StartInstances \
          InstanceIds=where:res.StoppingInstances/PreviousState.Name/running/InstanceId"],
    )
    .class(Partial)
    .lost(&["public addresses that AWS assigned by itself, instance stores, memory"]),
    set(
        "ModifyInstanceAttribute",
        "AWS::EC2::Instance req.InstanceId",
        &["ModifyInstanceAttribute InstanceId=id *"],
    )
    .back(&[
        "Groups=SecurityGroups[].GroupId",
        "SourceDestCheck.Value=SourceDestCheck",
        "InstanceType.Value=InstanceType",
        "DisableApiTermination.Value=DisableApiTermination",
        "InstanceInitiatedShutdownBehavior.Value=InstanceInitiatedShutdownBehavior",
        "EbsOptimized.Value=EbsOptimized",
    ]),
];

pub(super) const PEERINGS: &[Row] = &[
    made(
        "CreateVpcPeeringConnection",
        "AWS::EC2::VPCPeeringConnection res.VpcPeeringConnection.VpcPeeringConnectionId",
        &["DeleteVpcPeeringConnection VpcPeeringConnectionId=id"],
    ),
    set(
        "AcceptVpcPeeringConnection",
        PEERING,
        &["DeleteVpcPeeringConnection VpcPeeringConnectionId=id"],
    )
    .touches(&["Status.Code"])
    .class(Partial)
    .lost(&["it cannot be pending again: the requester must ask again"]),
    ended("RejectVpcPeeringConnection", PEERING, &[REQUEST])
        .code(gateways::peering_back)
        .new_id("VpcPeeringConnection.VpcPeeringConnectionId")
        .lost(&["the connection's id"]),
    ended("DeleteVpcPeeringConnection", PEERING, &[REQUEST, ACCEPT])
        .code(gateways::peering_back)
        .new_id("VpcPeeringConnection.VpcPeeringConnectionId")
        .lost(&["the connection's id and its options"])
        .notes(&["the other side must accept it"]),
    set(
        "ModifyVpcPeeringConnectionOptions",
        PEERING,
        &["ModifyVpcPeeringConnectionOptions VpcPeeringConnectionId=id *"],
    )
    .back(&[
        "RequesterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc\
         =RequesterVpcInfo.PeeringOptions.AllowDnsResolutionFromRemoteVpc",
        "AccepterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc\
         =AccepterVpcInfo.PeeringOptions.AllowDnsResolutionFromRemoteVpc",
    ]),
];

pub(super) const TAGS: &[Row] = &[
    set("CreateTags", "AWS::EC2::Tags req.Resources[#0]", &["CreateTags", "DeleteTags"])
        .code(tags::tags_back)
        .notes(&["policies and controllers may act on tags"]),
    set("DeleteTags", "AWS::EC2::Tags req.Resources[#0]", &["CreateTags"]).code(tags::tags_back),
    made(
        "CreateFlowLogs",
        "AWS::EC2::FlowLog res.FlowLogIds[#0]",
        &["DeleteFlowLogs FlowLogIds=res.FlowLogIds"],
    ),
    ended(
        "DeleteFlowLogs",
        "AWS::EC2::FlowLog req.FlowLogIds[#0]",
        &["CreateFlowLogs ResourceIds=[old.ResourceId] ResourceType=id TrafficType=old.TrafficType"],
    )
    .code(tags::flow_logs_back)
    .new_id("FlowLogIds[0]")
    .lost(&["records of the time in between", "the flow log's id"]),
];

pub(super) const TEMPLATES: &[Row] = &[
    added(
        "CreateLaunchTemplateVersion",
        "AWS::EC2::LaunchTemplate req.LaunchTemplateId|?LaunchTemplateName=req.LaunchTemplateName",
        &[],
        &["DeleteLaunchTemplateVersions LaunchTemplateId=id \
          Versions=[text:res.LaunchTemplateVersion.VersionNumber]"],
    )
    .notes(&["groups on $Latest used it at once, and will use the one before at once"]),
    set(
        "ModifyLaunchTemplate",
        "AWS::EC2::LaunchTemplate req.LaunchTemplateId|?LaunchTemplateName=req.LaunchTemplateName",
        &["ModifyLaunchTemplate LaunchTemplateId=id DefaultVersion=text:old.DefaultVersionNumber"],
    )
    .touches(&["DefaultVersionNumber"]),
];
