//! Load balancers, Network Firewall, and sharing.

use super::super::code::balancers;
use super::super::row::{Row, added, ended, made, removed, set};
use super::super::types::Class::Compensating;

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer req.LoadBalancerArn";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener req.ListenerArn";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule req.RuleArn";
const TARGETS: &str = "AWS::ElasticLoadBalancingV2::TargetGroup req.TargetGroupArn";

pub(super) const BALANCERS: &[Row] = &[
    made(
        "CreateLoadBalancer",
        "AWS::ElasticLoadBalancingV2::LoadBalancer res.LoadBalancers[#0].LoadBalancerArn",
        &["DeleteLoadBalancer LoadBalancerArn=id"],
    )
    .of("elbv2"),
    ended(
        "DeleteLoadBalancer",
        BALANCER,
        &["CreateLoadBalancer Name=old.LoadBalancerName \
          Subnets=old.AvailabilityZones[].SubnetId SecurityGroups?=old.SecurityGroups \
          Scheme=old.Scheme Type=old.Type IpAddressType?=old.IpAddressType Tags?=taglist:old.Tags"],
    )
    .of("elbv2")
    .code(balancers::balancer_back)
    .new_id("LoadBalancers[0].LoadBalancerArn")
    .lost(&["the ARN and the DNS name: aliases and clients must be pointed at the new one"]),
    set("SetSecurityGroups", BALANCER, &["SetSecurityGroups LoadBalancerArn=id *"])
        .of("elbv2")
        .back(&["SecurityGroups"]),
    set(
        "SetSubnets",
        BALANCER,
        &["SetSubnets LoadBalancerArn=id Subnets=old.AvailabilityZones[].SubnetId"],
    )
    .of("elbv2")
    .touches(&["AvailabilityZones[].SubnetId"])
    .notes(&["a network load balancer does not always let zones go"]),
    made(
        "CreateListener",
        "AWS::ElasticLoadBalancingV2::Listener res.Listeners[#0].ListenerArn",
        &["DeleteListener ListenerArn=id"],
    )
    .of("elbv2"),
    set("ModifyListener", LISTENER, &["ModifyListener ListenerArn=id *"])
        .of("elbv2")
        .back(&["Port", "Protocol", "SslPolicy", "Certificates", "DefaultActions", "AlpnPolicy"]),
    ended(
        "DeleteListener",
        LISTENER,
        &["CreateListener LoadBalancerArn=old.LoadBalancerArn Protocol=old.Protocol Port=old.Port \
          SslPolicy?=old.SslPolicy Certificates?=old.Certificates \
          DefaultActions=old.DefaultActions Tags?=taglist:old.Tags"],
    )
    .of("elbv2")
    .code(balancers::listener_back)
    .new_id("Listeners[0].ListenerArn")
    .lost(&["the ARNs of the listener and its rules"]),
    made(
        "CreateRule",
        "AWS::ElasticLoadBalancingV2::ListenerRule res.Rules[#0].RuleArn",
        &["DeleteRule RuleArn=id"],
    )
    .of("elbv2"),
    set("ModifyRule", RULE, &["ModifyRule RuleArn=id *"])
        .of("elbv2")
        .back(&["Conditions=conditions:Conditions", "Actions"]),
    ended(
        "DeleteRule",
        RULE,
        &["CreateRule ListenerArn=old.ListenerArn Priority=int:old.Priority \
          Conditions=conditions:old.Conditions Actions=old.Actions Tags?=taglist:old.Tags"],
    )
    .of("elbv2")
    .new_id("Rules[0].RuleArn")
    .lost(&["the rule's ARN"]),
    made(
        "CreateTargetGroup",
        "AWS::ElasticLoadBalancingV2::TargetGroup res.TargetGroups[#0].TargetGroupArn",
        &["DeleteTargetGroup TargetGroupArn=id"],
    )
    .of("elbv2")
    .notes(&["no listener may use it"]),
    set("ModifyTargetGroup", TARGETS, &["ModifyTargetGroup TargetGroupArn=id *"]).of("elbv2").back(&[
        "HealthCheckProtocol",
        "HealthCheckPort",
        "HealthCheckPath",
        "HealthCheckEnabled",
        "HealthCheckIntervalSeconds",
        "HealthCheckTimeoutSeconds",
        "HealthyThresholdCount",
        "UnhealthyThresholdCount",
        "Matcher",
    ]),
    set("ModifyTargetGroupAttributes", TARGETS, &["ModifyTargetGroupAttributes TargetGroupArn=id"])
        .of("elbv2")
        .code(balancers::attributes_back)
        .notes(&["preserve_client_ip decides which group rules match"]),
    set(
        "ModifyLoadBalancerAttributes",
        BALANCER,
        &["ModifyLoadBalancerAttributes LoadBalancerArn=id"],
    )
    .of("elbv2")
    .code(balancers::attributes_back),
    ended(
        "DeleteTargetGroup",
        TARGETS,
        &[
            "CreateTargetGroup Name=old.TargetGroupName Protocol?=old.Protocol Port?=old.Port \
             VpcId?=old.VpcId TargetType?=old.TargetType \
             HealthCheckProtocol?=old.HealthCheckProtocol HealthCheckPort?=old.HealthCheckPort \
             HealthCheckPath?=old.HealthCheckPath Matcher?=old.Matcher Tags?=taglist:old.Tags",
            "?RegisterTargets TargetGroupArn=step1.TargetGroups[0].TargetGroupArn \
             Targets=old.Targets",
            "?ModifyTargetGroupAttributes TargetGroupArn=step1.TargetGroups[0].TargetGroupArn \
             Attributes=old.Attributes",
        ],
    )
    .of("elbv2")
    .new_id("TargetGroups[0].TargetGroupArn")
    .lost(&["the group's ARN"]),
    added(
        "RegisterTargets",
        TARGETS,
        &[],
        &["DeregisterTargets TargetGroupArn=id Targets=req.Targets"],
    )
    .of("elbv2")
    .code(balancers::deregister),
    removed(
        "DeregisterTargets",
        TARGETS,
        &[],
        &["RegisterTargets TargetGroupArn=id Targets=req.Targets"],
    )
    .of("elbv2")
    .code(balancers::register),
];

