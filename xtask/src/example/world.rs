//! The resources of the story, and the requests that read them.

use super::random::{Rng, resource_id};
use super::record::Call;
use serde_json::{Value, json};

/// The VPC of the story and what is in it.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    /// `vpc-…`.
    pub(crate) vpc: String,
    /// The NAT gateway in the first public subnet.
    pub(crate) nat_gateway: String,
    /// Route table of the private subnets: the one that is broken in the end.
    pub(crate) private_table: String,
    /// Security group of the application.
    pub(crate) app_group: String,
    /// Security group of the database.
    pub(crate) database_group: String,
}

impl Network {
    /// The network of that name; the same name gives the same ids.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            vpc: resource_id("vpc", name),
            nat_gateway: resource_id("nat", name),
            private_table: resource_id("rtb", &format!("{name}-private")),
            app_group: resource_id("sg", &format!("{name}-app")),
            database_group: resource_id("sg", &format!("{name}-database")),
        }
    }

    /// The subnet of that tier (`public` or `private`) and zone letter.
    pub(crate) fn subnet(&self, tier: &str, zone: &str) -> String {
        resource_id("subnet", &format!("{}/{tier}-{zone}", self.vpc))
    }
}

/// The network that serves customers.
pub(crate) fn shop() -> Network {
    Network::named("shop")
}

/// The network that bob plays with.
pub(crate) fn lab() -> Network {
    Network::named("lab")
}

/// The application instances, in the private subnets.
pub(crate) fn instances() -> [(String, &'static str); 2] {
    [(resource_id("i", "shop-app-a"), "10.0.10.21"), (resource_id("i", "shop-app-b"), "10.0.11.34")]
}

/// The key that encrypts the shop's secrets.
pub(crate) const KMS_KEY: &str =
    "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/// The bucket that the trail delivers to.
pub(crate) const TRAIL_BUCKET: &str = "amzn-s3-demo-trail-bucket";
/// The bucket of the application.
pub(crate) const ASSETS_BUCKET: &str = "amzn-s3-demo-shop-assets";
/// The secret that the application reads.
pub(crate) const SECRET: &str =
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/database-a1b2c3";

/// A filter as old EC2 operations write it.
pub(crate) fn filter(name: &str, value: &str) -> Value {
    json!({"items": [{"name": name, "valueSet": {"items": [{"value": value}]}}]})
}

/// A list of ids as old EC2 operations write it.
pub(crate) fn items(member: &str, ids: &[&str]) -> Value {
    let items: Vec<Value> = ids.iter().map(|id| json!({member: id})).collect();
    json!({"items": items})
}

/// Describes every route table of a VPC.
pub(crate) fn describe_route_tables(vpc: &str) -> Call {
    let request = json!({"routeTableIdSet": {}, "filterSet": filter("vpc-id", vpc)});
    Call::read("ec2", "DescribeRouteTables", request)
}

/// What the VPC console reads when one looks around in it.
pub(crate) fn look_around(vpc: &str) -> Vec<Call> {
    let by_vpc = || filter("vpc-id", vpc);
    vec![
        Call::read("ec2", "DescribeVpcs", json!({"vpcSet": {}, "filterSet": {}})),
        Call::read("ec2", "DescribeSubnets", json!({"subnetSet": {}, "filterSet": by_vpc()})),
        describe_route_tables(vpc),
        Call::read(
            "ec2",
            "DescribeInternetGateways",
            json!({"internetGatewayIdSet": {}, "filterSet": filter("attachment.vpc-id", vpc)}),
        ),
        Call::ec2_wrapped_read("DescribeNatGateways", json!({"MaxResults": 1000})),
        Call::read(
            "ec2",
            "DescribeSecurityGroups",
            json!({
                "maxResults": 1000,
                "securityGroupSet": {},
                "securityGroupIdSet": {},
                "filterSet": by_vpc(),
            }),
        ),
        Call::read(
            "ec2",
            "DescribeInstances",
            json!({"maxResults": 1000, "instancesSet": {}, "filterSet": by_vpc()}),
        ),
        Call::read(
            "ec2",
            "DescribeNetworkInterfaces",
            json!({"maxResults": 1000, "networkInterfaceIdSet": {}, "filterSet": by_vpc()}),
        ),
        Call::read(
            "ec2",
            "DescribeAddresses",
            json!({
                "publicIpsSet": {}, "filterSet": {}, "allocationIdsSet": {}
            }),
        ),
    ]
}

/// What a monitoring product reads every half hour.
pub(crate) fn poll(region: &'static str) -> Vec<Call> {
    let plain = |service, name, request| Call::read(service, name, request).region(region);
    vec![
        plain(
            "ec2",
            "DescribeInstances",
            json!({
                "maxResults": 1000, "instancesSet": {}, "filterSet": {}
            }),
        ),
        plain(
            "ec2",
            "DescribeVolumes",
            json!({
                "maxResults": 500, "volumeSet": {}, "filterSet": {}
            }),
        ),
        plain("rds", "DescribeDBInstances", json!({"maxRecords": 100})),
        plain("autoscaling", "DescribeAutoScalingGroups", json!({"maxRecords": 100})),
        plain("elasticloadbalancing", "DescribeLoadBalancers", json!({"pageSize": 400})),
        Call::ec2_wrapped_read("DescribeNatGateways", json!({"MaxResults": 1000})).region(region),
        plain("monitoring", "DescribeAlarms", json!({"maxRecords": 100})),
    ]
}

/// A bucket request: S3 records the bucket and the host, and the sub-resource as an empty member.
pub(crate) fn bucket_request(bucket: &str, sub_resource: &str) -> Value {
    let host = format!("{bucket}.s3.us-east-1.amazonaws.com");
    json!({"bucketName": bucket, "Host": host, sub_resource: ""})
}

/// The text that EC2 returns instead of a reason.
pub(crate) fn encoded_denial(rng: &mut Rng) -> String {
    format!(
        "You are not authorized to perform this operation. Encoded authorization failure message: {}EXAMPLE",
        rng.alphanumeric(64)
    )
}
