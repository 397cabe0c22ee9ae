//! Load balancers, names, edges, firewalls, shares.

use serde_json::{Value, json};

use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const LISTENER_RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";
const TARGETS: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";
const RECORD_SET: &str = "AWS::Route53::RecordSet";
const ZONE: &str = "AWS::Route53::HostedZone";
const CHECK: &str = "AWS::Route53::HealthCheck";
const RESOLVER: &str = "AWS::Route53Resolver::ResolverRule";
const DOMAIN: &str = "AWS::Route53Domains::Domain";
const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
const ACL: &str = "AWS::WAFv2::WebACL";
const ACL_USE: &str = "AWS::WAFv2::WebACLAssociation";
const IP_SET: &str = "AWS::WAFv2::IPSet";
const DIRECT: &str = "AWS::DirectConnect::GatewayAssociation";
const INTERFACE: &str = "AWS::DirectConnect::VirtualInterface";
const FIREWALL: &str = "AWS::NetworkFirewall::Firewall";
const FIREWALL_POLICY: &str = "AWS::NetworkFirewall::FirewallPolicy";
const RULE_GROUP: &str = "AWS::NetworkFirewall::RuleGroup";
const SHARE: &str = "AWS::RAM::ResourceShare";

const B: &str = "in.LoadBalancerArn";
const L: &str = "in.ListenerArn";
const T: &str = "in.TargetGroupArn";
const FIREWALL_ID: &str = "name:out.FirewallArn|in.FirewallArn|in.FirewallName";

/// Load balancers, listeners, targets.
pub(super) const BALANCERS: &[Rule] = &[
    code("elbv2:CreateLoadBalancer", |fold| {
        made(fold, BALANCER, "LoadBalancers", "LoadBalancerArn")
    }),
    code("elbv2:DeleteLoadBalancer", delete_balancer),
    rule(
        "elbv2:SetSecurityGroups",
        BALANCER,
        B,
        Do::Set(&[("SecurityGroups", "out.SecurityGroupIds|in.SecurityGroups")]),
    ),
    code("elbv2:SetSubnets", set_subnets),
    rule(
        "elbv2:ModifyLoadBalancerAttributes",
        BALANCER,
        B,
        Do::PutAll("Attributes", "in.Attributes"),
    ),
    code("elbv2:CreateListener", |fold| made(fold, LISTENER, "Listeners", "ListenerArn")),
    rule(
        "elbv2:ModifyListener",
        LISTENER,
        L,
        Do::Set(&[
            ("Port", "in.Port"),
            ("Protocol", "in.Protocol"),
            ("SslPolicy", "in.SslPolicy"),
            ("Certificates", "in.Certificates"),
            ("DefaultActions", "in.DefaultActions"),
            ("AlpnPolicy", "in.AlpnPolicy"),
        ]),
    ),
    code("elbv2:DeleteListener", |fold| {
        let Some(id) = fold.call.text("ListenerArn").map(str::to_owned) else { return };
        delete_rules(fold, &id);
        fold.delete(LISTENER, &id);
    }),
    code("elbv2:CreateRule", |fold| {
        made(fold, LISTENER_RULE, "Rules", "RuleArn");
        let rules = fold.call.answer("Rules").and_then(Value::as_array).cloned();
        let listener = fold.call.input.get("ListenerArn").cloned().unwrap_or_default();
        for rule in rules.into_iter().flatten() {
            let id = rule.get("RuleArn").and_then(Value::as_str).unwrap_or_default();
            fold.edit_known(LISTENER_RULE, id, |draft| draft.set("ListenerArn", listener.clone()));
        }
    }),
    rule(
        "elbv2:ModifyRule",
        LISTENER_RULE,
        "in.RuleArn",
        Do::Set(&[("Conditions", "in.Conditions"), ("Actions", "in.Actions")]),
    ),
    rule("elbv2:DeleteRule", LISTENER_RULE, "in.RuleArn", Do::Delete),
    code("elbv2:CreateTargetGroup", |fold| {
        made(fold, TARGETS, "TargetGroups", "TargetGroupArn");
        let groups = fold.call.answer("TargetGroups").and_then(Value::as_array).cloned();
        for group in groups.into_iter().flatten() {
            let id = group.get("TargetGroupArn").and_then(Value::as_str).unwrap_or_default();
            fold.edit_known(TARGETS, id, |draft| {
                draft.set("Targets", json!([]));
                draft.forget("Attributes");
            });
        }
    }),
    rule("elbv2:ModifyTargetGroup", TARGETS, T, Do::Merge("in")),
    rule(
        "elbv2:ModifyTargetGroupAttributes",
        TARGETS,
        T,
        Do::PutAll("Attributes", "in.Attributes"),
    ),
    rule("elbv2:DeleteTargetGroup", TARGETS, T, Do::Delete),
    rule("elbv2:RegisterTargets", TARGETS, T, Do::PutAll("Targets", "in.Targets")),
    rule("elbv2:DeregisterTargets", TARGETS, T, Do::Remove("Targets", "in.Targets")),
];