const FIREWALL: &str =
    "AWS::NetworkFirewall::Firewall last:res.FirewallArn|last:req.FirewallArn|req.FirewallName";
const POLICY: &str = "AWS::NetworkFirewall::FirewallPolicy \
    last:req.FirewallPolicyArn|req.FirewallPolicyName";
const RULES: &str = "AWS::NetworkFirewall::RuleGroup last:req.RuleGroupArn|req.RuleGroupName";

pub(super) const FIREWALLS: &[Row] = &[
    set(
        "AssociateFirewallPolicy",
        FIREWALL,
        &["AssociateFirewallPolicy FirewallArn?=req.FirewallArn \
          FirewallName?=req.FirewallName *"],
    )
    .of("network-firewall")
    .back(&["FirewallPolicyArn"]),
    set(
        "UpdateFirewallPolicy",
        POLICY,
        &[
            "~DescribeFirewallPolicy FirewallPolicyArn?=req.FirewallPolicyArn \
             FirewallPolicyName?=req.FirewallPolicyName",
            "UpdateFirewallPolicy UpdateToken=step1.UpdateToken \
             FirewallPolicyArn?=req.FirewallPolicyArn FirewallPolicyName?=req.FirewallPolicyName \
             FirewallPolicy=old.FirewallPolicy",
        ],
    )
    .of("network-firewall")
    .touches(&["FirewallPolicy"]),
    set(
        "UpdateRuleGroup",
        RULES,
        &[
            "~DescribeRuleGroup RuleGroupArn?=req.RuleGroupArn RuleGroupName?=req.RuleGroupName \
             Type?=req.Type",
            "UpdateRuleGroup UpdateToken=step1.UpdateToken RuleGroupArn?=req.RuleGroupArn \
             RuleGroupName?=req.RuleGroupName Type?=req.Type RuleGroup=old.RuleGroup",
        ],
    )
    .of("network-firewall")
    .touches(&["RuleGroup"]),
    added(
        "AssociateSubnets",
        FIREWALL,
        &[],
        &["DisassociateSubnets FirewallArn?=req.FirewallArn FirewallName?=req.FirewallName \
          SubnetIds=req.SubnetMappings[].SubnetId"],
    )
    .of("network-firewall"),
    removed(
        "DisassociateSubnets",
        FIREWALL,
        &[],
        &["AssociateSubnets FirewallArn?=req.FirewallArn FirewallName?=req.FirewallName \
          SubnetMappings=mappings:req.SubnetIds"],
    )
    .of("network-firewall")
    .class(Compensating)
    .lost(&["the endpoints' ids: routes that named them must be replaced"]),
];

const SHARE: &str = "AWS::RAM::ResourceShare req.resourceShareArn";

pub(super) const SHARES: &[Row] = &[
    removed(
        "DisassociateResourceShare",
        SHARE,
        &[],
        &["AssociateResourceShare resourceShareArn=id resourceArns?=req.resourceArns \
          principals?=req.principals"],
    )
    .of("ram")
    .widens(),
    added(
        "AssociateResourceShare",
        SHARE,
        &[],
        &["DisassociateResourceShare resourceShareArn=id resourceArns?=req.resourceArns \
          principals?=req.principals"],
    )
    .of("ram"),
];
