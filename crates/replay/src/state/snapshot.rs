//! A state from descriptions: what `aws … describe-…` prints, one document a call.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kinds::element_key;
use super::resource::{Resource, Source};
use super::{Key, Scope, State};

/// What is known of a snapshot besides its documents.
#[derive(Debug, Clone)]
pub struct SnapshotOptions {
    /// The snapshot's name, by which values say where they are known from.
    pub name: String,
    /// The scope of documents whose path does not tell account or Region.
    pub scope: Scope,
}

/// A state as described, and what could not be read.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The resources.
    pub state: State,
    /// Documents and lists that were not understood, by name, each with the reason.
    pub skipped: Vec<(String, String)>,
}

/// A list in an answer: its type of resource, the member that holds the id, and members that this call does
/// not describe, so that their absence says nothing.
struct Described {
    list: &'static str,
    kind: &'static str,
    id: &'static str,
    elsewhere: &'static [&'static str],
}

const fn described(
    list: &'static str,
    kind: &'static str,
    id: &'static str,
    elsewhere: &'static [&'static str],
) -> Described {
    Described { list, kind, id, elsewhere }
}

const TABLE_LISTS: &[&str] = &["Routes", "Associations", "Propagations", "PrefixListReferences"];
const ATTACHMENT: &str = "AWS::EC2::TransitGatewayAttachment";
const TRANSIT_TABLE: &str = "AWS::EC2::TransitGatewayRouteTable";

const DESCRIBED: &[Described] = &[
    described(
        "Vpcs",
        "AWS::EC2::VPC",
        "VpcId",
        &["EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"],
    ),
    described("Subnets", "AWS::EC2::Subnet", "SubnetId", &[]),
    described("RouteTables", "AWS::EC2::RouteTable", "RouteTableId", &[]),
    described("InternetGateways", "AWS::EC2::InternetGateway", "InternetGatewayId", &[]),
    described(
        "EgressOnlyInternetGateways",
        "AWS::EC2::EgressOnlyInternetGateway",
        "EgressOnlyInternetGatewayId",
        &[],
    ),
    described("NatGateways", "AWS::EC2::NatGateway", "NatGatewayId", &[]),
    described("Addresses", "AWS::EC2::EIP", "AllocationId", &[]),
    described("NetworkAcls", "AWS::EC2::NetworkAcl", "NetworkAclId", &[]),
    described(
        "SecurityGroups",
        "AWS::EC2::SecurityGroup",
        "GroupId",
        &["SecurityGroupRules", "VpcAssociations"],
    ),
    described(
        "NetworkInterfaces",
        "AWS::EC2::NetworkInterface",
        "NetworkInterfaceId",
        &["AssociatePublicIpAddress"],
    ),
    described(
        "VpcPeeringConnections",
        "AWS::EC2::VPCPeeringConnection",
        "VpcPeeringConnectionId",
        &[],
    ),
    described("TransitGateways", "AWS::EC2::TransitGateway", "TransitGatewayId", &[]),
    described(
        "TransitGatewayAttachments",
        ATTACHMENT,
        "TransitGatewayAttachmentId",
        &["VpcId", "SubnetIds", "Options"],
    ),
    described(
        "TransitGatewayVpcAttachments",
        ATTACHMENT,
        "TransitGatewayAttachmentId",
        &["Association", "ResourceId", "ResourceType"],
    ),
    described(
        "TransitGatewayPeeringAttachments",
        ATTACHMENT,
        "TransitGatewayAttachmentId",
        &["Association", "ResourceId", "ResourceType"],
    ),
    described(
        "TransitGatewayRouteTables",
        TRANSIT_TABLE,
        "TransitGatewayRouteTableId",
        TABLE_LISTS,
    ),
    described("VpcEndpoints", "AWS::EC2::VPCEndpoint", "VpcEndpointId", &[]),
    described("PrefixLists", "AWS::EC2::PrefixList", "PrefixListId", &["Entries", "Tags"]),
    described("VpnGateways", "AWS::EC2::VPNGateway", "VpnGatewayId", &[]),
    described("CustomerGateways", "AWS::EC2::CustomerGateway", "CustomerGatewayId", &[]),
    described("VpnConnections", "AWS::EC2::VPNConnection", "VpnConnectionId", &[]),
    described("DhcpOptions", "AWS::EC2::DHCPOptions", "DhcpOptionsId", &[]),
    described("FlowLogs", "AWS::EC2::FlowLog", "FlowLogId", &[]),
    described("LaunchTemplates", "AWS::EC2::LaunchTemplate", "LaunchTemplateId", &[]),
    described(
        "VpcBlockPublicAccessExclusions",
        "AWS::EC2::VPCBlockPublicAccessExclusion",
        "ExclusionId",
        &[],
    ),
    described(
        "LoadBalancers",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "LoadBalancerArn",
        &["Attributes", "Tags"],
    ),
    described("Listeners", "AWS::ElasticLoadBalancingV2::Listener", "ListenerArn", &["Tags"]),
    described(
        "Rules",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "RuleArn",
        &["ListenerArn", "Tags"],
    ),
    described(
        "TargetGroups",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "TargetGroupArn",
        &["Attributes", "Targets", "Tags"],
    ),
    described("DBInstances", "AWS::RDS::DBInstance", "DBInstanceIdentifier", &[]),
    described("DBClusters", "AWS::RDS::DBCluster", "DBClusterIdentifier", &[]),
    described("DBSubnetGroups", "AWS::RDS::DBSubnetGroup", "DBSubnetGroupName", &["SubnetIds"]),
    described("ReplicationGroups", "AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId", &[]),
    described(
        "AutoScalingGroups",
        "AWS::AutoScaling::AutoScalingGroup",
        "AutoScalingGroupName",
        &[],
    ),
    described(
        "Functions",
        "AWS::Lambda::Function",
        "FunctionName",
        &["ReservedConcurrentExecutions", "Statements", "Code"],
    ),
    described("UserDetailList", "AWS::IAM::User", "UserName", &["LoginProfile"]),
    described("GroupDetailList", "AWS::IAM::Group", "GroupName", &[]),
    described(
        "RoleDetailList",
        "AWS::IAM::Role",
        "RoleName",
        &["Description", "MaxSessionDuration"],
    ),
    described("AccessKeyMetadata", "AWS::IAM::AccessKey", "AccessKeyId", &[]),
    described("Policies", "AWS::IAM::ManagedPolicy", "Arn", &[]),
    described(
        "VirtualInterfaces",
        "AWS::DirectConnect::VirtualInterface",
        "VirtualInterfaceId",
        &[],
    ),
    described(
        "virtualInterfaces",
        "AWS::DirectConnect::VirtualInterface",
        "virtualInterfaceId",
        &[],
    ),
    described("MetricAlarms", "AWS::CloudWatch::Alarm", "AlarmName", &[]),
    described(
        "trailList",
        "AWS::CloudTrail::Trail",
        "Name",
        &["IsLogging", "EventSelectors", "AdvancedEventSelectors"],
    ),
];

