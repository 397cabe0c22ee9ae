//! Where in an answer a resource's body stands.

use serde_json::{Value, json};

use super::parsed;
use crate::inverse::types::Check;
use crate::state::Key;

/// Where the body stands in an answer: the call, the member that has it, and what it is a member of.
///
/// Shape: `[]` after the member says that it is a list, of which one element counts; `=` before the last
/// name says that a text is JSON.
const BODIES: &[(&str, &str, &str)] = &[
    ("apigateway:GetStage", "", ""),
    ("ec2:DescribeSecurityGroupRules", "SecurityGroupRules", "SecurityGroupRules"),
    (
        "ec2:DescribeSecurityGroupVpcAssociations",
        "SecurityGroupVpcAssociations",
        "SecurityGroupVpcAssociations",
    ),
    ("ec2:DescribeVpcAttribute", "", ""),
    ("ec2:DescribeVpcBlockPublicAccessOptions", "VpcBlockPublicAccessOptions", ""),
    ("ec2:GetManagedPrefixListEntries", "Entries", "Entries"),
    (
        "ec2:GetTransitGatewayPrefixListReferences",
        "TransitGatewayPrefixListReferences",
        "PrefixListReferences",
    ),
    ("ec2:GetTransitGatewayRouteTableAssociations", "Associations", "Associations"),
    (
        "ec2:GetTransitGatewayRouteTablePropagations",
        "TransitGatewayRouteTablePropagations",
        "Propagations",
    ),
    ("ec2:SearchTransitGatewayRoutes", "Routes", "Routes"),
    ("elbv2:DescribeLoadBalancerAttributes", "Attributes", "Attributes"),
    ("elbv2:DescribeTargetGroupAttributes", "Attributes", "Attributes"),
    ("iam:GetGroup", "Group", ""),
    ("iam:GetInstanceProfile", "InstanceProfile", ""),
    ("iam:GetRole", "Role", ""),
    ("iam:GetUser", "User", ""),
    ("iam:ListAttachedGroupPolicies", "AttachedPolicies", "AttachedManagedPolicies"),
    ("iam:ListAttachedRolePolicies", "AttachedPolicies", "AttachedManagedPolicies"),
    ("iam:ListAttachedUserPolicies", "AttachedPolicies", "AttachedManagedPolicies"),
    ("kms:DescribeKey", "KeyMetadata", ""),
    ("kms:GetKeyPolicy", "Policy", "=Policy"),
    ("kms:GetKeyRotationStatus", "", ""),
    ("kms:ListGrants", "Grants", "Grants"),
    ("s3:GetBucketAcl", "", "AccessControlPolicy"),
    ("s3:GetBucketCors", "", "CORSConfiguration"),
    ("s3:GetBucketEncryption", "", ""),
    ("s3:GetBucketLifecycleConfiguration", "", "LifecycleConfiguration"),
    ("s3:GetBucketLocation", "", ""),
    ("s3:GetBucketNotificationConfiguration", "", "NotificationConfiguration"),
    ("s3:GetBucketOwnershipControls", "", ""),
    ("s3:GetBucketPolicy", "Policy", "=Policy"),
    ("s3:GetBucketVersioning", "", "VersioningConfiguration"),
    ("s3:GetBucketWebsite", "", "WebsiteConfiguration"),
    ("s3:GetPublicAccessBlock", "", ""),
    ("secretsmanager:DescribeSecret", "", ""),
    ("lambda:GetAlias", "", ""),
    ("lambda:GetEventSourceMapping", "", ""),
    ("lambda:GetFunctionConcurrency", "", ""),
    ("lambda:GetFunctionConfiguration", "", ""),
    ("route53:GetHealthCheck", "HealthCheck", ""),
    ("route53resolver:GetResolverRule", "ResolverRule", ""),
    ("acm:DescribeCertificate", "Certificate", ""),
    ("cloudfront:GetDistribution", "Distribution", ""),
    ("cloudwatch:DescribeAlarms", "MetricAlarms[]", ""),
    ("ecs:DescribeServices", "services[]", ""),
    ("ecs:DescribeTaskDefinition", "taskDefinition", ""),
    ("eks:DescribeAccessEntry", "accessEntry", ""),
    ("eks:DescribeCluster", "cluster", ""),
    ("eks:DescribeNodegroup", "nodegroup", ""),
    ("organizations:ListTargetsForPolicy", "Targets", "Targets"),
    ("rds:DescribeDBParameters", "Parameters", "Parameters"),
    ("dynamodb:DescribeTable", "Table", ""),
    ("sqs:GetQueueAttributes", "", ""),
    ("sns:GetTopicAttributes", "", ""),
    ("sns:GetSubscriptionAttributes", "", ""),
    ("events:DescribeRule", "", ""),
    ("events:ListTargetsByRule", "Targets", "Targets"),
    ("stepfunctions:DescribeStateMachine", "", ""),
    ("ecr:GetRepositoryPolicy", "", ""),
    ("efs:DescribeMountTargetSecurityGroups", "", ""),
    ("cloudtrail:GetTrail", "Trail", ""),
    ("cloudtrail:GetTrailStatus", "", ""),
    ("cloudtrail:GetEventSelectors", "", ""),
    ("config:DescribeConfigurationRecorderStatus", "ConfigurationRecordersStatus[]", ""),
    ("network-firewall:DescribeFirewall", "Firewall", ""),
    ("network-firewall:DescribeFirewallPolicy", "", ""),
    ("network-firewall:DescribeRuleGroup", "", ""),
    ("wafv2:GetIPSet", "IPSet", ""),
    ("wafv2:GetWebACL", "WebACL", ""),
];

