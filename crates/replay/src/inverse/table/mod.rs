//! The table: for each event, what takes it back.
//!
//! # Source
//! The operations, their members and the CLI's commands are those of AWS's API models (botocore); classes
//! and what a call needs from before are our judgement.

mod access;
mod balancers;
mod compute;
mod data;
mod edge;
mod hosts;
mod routing;
mod transit;
mod vpc;

use super::irreversible;
use super::row::{Effect, Row};

/// A part of the table, under its heading in the documentation.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) rows: &'static [Row],
}

pub(crate) const GROUPS: &[Group] = &[
    Group { title: "VPC and subnet", rows: vpc::NETWORKS },
    Group { title: "Route tables", rows: routing::ROUTES },
    Group { title: "Internet and egress gateways", rows: vpc::GATEWAYS },
    Group { title: "NAT gateways and addresses", rows: vpc::ADDRESSES },
    Group { title: "Network ACLs", rows: routing::ACLS },
    Group { title: "Security groups", rows: routing::GROUPS },
    Group { title: "Network interfaces and instances", rows: hosts::INTERFACES },
    Group { title: "VPC peering", rows: hosts::PEERINGS },
    Group { title: "Transit gateways", rows: transit::TRANSIT },
    Group { title: "VPC endpoints", rows: transit::ENDPOINTS },
    Group { title: "Prefix lists", rows: transit::LISTS },
    Group { title: "VPN", rows: transit::VPNS },
    Group { title: "Direct Connect", rows: transit::DIRECT_CONNECT },
    Group { title: "Load balancers", rows: balancers::BALANCERS },
    Group { title: "Network Firewall", rows: balancers::FIREWALLS },
    Group { title: "Resource shares", rows: balancers::SHARES },
    Group { title: "Tags and flow logs", rows: hosts::TAGS },
    Group { title: "IAM", rows: access::IAM },
    Group { title: "Organizations", rows: access::ORGANIZATIONS },
    Group { title: "KMS", rows: access::KMS },
    Group { title: "Secrets and parameters", rows: access::SECRETS },
    Group { title: "S3", rows: data::BUCKETS },
    Group { title: "DNS", rows: edge::DNS },
    Group { title: "CloudFront and WAF", rows: edge::EDGE },
    Group { title: "Lambda", rows: compute::FUNCTIONS },
    Group { title: "Auto Scaling", rows: compute::SCALING },
    Group { title: "Launch templates", rows: hosts::TEMPLATES },
    Group { title: "ECS and EKS", rows: compute::CONTAINERS },
    Group { title: "Databases and caches", rows: data::DATABASES },
    Group { title: "Messaging and events", rows: data::MESSAGES },
    Group { title: "API Gateway, Step Functions, ECR, alarms", rows: compute::INTERFACES },
    Group { title: "Audit", rows: data::AUDIT },
    Group { title: "No way back", rows: irreversible::ROWS },
];

/// Every row.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    GROUPS.iter().flat_map(|group| group.rows)
}

/// Names that CloudTrail has for operations of other names in the API.
const RECORDED_AS: &[(&str, &str, &str)] = &[
    ("s3", "PutBucketPublicAccessBlock", "PutPublicAccessBlock"),
    ("s3", "PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
    ("s3", "PutBucketNotification", "PutBucketNotificationConfiguration"),
];

/// The API's name for an operation: Lambda's records have a version at the end.
pub(crate) fn operation_of<'a>(service: &str, name: &'a str) -> &'a str {
    if service == "lambda" {
        let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let plain = plain.strip_suffix('v').filter(|it| it.ends_with(|c: char| c.is_ascii_digit()));
        let versioned = plain.unwrap_or(name);
        return versioned.trim_end_matches(|c: char| c.is_ascii_digit());
    }
    let renamed = RECORDED_AS.iter().find(|(at, from, _)| *at == service && *from == name);
    renamed.map_or(name, |(_, _, to)| to)
}

/// The row of an event.
pub(crate) fn row_of(service: &str, name: &str) -> Option<&'static Row> {
    let operation = operation_of(service, name);
    rows().find(|row| row.service == service && row.operation == operation)
}

