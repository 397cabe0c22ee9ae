//! Who a record is about and which resources it names: what `LookupEvents` derives, and more.
//!
//! # Source
//! `Username` and `Resources` of LookupEvents: observed answers for EC2 and STS; the other services'
//! types follow the names that AWS's documentation and Config use.

use std::borrow::Cow;

use crate::event::Resource;
use crate::field::Field;
use crate::walk::{Found, Walk};

/// The resources and ids of one event, each without repeats, in order of appearance.
#[derive(Debug, Default)]
pub struct EventResources {
    /// As `LookupEvents` shows them.
    pub resources: Vec<Resource>,
    /// Every ARN and id-shaped string in request, response and `resources`.
    pub resource_ids: Vec<String>,
}

/// Collects the resources and ids of the record that `walk` was made from.
pub fn of_event(walk: &Walk, text: &[u8]) -> EventResources {
    let mut all = EventResources::default();
    for_each_resource(walk, text, |resource_type, name| {
        let resource = Resource {
            resource_type: resource_type.map(|name| String::from_utf8_lossy(name).into_owned()),
            resource_name: String::from_utf8_lossy(name).into_owned(),
        };
        if !all.resources.contains(&resource) {
            all.resources.push(resource);
        }
    });
    for_each_id(walk, text, |id| {
        let id = String::from_utf8_lossy(id);
        if !all.resource_ids.iter().any(|known| *known == id) {
            all.resource_ids.push(id.into_owned());
        }
    });
    all
}

/// The user name that `LookupEvents` shows; nothing for AWS services and for callers of other accounts.
pub fn username<'a>(walk: &'a Walk, text: &'a [u8]) -> Option<Cow<'a, str>> {
    username_bytes(walk, text).map(String::from_utf8_lossy)
}

pub(crate) fn username_bytes<'a>(walk: &'a Walk, text: &'a [u8]) -> Option<&'a [u8]> {
    username_of(|field| walk.bytes(text, field))
}

/// As [`username`], of a record whose columns hold what `bytes` says.
pub fn username_of<'a>(bytes: impl Fn(Field) -> Option<&'a [u8]>) -> Option<&'a [u8]> {
    let of = |field| bytes(field).filter(|value| !value.is_empty());
    let after_colon = |value: &'a [u8]| {
        memchr::memchr(b':', value).and_then(|at| value.get(at + 1..)).filter(|it| !it.is_empty())
    };
    match bytes(Field::UserIdentityType).unwrap_or_default() {
        b"Root" => Some(b"root"),
        b"AssumedRole" => of(Field::UserIdentityPrincipalId)
            .and_then(after_colon)
            .or_else(|| last_segment(of(Field::UserIdentityArn)?)),
        b"FederatedUser" => of(Field::UserIdentityPrincipalId)
            .and_then(after_colon)
            .or_else(|| last_segment(of(Field::UserIdentityArn)?)),
        b"AWSService" | b"AWSAccount" => None,
        b"IAMUser" => {
            of(Field::UserIdentityUserName).or_else(|| last_segment(of(Field::UserIdentityArn)?))
        }
        _ => of(Field::UserIdentityUserName),
    }
}

fn last_segment(arn: &[u8]) -> Option<&[u8]> {
    memchr::memrchr(b'/', arn).and_then(|at| arn.get(at + 1..)).filter(|name| !name.is_empty())
}

/// The API that the event is about: `eventName`, for Insights events the one under `insightDetails`.
pub(crate) fn insight_member(walk: &Walk, text: &[u8], member: &str) -> Option<String> {
    let details = walk.bytes(text, Field::InsightDetails)?;
    let details: serde_json::Value = serde_json::from_slice(details).ok()?;
    Some(details.get(member)?.as_str()?.to_owned())
}