pub(super) const RULES: &[Rule] = &[
    code("route53:ChangeResourceRecordSets", change_records),
    code("route53:CreateHostedZone", create_zone),
    code("route53:DeleteHostedZone", |fold| {
        let id = zone(fold.call.text("Id"));
        let prefix = format!("{id} ");
        for record in fold.ids_from(RECORD_SET, &prefix) {
            fold.delete(RECORD_SET, &record);
        }
        fold.delete(ZONE, &id);
    }),
    rule(
        "route53:AssociateVPCWithHostedZone",
        ZONE,
        "name:in.HostedZoneId",
        Do::Put("VPCs", &[("VPCId", "in.VPC.VPCId"), ("VPCRegion", "in.VPC.VPCRegion")]),
    ),
    rule(
        "route53:DisassociateVPCFromHostedZone",
        ZONE,
        "name:in.HostedZoneId",
        Do::Remove("VPCs", "in.VPC.VPCId"),
    ),
    code("route53:UpdateHealthCheck", |fold| {
        let Some(id) = fold.call.text("HealthCheckId").map(str::to_owned) else { return };
        let mut input = fold.call.input.clone();
        if let Some(members) = input.as_object_mut() {
            members.shift_remove("HealthCheckId");
            members.shift_remove("HealthCheckVersion");
        }
        fold.edit(CHECK, &id, |draft| draft.set_parts("HealthCheckConfig", Some(&input)));
    }),
    rule("route53:UpdateHealthCheck", CHECK, "in.HealthCheckId", Do::Merge("out.HealthCheck")),
    code("route53resolver:UpdateResolverRule", |fold| {
        let Some(id) = fold.call.text("ResolverRuleId").map(str::to_owned) else { return };
        let config = fold.call.input.get("Config").cloned();
        fold.edit(RESOLVER, &id, |draft| {
            for (name, value) in config.as_ref().and_then(Value::as_object).into_iter().flatten() {
                draft.set(name, value.clone());
            }
        });
    }),
    rule(
        "route53resolver:UpdateResolverRule",
        RESOLVER,
        "in.ResolverRuleId",
        Do::Merge("out.ResolverRule"),
    ),
    rule(
        "route53resolver:AssociateResolverRule",
        RESOLVER,
        "in.ResolverRuleId",
        Do::PutAll("VPCIds", "in.VPCId"),
    ),
    rule(
        "route53resolver:DisassociateResolverRule",
        RESOLVER,
        "in.ResolverRuleId",
        Do::Remove("VPCIds", "in.VPCId"),
    ),
    rule(
        "route53domains:UpdateDomainNameservers",
        DOMAIN,
        "in.DomainName",
        Do::Set(&[("Nameservers", "in.Nameservers")]),
    ),
    rule(
        "cloudfront:CreateDistribution",
        DISTRIBUTION,
        "out.Distribution.Id",
        Do::Create("out.Distribution", &[("DistributionConfig", "in.DistributionConfig")]),
    ),
    rule(
        "cloudfront:UpdateDistribution",
        DISTRIBUTION,
        "in.Id",
        Do::Set(&[("DistributionConfig", "in.DistributionConfig")]),
    ),
    rule("cloudfront:DeleteDistribution", DISTRIBUTION, "in.Id", Do::Delete),
    // The call sets the whole ACL: what it leaves out is no more.
    rule(
        "wafv2:UpdateWebACL",
        ACL,
        "in.Id",
        Do::Set(&[
            ("Name", "in.Name"),
            ("DefaultAction", "in.DefaultAction"),
            ("Description", "in.Description"),
            ("Rules", "in.Rules|![]"),
            ("VisibilityConfig", "in.VisibilityConfig"),
        ]),
    ),
    rule(
        "wafv2:AssociateWebACL",
        ACL_USE,
        "in.ResourceArn",
        Do::Set(&[("WebACLArn", "in.WebACLArn")]),
    ),
    rule("wafv2:DisassociateWebACL", ACL_USE, "in.ResourceArn", Do::Delete),
    rule(
        "wafv2:UpdateIPSet",
        IP_SET,
        "in.Id",
        Do::Set(&[
            ("Name", "in.Name"),
            ("Description", "in.Description"),
            ("Addresses", "in.Addresses"),
        ]),
    ),
    rule(
        "directconnect:CreateDirectConnectGatewayAssociation",
        DIRECT,
        "out.directConnectGatewayAssociation.associationId",
        Do::Create(
            "out.directConnectGatewayAssociation",
            &[
                ("directConnectGatewayId", "in.directConnectGatewayId"),
                (PREFIXES, "in.addAllowedPrefixesToDirectConnectGateway|![]"),
            ],
        ),
    ),
    rule(
        "directconnect:UpdateDirectConnectGatewayAssociation",
        DIRECT,
        "in.associationId",
        Do::Remove(PREFIXES, "in.removeAllowedPrefixesToDirectConnectGateway"),
    ),
    rule(
        "directconnect:UpdateDirectConnectGatewayAssociation",
        DIRECT,
        "in.associationId",
        Do::PutAll(PREFIXES, "in.addAllowedPrefixesToDirectConnectGateway"),
    ),
    rule(
        "directconnect:DeleteDirectConnectGatewayAssociation",
        DIRECT,
        "in.associationId|out.directConnectGatewayAssociation.associationId",
        Do::Delete,
    ),
    rule("directconnect:DeleteVirtualInterface", INTERFACE, "in.virtualInterfaceId", Do::Delete),
    rule(
        "directconnect:CreatePrivateVirtualInterface",
        INTERFACE,
        "out.virtualInterfaceId",
        Do::Create("out", &[]),
    ),
    rule(
        "network-firewall:AssociateFirewallPolicy",
        FIREWALL,
        FIREWALL_ID,
        Do::Set(&[
            ("FirewallArn", "out.FirewallArn|in.FirewallArn"),
            ("FirewallPolicyArn", "in.FirewallPolicyArn"),
        ]),
    ),
    rule(
        "network-firewall:AssociateSubnets",
        FIREWALL,
        FIREWALL_ID,
        Do::PutAll("SubnetMappings", "in.SubnetMappings"),
    ),
    rule(
        "network-firewall:DisassociateSubnets",
        FIREWALL,
        FIREWALL_ID,
        Do::Remove("SubnetMappings", "in.SubnetIds"),
    ),
    rule(
        "network-firewall:UpdateFirewallPolicy",
        FIREWALL_POLICY,
        "name:out.FirewallPolicyResponse.FirewallPolicyArn|in.FirewallPolicyArn|in.FirewallPolicyName",
        Do::Set(&[("FirewallPolicy", "in.FirewallPolicy"), ("Description", "in.Description")]),
    ),
    rule(
        "network-firewall:UpdateRuleGroup",
        RULE_GROUP,
        "name:out.RuleGroupResponse.RuleGroupArn|in.RuleGroupArn|in.RuleGroupName",
        Do::Set(&[("RuleGroup", "in.RuleGroup"), ("Rules", "in.Rules")]),
    ),
    rule(
        "ram:AssociateResourceShare",
        SHARE,
        "in.resourceShareArn",
        Do::PutAll("resourceArns", "in.resourceArns"),
    ),
    rule(
        "ram:AssociateResourceShare",
        SHARE,
        "in.resourceShareArn",
        Do::PutAll("principals", "in.principals"),
    ),
    rule(
        "ram:DisassociateResourceShare",
        SHARE,
        "in.resourceShareArn",
        Do::Remove("resourceArns", "in.resourceArns"),
    ),
    rule(
        "ram:DisassociateResourceShare",
        SHARE,
        "in.resourceShareArn",
        Do::Remove("principals", "in.principals"),
    ),
];