/// Whether the call that describes resources of a type says nothing of `member`.
pub(crate) fn is_elsewhere(resource_type: &str, member: &str) -> bool {
    let is_of = |it: &&Described| it.kind == resource_type;
    DESCRIBED.iter().filter(is_of).any(|it| it.elsewhere.contains(&member))
}

/// Lists that describe a part of resources which another list describes.
const PARTS: &[(&str, &str)] = &[
    ("SecurityGroupRules", "AWS::EC2::SecurityGroup"),
    ("TransitGatewayStaticRoutes", TRANSIT_TABLE),
    ("TransitGatewayPropagations", TRANSIT_TABLE),
    ("LoadBalancerAttributes", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    ("LoadBalancerTargetHealth", "AWS::ElasticLoadBalancingV2::TargetGroup"),
    ("LoadBalancerListeners", ""),
    ("Reservations", "AWS::EC2::Instance"),
];

/// Reads `documents`, each a name and its bytes, into a state.
///
/// Shape: the name may be a path; folders called like an account and a Region say the scope. The top-level
/// member of a document says what it describes. A list without a `NextToken` is taken for all there is.
pub fn read_snapshot<I>(documents: I, options: &SnapshotOptions) -> Snapshot
where
    I: IntoIterator<Item = (String, Vec<u8>)>,
{
    let mut reader = Reader { options, bodies: BTreeMap::new(), out: Snapshot::default() };
    let mut parts = Vec::new();
    for (name, bytes) in documents {
        let scope = scope_of(&name, &options.scope);
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(Value::Object(lists)) => {
                let is_cut = lists.contains_key("NextToken") || lists.contains_key("nextToken");
                for (list, value) in lists {
                    if PARTS.iter().any(|(part, _)| *part == list) {
                        parts.push((name.clone(), scope.clone(), list, value, is_cut));
                    } else {
                        reader.list(&name, &scope, &list, &value, is_cut);
                    }
                }
            }
            Ok(_) => reader.skip(&name, "it is no JSON object"),
            Err(error) => reader.skip(&name, &format!("it is not JSON: {error}")),
        }
    }
    // Parts come after what they are parts of.
    for (name, scope, list, value, is_cut) in parts {
        reader.part(&name, &scope, &list, &value, is_cut);
    }
    reader.finish()
}