/// Calls `each` with the type (when known) and name of every resource, repeats included.
pub(crate) fn for_each_resource(
    walk: &Walk,
    text: &[u8],
    mut each: impl FnMut(Option<&[u8]>, &[u8]),
) {
    let source = walk.bytes(text, Field::EventSource).unwrap_or_default();
    let service = source.strip_suffix(b".amazonaws.com").unwrap_or(source);
    let role_session = service == b"sts";
    for found in &walk.found {
        let name = walk.text_of(text, found.value);
        if name.is_empty() {
            continue;
        }
        let key = found.key.of(text);
        if found.field == Field::Resources {
            if matches!(key, b"ARN" | b"arn" | b"ARNPrefix") {
                each(listed_type(walk, text, found), name);
            }
            continue;
        }
        let kind =
            if role_session { sts_type(key, name) } else { resource_type(service, key, name) };
        if let Some(kind) = kind {
            each(Some(kind.as_bytes()), name);
        }
    }
}

/// The `type` that stands beside an ARN in one item of `resources`.
fn listed_type<'a>(walk: &'a Walk, text: &'a [u8], arn: &Found) -> Option<&'a [u8]> {
    let beside = |found: &&Found| {
        found.field == Field::Resources
            && found.object == arn.object
            && found.key.of(text) == b"type"
    };
    walk.found.iter().find(beside).map(|found| walk.text_of(text, found.value))
}

/// Calls `each` with every ARN and id-shaped string, repeats included.
pub(crate) fn for_each_id(walk: &Walk, text: &[u8], mut each: impl FnMut(&[u8])) {
    for found in &walk.found {
        let value = walk.text_of(text, found.value);
        if is_arn(value) || ec2_prefix(value).is_some() || is_iam_id(value) {
            each(value);
        }
    }
}

fn is_arn(value: &[u8]) -> bool {
    value.starts_with(b"arn:") && value.iter().filter(|&&byte| byte == b':').count() >= 5
}

/// The prefix of an id such as `i-0123456789abcdef0` or `eni-attach-01234567`.
fn ec2_prefix(value: &[u8]) -> Option<&[u8]> {
    let dash = memchr::memrchr(b'-', value)?;
    let (prefix, digits) = (value.get(..dash)?, value.get(dash + 1..)?);
    let is_id = matches!(digits.len(), 8 | 17)
        && matches!(prefix.len(), 1..=24)
        && digits.iter().all(u8::is_ascii_hexdigit)
        && prefix.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-' || *byte == b'2');
    is_id.then_some(prefix)
}

/// Access keys and the unique ids of IAM principals.
fn is_iam_id(value: &[u8]) -> bool {
    matches!(
        value.get(..4),
        Some(b"AKIA" | b"ASIA" | b"AIDA" | b"AROA" | b"AGPA" | b"AIPA" | b"ANPA" | b"ANVA")
    ) && matches!(value.len(), 16..=24)
        && value.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn sts_type(key: &[u8], _name: &[u8]) -> Option<&'static str> {
    Some(match key {
        b"accessKeyId" => "AWS::IAM::AccessKey",
        b"roleSessionName" | b"assumedRoleId" | b"arn" => "AWS::STS::AssumedRole",
        b"roleArn" => "AWS::IAM::Role",
        _ => return None,
    })
}

/// The type of the resource called `name` that stands under `key` in an event of `service`.
fn resource_type(service: &[u8], key: &[u8], name: &[u8]) -> Option<&'static str> {
    match service {
        b"ec2" => ec2_type(key, name),
        b"iam" => iam_type(key),
        b"rds" => rds_type(key),
        _ => named_type(service, key),
    }
}

