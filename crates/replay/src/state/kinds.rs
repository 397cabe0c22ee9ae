//! The types of resources, and what names the elements of their lists.

use serde_json::Value;

/// Types that have an id member of their own in AWS's description, and its name.
///
/// Shape: of the others the id is a name or ARN that no single member holds.
pub(crate) const KINDS: &[(&str, &str)] = &[
    ("AWS::AutoScaling::AutoScalingGroup", "AutoScalingGroupName"),
    ("AWS::ApiGateway::Stage", ""),
    ("AWS::CertificateManager::Certificate", "CertificateArn"),
    ("AWS::CloudFront::Distribution", "Id"),
    ("AWS::CloudTrail::Trail", "Name"),
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::Config::ConfigurationRecorder", "name"),
    ("AWS::DirectConnect::GatewayAssociation", "associationId"),
    ("AWS::DirectConnect::VirtualInterface", "virtualInterfaceId"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::EC2::CustomerGateway", "CustomerGatewayId"),
    ("AWS::EC2::DHCPOptions", "DhcpOptionsId"),
    ("AWS::EC2::EIP", "AllocationId"),
    ("AWS::EC2::EgressOnlyInternetGateway", "EgressOnlyInternetGatewayId"),
    ("AWS::EC2::FlowLog", "FlowLogId"),
    ("AWS::EC2::Instance", "InstanceId"),
    ("AWS::EC2::InternetGateway", "InternetGatewayId"),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateId"),
    ("AWS::EC2::NatGateway", "NatGatewayId"),
    ("AWS::EC2::NetworkAcl", "NetworkAclId"),
    ("AWS::EC2::NetworkInterface", "NetworkInterfaceId"),
    ("AWS::EC2::PrefixList", "PrefixListId"),
    ("AWS::EC2::RouteTable", "RouteTableId"),
    ("AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::EC2::Subnet", "SubnetId"),
    ("AWS::EC2::TransitGateway", "TransitGatewayId"),
    ("AWS::EC2::TransitGatewayAttachment", "TransitGatewayAttachmentId"),
    ("AWS::EC2::TransitGatewayRouteTable", "TransitGatewayRouteTableId"),
    ("AWS::EC2::VPC", "VpcId"),
    ("AWS::EC2::VPCBlockPublicAccessExclusion", "ExclusionId"),
    ("AWS::EC2::VPCBlockPublicAccessOptions", ""),
    ("AWS::EC2::VPCEndpoint", "VpcEndpointId"),
    ("AWS::EC2::VPCEndpointService", "ServiceId"),
    ("AWS::EC2::VPCPeeringConnection", "VpcPeeringConnectionId"),
    ("AWS::EC2::VPNConnection", "VpnConnectionId"),
    ("AWS::EC2::VPNGateway", "VpnGatewayId"),
    ("AWS::ECR::Repository", "repositoryName"),
    ("AWS::ECS::Service", ""),
    ("AWS::ECS::TaskDefinition", "taskDefinitionArn"),
    ("AWS::EFS::MountTarget", "MountTargetId"),
    ("AWS::EKS::AccessEntry", ""),
    ("AWS::EKS::Cluster", "name"),
    ("AWS::EKS::Nodegroup", ""),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"),
    ("AWS::ElasticLoadBalancingV2::Listener", "ListenerArn"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "RuleArn"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerArn"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupArn"),
    ("AWS::Events::Rule", ""),
    ("AWS::IAM::AccessKey", "AccessKeyId"),
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName"),
    ("AWS::IAM::ManagedPolicy", "Arn"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::User", "UserName"),
    ("AWS::KMS::Alias", "AliasName"),
    ("AWS::KMS::Key", "KeyId"),
    ("AWS::Lambda::Alias", ""),
    ("AWS::Lambda::EventSourceMapping", "UUID"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::NetworkFirewall::Firewall", ""),
    ("AWS::NetworkFirewall::FirewallPolicy", ""),
    ("AWS::NetworkFirewall::RuleGroup", ""),
    ("AWS::Organizations::Policy", ""),
    ("AWS::RAM::ResourceShare", "resourceShareArn"),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::RDS::DBParameterGroup", "DBParameterGroupName"),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName"),
    ("AWS::Route53::HealthCheck", "Id"),
    ("AWS::Route53::HostedZone", "Id"),
    ("AWS::Route53::RecordSet", ""),
    ("AWS::Route53Domains::Domain", "DomainName"),
    ("AWS::Route53Resolver::ResolverRule", "Id"),
    ("AWS::S3::Bucket", "Name"),
    ("AWS::SNS::Subscription", "SubscriptionArn"),
    ("AWS::SNS::Topic", "TopicArn"),
    ("AWS::SQS::Queue", "QueueUrl"),
    ("AWS::SSM::Parameter", "Name"),
    ("AWS::SecretsManager::Secret", ""),
    ("AWS::StepFunctions::StateMachine", "stateMachineArn"),
    ("AWS::WAFv2::IPSet", "Id"),
    ("AWS::WAFv2::WebACL", "Id"),
    ("AWS::WAFv2::WebACLAssociation", "ResourceArn"),
];

/// The type that is spelled `name`, when replay follows resources of it.
pub fn resource_type(name: &str) -> Option<&'static str> {
    KINDS.iter().map(|(kind, _)| *kind).find(|kind| *kind == name)
}

/// The types of resources that replay follows.
pub fn resource_types() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, _)| *kind)
}