const PREFIXES: &str = "allowedPrefixesToDirectConnectGateway";

/// What an answer lists was made.
fn made(fold: &mut Fold<'_>, kind: &'static str, list: &str, member: &str) {
    let bodies = fold.call.answer(list).and_then(Value::as_array).cloned();
    let tags = fold.call.input.get("Tags").cloned().unwrap_or_else(|| json!([]));
    for mut body in bodies.into_iter().flatten() {
        let Some(id) = body.get(member).and_then(Value::as_str).map(str::to_owned) else {
            continue;
        };
        if let Some(members) = body.as_object_mut() {
            members.insert("Tags".to_owned(), tags.clone());
        }
        fold.create(kind, &id, body);
        if kind == BALANCER {
            let inferred = fold.inferred();
            fold.edit(kind, &id, |draft| {
                draft.known_from(&inferred, |draft| draft.set("State", json!({"Code": "active"})));
                draft.forget("Attributes");
            });
        }
    }
}

fn delete_rules(fold: &mut Fold<'_>, listener: &str) {
    let is_of = |it: &super::super::Resource| {
        it.body.get("ListenerArn").and_then(Value::as_str) == Some(listener)
    };
    for rule in fold.ids(LISTENER_RULE, is_of) {
        fold.delete(LISTENER_RULE, &rule);
    }
}