/// The type that a row is about.
pub(crate) fn type_of(row: &Row) -> &'static str {
    row.about.split(' ').next().unwrap_or(row.about)
}

/// The read-only call that shows a resource of a type.
pub(crate) fn check_of(resource_type: &str) -> Option<&'static str> {
    CHECKS.iter().find(|(kind, _)| *kind == resource_type).map(|(_, call)| *call)
}

/// The events that tell the value at `path` of a resource of a type.
pub(crate) fn told_by(resource_type: &str, path: &str) -> Vec<String> {
    const NAMED_MAX: usize = 8;
    let first = |path: &str| path.split(['.', '[']).next().map(str::to_owned);
    let wanted = first(path);
    let touches = |row: &&Row| {
        let back = row.back.iter().map(|pair| {
            let from = pair.split_once('=').map_or(*pair, |(_, from)| from);
            from.rsplit(':').next().unwrap_or(from)
        });
        let touched = row.touches.iter().copied().chain(back);
        touched.into_iter().any(|touched| first(touched) == wanted)
    };
    let mut names: Vec<String> = Vec::new();
    for row in rows().filter(|row| type_of(row) == resource_type) {
        if row.effect == Effect::Made || touches(&row) {
            names.push(format!("{}:{}", row.service, row.operation));
        }
    }
    names.truncate(NAMED_MAX);
    names
}

/// Every type that the table knows, each once.
pub(crate) fn types() -> Vec<&'static str> {
    let mut types: Vec<_> = rows().map(type_of).chain(["AWS::Route53::RecordSet"]).collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// The calls that show a resource.