/// The body of the resource `key` in an answer, or that there is none; nothing when it is not known how
/// the call tells it.
pub(super) fn body_of(check: &Check, answer: &Value, key: &Key) -> Option<Option<Value>> {
    let call = format!("{}:{}", check.service, check.operation);
    if let Some(special) = special(&call, answer, key) {
        return Some(special);
    }
    let Some((_, from, into)) = BODIES.iter().find(|(name, _, _)| *name == call) else {
        let mut lists = answer.as_object()?.values().filter_map(Value::as_array);
        let list = lists.next().filter(|_| lists.next().is_none());
        return list.map(|list| only(list, key));
    };
    let from = match from.strip_suffix("[]") {
        Some(list) => {
            let list = answer.get(list).and_then(Value::as_array);
            return Some(list.and_then(|list| only(list, key)));
        }
        None if from.is_empty() => answer.clone(),
        None => answer.get(*from).cloned().unwrap_or_else(|| json!([])),
    };
    Some(Some(match into.strip_prefix('=') {
        Some(name) => json!({ name: parsed(&from) }),
        None if into.is_empty() => from,
        None => json!({ *into: from }),
    }))
}

/// Bodies that more than one member tells.
fn special(call: &str, answer: &Value, key: &Key) -> Option<Option<Value>> {
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let is_alias = key.resource_type == "AWS::KMS::Alias";
    Some(match call {
        "ec2:DescribeInstances" => {
            let found = list("Reservations");
            let found = found.iter().filter_map(|it| it.get("Instances")?.as_array()).flatten();
            only(&found.cloned().collect::<Vec<_>>(), key)
        }
        "ec2:DescribeTags" => {
            let is_of = |it: &&Value| text(it, "ResourceId").as_deref() == Some(key.id.as_str());
            let tags: Vec<Value> = list("Tags").iter().filter(is_of).cloned().collect();
            Some(json!({"Tags": tags}))
        }
        "iam:GetPolicyVersion" => Some(json!({"PolicyVersionList": [answer.get("PolicyVersion")]})),
        "iam:GetRolePolicy" => Some(json!({"RolePolicyList": [answer]})),
        "iam:GetUserPolicy" => Some(json!({"UserPolicyList": [answer]})),
        "iam:GetGroupPolicy" => Some(json!({"GroupPolicyList": [answer]})),
        "iam:ListGroupsForUser" => {
            let names: Vec<_> =
                list("Groups").iter().filter_map(|it| text(it, "GroupName")).collect();
            Some(json!({"GroupList": names}))
        }
        "iam:ListPolicyVersions" => {
            let versions = list("Versions");
            let is_default = |it: &&Value| it.get("IsDefaultVersion") == Some(&json!(true));
            let default = versions.iter().find(is_default).and_then(|it| text(it, "VersionId"));
            Some(json!({"PolicyVersionList": versions, "DefaultVersionId": default}))
        }
        "iam:ListAccessKeys" => {
            let is_it = |it: &&Value| text(it, "AccessKeyId").as_deref() == Some(key.id.as_str());
            list("AccessKeyMetadata").iter().find(is_it).cloned()
        }
        "kms:DescribeKey" if is_alias => {
            let id = answer.get("KeyMetadata").and_then(|it| text(it, "KeyId"));
            Some(json!({"AliasName": key.id, "TargetKeyId": id}))
        }
        _ => return of_other(call, answer, key),
    })
}

