//! What AWS describes now, in the form that a snapshot has.
//!
//! One document for each list, called as the command line's answer: `123456789012/eu-west-1/Vpcs.json`.
//! What one call tells of one resource (attributes, entries, target health) becomes a list of its own, as
//! snapshots have it. A list that cannot be had whole is left out and named: half a list would be taken
//! for all there is.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::caller::{ApiCall, CallFailure, Caller, HIDDEN, USER_AGENT, is_secret};

/// So many pages one list may have.
const PAGES_MAX: usize = 10_000;

/// What to describe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveQuery {
    /// The Region.
    pub region: String,
    /// Whether services without Regions are described, too: once is enough for an account.
    pub has_global: bool,
}

/// What was described.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// The account's 12 digits.
    pub account_id: String,
    /// Documents by name, each a path with account and Region.
    pub documents: Vec<(String, Vec<u8>)>,
    /// What could not be listed.
    pub not_listed: Vec<NotListed>,
    /// How many calls were made.
    pub calls: u64,
}

/// A list that could not be had: it is in no document.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NotListed {
    /// The call: `ec2:DescribeVpcs`.
    pub call: String,
    /// The resource that it was about, when it was about one.
    pub of: Option<String>,
    /// Why.
    pub reason: String,
}

/// A call whose answer has whole lists.
struct List {
    service: &'static str,
    operation: &'static str,
    /// The lists that are kept.
    lists: &'static [&'static str],
    is_global: bool,
}

const fn list(
    service: &'static str,
    operation: &'static str,
    lists: &'static [&'static str],
) -> List {
    List { service, operation, lists, is_global: false }
}

const LISTS: &[List] = &[
    list("ec2", "DescribeVpcs", &["Vpcs"]),
    list("ec2", "DescribeSubnets", &["Subnets"]),
    list("ec2", "DescribeRouteTables", &["RouteTables"]),
    list("ec2", "DescribeInternetGateways", &["InternetGateways"]),
    list("ec2", "DescribeEgressOnlyInternetGateways", &["EgressOnlyInternetGateways"]),
    list("ec2", "DescribeNatGateways", &["NatGateways"]),
    list("ec2", "DescribeAddresses", &["Addresses"]),
    list("ec2", "DescribeNetworkAcls", &["NetworkAcls"]),
    list("ec2", "DescribeSecurityGroups", &["SecurityGroups"]),
    list("ec2", "DescribeSecurityGroupRules", &["SecurityGroupRules"]),
    list("ec2", "DescribeNetworkInterfaces", &["NetworkInterfaces"]),
    list("ec2", "DescribeInstances", &["Reservations"]),
    list("ec2", "DescribeVpcPeeringConnections", &["VpcPeeringConnections"]),
    list("ec2", "DescribeTransitGateways", &["TransitGateways"]),
    list("ec2", "DescribeTransitGatewayAttachments", &["TransitGatewayAttachments"]),
    list("ec2", "DescribeTransitGatewayVpcAttachments", &["TransitGatewayVpcAttachments"]),
    list("ec2", "DescribeTransitGatewayPeeringAttachments", &["TransitGatewayPeeringAttachments"]),
    list("ec2", "DescribeTransitGatewayRouteTables", &["TransitGatewayRouteTables"]),
    list("ec2", "DescribeVpcEndpoints", &["VpcEndpoints"]),
    list("ec2", "DescribeManagedPrefixLists", &["PrefixLists"]),
    list("ec2", "DescribeVpnGateways", &["VpnGateways"]),
    list("ec2", "DescribeCustomerGateways", &["CustomerGateways"]),
    list("ec2", "DescribeVpnConnections", &["VpnConnections"]),
    list("ec2", "DescribeDhcpOptions", &["DhcpOptions"]),
    list("ec2", "DescribeFlowLogs", &["FlowLogs"]),
    list("ec2", "DescribeLaunchTemplates", &["LaunchTemplates"]),
    list("ec2", "DescribeVpcBlockPublicAccessExclusions", &["VpcBlockPublicAccessExclusions"]),
    list("directconnect", "DescribeVirtualInterfaces", &["virtualInterfaces"]),
    list("elbv2", "DescribeLoadBalancers", &["LoadBalancers"]),
    list("elbv2", "DescribeTargetGroups", &["TargetGroups"]),
    list("rds", "DescribeDBInstances", &["DBInstances"]),
    list("rds", "DescribeDBClusters", &["DBClusters"]),
    list("rds", "DescribeDBSubnetGroups", &["DBSubnetGroups"]),
    list("elasticache", "DescribeReplicationGroups", &["ReplicationGroups"]),
    list("autoscaling", "DescribeAutoScalingGroups", &["AutoScalingGroups"]),
    list("lambda", "ListFunctions", &["Functions"]),
    list("cloudwatch", "DescribeAlarms", &["MetricAlarms"]),
    list("cloudtrail", "DescribeTrails", &["trailList"]),
    List {
        service: "iam",
        operation: "GetAccountAuthorizationDetails",
        lists: &["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"],
        is_global: true,
    },
];

