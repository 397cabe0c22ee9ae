//! Whether a resource is managed by code, by its tags and by who called.

use serde_json::Value;

use super::case::Case;
use super::path::Path;
use super::prior::{Prior, told};
use super::row::Effect;
use super::types::{Managed, Ref};
use crate::state::Key;

/// Tools, and what their user agents have.
const AGENTS: &[(&str, &str)] = &[
    ("terraform", "Terraform"),
    ("opentofu", "OpenTofu"),
    ("pulumi", "Pulumi"),
    ("cloudformation", "CloudFormation"),
    ("crossplane", "Crossplane"),
];

/// Tags that tools set, and the tool.
const TAGS: &[(&str, &str)] = &[
    ("aws:cloudformation:stack-name", "CloudFormation"),
    ("terraform", "Terraform"),
    ("terraform:workspace", "Terraform"),
    ("tf:workspace", "Terraform"),
    ("pulumi:stack", "Pulumi"),
    ("pulumi:project", "Pulumi"),
    ("crossplane-name", "Crossplane"),
];

/// Terraform's types.
const TERRAFORM: &[(&str, &str)] = &[
    ("AWS::EC2::VPC", "aws_vpc"),
    ("AWS::EC2::Subnet", "aws_subnet"),
    ("AWS::EC2::RouteTable", "aws_route_table"),
    ("AWS::EC2::InternetGateway", "aws_internet_gateway"),
    ("AWS::EC2::EgressOnlyInternetGateway", "aws_egress_only_internet_gateway"),
    ("AWS::EC2::NatGateway", "aws_nat_gateway"),
    ("AWS::EC2::EIP", "aws_eip"),
    ("AWS::EC2::NetworkAcl", "aws_network_acl"),
    ("AWS::EC2::SecurityGroup", "aws_security_group"),
    ("AWS::EC2::NetworkInterface", "aws_network_interface"),
    ("AWS::EC2::Instance", "aws_instance"),
    ("AWS::EC2::VPCPeeringConnection", "aws_vpc_peering_connection"),
    ("AWS::EC2::TransitGateway", "aws_ec2_transit_gateway"),
    ("AWS::EC2::TransitGatewayAttachment", "aws_ec2_transit_gateway_vpc_attachment"),
    ("AWS::EC2::TransitGatewayRouteTable", "aws_ec2_transit_gateway_route_table"),
    ("AWS::EC2::VPCEndpoint", "aws_vpc_endpoint"),
    ("AWS::EC2::PrefixList", "aws_ec2_managed_prefix_list"),
    ("AWS::EC2::VPNGateway", "aws_vpn_gateway"),
    ("AWS::EC2::CustomerGateway", "aws_customer_gateway"),
    ("AWS::EC2::VPNConnection", "aws_vpn_connection"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "aws_lb"),
    ("AWS::ElasticLoadBalancingV2::Listener", "aws_lb_listener"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "aws_lb_listener_rule"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "aws_lb_target_group"),
    ("AWS::IAM::Role", "aws_iam_role"),
    ("AWS::IAM::ManagedPolicy", "aws_iam_policy"),
    ("AWS::S3::Bucket", "aws_s3_bucket"),
    ("AWS::KMS::Key", "aws_kms_key"),
    ("AWS::Lambda::Function", "aws_lambda_function"),
    ("AWS::RDS::DBInstance", "aws_db_instance"),
    ("AWS::DynamoDB::Table", "aws_dynamodb_table"),
    ("AWS::SQS::Queue", "aws_sqs_queue"),
    ("AWS::AutoScaling::AutoScalingGroup", "aws_autoscaling_group"),
    ("AWS::ECS::Service", "aws_ecs_service"),
];

/// The tools that manage what an event was about.
pub(crate) fn of(case: &Case<'_>) -> Vec<Managed> {
    let Some(key) = &case.about else { return Vec::new() };
    let new = case.numbers.first().copied().flatten();
    let renamed_by = new
        .filter(|_| case.row.effect == Effect::Ended && !case.row.new_id.is_empty())
        .filter(|step| case.steps.iter().any(|it| it.number == *step))
        .map(|step| Ref { at: String::new(), step, path: case.row.new_id.to_owned() });
    let by_agent = AGENTS.iter().find(|(part, _)| {
        let agent = case.call.user_agent.to_ascii_lowercase();
        agent.contains(part)
    });
    let (tool, stack, because) = match (tagged(case, key), by_agent) {
        (Some((tag, tool, value)), _) => (tool, Some(value), format!("tag `{tag}`")),
        (None, Some((_, tool))) => (*tool, None, "the event's user agent".to_owned()),
        (None, None) => return Vec::new(),
    };
    let terraform = TERRAFORM.iter().find(|(kind, _)| *kind == key.resource_type);
    let is_terraform = matches!(tool, "Terraform" | "OpenTofu");
    vec![Managed {
        tool: tool.to_owned(),
        resource_type: terraform.filter(|_| is_terraform).map(|(_, it)| (*it).to_owned()),
        id: key.id.clone(),
        stack,
        because,
        renamed_by,
    }]
}

fn tagged(case: &Case<'_>, key: &Key) -> Option<(String, &'static str, String)> {
    let states: [&dyn Prior; 2] = [case.before, case.now];
    states.into_iter().find_map(|state| {
        let tags = told(state, key, &Path::of("Tags"));
        let tags = tags.value()?.as_array()?.clone();
        tags.iter().find_map(|tag| {
            let name = tag.get("Key")?.as_str()?;
            let value = tag.get("Value").and_then(Value::as_str).unwrap_or_default();
            let lower = name.to_ascii_lowercase();
            let by_value = ["managed-by", "managedby", "managed_by"].contains(&lower.as_str());
            let tool = match by_value {
                true => AGENTS
                    .iter()
                    .find(|(part, _)| value.to_ascii_lowercase().contains(part))
                    .map(|(_, tool)| *tool),
                false => TAGS.iter().find(|(it, _)| *it == lower).map(|(_, tool)| *tool),
            }?;
            Some((name.to_owned(), tool, value.to_owned()))
        })
    })
}