/// As [`special`], of services other than EC2, IAM and KMS.
fn of_other(call: &str, answer: &Value, key: &Key) -> Option<Option<Value>> {
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    Some(match call {
        "elbv2:DescribeTargetHealth" => {
            let found = list("TargetHealthDescriptions");
            let targets: Vec<&Value> = found.iter().filter_map(|it| it.get("Target")).collect();
            Some(json!({"Targets": targets}))
        }
        "ssm:GetParameterHistory" => list("Parameters").last().cloned(),
        "lambda:GetPolicy" => {
            let policy = answer.get("Policy").map(parsed).unwrap_or_default();
            Some(json!({"Statements": policy.get("Statement").cloned().unwrap_or_default()}))
        }
        "dynamodb:DescribeTimeToLive" => {
            let told = answer.get("TimeToLiveDescription").cloned().unwrap_or_default();
            let status = text(&told, "TimeToLiveStatus").unwrap_or_default();
            let is_on = status.starts_with("ENABL");
            let mut set = json!({"Enabled": is_on});
            if let (Some(members), Some(name)) = (set.as_object_mut(), told.get("AttributeName")) {
                members.insert("AttributeName".to_owned(), name.clone());
            }
            Some(json!({"TimeToLiveSpecification": set}))
        }
        "route53:GetHostedZone" => {
            let mut zone = answer.get("HostedZone").cloned().unwrap_or_else(|| json!({}));
            let vpcs = answer.get("VPCs").cloned();
            if let (Some(members), Some(vpcs)) = (zone.as_object_mut(), vpcs) {
                members.insert("VPCs".to_owned(), vpcs);
            }
            Some(zone)
        }
        "route53:ListResourceRecordSets" => {
            // `Z1 www.example.com. A`, and a set's own identifier behind it.
            let mut parts = key.id.splitn(4, ' ').skip(1);
            let (name, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let own = parts.next();
            let bare = |text: &str| text.trim_end_matches('.').to_owned();
            let is_it = |it: &&Value| {
                text(it, "Name").map(|it| bare(&it)) == Some(bare(name))
                    && text(it, "Type").as_deref() == Some(kind)
                    && text(it, "SetIdentifier").as_deref() == own
            };
            list("ResourceRecordSets").iter().find(is_it).cloned()
        }
        "wafv2:GetWebACLForResource" => {
            let arn = answer.get("WebACL").and_then(|it| text(it, "ARN"));
            arn.map(|arn| json!({"WebACLArn": arn}))
        }
        "organizations:DescribePolicy" => {
            let policy = answer.get("Policy").unwrap_or(&Value::Null);
            let mut body = policy.get("PolicySummary").cloned().unwrap_or_else(|| json!({}));
            if let (Some(members), Some(content)) = (body.as_object_mut(), policy.get("Content")) {
                members.insert("Content".to_owned(), content.clone());
            }
            Some(body)
        }
        _ => return None,
    })
}

/// The element that is the resource: the one with its id, or the only one that was asked for.
fn only(elements: &[Value], key: &Key) -> Option<Value> {
    let has_id = |it: &&Value| {
        it.as_object().is_some_and(|it| it.values().any(|it| it.as_str() == Some(&key.id)))
    };
    let mut rest = elements.iter();
    let first = rest.next();
    let alone = first.filter(|_| rest.next().is_none());
    elements.iter().find(has_id).or(alone).cloned()
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}
