//! DNS, content delivery, and web firewalls.
//!
//! Bodies have the shape of the services' descriptions; a zone's body also has `VPCs`; its records
//! are `AWS::Route53::RecordSet`, the ACL of a resource is `AWS::WAFv2::WebACLAssociation` by the resource's ARN.

use super::super::code::edge;
use super::super::row::{Row, ended, removed, set};

pub(super) const DNS: &[Row] = &[
    set(
        "ChangeResourceRecordSets",
        "AWS::Route53::HostedZone last:req.HostedZoneId",
        &["ChangeResourceRecordSets"],
    )
    .of("route53")
    .code(edge::records_back)
    .check("ListResourceRecordSets HostedZoneId=id")
    .notes(&["resolvers keep the old answer for one time to live"]),
    ended(
        "DeleteHostedZone",
        "AWS::Route53::HostedZone last:req.Id",
        &["CreateHostedZone Name=old.HostedZone.Name|old.Name CallerReference=event \
          HostedZoneConfig?=old.HostedZone.Config|old.Config"],
    )
    .of("route53")
    .code(edge::zone_back)
    .new_id("HostedZone.Id")
    .lost(&["the name servers: the delegation at the registrar must be changed"]),
    removed(
        "DisassociateVPCFromHostedZone",
        "AWS::Route53::HostedZone last:req.HostedZoneId",
        &["VPCs[{req.VPC.VPCId}]"],
        &["AssociateVPCWithHostedZone HostedZoneId=id VPC=req.VPC"],
    )
    .of("route53"),
    set(
        "UpdateHealthCheck",
        "AWS::Route53::HealthCheck req.HealthCheckId",
        &["UpdateHealthCheck HealthCheckId=id *"],
    )
    .of("route53")
    .back(&[
        "IPAddress=HealthCheckConfig.IPAddress",
        "Port=HealthCheckConfig.Port",
        "ResourcePath=HealthCheckConfig.ResourcePath",
        "FullyQualifiedDomainName=HealthCheckConfig.FullyQualifiedDomainName",
        "SearchString=HealthCheckConfig.SearchString",
        "FailureThreshold=HealthCheckConfig.FailureThreshold",
        "Inverted=HealthCheckConfig.Inverted",
        "Disabled=HealthCheckConfig.Disabled",
        "HealthThreshold=HealthCheckConfig.HealthThreshold",
        "ChildHealthChecks=HealthCheckConfig.ChildHealthChecks",
        "EnableSNI=HealthCheckConfig.EnableSNI",
        "Regions=HealthCheckConfig.Regions",
        "AlarmIdentifier=HealthCheckConfig.AlarmIdentifier",
        "InsufficientDataHealthStatus=HealthCheckConfig.InsufficientDataHealthStatus",
    ])
    .notes(&["it can make traffic fail over"]),
    set(
        "UpdateResolverRule",
        "AWS::Route53Resolver::ResolverRule req.ResolverRuleId",
        &["UpdateResolverRule ResolverRuleId=id *"],
    )
    .of("route53resolver")
    .back(&[
        "Config.Name=Name",
        "Config.TargetIps=TargetIps",
        "Config.ResolverEndpointId=ResolverEndpointId",
    ]),
    removed(
        "DisassociateResolverRule",
        "AWS::Route53Resolver::ResolverRule req.ResolverRuleId",
        &[],
        &["AssociateResolverRule ResolverRuleId=id VPCId=req.VPCId \
          Name?=res.ResolverRuleAssociation.Name"],
    )
    .of("route53resolver"),
    set(
        "UpdateDomainNameservers",
        "AWS::Route53Domains::Domain req.DomainName",
        &["UpdateDomainNameservers DomainName=id Nameservers=old.Nameservers"],
    )
    .of("route53domains")
    .touches(&["Nameservers"])
    .notes(&["the zone above may keep the old ones for up to two days"]),
];

pub(super) const EDGE: &[Row] = &[
    set(
        "UpdateDistribution",
        "AWS::CloudFront::Distribution req.Id",
        &[
            "~GetDistribution Id=id",
            "UpdateDistribution Id=id IfMatch=step1.ETag DistributionConfig=old.DistributionConfig",
        ],
    )
    .of("cloudfront")
    .touches(&["DistributionConfig"])
    .notes(&["it takes minutes to be in force"]),
    ended(
        "DeleteDistribution",
        "AWS::CloudFront::Distribution req.Id",
        &["CreateDistribution DistributionConfig=old.DistributionConfig"],
    )
    .of("cloudfront")
    .new_id("Distribution.Id")
    .lost(&["the distribution's domain name: aliases must be pointed at the new one"])
    .notes(&["its caller reference must not have been used before: change it"]),
    set(
        "UpdateWebACL",
        "AWS::WAFv2::WebACL req.Id",
        &[
            "~GetWebACL Name=req.Name Scope=req.Scope Id=id",
            "UpdateWebACL Name=req.Name Scope=req.Scope Id=id DefaultAction=old.DefaultAction \
             Rules?=old.Rules VisibilityConfig=old.VisibilityConfig Description?=old.Description \
             CustomResponseBodies?=old.CustomResponseBodies LockToken=step1.LockToken",
        ],
    )
    .of("wafv2")
    .touches(&["DefaultAction", "Rules", "VisibilityConfig"])
    .widens(),
    set(
        "AssociateWebACL",
        "AWS::WAFv2::WebACLAssociation req.ResourceArn",
        &["AssociateWebACL WebACLArn=old.WebACLArn ResourceArn=id"],
    )
    .of("wafv2")
    .touches(&["WebACLArn"])
    .or_none(&["DisassociateWebACL ResourceArn=id"])
    .lax()
    .widens(),
    set(
        "UpdateIPSet",
        "AWS::WAFv2::IPSet req.Id",
        &[
            "~GetIPSet Name=req.Name Scope=req.Scope Id=id",
            "UpdateIPSet Name=req.Name Scope=req.Scope Id=id Addresses=old.Addresses \
             Description?=old.Description LockToken=step1.LockToken",
        ],
    )
    .of("wafv2")
    .touches(&["Addresses"])
    .widens(),
];
