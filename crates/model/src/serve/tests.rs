use super::*;
use crate::{operation, request, response};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

fn pairs(form: &[(&str, &str)]) -> Vec<(String, String)> {
    form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[track_caller]
fn check(name: &str, form: &[(&str, &str)], expect: &Expect) {
    let text = match read_call(operation("ec2", name).unwrap(), &pairs(form)) {
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(error) => format!("error: {error}"),
    };
    expect.assert_eq(&text);
}

#[test]
fn calls_are_read_by_the_names_of_the_model() {
    check(
        "DescribeNetworkInsightsPaths",
        &[
            ("NetworkInsightsPathId.2", "nip-2"),
            ("NetworkInsightsPathId.10", "nip-10"),
            ("Filter.1.Name", "source"),
            ("Filter.1.Value.1", "i-1"),
            ("MaxResults", "5"),
            ("DryRun", "true"),
        ],
        &expect![[
            r#"{"DryRun":true,"Filters":[{"Name":"source","Values":["i-1"]}],"MaxResults":5,"NetworkInsightsPathIds":["nip-2","nip-10"]}"#
        ]],
    );
}

#[test]
fn what_is_no_parameter_is_named() {
    let expected = [
        (("Nonsense.1.A", "x"), expect!["error: the parameter Nonsense.1.A is not recognized"]),
        (("Filter.x.Name", "x"), expect!["error: the parameter Filter.x.Name is not recognized"]),
        (("Filter.01.Name", "x"), expect!["error: the parameter Filter.01.Name is not recognized"]),
        (("MaxResults", "x"), expect!["error: the parameter MaxResults takes a whole number"]),
        (("DryRun", "1"), expect!["error: the parameter DryRun takes true or false"]),
        (("Filter", "x"), expect!["error: the parameter Filter takes parts, and no value"]),
        (("MaxResults.1", "5"), expect!["error: the parameter MaxResults.1 is not recognized"]),
        (("", ""), expect!["error: the parameter  is not recognized"]),
    ];
    for (pair, expect) in expected {
        check("DescribeNetworkInsightsPaths", &[pair], &expect);
    }
    check(
        "DeleteNetworkInsightsPath",
        &[],
        &expect!["error: the request must contain the parameter NetworkInsightsPathId"],
    );
    check(
        "DescribeNetworkInsightsPaths",
        &[("MaxResults", "5"), ("MaxResults", "5")],
        &expect!["error: the parameter MaxResults is given more than once"],
    );
}

/// What the client's side writes, this side reads; what this side writes, the client's reads.
#[test]
fn both_sides_of_the_wire_agree() {
    let create = operation("ec2", "CreateNetworkInsightsPath").unwrap();
    let input = json!({
        "Source": "i-1", "Protocol": "tcp", "DestinationPort": 443, "ClientToken": "a&b=c",
        "FilterAtSource": {"SourcePortRange": {"FromPort": 1, "ToPort": 2}},
        "TagSpecifications": [{"ResourceType": "network-insights-path",
            "Tags": [{"Key": "Name", "Value": "ü <x> & \"y\""}, {"Key": "b", "Value": ""}]}],
    });
    let body = String::from_utf8(request(create, &input).unwrap().body).unwrap();
    let form: Vec<(String, String)> = body
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .filter(|(name, _)| name != "Action" && name != "Version")
        .collect();
    assert_eq!(sorted(read_call(create, &form).unwrap()), sorted(input));

    let describe = operation("ec2", "DescribeNetworkInsightsAnalyses").unwrap();
    let output = json!({"NetworkInsightsAnalyses": [{
        "NetworkInsightsAnalysisId": "nia-1", "NetworkPathFound": false, "Status": "succeeded",
        "Explanations": [{"ExplanationCode": "X", "Addresses": ["10.0.0.1/32"], "Port": 7}],
        "ForwardPathComponents": [],
        "Tags": [{"Key": "</item><a/>", "Value": "]]>&amp;\r\n\t<!--"}],
    }]});
    let xml = answer(describe, "the-request", &output);
    assert!(xml.contains("<requestId>the-request</requestId>"));
    assert!(xml.contains("<networkInsightsAnalysisSet><item><networkInsightsAnalysisId>"), "{xml}");
    let read = response(describe, 200, &[], xml.as_bytes()).unwrap();
    assert_eq!(sorted(read), sorted(output));
}

#[test]
fn what_xml_cannot_hold_is_replaced_and_what_the_model_has_not_is_left_out() {
    let describe = operation("ec2", "DeleteNetworkInsightsPath").unwrap();
    let output = json!({"NetworkInsightsPathId": "a\u{0}\u{1b}\u{ffff}b", "Secret": 1});
    let xml = answer(describe, "r", &output);
    assert!(xml.contains("<networkInsightsPathId>a\u{fffd}\u{fffd}\u{fffd}b</"), "{xml}");
    assert!(!xml.contains("ecret"), "{xml}");
}

#[test]
fn refusals_are_read_by_the_clients_side() {
    let describe = operation("ec2", "DeleteNetworkInsightsPath").unwrap();
    let xml = error_answer("InvalidThing.NotFound", "no <thing> & none", "r");
    let error = response(describe, 400, &[], xml.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "InvalidThing.NotFound: no <thing> & none");
}

fn sorted(mut value: Value) -> Value {
    value.sort_all_objects();
    value
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap().to_owned();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}
