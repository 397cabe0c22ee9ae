use super::*;
use crate::lookup::operation;
use expect_test::{Expect, expect};

#[expect(clippy::needless_pass_by_value, reason = "an expectation is written at the call")]
fn check(service: &str, name: &str, input: Value, expect: Expect) {
    let operation = operation(service, name).unwrap();
    let text = match request(operation, &input) {
        Ok(request) => {
            let query: Vec<String> =
                request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let headers: Vec<String> =
                request.headers.iter().map(|(name, value)| format!("\n{name}: {value}")).collect();
            let body = String::from_utf8(request.body).unwrap();
            let (query, headers) = (query.join("&"), headers.concat());
            format!("{} {}?{query}{headers}\n\n{body}", request.method, request.path)
        }
        Err(error) => error.to_string(),
    };
    expect.assert_eq(&text);
}

#[test]
fn ec2_calls_are_forms() {
    check(
        "ec2",
        "ReplaceRoute",
        json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}),
        expect![[r#"
            POST /?
            Content-Type: application/x-www-form-urlencoded; charset=utf-8

            Action=ReplaceRoute&Version=2016-11-15&RouteTableId=rtb-1&DestinationCidrBlock=0.0.0.0%2F0&NatGatewayId=nat-1"#]],
    );
    check(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        json!({"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
            "UserIdGroupPairs": [{"GroupId": "sg-2"}], "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]}),
        expect![[r#"
            POST /?
            Content-Type: application/x-www-form-urlencoded; charset=utf-8

            Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.Groups.1.GroupId=sg-2&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8"#]],
    );
    check(
        "ec2",
        "ModifyNetworkInterfaceAttribute",
        json!({"NetworkInterfaceId": "eni-1", "Groups": ["sg-1", "sg-2"]}),
        expect![[r#"
            POST /?
            Content-Type: application/x-www-form-urlencoded; charset=utf-8

            Action=ModifyNetworkInterfaceAttribute&Version=2016-11-15&NetworkInterfaceId=eni-1&SecurityGroupId.1=sg-1&SecurityGroupId.2=sg-2"#]],
    );
    check(
        "ec2",
        "ModifyVpcAttribute",
        json!({"VpcId": "vpc-1", "EnableDnsSupport": {"Value": false}}),
        expect![[r#"
            POST /?
            Content-Type: application/x-www-form-urlencoded; charset=utf-8

            Action=ModifyVpcAttribute&Version=2016-11-15&EnableDnsSupport.Value=false&VpcId=vpc-1"#]],
    );
}

#[test]
fn query_calls_are_forms_with_members() {
    check(
        "elbv2",
        "SetSubnets",
        json!({"LoadBalancerArn": "arn:aws:elb", "Subnets": ["subnet-1", "subnet-2"]}),
        expect![[r#"
            POST /?
            Content-Type: application/x-www-form-urlencoded; charset=utf-8

            Action=SetSubnets&Version=2015-12-01&LoadBalancerArn=arn%3Aaws%3Aelb&Subnets.member.1=subnet-1&Subnets.member.2=subnet-2"#]],
    );
    check(
        "rds",
        "ModifyDBInstance",
        json!({"DBInstanceIdentifier": "db", "VpcSecurityGroupIds": ["sg-1"], "ApplyImmediately": true}),
        expect![[r#"
            POST /?
            Content-Type: application/x-www-form-urlencoded; charset=utf-8

            Action=ModifyDBInstance&Version=2014-10-31&DBInstanceIdentifier=db&VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-1&ApplyImmediately=true"#]],
    );
    check(
        "iam",
        "DetachRolePolicy",
        json!({"RoleName": "r", "PolicyArn": "arn:aws:iam::1:policy/p"}),
        expect![[r#"
            POST /?
            Content-Type: application/x-www-form-urlencoded; charset=utf-8

            Action=DetachRolePolicy&Version=2010-05-08&RoleName=r&PolicyArn=arn%3Aaws%3Aiam%3A%3A1%3Apolicy%2Fp"#]],
    );
}

#[test]
fn json_calls_have_a_target() {
    check(
        "kms",
        "EnableKey",
        json!({"KeyId": "k"}),
        expect![[r#"
        POST /?
        Content-Type: application/x-amz-json-1.1
        X-Amz-Target: TrentService.EnableKey

        {"KeyId":"k"}"#]],
    );
    check(
        "dynamodb",
        "UpdateTimeToLive",
        json!({"TableName": "t", "TimeToLiveSpecification": {"Enabled": false, "AttributeName": "a"}}),
        expect![[r#"
            POST /?
            Content-Type: application/x-amz-json-1.0
            X-Amz-Target: DynamoDB_20120810.UpdateTimeToLive

            {"TableName":"t","TimeToLiveSpecification":{"Enabled":false,"AttributeName":"a"}}"#]],
    );
    check(
        "ecs",
        "UpdateService",
        json!({"cluster": "c", "service": "s", "desiredCount": 2}),
        expect![[r#"
            POST /?
            Content-Type: application/x-amz-json-1.1
            X-Amz-Target: AmazonEC2ContainerServiceV20141113.UpdateService

            {"cluster":"c","service":"s","desiredCount":2}"#]],
    );
}

#[test]
fn rest_calls_have_a_path() {
    check(
        "lambda",
        "UpdateAlias",
        json!({"FunctionName": "f/x", "Name": "live", "FunctionVersion": "7"}),
        expect![[r#"
            PUT /2015-03-31/functions/f%2Fx/aliases/live?
            Content-Type: application/json

            {"FunctionVersion":"7"}"#]],
    );
    check(
        "lambda",
        "RemovePermission",
        json!({"FunctionName": "f", "StatementId": "s", "Qualifier": "live"}),
        expect![[r#"
            DELETE /2015-03-31/functions/f/policy/s?Qualifier=live

        "#]],
    );
    check(
        "s3",
        "PutBucketPolicy",
        json!({"Bucket": "b", "Policy": "{}"}),
        expect![[r#"
        PUT /b?policy=

        {}"#]],
    );
    check(
        "s3",
        "PutPublicAccessBlock",
        json!({"Bucket": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}),
        expect![[r#"
            PUT /b?publicAccessBlock=
            Content-Type: application/xml

            <PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"#]],
    );
    check(
        "s3",
        "PutBucketLifecycleConfiguration",
        json!({"Bucket": "b", "LifecycleConfiguration": {"Rules": [{"ID": "a&b", "Status": "Enabled"}]}}),
        expect![[r#"
            PUT /b?lifecycle=
            Content-Type: application/xml

            <LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>a&amp;b</ID><Status>Enabled</Status></Rule></LifecycleConfiguration>"#]],
    );
    check(
        "route53",
        "ChangeResourceRecordSets",
        json!({"HostedZoneId": "Z1", "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet":
            {"Name": "a.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}}]}}),
        expect![[r#"
            POST /2013-04-01/hostedzone/Z1/rrset/?
            Content-Type: application/xml

            <ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes><Change><Action>UPSERT</Action><ResourceRecordSet><Name>a.example.com</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"#]],
    );
}

#[test]
fn a_call_without_what_it_needs_is_not_written() {
    check(
        "ec2",
        "ReplaceRoute",
        json!({"DestinationCidrBlock": "0.0.0.0/0"}),
        expect!["`ReplaceRoute` needs `RouteTableId`"],
    );
    check(
        "kms",
        "EnableKey",
        json!({"KeyId": "k", "Key": "k"}),
        expect!["`EnableKey` has no member `Key`"],
    );
}