fn ec2_type(key: &[u8], name: &[u8]) -> Option<&'static str> {
    match key {
        b"groupName" | b"GroupName" => return Some("AWS::EC2::SecurityGroup"),
        b"keyName" | b"KeyName" => return Some("AWS::EC2::KeyPair"),
        b"publicIp" | b"PublicIp" => return Some("AWS::EC2::EIP"),
        _ => {}
    }
    Some(match ec2_prefix(name)? {
        b"i" => "AWS::EC2::Instance",
        b"ami" => "AWS::EC2::Ami",
        b"vpc" => "AWS::EC2::VPC",
        b"subnet" => "AWS::EC2::Subnet",
        b"sg" => "AWS::EC2::SecurityGroup",
        b"eni" => "AWS::EC2::NetworkInterface",
        b"eni-attach" => "AWS::EC2::NetworkInterfaceAttachment",
        b"vol" => "AWS::EC2::Volume",
        b"snap" => "AWS::EC2::Snapshot",
        b"rtb" => "AWS::EC2::RouteTable",
        b"rtbassoc" => "AWS::EC2::SubnetRouteTableAssociation",
        b"igw" => "AWS::EC2::InternetGateway",
        b"eigw" => "AWS::EC2::EgressOnlyInternetGateway",
        b"nat" => "AWS::EC2::NatGateway",
        b"acl" => "AWS::EC2::NetworkAcl",
        b"eipalloc" | b"eipassoc" => "AWS::EC2::EIP",
        b"lt" => "AWS::EC2::LaunchTemplate",
        b"vpce" => "AWS::EC2::VPCEndpoint",
        b"pcx" => "AWS::EC2::VPCPeeringConnection",
        b"tgw" => "AWS::EC2::TransitGateway",
        b"tgw-attach" => "AWS::EC2::TransitGatewayAttachment",
        b"tgw-rtb" => "AWS::EC2::TransitGatewayRouteTable",
        b"dopt" => "AWS::EC2::DHCPOptions",
        b"fl" => "AWS::EC2::FlowLog",
        b"cgw" => "AWS::EC2::CustomerGateway",
        b"vgw" => "AWS::EC2::VPNGateway",
        b"vpn" => "AWS::EC2::VPNConnection",
        b"pl" => "AWS::EC2::PrefixList",
        _ => return None,
    })
}

fn iam_type(key: &[u8]) -> Option<&'static str> {
    Some(match key {
        b"userName" => "AWS::IAM::User",
        b"roleName" => "AWS::IAM::Role",
        b"groupName" => "AWS::IAM::Group",
        b"policyArn" | b"policyName" => "AWS::IAM::Policy",
        b"accessKeyId" => "AWS::IAM::AccessKey",
        b"instanceProfileName" => "AWS::IAM::InstanceProfile",
        b"serialNumber" => "AWS::IAM::MfaDevice",
        _ => return None,
    })
}

fn rds_type(key: &[u8]) -> Option<&'static str> {
    Some(match key {
        b"dBInstanceIdentifier" => "AWS::RDS::DBInstance",
        b"dBClusterIdentifier" => "AWS::RDS::DBCluster",
        b"dBSnapshotIdentifier" => "AWS::RDS::DBSnapshot",
        b"dBClusterSnapshotIdentifier" => "AWS::RDS::DBClusterSnapshot",
        b"dBSubnetGroupName" => "AWS::RDS::DBSubnetGroup",
        b"dBParameterGroupName" => "AWS::RDS::DBParameterGroup",
        _ => return None,
    })
}