fn delete_balancer(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("LoadBalancerArn").map(str::to_owned) else { return };
    let is_of = |it: &super::super::Resource| {
        it.body.get("LoadBalancerArn").and_then(Value::as_str) == Some(&id)
    };
    for listener in fold.ids(LISTENER, is_of) {
        delete_rules(fold, &listener);
        fold.delete(LISTENER, &listener);
    }
    fold.delete(BALANCER, &id);
}

fn set_subnets(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("LoadBalancerArn").map(str::to_owned) else { return };
    let told = fold.call.answer("AvailabilityZones").cloned();
    let mut subnets = fold.call.texts("Subnets");
    let mappings = fold.call.input.get("SubnetMappings").and_then(Value::as_array);
    let mapped = mappings.into_iter().flatten().filter_map(|it| it.get("SubnetId")?.as_str());
    subnets.extend(mapped.map(str::to_owned));
    fold.edit(BALANCER, &id, |draft| match told {
        Some(told) => draft.set("AvailabilityZones", told),
        None => {
            let zones: Vec<Value> = subnets.iter().map(|id| json!({"SubnetId": id})).collect();
            draft.set("AvailabilityZones", zones);
        }
    });
}

/// A zone's id without what comes before it in answers.
fn zone(id: Option<&str>) -> String {
    let id = id.unwrap_or_default();
    id.strip_prefix("/hostedzone/").unwrap_or(id).to_owned()
}

fn create_zone(fold: &mut Fold<'_>) {
    let Some(mut body) = fold.call.answer("HostedZone").cloned() else { return };
    let id = zone(body.get("Id").and_then(Value::as_str));
    let vpcs: Vec<Value> = fold.call.input.get("VPC").cloned().into_iter().collect();
    if let Some(members) = body.as_object_mut() {
        members.insert("Id".to_owned(), json!(id));
        members.insert("VPCs".to_owned(), json!(vpcs));
        members.shift_remove("ResourceRecordSetCount");
    }
    fold.recreate(ZONE, &id, body);
    fold.edit(ZONE, &id, |draft| draft.forget("ResourceRecordSetCount"));
}

fn change_records(fold: &mut Fold<'_>) {
    let zone = zone(fold.call.text("HostedZoneId"));
    let changes = super::super::call::at(&fold.call.input, "ChangeBatch.Changes").cloned();
    for change in changes.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let Some(mut record) = change.get("ResourceRecordSet").cloned() else { continue };
        let of = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = of("Name").trim_end_matches('.').to_ascii_lowercase();
        let mut id = format!("{zone} {name}. {}", of("Type"));
        if !of("SetIdentifier").is_empty() {
            id = format!("{id} {}", of("SetIdentifier"));
        }
        if let Some(members) = record.as_object_mut() {
            members.insert("Name".to_owned(), json!(format!("{name}.")));
        }
        match change.get("Action").and_then(Value::as_str) {
            Some("DELETE") => fold.delete(RECORD_SET, &id),
            Some("CREATE" | "UPSERT") => fold.replace(RECORD_SET, &id, record),
            _ => fold.forget(RECORD_SET, &id),
        }
    }
}
