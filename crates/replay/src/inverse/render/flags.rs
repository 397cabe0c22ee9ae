//! How the AWS CLI spells what botocore calls otherwise.
//!
//! # Source
//! botocore's `xform_name`, and the AWS CLI's customizations (`argrename`, `toplevelbool`, `runinstances`).

use serde_json::Value;

/// The CLI's name of a service.
pub(super) fn service(service: &str) -> &str {
    match service {
        "s3" => "s3api",
        "config" => "configservice",
        other => other,
    }
}

/// A name in kebab case, as the CLI writes it.
///
/// Shape: `VpcId` is `vpc-id`, `DBInstanceIdentifier` is `db-instance-identifier`, `TargetGroupARNs` is
/// `target-group-arns`, `Ipv6CidrBlock` is `ipv6-cidr-block`.
pub(super) fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let plural = plural_acronym(&chars);
    let at = |index: usize| chars.get(index).copied();
    let mut out = String::new();
    for (index, c) in chars.iter().copied().enumerate() {
        let before = index.checked_sub(1).and_then(at);
        let in_plural = plural.is_some_and(|start| index > start);
        let is_start = c.is_ascii_uppercase()
            && !in_plural
            && before.is_some_and(|before| {
                let follows_word = before.is_ascii_lowercase() || before.is_ascii_digit();
                let starts_word = at(index + 1).is_some_and(|next| next.is_ascii_lowercase());
                follows_word || starts_word || plural == Some(index)
            });
        if is_start {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Where an acronym in the plural at the end starts: the `ARNs` of `TargetGroupARNs`.
fn plural_acronym(chars: &[char]) -> Option<usize> {
    let (last, rest) = chars.split_last()?;
    if *last != 's' {
        return None;
    }
    let count = rest.iter().rev().take_while(|c| c.is_ascii_uppercase()).count();
    (count >= 2).then(|| rest.len() - count)
}

/// The flag of a member, without its dashes.
pub(super) fn flag(service: &str, operation: &str, member: &str) -> String {
    match (service, operation, member) {
        ("sns", "Subscribe", "Endpoint") => "notification-endpoint".to_owned(),
        ("ec2", "CreateCustomerGateway", "IpAddress") => "ip-address".to_owned(),
        ("lambda", _, "UUID") => "uuid".to_owned(),
        _ => kebab(member),
    }
}

/// The flag of a truth, without its dashes.
pub(super) fn truth(service: &str, operation: &str, member: &str, value: bool) -> String {
    let flag = flag(service, operation, member);
    match (member, value) {
        ("enableExecuteCommand", false) if service == "ecs" => "disable-execute-command".to_owned(),
        ("Egress", true) if service == "ec2" => "egress".to_owned(),
        ("Egress", false) if service == "ec2" => "ingress".to_owned(),
        (_, true) => flag,
        (_, false) => format!("no-{flag}"),
    }
}

/// The truth in EC2's `{"Value": true}`: the CLI has flags for those.
pub(super) fn wrapped_truth(service: &str, value: &Value) -> Option<bool> {
    let members = value.as_object().filter(|it| it.len() == 1 && service == "ec2")?;
    members.get("Value")?.as_bool()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_as_the_cli_does() {
        for (name, expected) in [
            ("VpcId", "vpc-id"),
            ("DBInstanceIdentifier", "db-instance-identifier"),
            ("TargetGroupARNs", "target-group-arns"),
            ("Ipv6CidrBlock", "ipv6-cidr-block"),
            ("EnableDns64", "enable-dns64"),
            ("VPCZoneIdentifier", "vpc-zone-identifier"),
            ("restApiId", "rest-api-id"),
            ("CORSConfiguration", "cors-configuration"),
            ("ListenerArn", "listener-arn"),
            ("DryRun", "dry-run"),
            ("CreateVpc", "create-vpc"),
            ("DescribeDBInstances", "describe-db-instances"),
            ("GetWebACLForResource", "get-web-acl-for-resource"),
            ("S3BucketName", "s3-bucket-name"),
        ] {
            assert_eq!(kebab(name), expected);
        }
    }
}
