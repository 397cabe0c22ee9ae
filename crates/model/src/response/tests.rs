use super::*;
use crate::operation;
use expect_test::{Expect, expect};

#[track_caller]
fn check(service: &str, name: &str, status: u16, body: &str, expect: &Expect) {
    let operation = operation(service, name).unwrap();
    let text = match response(operation, status, &[], body.as_bytes()) {
        // In the order of the names, whatever order the JSON library keeps.
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(error) => format!("error: {error}"),
    };
    expect.assert_eq(&text);
}

#[test]
fn ec2_lists_are_arrays_by_their_botocore_names() {
    check(
        "ec2",
        "DescribeRouteTables",
        200,
        r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeRouteTablesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>r</requestId>
  <routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId>
    <routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId>
      <state>active</state></item></routeSet>
    <associationSet><item><main>true</main></item></associationSet>
    <tagSet><item><key>a &amp; b</key><value>&#x3c;1&gt;</value></item></tagSet></item></routeTableSet>
</DescribeRouteTablesResponse>"#,
        &expect![[
            r#"{"RouteTables":[{"Associations":[{"Main":true}],"RouteTableId":"rtb-1","Routes":[{"DestinationCidrBlock":"0.0.0.0/0","NatGatewayId":"nat-1","State":"active"}],"Tags":[{"Key":"a & b","Value":"<1>"}],"VpcId":"vpc-1"}]}"#
        ]],
    );
}

#[test]
fn query_answers_stand_in_a_result() {
    check(
        "iam",
        "GetUser",
        200,
        "<GetUserResponse><GetUserResult><User><UserName>alice</UserName><Path>/</Path></User></GetUserResult></GetUserResponse>",
        &expect![[r#"{"User":{"Path":"/","UserName":"alice"}}"#]],
    );
}

#[test]
fn rest_bodies_may_be_a_member() {
    check(
        "s3",
        "GetBucketPolicy",
        200,
        r#"{"Version":"2012-10-17"}"#,
        &expect![[r#"{"Policy":"{\"Version\":\"2012-10-17\"}"}"#]],
    );
    check(
        "s3",
        "GetPublicAccessBlock",
        200,
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>",
        &expect![[r#"{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true}}"#]],
    );
    check(
        "lambda",
        "GetAlias",
        200,
        r#"{"Name":"live","FunctionVersion":"3","New":1}"#,
        &expect![[r#"{"FunctionVersion":"3","Name":"live"}"#]],
    );
}

#[test]
fn refusals_have_their_code_in_every_protocol() {
    check(
        "ec2",
        "ReplaceRoute",
        400,
        "<Response><Errors><Error><Code>InvalidRoute.NotFound</Code><Message>no</Message></Error></Errors></Response>",
        &expect!["error: InvalidRoute.NotFound: no"],
    );
    check(
        "iam",
        "GetUser",
        404,
        "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>none</Message></Error></ErrorResponse>",
        &expect!["error: NoSuchEntity: none"],
    );
    check(
        "ecs",
        "UpdateService",
        400,
        r#"{"__type":"com.amazonaws.ecs#ServiceNotFoundException","message":"none"}"#,
        &expect!["error: ServiceNotFoundException: none"],
    );
    check("ec2", "ReplaceRoute", 503, "busy", &expect!["error: HTTP 503: "]);
    check(
        "ec2",
        "DescribeRouteTables",
        200,
        "<a><b></a>",
        &expect![
            "error: the answer to `DescribeRouteTables` cannot be read: ill-formed document: expected `</b>`, but `</a>` was found"
        ],
    );
}