/// A call for each resource of a list.
struct Each {
    /// The list, and the member by which a resource is asked for.
    of: &'static str,
    id: &'static str,
    service: &'static str,
    operation: &'static str,
    /// The member of the request that takes the id, and what else it has, as JSON.
    asks: &'static str,
    with: &'static str,
    /// The member of the answer that is kept, and under which name.
    member: &'static str,
    kept_as: &'static str,
    into: Become,
}

/// What the answers become.
enum Become {
    /// Elements of this list with the id and the member.
    Parts(&'static str),
    /// Elements of this list, as they are; with one missing there is no list.
    Whole(&'static str),
}

const EACH: &[Each] = &[
    vpc_attribute(r#"{"Attribute":"enableDnsSupport"}"#, "EnableDnsSupport"),
    vpc_attribute(r#"{"Attribute":"enableDnsHostnames"}"#, "EnableDnsHostnames"),
    Each {
        of: "PrefixLists",
        id: "PrefixListId",
        service: "ec2",
        operation: "GetManagedPrefixListEntries",
        asks: "PrefixListId",
        with: "{}",
        member: "Entries",
        kept_as: "Entries",
        into: Become::Parts("PrefixLists"),
    },
    Each {
        with: r#"{"Filters":[{"Name":"type","Values":["static"]}]}"#,
        ..transit_table("SearchTransitGatewayRoutes", "Routes", "TransitGatewayStaticRoutes")
    },
    transit_table(
        "GetTransitGatewayRouteTablePropagations",
        "TransitGatewayRouteTablePropagations",
        "TransitGatewayPropagations",
    ),
    Each {
        kept_as: "PrefixListReferences",
        ..transit_table(
            "GetTransitGatewayPrefixListReferences",
            "TransitGatewayPrefixListReferences",
            "TransitGatewayRouteTables",
        )
    },
    balancers(
        ("LoadBalancers", "LoadBalancerArn"),
        "DescribeLoadBalancerAttributes",
        "Attributes",
        Become::Parts("LoadBalancerAttributes"),
    ),
    balancers(
        ("LoadBalancers", "LoadBalancerArn"),
        "DescribeListeners",
        "Listeners",
        Become::Whole("Listeners"),
    ),
    balancers(("Listeners", "ListenerArn"), "DescribeRules", "Rules", Become::Whole("Rules")),
    balancers(
        ("TargetGroups", "TargetGroupArn"),
        "DescribeTargetGroupAttributes",
        "Attributes",
        Become::Parts("TargetGroups"),
    ),
    balancers(
        ("TargetGroups", "TargetGroupArn"),
        "DescribeTargetHealth",
        "TargetHealthDescriptions",
        Become::Parts("LoadBalancerTargetHealth"),
    ),
    trail("GetTrailStatus", "Name", "IsLogging"),
    trail("GetEventSelectors", "TrailName", "EventSelectors"),
    trail("GetEventSelectors", "TrailName", "AdvancedEventSelectors"),
    Each {
        of: "UserDetailList",
        id: "UserName",
        service: "iam",
        operation: "ListAccessKeys",
        asks: "UserName",
        with: "{}",
        member: "AccessKeyMetadata",
        kept_as: "AccessKeyMetadata",
        into: Become::Whole("AccessKeyMetadata"),
    },
];

const fn vpc_attribute(with: &'static str, member: &'static str) -> Each {
    Each {
        of: "Vpcs",
        id: "VpcId",
        service: "ec2",
        operation: "DescribeVpcAttribute",
        asks: "VpcId",
        with,
        member,
        kept_as: member,
        into: Become::Parts("Vpcs"),
    }
}

const fn transit_table(operation: &'static str, member: &'static str, into: &'static str) -> Each {
    Each {
        of: "TransitGatewayRouteTables",
        id: "TransitGatewayRouteTableId",
        service: "ec2",
        operation,
        asks: "TransitGatewayRouteTableId",
        with: "{}",
        member,
        kept_as: member,
        into: Become::Parts(into),
    }
}

const fn balancers(
    (of, id): (&'static str, &'static str),
    operation: &'static str,
    member: &'static str,
    into: Become,
) -> Each {
    Each {
        of,
        id,
        service: "elbv2",
        operation,
        asks: id,
        with: "{}",
        member,
        kept_as: member,
        into,
    }
}

const fn trail(operation: &'static str, asks: &'static str, member: &'static str) -> Each {
    Each {
        of: "trailList",
        id: "Name",
        service: "cloudtrail",
        operation,
        asks,
        with: "{}",
        member,
        kept_as: member,
        into: Become::Parts("trailList"),
    }
}

/// Describes what snapshots hold of one Region; `on_call` hears of each call before it is made.
///
/// Shape: names and documents are such as `trailhound_replay::state::read_snapshot` reads. In place of secrets
/// is CloudTrail's mark for them, which replay takes for not known.
///
/// As of: each document the moment of its calls: what changes meanwhile may be in one and not in another.
///
/// # Errors
/// When nobody knows who calls. A list that is refused is no error: it is named in the answer.
pub fn describe_all(
    caller: &dyn Caller,
    query: &LiveQuery,
    on_call: &mut dyn FnMut(&str),
) -> Result<Description, CallFailure> {
    let account_id = caller.identity()?.account_id;
    let out = Description { account_id, ..Description::default() };
    let mut run = Run { caller, query, on_call, lists: BTreeMap::new(), out };
    for list in LISTS.iter().filter(|list| query.has_global || !list.is_global) {
        run.list(list);
    }
    for each in EACH {
        run.each(each);
    }
    run.public_access();
    Ok(run.out)
}

struct Run<'a> {
    caller: &'a dyn Caller,
    query: &'a LiveQuery,
    on_call: &'a mut dyn FnMut(&str),
    /// The lists so far, for the calls about each of their elements.
    lists: BTreeMap<&'static str, Vec<Value>>,
    out: Description,
}

impl Run<'_> {
    fn list(&mut self, list: &List) {
        match self.pages(list.service, list.operation, json!({}), list.lists) {
            Ok(found) => {
                for (name, mut elements) in found {
                    if list.service == "iam" {
                        elements.iter_mut().for_each(plain_policies);
                    }
                    self.write(name, name, list.is_global, &elements);
                    self.lists.insert(name, elements);
                }
            }
            Err(reason) => self.fail(list.service, list.operation, None, reason),
        }
    }

    fn each(&mut self, each: &Each) {
        let Some(resources) = self.lists.get(each.of).cloned() else { return };
        let of_here = |resource: &&Value| match resource.get("HomeRegion").and_then(Value::as_str) {
            Some(home) => home == self.query.region,
            None => true,
        };
        let ids = resources.iter().filter(of_here).filter_map(|it| it.get(each.id)?.as_str());
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        let (mut elements, mut is_whole) = (Vec::new(), true);
        for id in ids {
            let mut input: Value = serde_json::from_str(each.with).unwrap_or_default();
            if let Some(members) = input.as_object_mut() {
                members.insert(each.asks.to_owned(), json!(id));
            }
            let found = match each.into {
                Become::Whole(_) => self
                    .pages(each.service, each.operation, input, &[each.member])
                    .map(|mut found| found.remove(each.member).map(Value::Array)),
                Become::Parts(_) => self.answer(each, input),
            };
            match (found, &each.into) {
                (Ok(Some(Value::Array(found))), Become::Whole(_)) => {
                    elements.extend(found.into_iter().map(|it| within(each, &id, it)));
                }
                (Ok(Some(value)), _) => {
                    elements.push(json!({ each.id: id, each.kept_as: value }));
                }
                (Ok(None), _) => {}
                (Err(reason), _) => {
                    self.fail(each.service, each.operation, Some(id), reason);
                    is_whole = false;
                }
            }
        }
        let is_global = each.service == "iam";
        match each.into {
            Become::Whole(name) if is_whole => {
                self.write(name, name, is_global, &elements);
                self.lists.insert(name, elements);
            }
            Become::Whole(_) => {}
            Become::Parts(_) if elements.is_empty() => {}
            Become::Parts(name) => {
                let file = format!("{name}-{}", each.kept_as);
                self.write(&file, name, is_global, &elements);
            }
        }
    }

    /// Block Public Access, which is no list.
    fn public_access(&mut self) {
        const CALL: (&str, &str) = ("ec2", "DescribeVpcBlockPublicAccessOptions");
        match self.call(CALL.0, CALL.1, &json!({})) {
            Ok(answer) => {
                let region = &self.query.region;
                let name =
                    format!("{}/{region}/VpcBlockPublicAccessOptions.json", self.out.account_id);
                self.out.documents.push((name, answer.to_string().into_bytes()));
            }
            Err(reason) => self.fail(CALL.0, CALL.1, None, reason),
        }
    }

    /// One member of one resource's answer, with all pages of it when it is a list.
    fn answer(&mut self, each: &Each, input: Value) -> Result<Option<Value>, String> {
        let answer = self.call(each.service, each.operation, &input)?;
        if token(&answer).is_some() {
            let mut found = self.pages(each.service, each.operation, input, &[each.member])?;
            return Ok(found.remove(each.member).map(Value::Array));
        }
        if answer.get("AdditionalRoutesAvailable").and_then(Value::as_bool) == Some(true) {
            return Err("it has more routes than one answer can hold".to_owned());
        }
        let is_list = !matches!(each.kept_as, "IsLogging");
        let is_choice = each.kept_as.ends_with("EventSelectors") || !is_list;
        Ok(match answer.get(each.member).cloned() {
            // An empty list may be left out of an answer; of the two kinds of selectors one is.
            None if is_choice || each.of == "Vpcs" => None,
            None => Some(json!([])),
            found => found,
        })
    }

    /// All pages of the lists of one call.
    fn pages(
        &mut self,
        service: &str,
        operation: &str,
        mut input: Value,
        lists: &[&'static str],
    ) -> Result<BTreeMap<&'static str, Vec<Value>>, String> {
        let mut found: BTreeMap<&'static str, Vec<Value>> =
            lists.iter().map(|name| (*name, Vec::new())).collect();
        for _ in 0..PAGES_MAX {
            let mut answer = self.call(service, operation, &input)?;
            let next = token(&answer);
            for (name, elements) in &mut found {
                if let Some(page) = answer.get_mut(*name).and_then(Value::as_array_mut) {
                    elements.append(page);
                }
            }
            let Some((member, text)) = next else { return Ok(found) };
            let is_same = input.get(member).and_then(Value::as_str) == Some(text.as_str());
            if is_same {
                break;
            }
            input.as_object_mut().map(|it| it.insert(member.to_owned(), json!(text)));
        }
        Err("its pages do not end".to_owned())
    }

    fn call(&mut self, service: &str, operation: &str, input: &Value) -> Result<Value, String> {
        (self.on_call)(&format!("{service}:{operation}"));
        self.out.calls += 1;
        let region = &self.query.region;
        let call = ApiCall { service, operation, region, input, user_agent: USER_AGENT };
        let mut answer = self.caller.call(&call).map_err(|failure| match failure {
            // A read that got no answer has changed nothing either.
            CallFailure::NotSent { reason } | CallFailure::NoAnswer { reason } => reason,
            refused => refused.to_string(),
        })?;
        hide_secrets(&mut answer);
        Ok(answer)
    }

    fn write(&mut self, file: &str, list: &str, is_global: bool, elements: &[Value]) {
        // States know resources of services without Regions in this one.
        let region = if is_global { "us-east-1" } else { self.query.region.as_str() };
        let name = format!("{}/{region}/{file}.json", self.out.account_id);
        let bytes = json!({ list: elements }).to_string().into_bytes();
        self.out.documents.push((name, bytes));
    }

    fn fail(&mut self, service: &str, operation: &str, of: Option<String>, reason: String) {
        let call = format!("{service}:{operation}");
        self.out.not_listed.push(NotListed { call, of, reason });
    }
}

/// An element with the resource that it was listed for, where its answer does not say it.
fn within(each: &Each, id: &str, mut element: Value) -> Value {
    if let Some(members) = element.as_object_mut() {
        members.entry(each.id).or_insert_with(|| json!(id));
    }
    element
}

/// Where the next page begins: the member that takes it, and its text.
fn token(answer: &Value) -> Option<(&'static str, String)> {
    const TOKENS: &[(&str, &str)] = &[
        ("NextToken", "NextToken"),
        ("nextToken", "nextToken"),
        ("NextMarker", "Marker"),
        ("Marker", "Marker"),
    ];
    TOKENS.iter().find_map(|(from, to)| {
        let text = answer.get(*from)?.as_str().filter(|text| !text.is_empty())?;
        Some((*to, text.to_owned()))
    })
}

/// Puts CloudTrail's mark in place of secrets: keys of tunnels, environments of functions.
fn hide_secrets(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(hide_secrets),
        Value::Object(members) => {
            for (name, value) in members {
                match is_secret(name) {
                    true => *value = json!(HIDDEN),
                    false => hide_secrets(value),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Policy documents as JSON: IAM answers them percent-encoded, and the command line prints them plain.
pub(crate) fn plain_policies(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(plain_policies),
        Value::Object(members) => members.iter_mut().for_each(plain_policy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn plain_policy((name, value): (&String, &mut Value)) {
    let is_document = name.ends_with("PolicyDocument") || name == "Document";
    match value.as_str().filter(|_| is_document) {
        Some(text) => {
            if let Ok(document) = serde_json::from_str(&unescaped(text)) {
                *value = document;
            }
        }
        None => plain_policies(value),
    }
}

/// Text without percent-encoding.
fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(value) if *byte == b'%' => {
                out.push(value);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Identity;
    use serde_json::Map;
    use trailhound_replay::state::{Scope, SnapshotOptions, read_snapshot};

    /// Answers from a list of calls; what is not there is refused.
    struct Fake(Vec<(&'static str, Value)>);

    impl Caller for Fake {
        fn call(&self, call: &ApiCall<'_>) -> Result<Value, CallFailure> {
            let wanted = match call.input.as_object().is_some_and(Map::is_empty) {
                true => call.operation.to_owned(),
                false => format!("{} {}", call.operation, call.input),
            };
            let found = self.0.iter().find(|(call, _)| *call == wanted);
            found.map(|(_, answer)| answer.clone()).ok_or_else(|| CallFailure::Refused {
                code: "UnauthorizedOperation".to_owned(),
                message: "no".to_owned(),
            })
        }

        fn identity(&self) -> Result<Identity, CallFailure> {
            Ok(Identity {
                account_id: "123456789012".to_owned(),
                arn: String::new(),
                access_key_id: None,
                endpoint_url: None,
            })
        }
    }

    fn describe(fake: &Fake) -> Description {
        let query = LiveQuery { region: "eu-west-1".to_owned(), has_global: true };
        describe_all(fake, &query, &mut |_| {}).unwrap()
    }

    #[test]
    fn pages_are_one_list_and_a_snapshot_reads_it() {
        let fake = Fake(vec![
            ("DescribeVpcs", json!({"Vpcs": [{"VpcId": "vpc-1"}], "NextToken": "t"})),
            (r#"DescribeVpcs {"NextToken":"t"}"#, json!({"Vpcs": [{"VpcId": "vpc-2"}]})),
            (
                r#"DescribeVpcAttribute {"Attribute":"enableDnsSupport","VpcId":"vpc-1"}"#,
                json!({"VpcId": "vpc-1", "EnableDnsSupport": {"Value": false}}),
            ),
        ]);
        let described = describe(&fake);
        let names: Vec<&str> = described.documents.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "123456789012/eu-west-1/Vpcs.json",
                "123456789012/eu-west-1/Vpcs-EnableDnsSupport.json"
            ]
        );
        let options = SnapshotOptions {
            name: "live".to_owned(),
            scope: Scope { account: String::new(), region: String::new() },
        };
        let read = read_snapshot(described.documents, &options);
        assert_eq!(read.skipped, []);
        let bodies: Vec<String> = read.state.iter().map(|(_, it)| it.body.to_string()).collect();
        assert_eq!(
            bodies,
            [r#"{"VpcId":"vpc-1","EnableDnsSupport":{"Value":false}}"#, r#"{"VpcId":"vpc-2"}"#]
        );
    }

    #[test]
    fn what_is_refused_is_named_and_not_taken_for_empty() {
        let fake = Fake(vec![
            ("DescribeSubnets", json!({"Subnets": []})),
            (
                "DescribeLoadBalancers",
                json!({"LoadBalancers": [{"LoadBalancerArn": "a"}, {"LoadBalancerArn": "b"}]}),
            ),
            (r#"DescribeListeners {"LoadBalancerArn":"a"}"#, json!({"Listeners": []})),
        ]);
        let described = describe(&fake);
        let names: Vec<&str> = described.documents.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["123456789012/eu-west-1/Subnets.json", "123456789012/eu-west-1/LoadBalancers.json"]
        );
        let of_b = described.not_listed.iter().find(|it| it.of.as_deref() == Some("b")).unwrap();
        assert_eq!(of_b.reason, "UnauthorizedOperation: no");
        assert!(described.not_listed.iter().any(|it| it.call == "ec2:DescribeVpcs"));
    }

    #[test]
    fn policies_become_what_the_command_line_prints() {
        let mut value = json!({"RoleDetailList": [{"AssumeRolePolicyDocument": "%7B%22a%22%3A%20%22%25%22%7D"}]});
        plain_policies(&mut value);
        let expected = json!({"RoleDetailList": [{"AssumeRolePolicyDocument": {"a": "%"}}]});
        assert_eq!(value, expected);
    }

    #[test]
    fn a_secret_is_in_no_document() {
        let tunnel = json!({"TunnelOptions": [{"PreSharedKey": "secret"}]});
        let fake = Fake(vec![
            (
                "DescribeVpnConnections",
                json!({"VpnConnections": [{"VpnConnectionId": "vpn-1", "Options": tunnel,
                    "CustomerGatewayConfiguration": "secret"}]}),
            ),
            (
                "ListFunctions",
                json!({"Functions": [{"FunctionName": "f",
                    "Environment": {"Variables": {"KEY": "secret"}}}]}),
            ),
        ]);
        let documents = describe(&fake).documents;
        let texts = documents.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned());
        let texts: Vec<String> = texts.collect();
        assert_eq!(texts.len(), 2);
        assert!(texts.iter().all(|text| !text.contains("secret") && text.contains(HIDDEN)));
    }

    #[test]
    fn a_list_whose_pages_repeat_is_left_out() {
        let page = json!({"Vpcs": [], "NextToken": "t"});
        let fake =
            Fake(vec![("DescribeVpcs", page.clone()), (r#"DescribeVpcs {"NextToken":"t"}"#, page)]);
        let described = describe(&fake);
        let vpcs = described.not_listed.iter().find(|it| it.call == "ec2:DescribeVpcs").unwrap();
        assert_eq!(vpcs.reason, "its pages do not end");
    }

    #[test]
    fn every_call_is_in_the_tables() {
        let lists = LISTS.iter().map(|it| (it.service, it.operation, it.lists, ""));
        for (service, operation, lists, _) in lists {
            let found = trailhound_model::operation(service, operation).unwrap();
            for list in lists {
                assert!(found.output().unwrap().member(list).is_some(), "{operation} {list}");
            }
        }
        for each in EACH {
            let found = trailhound_model::operation(each.service, each.operation).unwrap();
            assert!(found.output().unwrap().member(each.member).is_some(), "{}", each.operation);
            assert!(found.input().unwrap().member(each.asks).is_some(), "{}", each.operation);
        }
    }
}
