//! EC2's query protocol: any form has an answer. What it says is asked by real clients in `tests/e2e`.

use super::*;
use proptest::prelude::*;

fn form(body: &str) -> Request<Body> {
    let credential = "AKIAEXAMPLE/20260110/us-east-1/ec2/aws4_request";
    Request::post("/")
        .header(header::HOST, "127.0.0.1:4000")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
        .header(
            header::AUTHORIZATION,
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00"),
        )
        .body(Body::from(body.to_owned()))
        .unwrap()
}

#[track_caller]
fn check(body: &str, expect: Expect) {
    let (response, text) = TestApi::new(&few()).send(form(body));
    let content_type = response.headers()["content-type"].to_str().unwrap();
    let id = response.headers()["x-amzn-requestid"].to_str().unwrap();
    let text = text.replace(id, "[ID]");
    expect.assert_eq(&format!("{} {content_type}\n{text}", response.status().as_u16()));
}

#[test]
fn a_list_is_xml_with_the_requests_id() {
    check(
        "Action=DescribeNetworkInsightsPaths&Version=2016-11-15",
        expect![[r#"
            200 text/xml;charset=UTF-8
            <?xml version="1.0" encoding="UTF-8"?>
            <DescribeNetworkInsightsPathsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>[ID]</requestId><networkInsightsPathSet></networkInsightsPathSet></DescribeNetworkInsightsPathsResponse>"#]],
    );
}

#[test]
fn refusals_have_ec2s_form() {
    check(
        "Action=DescribeNetworkInsightsPaths&Version=2016-11-15&%3Cx%3E=1",
        expect![[r#"
            400 text/xml;charset=UTF-8
            <?xml version="1.0" encoding="UTF-8"?>
            <Response><Errors><Error><Code>UnknownParameter</Code><Message>the parameter &lt;x&gt; is not recognized</Message></Error></Errors><RequestID>[ID]</RequestID></Response>"#]],
    );
    let code = |body: &str| {
        let (response, text) = TestApi::new(&few()).send(form(body));
        let code = text.split("<Code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        (response.status().as_u16(), code)
    };
    let expected = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(code(""), expected(400, "MissingAction"));
    assert_eq!(code("Action=RunInstances&Version=2016-11-15"), expected(400, "InvalidAction"));
    assert_eq!(code("Action=DescribeNetworkInsightsPaths"), expected(400, "NoSuchVersion"));
    assert_eq!(code("Action=%zz"), expected(400, "MalformedQueryString"));
    let dry = "Action=DescribeNetworkInsightsPaths&Version=2016-11-15&DryRun=true";
    assert_eq!(code(dry), expected(412, "DryRunOperation"));
}

#[test]
fn an_unsigned_form_does_nothing() {
    let mut request = form("Action=DescribeNetworkInsightsPaths&Version=2016-11-15");
    request.headers_mut().remove(header::AUTHORIZATION);
    let (response, text) = TestApi::new(&few()).send(request);
    assert_eq!(response.status(), 403);
    assert!(text.contains("<Code>MissingAuthenticationToken</Code>"), "{text}");
}

const ACTIONS: &[&str] = &[
    "CreateNetworkInsightsPath",
    "DescribeNetworkInsightsPaths",
    "DeleteNetworkInsightsPath",
    "StartNetworkInsightsAnalysis",
    "DescribeNetworkInsightsAnalyses",
    "DeleteNetworkInsightsAnalysis",
    "CreateNetworkInsightsAccessScope",
    "DescribeNetworkInsightsAccessScopes",
    "GetNetworkInsightsAccessScopeContent",
    "DeleteNetworkInsightsAccessScope",
    "StartNetworkInsightsAccessScopeAnalysis",
    "DescribeNetworkInsightsAccessScopeAnalyses",
    "GetNetworkInsightsAccessScopeAnalysisFindings",
    "DeleteNetworkInsightsAccessScopeAnalysis",
    "RunInstances",
];

/// Parts of parameters' names.
const PARTS: &[&str] = &[
    "Source",
    "Destination",
    "Protocol",
    "ClientToken",
    "DestinationPort",
    "FilterAtSource",
    "DestinationPortRange",
    "FromPort",
    "ToPort",
    "1",
    "2",
    "0",
    "TagSpecification",
    "Tag",
    "Key",
    "Value",
    "ResourceType",
    "Filter",
    "Name",
    "NetworkInsightsPathId",
    "NetworkInsightsAnalysisId",
    "NetworkInsightsAccessScopeId",
    "MatchPath",
    "ResourceStatement",
    "Resource",
    "MaxResults",
    "NextToken",
    "AnalysisStartTime",
    "PacketHeaderStatement",
    "SourceAddress",
    "DryRun",
    "",
];

/// Forms that look like calls, and forms that look like nothing.
fn any_form() -> impl Strategy<Value = String> {
    let (action, part) = (prop::sample::select(ACTIONS), prop::sample::select(PARTS));
    let value = prop_oneof![
        prop::sample::select(vec![
            "i-1",
            "eni-1",
            "igw-1",
            "203.0.113.10",
            "tcp",
            "udp",
            "443",
            "-1",
            "99999999999999999999",
            "true",
            "false",
            "nip-00000000000000000",
            "network-insights-path",
            "..%2F..%2Fx",
            "%00",
            "2026-01-01T00:00:00Z",
            "AWS::EC2::Instance",
            "2001:db8::1",
            "10.0.0.0/8",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,12}".prop_map(|text| text.replace(['&', '='], "")),
    ];
    let name = prop::collection::vec(part, 1..5).prop_map(|parts| parts.join("."));
    let pairs = prop::collection::vec((name, value), 0..8);
    let call = (action, pairs).prop_map(|(action, pairs)| {
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("Action={action}&Version=2016-11-15&ClientToken=t&{}", pairs.join("&"))
    });
    prop_oneof![4 => call, 1 => "[ -~]{0,80}", 1 => "\\PC{0,40}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Any form has an answer or an error of AWS's, as XML; none is our fault.
    #[test]
    fn any_form_is_answered(forms in prop::collection::vec(any_form(), 1..6)) {
        thread_local! { static API: TestApi = TestApi::new(&few()); }
        for body in &forms {
            let (response, text) = API.with(|api| api.send(form(body)));
            let status = response.status().as_u16();
            prop_assert!(status == 200 || (400..500).contains(&status), "{} {}", status, text);
            prop_assert!(text.starts_with("<?xml"), "{}", text);
            prop_assert!(status == 200 || text.contains("<Code>"), "{}", text);
        }
    }
}