/// The member that holds the id of resources of type `kind`.
pub(crate) fn id_member(kind: &str) -> Option<&'static str> {
    let found = KINDS.iter().find(|(name, _)| *name == kind);
    found.map(|(_, member)| *member).filter(|member| !member.is_empty())
}

/// Lists whose elements have names, and the members that can name them, the first that is there.
const KEYED: &[(&str, &[&str])] = &[
    ("Addresses", &["AllocationId"]),
    ("Aliases", &["Name"]),
    ("AllowedPrincipals", &["Principal"]),
    ("Associations", &["SubnetId", "GatewayId", "TransitGatewayAttachmentId"]),
    ("AttachedManagedPolicies", &["PolicyArn"]),
    ("Attachments", &["VpcId"]),
    ("Attributes", &["Key"]),
    ("AvailabilityZones", &["ZoneName"]),
    ("BlockDeviceMappings", &["DeviceName"]),
    ("CidrBlockAssociationSet", &["CidrBlock"]),
    ("DhcpConfigurations", &["Key"]),
    ("Entries", &["Cidr"]),
    ("Grants", &["GrantId"]),
    ("GroupPolicyList", &["PolicyName"]),
    ("Groups", &["GroupId"]),
    ("IpPermissions", &[]),
    ("IpPermissionsEgress", &[]),
    ("IpRanges", &["CidrIp"]),
    ("Ipv6Addresses", &["Ipv6Address"]),
    ("Ipv6CidrBlockAssociationSet", &["Ipv6CidrBlock"]),
    ("Ipv6Ranges", &["CidrIpv6"]),
    ("LoadBalancerAttributes", &["Key"]),
    ("NatGatewayAddresses", &["AllocationId", "PrivateIp"]),
    ("NetworkInterfaces", &["NetworkInterfaceId"]),
    ("Parameters", &["ParameterName"]),
    ("Policies", &["PolicyId"]),
    ("PolicyVersionList", &["VersionId"]),
    ("PrefixListIds", &["PrefixListId"]),
    ("PrefixListReferences", &["PrefixListId"]),
    ("PrivateIpAddresses", &["PrivateIpAddress"]),
    ("PropagatingVgws", &["GatewayId"]),
    ("Propagations", &["TransitGatewayAttachmentId"]),
    ("RolePolicyList", &["PolicyName"]),
    ("Roles", &["RoleName"]),
    (
        "Routes",
        &[
            "DestinationCidrBlock",
            "DestinationIpv6CidrBlock",
            "DestinationPrefixListId",
            "PrefixListId",
            // The route of a gateway endpoint, whose prefix list nobody told.
            "GatewayId",
        ],
    ),
    ("SecurityGroupRules", &["SecurityGroupRuleId"]),
    ("SecurityGroups", &["GroupId"]),
    ("Statements", &["Sid"]),
    ("SubnetMapping", &["SubnetId"]),
    ("SubnetMappings", &["SubnetId"]),
    ("SuspendedProcesses", &["ProcessName"]),
    ("TagSet", &["Key"]),
    ("Tags", &["Key", "key"]),
    ("TargetGroupAttributes", &["Key"]),
    ("Targets", &["Id", "TargetId"]),
    ("UserIdGroupPairs", &["GroupId", "GroupName"]),
    ("UserPolicyList", &["PolicyName"]),
    ("VPCs", &["VPCId"]),
    ("VersionStages", &["VersionId"]),
    ("VpcAssociations", &["VpcId"]),
    ("VpcAttachments", &["VpcId"]),
    ("VpcEndpointConnections", &["VpcEndpointId"]),
    ("VpcSecurityGroups", &["VpcSecurityGroupId"]),
    ("allowedPrefixesToDirectConnectGateway", &["cidr"]),
    ("associatedAccessPolicies", &["policyArn"]),
];