fn named_type(service: &[u8], key: &[u8]) -> Option<&'static str> {
    Some(match (service, key) {
        (b"s3", b"bucketName") => "AWS::S3::Bucket",
        (b"lambda", b"functionName" | b"functionArn") => "AWS::Lambda::Function",
        (b"kms", b"keyId") => "AWS::KMS::Key",
        (b"kms", b"aliasName") => "AWS::KMS::Alias",
        (b"cloudtrail", b"name" | b"trailARN" | b"trailName") => "AWS::CloudTrail::Trail",
        (b"autoscaling", b"autoScalingGroupName") => "AWS::AutoScaling::AutoScalingGroup",
        (b"autoscaling", b"launchConfigurationName") => "AWS::AutoScaling::LaunchConfiguration",
        (b"dynamodb", b"tableName") => "AWS::DynamoDB::Table",
        (b"sns", b"topicArn") => "AWS::SNS::Topic",
        (b"sqs", b"queueUrl") => "AWS::SQS::Queue",
        (b"cloudformation", b"stackName" | b"stackId") => "AWS::CloudFormation::Stack",
        (b"logs", b"logGroupName") => "AWS::Logs::LogGroup",
        (b"secretsmanager", b"secretId") => "AWS::SecretsManager::Secret",
        (b"elasticloadbalancing", b"loadBalancerArn") => {
            "AWS::ElasticLoadBalancingV2::LoadBalancer"
        }
        (b"elasticloadbalancing", b"targetGroupArn") => "AWS::ElasticLoadBalancingV2::TargetGroup",
        (b"ecs", b"cluster") => "AWS::ECS::Cluster",
        (b"ecs", b"service" | b"serviceName") => "AWS::ECS::Service",
        (b"eks", b"name") => "AWS::EKS::Cluster",
        (b"ssm", b"documentName") => "AWS::SSM::Document",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::Event;
    use expect_test::{Expect, expect};

    fn check(record: &str, expect: &Expect) {
        let event = Event::parse(record.as_bytes().to_vec(), 0).expect("a record");
        let mut lines = vec![format!("user {}", event.username.as_deref().unwrap_or("-"))];
        lines.extend(event.resources.iter().map(|it| {
            format!("{} {}", it.resource_type.as_deref().unwrap_or("-"), it.resource_name)
        }));
        lines.push(format!("ids {}", event.resource_ids.join(" ")));
        expect.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn assume_role_names_key_session_and_role() {
        check(
            r#"{"userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},
            "eventSource":"sts.amazonaws.com","eventName":"AssumeRole",
            "requestParameters":{"roleArn":"arn:aws:iam::123456789012:role/Web","roleSessionName":"s1"},
            "responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLEEXAMPLE00","expiration":"x"},
            "assumedRoleUser":{"assumedRoleId":"AROAEXAMPLEEXAMPLE00:s1",
            "arn":"arn:aws:sts::123456789012:assumed-role/Web/s1"}},
            "resources":[{"accountId":"123456789012","type":"AWS::IAM::Role",
            "ARN":"arn:aws:iam::123456789012:role/Web"}]}"#,
            &expect![[r#"
                user -
                AWS::IAM::Role arn:aws:iam::123456789012:role/Web
                AWS::STS::AssumedRole s1
                AWS::IAM::AccessKey ASIAEXAMPLEEXAMPLE00
                AWS::STS::AssumedRole AROAEXAMPLEEXAMPLE00:s1
                AWS::STS::AssumedRole arn:aws:sts::123456789012:assumed-role/Web/s1
                ids arn:aws:iam::123456789012:role/Web ASIAEXAMPLEEXAMPLE00 arn:aws:sts::123456789012:assumed-role/Web/s1"#]],
        );
    }

    #[test]
    fn ec2_ids_are_found_at_any_depth_and_the_session_is_the_user() {
        check(
            r#"{"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE00:dave"},
            "eventSource":"ec2.amazonaws.com","eventName":"ReplaceRoute","requestParameters":
            {"routeTableId":"rtb-0a1b2c3d4e5f60718","destinationCidrBlock":"0.0.0.0/0",
            "x":[{"y":["igw-0a1b2c3d4e5f60718"]}]},"responseElements":{"_return":true}}"#,
            &expect![[r#"
                user dave
                AWS::EC2::RouteTable rtb-0a1b2c3d4e5f60718
                AWS::EC2::InternetGateway igw-0a1b2c3d4e5f60718
                ids rtb-0a1b2c3d4e5f60718 igw-0a1b2c3d4e5f60718"#]],
        );
    }

    #[test]
    fn listed_resources_keep_their_own_types() {
        check(
            r#"{"userIdentity":{"type":"Root","accountId":"123456789012"},
            "eventSource":"s3.amazonaws.com","eventName":"GetObject",
            "requestParameters":{"bucketName":"logs","key":"a"},
            "resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::logs/a"},
            {"accountId":"123456789012","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs"}]}"#,
            &expect![[r#"
                user root
                AWS::S3::Bucket logs
                AWS::S3::Object arn:aws:s3:::logs/a
                AWS::S3::Bucket arn:aws:s3:::logs
                ids arn:aws:s3:::logs/a arn:aws:s3:::logs"#]],
        );
    }
}