const CHECKS: &[(&str, &str)] = &[
    ("AWS::EC2::VPC", "ec2:DescribeVpcs VpcIds=[id]"),
    ("AWS::EC2::Subnet", "ec2:DescribeSubnets SubnetIds=[id]"),
    ("AWS::EC2::DHCPOptions", "ec2:DescribeDhcpOptions DhcpOptionsIds=[id]"),
    ("AWS::EC2::RouteTable", "ec2:DescribeRouteTables RouteTableIds=[id]"),
    ("AWS::EC2::InternetGateway", "ec2:DescribeInternetGateways InternetGatewayIds=[id]"),
    (
        "AWS::EC2::EgressOnlyInternetGateway",
        "ec2:DescribeEgressOnlyInternetGateways EgressOnlyInternetGatewayIds=[id]",
    ),
    ("AWS::EC2::VPCBlockPublicAccessOptions", "ec2:DescribeVpcBlockPublicAccessOptions"),
    (
        "AWS::EC2::VPCBlockPublicAccessExclusion",
        "ec2:DescribeVpcBlockPublicAccessExclusions ExclusionIds=[id]",
    ),
    ("AWS::EC2::NatGateway", "ec2:DescribeNatGateways NatGatewayIds=[id]"),
    ("AWS::EC2::EIP", "ec2:DescribeAddresses AllocationIds=[id]"),
    ("AWS::EC2::NetworkAcl", "ec2:DescribeNetworkAcls NetworkAclIds=[id]"),
    ("AWS::EC2::SecurityGroup", "ec2:DescribeSecurityGroups GroupIds=[id]"),
    ("AWS::EC2::NetworkInterface", "ec2:DescribeNetworkInterfaces NetworkInterfaceIds=[id]"),
    ("AWS::EC2::Instance", "ec2:DescribeInstances InstanceIds=[id]"),
    (
        "AWS::EC2::VPCPeeringConnection",
        "ec2:DescribeVpcPeeringConnections VpcPeeringConnectionIds=[id]",
    ),
    ("AWS::EC2::TransitGateway", "ec2:DescribeTransitGateways TransitGatewayIds=[id]"),
    (
        "AWS::EC2::TransitGatewayAttachment",
        "ec2:DescribeTransitGatewayAttachments TransitGatewayAttachmentIds=[id]",
    ),
    (
        "AWS::EC2::TransitGatewayRouteTable",
        "ec2:SearchTransitGatewayRoutes TransitGatewayRouteTableId=id \
         Filters=:[{\"Name\":\"state\",\"Values\":[\"active\",\"blackhole\"]}]",
    ),
    ("AWS::EC2::VPCEndpoint", "ec2:DescribeVpcEndpoints VpcEndpointIds=[id]"),
    (
        "AWS::EC2::VPCEndpointService",
        "ec2:DescribeVpcEndpointServiceConfigurations ServiceIds=[id]",
    ),
    ("AWS::EC2::PrefixList", "ec2:GetManagedPrefixListEntries PrefixListId=id"),
    ("AWS::EC2::VPNGateway", "ec2:DescribeVpnGateways VpnGatewayIds=[id]"),
    ("AWS::EC2::CustomerGateway", "ec2:DescribeCustomerGateways CustomerGatewayIds=[id]"),
    ("AWS::EC2::VPNConnection", "ec2:DescribeVpnConnections VpnConnectionIds=[id]"),
    ("AWS::EC2::FlowLog", "ec2:DescribeFlowLogs FlowLogIds=[id]"),
    ("AWS::EC2::Tags", "ec2:DescribeTags Filters=filter:resource-id:req.Resources"),
    ("AWS::EC2::LaunchTemplate", "ec2:DescribeLaunchTemplates LaunchTemplateIds=[id]"),
    (
        "AWS::DirectConnect::GatewayAssociation",
        "directconnect:DescribeDirectConnectGatewayAssociations associationId=id",
    ),
    (
        "AWS::DirectConnect::VirtualInterface",
        "directconnect:DescribeVirtualInterfaces virtualInterfaceId=id",
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "elbv2:DescribeLoadBalancers LoadBalancerArns=[id]",
    ),
    ("AWS::ElasticLoadBalancingV2::Listener", "elbv2:DescribeListeners ListenerArns=[id]"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "elbv2:DescribeRules RuleArns=[id]"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "elbv2:DescribeTargetGroups TargetGroupArns=[id]"),
    (
        "AWS::NetworkFirewall::Firewall",
        "network-firewall:DescribeFirewall FirewallArn?=req.FirewallArn FirewallName?=req.FirewallName",
    ),
    (
        "AWS::NetworkFirewall::FirewallPolicy",
        "network-firewall:DescribeFirewallPolicy FirewallPolicyArn?=req.FirewallPolicyArn \
         FirewallPolicyName?=req.FirewallPolicyName",
    ),
    (
        "AWS::NetworkFirewall::RuleGroup",
        "network-firewall:DescribeRuleGroup RuleGroupArn?=req.RuleGroupArn \
         RuleGroupName?=req.RuleGroupName Type?=req.Type",
    ),
    (
        "AWS::RAM::ResourceShare",
        "ram:GetResourceShares resourceOwner=:\"SELF\" resourceShareArns=[id]",
    ),
    ("AWS::IAM::Role", "iam:GetRole RoleName=id"),
    ("AWS::IAM::User", "iam:GetUser UserName=id"),
    ("AWS::IAM::Group", "iam:GetGroup GroupName=id"),
    ("AWS::IAM::ManagedPolicy", "iam:ListPolicyVersions PolicyArn=id"),
    ("AWS::IAM::InstanceProfile", "iam:GetInstanceProfile InstanceProfileName=id"),
    ("AWS::IAM::AccessKey", "iam:ListAccessKeys UserName?=req.UserName"),
    ("AWS::Organizations::Policy", "organizations:DescribePolicy PolicyId=id"),
    ("AWS::S3::Bucket", "s3:GetBucketLocation Bucket=id"),
    ("AWS::KMS::Key", "kms:DescribeKey KeyId=id"),
    ("AWS::KMS::Alias", "kms:DescribeKey KeyId=id"),
    ("AWS::SecretsManager::Secret", "secretsmanager:DescribeSecret SecretId=req.SecretId"),
    ("AWS::SSM::Parameter", "ssm:GetParameterHistory Name=id"),
    ("AWS::CertificateManager::Certificate", "acm:DescribeCertificate CertificateArn=id"),
    ("AWS::Route53::HostedZone", "route53:GetHostedZone Id=id"),
    ("AWS::Route53::HealthCheck", "route53:GetHealthCheck HealthCheckId=id"),
    ("AWS::Route53Resolver::ResolverRule", "route53resolver:GetResolverRule ResolverRuleId=id"),
    ("AWS::Route53Domains::Domain", "route53domains:GetDomainDetail DomainName=id"),
    ("AWS::CloudFront::Distribution", "cloudfront:GetDistribution Id=id"),
    ("AWS::WAFv2::WebACL", "wafv2:GetWebACL Name=req.Name Scope=req.Scope Id=id"),
    ("AWS::WAFv2::WebACLAssociation", "wafv2:GetWebACLForResource ResourceArn=id"),
    ("AWS::WAFv2::IPSet", "wafv2:GetIPSet Name=req.Name Scope=req.Scope Id=id"),
    ("AWS::Lambda::Function", "lambda:GetFunctionConfiguration FunctionName=id"),
    ("AWS::Lambda::Alias", "lambda:GetAlias FunctionName=req.FunctionName Name=req.Name"),
    ("AWS::Lambda::EventSourceMapping", "lambda:GetEventSourceMapping UUID=id"),
    (
        "AWS::AutoScaling::AutoScalingGroup",
        "autoscaling:DescribeAutoScalingGroups AutoScalingGroupNames=[id]",
    ),
    ("AWS::ECS::Service", "ecs:DescribeServices cluster?=req.cluster services=[req.service]"),
    ("AWS::ECS::TaskDefinition", "ecs:DescribeTaskDefinition taskDefinition=id"),
    ("AWS::EKS::Cluster", "eks:DescribeCluster name=id"),
    (
        "AWS::EKS::Nodegroup",
        "eks:DescribeNodegroup clusterName=req.clusterName nodegroupName=req.nodegroupName",
    ),
    (
        "AWS::EKS::AccessEntry",
        "eks:DescribeAccessEntry clusterName=req.clusterName principalArn=req.principalArn",
    ),
    ("AWS::RDS::DBInstance", "rds:DescribeDBInstances DBInstanceIdentifier=id"),
    ("AWS::RDS::DBCluster", "rds:DescribeDBClusters DBClusterIdentifier=id"),
    ("AWS::RDS::DBParameterGroup", "rds:DescribeDBParameters DBParameterGroupName=id"),
    ("AWS::RDS::DBSubnetGroup", "rds:DescribeDBSubnetGroups DBSubnetGroupName=id"),
    (
        "AWS::ElastiCache::ReplicationGroup",
        "elasticache:DescribeReplicationGroups ReplicationGroupId=id",
    ),
    ("AWS::DynamoDB::Table", "dynamodb:DescribeTable TableName=id"),
    ("AWS::EFS::MountTarget", "efs:DescribeMountTargets MountTargetId=id"),
    ("AWS::SQS::Queue", "sqs:GetQueueAttributes QueueUrl=id AttributeNames=:[\"All\"]"),
    ("AWS::SNS::Topic", "sns:GetTopicAttributes TopicArn=id"),
    ("AWS::SNS::Subscription", "sns:GetSubscriptionAttributes SubscriptionArn=id"),
    (
        "AWS::Events::Rule",
        "events:DescribeRule Name=req.Name|req.Rule EventBusName?=req.EventBusName",
    ),
    (
        "AWS::ApiGateway::Stage",
        "apigateway:GetStage restApiId=req.restApiId stageName=req.stageName",
    ),
    ("AWS::StepFunctions::StateMachine", "stepfunctions:DescribeStateMachine stateMachineArn=id"),
    ("AWS::ECR::Repository", "ecr:GetRepositoryPolicy repositoryName=id"),
    ("AWS::CloudWatch::Alarm", "cloudwatch:DescribeAlarms AlarmNames=[id]"),
    ("AWS::CloudTrail::Trail", "cloudtrail:GetTrailStatus Name=id"),
    (
        "AWS::Config::ConfigurationRecorder",
        "config:DescribeConfigurationRecorderStatus ConfigurationRecorderNames=[id]",
    ),
];