/// The scope that a path tells: `accounts/123456789012/us-east-1/Vpcs.json`.
fn scope_of(name: &str, default: &Scope) -> Scope {
    let mut scope = default.clone();
    for folder in name.split(['/', '\\']) {
        let is_account = folder.len() == 12 && folder.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = folder.split('-').collect();
        let is_number = |text: &&str| text.len() == 1 && text.bytes().all(|it| it.is_ascii_digit());
        let is_region = parts.len() >= 3
            && parts.first().is_some_and(|it| it.len() == 2)
            && parts.last().is_some_and(is_number);
        if is_account {
            folder.clone_into(&mut scope.account);
        } else if is_region {
            folder.clone_into(&mut scope.region);
        }
    }
    scope
}

struct Reader<'a> {
    options: &'a SnapshotOptions,
    bodies: BTreeMap<Key, Resource>,
    out: Snapshot,
}

impl Reader<'_> {
    fn skip(&mut self, name: &str, reason: &str) {
        self.out.skipped.push((name.to_owned(), reason.to_owned()));
    }

    fn source(&self) -> Source {
        Source::Snapshot { id: self.options.name.clone() }
    }

    fn complete(&mut self, scope: &Scope, kind: &'static str, is_cut: bool) {
        if !is_cut {
            let source = self.source();
            self.out.state.complete.insert_mut((scope.clone(), kind), source);
        }
    }

    fn list(&mut self, name: &str, scope: &Scope, list: &str, value: &Value, is_cut: bool) {
        if list == "VpcBlockPublicAccessOptions" && value.is_object() {
            self.public_access(scope, value);
            return;
        }
        let Some(described) = DESCRIBED.iter().find(|it| it.list == list) else {
            if value.is_array() || value.is_object() {
                self.skip(name, &format!("`{list}` is not read"));
            }
            return;
        };
        self.complete(scope, described.kind, is_cut);
        for body in value.as_array().into_iter().flatten() {
            if !self.add(scope, described, body) {
                self.skip(name, &format!("an element of `{list}` has no `{}`", described.id));
            }
        }
    }

    /// Adds what one element describes; two calls may describe parts of one resource.
    fn add(&mut self, scope: &Scope, described: &Described, body: &Value) -> bool {
        let of = |name: &str| body.get(name).and_then(Value::as_str);
        let id = of(described.id).or_else(|| match described.kind {
            "AWS::EC2::EIP" => of("PublicIp"),
            _ => None,
        });
        let Some(id) = id.map(str::to_owned) else { return false };
        let key = Key { scope: scope.clone(), resource_type: described.kind, id };
        let source = self.source();
        let members = body.as_object().cloned().unwrap_or_default();
        let resource = self.bodies.entry(key).or_insert_with(|| Resource {
            body: Value::Object(Map::new()),
            sources: BTreeMap::from([(String::new(), source.clone())]),
        });
        let is_second = resource.body.as_object().is_some_and(|it| !it.is_empty());
        for member in described.elsewhere {
            let is_known = members.contains_key(*member) || resource.body.get(*member).is_some();
            if !is_known && !is_second {
                resource.sources.insert((*member).to_owned(), Source::Unknown);
            }
        }
        for (member, value) in members {
            resource.sources.remove(&member);
            if let Some(body) = resource.body.as_object_mut() {
                body.insert(member, value);
            }
        }
        true
    }

    /// The options of an account and Region are no list.
    fn public_access(&mut self, scope: &Scope, body: &Value) {
        let resource_type = "AWS::EC2::VPCBlockPublicAccessOptions";
        let key = Key { scope: scope.clone(), resource_type, id: "options".to_owned() };
        let sources = BTreeMap::from([(String::new(), self.source())]);
        self.bodies.insert(key, Resource { body: body.clone(), sources });
    }

    /// Sets a member of a resource that a list described.
    fn set(&mut self, scope: &Scope, kind: &'static str, id: &str, member: &str, value: Value) {
        let key = Key { scope: scope.clone(), resource_type: kind, id: id.to_owned() };
        if let Some(resource) = self.bodies.get_mut(&key) {
            resource.sources.remove(member);
            if let Some(body) = resource.body.as_object_mut() {
                body.insert(member.to_owned(), value);
            }
        }
    }

    fn part(&mut self, name: &str, scope: &Scope, list: &str, value: &Value, is_cut: bool) {
        let elements = value.as_array().cloned().unwrap_or_default();
        match list {
            "Reservations" => {
                const INSTANCES: Described =
                    described("", "AWS::EC2::Instance", "InstanceId", &["UserData"]);
                self.complete(scope, INSTANCES.kind, is_cut);
                for instance in elements.iter().flat_map(|it| inner(it, "Instances")) {
                    let state = super::path::get(instance, "State.Name").and_then(Value::as_str);
                    if state != Some("terminated") {
                        self.add(scope, &INSTANCES, instance);
                    }
                }
            }
            "SecurityGroupRules" if !is_cut => {
                let mut by_group: BTreeMap<String, Vec<Value>> = BTreeMap::new();
                let groups = self.bodies.keys().filter(|key| key.scope == *scope);
                let groups = groups.filter(|key| key.resource_type == "AWS::EC2::SecurityGroup");
                by_group.extend(groups.map(|key| (key.id.clone(), Vec::new())));
                for rule in elements {
                    let group = rule.get("GroupId").and_then(Value::as_str).unwrap_or_default();
                    by_group.entry(group.to_owned()).or_default().push(rule);
                }
                for (group, rules) in by_group {
                    let rules = Value::Array(rules);
                    self.set(scope, "AWS::EC2::SecurityGroup", &group, "SecurityGroupRules", rules);
                }
            }
            "LoadBalancerListeners" => {
                for answer in &elements {
                    let listeners = answer.get("Listeners").cloned().unwrap_or_default();
                    self.list(name, scope, "Listeners", &listeners, is_cut);
                }
            }
            _ => {
                for answer in &elements {
                    self.answer(scope, list, answer);
                }
            }
        }
    }

    /// One answer of a call that asks about one resource.
    fn answer(&mut self, scope: &Scope, list: &str, answer: &Value) {
        let of = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        let (kind, id, member, value) = match list {
            "TransitGatewayStaticRoutes" => (
                TRANSIT_TABLE,
                of("TransitGatewayRouteTableId"),
                "Routes",
                answer.get("Routes").cloned().unwrap_or_else(|| json!([])),
            ),
            "TransitGatewayPropagations" => (
                TRANSIT_TABLE,
                of("TransitGatewayRouteTableId"),
                "Propagations",
                answer
                    .get("TransitGatewayRouteTablePropagations")
                    .cloned()
                    .unwrap_or_else(|| json!([])),
            ),
            "LoadBalancerAttributes" => (
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                of("LoadBalancerArn"),
                "Attributes",
                answer.get("Attributes").cloned().unwrap_or_else(|| json!([])),
            ),
            _ => (
                "AWS::ElasticLoadBalancingV2::TargetGroup",
                of("TargetGroupArn"),
                "Targets",
                inner(answer, "TargetHealthDescriptions")
                    .filter_map(|it| it.get("Target"))
                    .cloned()
                    .collect(),
            ),
        };
        self.set(scope, kind, id, member, value);
    }

    fn finish(mut self) -> Snapshot {
        for (key, mut resource) in self.bodies {
            drop_repeats(&mut resource.body);
            self.out.state.put(key, Some(Arc::new(resource)));
        }
        self.out
    }
}

fn inner<'a>(value: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    value.get(list).and_then(Value::as_array).into_iter().flatten()
}

/// Elements of lists are told apart by their keys: of two with one key the last counts.
fn drop_repeats(body: &mut Value) {
    for (name, value) in body.as_object_mut().into_iter().flatten() {
        let Some(elements) = value.as_array_mut() else { continue };
        let keys: Vec<Option<String>> = elements.iter().map(|it| element_key(name, it)).collect();
        let mut at = 0;
        elements.retain(|_| {
            let key = keys.get(at).cloned().flatten();
            at += 1;
            key.is_none() || !keys.iter().skip(at).any(|later| *later == key)
        });
    }
}