/// What names an element of the list `member`: its destination, id, key.
pub(crate) fn element_key(member: &str, element: &Value) -> Option<String> {
    let text = |name: &str| element.get(name).and_then(Value::as_str);
    if let Value::String(text) = element {
        return Some(text.clone());
    }
    match member {
        "IpPermissions" | "IpPermissionsEgress" => return Some(permission_key(element)),
        "Entries" if element.get("RuleNumber").is_some() => {
            let is_egress = element.get("Egress").and_then(Value::as_bool) == Some(true);
            let number = element.get("RuleNumber")?;
            return Some(format!("{} {number}", if is_egress { "egress" } else { "ingress" }));
        }
        "Associations" if element.get("Main").and_then(Value::as_bool) == Some(true) => {
            return Some("main".to_owned());
        }
        "Targets" => {
            let id = text("Id").or_else(|| text("TargetId"))?;
            let port = element.get("Port").map(|port| format!(":{port}"));
            return Some(format!("{id}{}", port.unwrap_or_default()));
        }
        _ => {}
    }
    let at = KEYED.binary_search_by_key(&member, |(name, _)| name).ok()?;
    let (_, names) = KEYED.get(at)?;
    names.iter().find_map(|name| text(name)).map(str::to_owned)
}

/// Whether `key` names an element of the list `member`; quicker than asking for its name.
pub(crate) fn is_element(member: &str, element: &Value, key: &str) -> bool {
    if matches!(member, "Routes" | "Tags" | "SecurityGroupRules" | "IpRanges")
        && let Ok(at) = KEYED.binary_search_by_key(&member, |(name, _)| name)
        && let Some((_, names)) = KEYED.get(at)
    {
        let mut texts = names.iter().filter_map(|name| element.get(name).and_then(Value::as_str));
        return texts.next() == Some(key);
    }
    element_key(member, element).as_deref() == Some(key)
}

/// `tcp 22`, `tcp 1024-65535`, `all`.
pub(crate) fn permission_key(permission: &Value) -> String {
    let number = |name: &str| permission.get(name).and_then(Value::as_i64);
    let protocol = match permission.get("IpProtocol").and_then(Value::as_str) {
        None | Some("-1") => return "all".to_owned(),
        Some(protocol) => protocol,
    };
    match (number("FromPort"), number("ToPort")) {
        (Some(from), Some(to)) if from == to => format!("{protocol} {from}"),
        (Some(from), Some(to)) => format!("{protocol} {from}-{to}"),
        _ => protocol.to_owned(),
    }
}

/// Ids that a resource gives to its parts, by which later calls name them.
pub(crate) fn part_ids(kind: &str, body: &Value) -> Vec<String> {
    let lists: &[(&str, &str)] = match kind {
        "AWS::EC2::RouteTable" => &[("Associations", "RouteTableAssociationId")],
        "AWS::EC2::NetworkAcl" => &[("Associations", "NetworkAclAssociationId")],
        "AWS::EC2::SecurityGroup" => &[("SecurityGroupRules", "SecurityGroupRuleId")],
        "AWS::EC2::VPC" => &[
            ("CidrBlockAssociationSet", "AssociationId"),
            ("Ipv6CidrBlockAssociationSet", "AssociationId"),
        ],
        "AWS::EC2::Subnet" => &[("Ipv6CidrBlockAssociationSet", "AssociationId")],
        "AWS::EC2::EIP" => &[("", "AssociationId"), ("", "PublicIp")],
        "AWS::EC2::NetworkInterface" => &[("Attachment", "AttachmentId")],
        _ => return Vec::new(),
    };
    let mut ids = Vec::new();
    let mut add = |part: &Value, member: &str| {
        ids.extend(part.get(member).and_then(Value::as_str).map(str::to_owned));
    };
    for (list, member) in lists {
        match if list.is_empty() { Some(body) } else { body.get(*list) } {
            Some(Value::Array(parts)) => parts.iter().for_each(|part| add(part, member)),
            Some(part) => add(part, member),
            None => {}
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_lists_are_in_order() {
        assert!(KEYED.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn elements_have_names() {
        let check = |member: &str, element: Value, expected: Option<&str>| {
            assert_eq!(element_key(member, &element).as_deref(), expected);
            assert!(expected.is_none_or(|key| is_element(member, &element, key)));
            assert!(!is_element(member, &element, "other"));
        };
        check("Routes", json!({"DestinationCidrBlock": "0.0.0.0/0"}), Some("0.0.0.0/0"));
        check("Entries", json!({"RuleNumber": 100, "Egress": true}), Some("egress 100"));
        check("Entries", json!({"Cidr": "10.0.0.0/8"}), Some("10.0.0.0/8"));
        check("Associations", json!({"Main": true}), Some("main"));
        check(
            "IpPermissions",
            json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}),
            Some("tcp 22"),
        );
        check("SubnetIds", json!("subnet-1"), Some("subnet-1"));
        check("Unheard", json!({"A": 1}), None);
    }
}
