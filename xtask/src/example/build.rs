//! Monday morning: Terraform, run by the deployment pipeline, builds the shop.

use super::actor::{Actor, MONITORING, SHOP};
use super::clock::{at, spoken};
use super::made::calls;
use super::pipeline::{self, AGENT};
use super::random::{Rng, principal_id};
use super::record::{Call, HOME, Journal};
use super::world::{
    ASSETS_BUCKET, KMS_KEY, Network, SECRET, TRAIL_BUCKET, bucket_request, instances, items, lab,
    shop,
};
use serde_json::{Value, json};

/// Writes calls down, some seconds apart.
struct Apply<'a> {
    journal: &'a mut Journal,
    actor: Actor,
    now: u64,
}

impl Apply<'_> {
    fn run(&mut self, call: Call) {
        self.now += self.journal.rng.between(1, 9);
        self.journal.add(self.now, &self.actor, &call);
    }
}

/// Builds identities, network, data stores and instances, in that order.
pub(crate) fn monday() -> Journal {
    let mut journal = Journal::scene("build");
    let session = pipeline::sign_in(&mut journal, at(7, 9, 2, 10), 1_001);
    let actor = session.sdk(pipeline::ADDRESS, AGENT);
    let mut apply = Apply { journal: &mut journal, actor, now: at(7, 9, 2, 15) };
    roles(&mut apply);
    network(&mut apply, &shop(), "shop");
    for call in [calls("shop-routes", apply.now), calls("shop-groups", apply.now)].concat() {
        apply.run(call);
    }
    storage(&mut apply);
    database(&mut apply, &shop());
    for (call, (instance, _)) in calls("shop-instances", apply.now).into_iter().zip(instances()) {
        apply.run(call);
        let request = json!({"instancesSet": items("instanceId", &[&instance]), "filterSet": {}});
        apply.run(Call::read("ec2", "DescribeInstances", request));
    }
    apply.now = at(7, 14, 30, 0);
    network(&mut apply, &lab(), "lab");
    journal
}

fn roles(apply: &mut Apply<'_>) {
    let trusts = [
        ("shop-app", "{\"Service\":\"ec2.amazonaws.com\"}".to_owned()),
        ("NetworkAdmin", format!("{{\"AWS\":\"arn:aws:iam::{SHOP}:root\"}}")),
        ("MetricsReader", format!("{{\"AWS\":\"arn:aws:iam::{MONITORING}:root\"}}")),
    ];
    for (name, principal) in trusts {
        let policy = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{principal}}}]}}"
        );
        let role = json!({
            "path": "/",
            "roleName": name,
            "roleId": principal_id("AROA", name),
            "arn": format!("arn:aws:iam::{SHOP}:role/{name}"),
            "createDate": spoken(apply.now),
            "assumeRolePolicyDocument": percent_encoded(&policy),
        });
        let request = json!({"roleName": name, "path": "/", "assumeRolePolicyDocument": policy});
        apply.run(Call::write("iam", "CreateRole", request, json!({"role": role})));
    }
    let attached = [
        ("shop-app", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
        ("NetworkAdmin", "arn:aws:iam::aws:policy/job-function/NetworkAdministrator"),
        ("MetricsReader", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ];
    for (name, policy) in attached {
        let request = json!({"roleName": name, "policyArn": policy});
        apply.run(Call::write("iam", "AttachRolePolicy", request, Value::Null));
    }
    let profile = json!({
        "path": "/",
        "instanceProfileName": "shop-app",
        "instanceProfileId": principal_id("AIPA", "shop-app"),
        "arn": format!("arn:aws:iam::{SHOP}:instance-profile/shop-app"),
        "createDate": spoken(apply.now),
        "roles": [],
    });
    let request = json!({"instanceProfileName": "shop-app", "path": "/"});
    let response = json!({"instanceProfile": profile});
    apply.run(Call::write("iam", "CreateInstanceProfile", request, response));
    let request = json!({"instanceProfileName": "shop-app", "roleName": "shop-app"});
    apply.run(Call::write("iam", "AddRoleToInstanceProfile", request, Value::Null));
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The calls that make a network; after each change to a NAT gateway, Terraform waits for it.
fn network(apply: &mut Apply<'_>, network: &Network, name: &str) {
    for call in calls(&format!("{name}-network"), apply.now) {
        let is_slow = call.name() == "CreateNatGateway";
        apply.run(call);
        for _ in 0..if is_slow { 4 } else { 0 } {
            apply.now += 15;
            let request = json!({"NatGatewayId": {"tag": 1, "content": network.nat_gateway}});
            apply.run(Call::ec2_wrapped_read("DescribeNatGateways", request));
        }
    }
}

fn storage(apply: &mut Apply<'_>) {
    let key_id = KMS_KEY.rsplit('/').next().unwrap_or_default();
    let request = json!({
        "description": "shop secrets",
        "keyUsage": "ENCRYPT_DECRYPT",
        "keySpec": "SYMMETRIC_DEFAULT",
        "origin": "AWS_KMS",
        "multiRegion": false,
        "bypassPolicyLockoutSafetyCheck": false,
    });
    let metadata = json!({
        "aWSAccountId": SHOP,
        "keyId": key_id,
        "arn": KMS_KEY,
        "creationDate": spoken(apply.now),
        "enabled": true,
        "description": "shop secrets",
        "keyUsage": "ENCRYPT_DECRYPT",
        "keyState": "Enabled",
        "origin": "AWS_KMS",
        "keyManager": "CUSTOMER",
        "keySpec": "SYMMETRIC_DEFAULT",
        "encryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "multiRegion": false,
    });
    let response = json!({"keyMetadata": metadata});
    let call = Call::write("kms", "CreateKey", request, response);
    apply.run(call.on(SHOP, "AWS::KMS::Key", KMS_KEY.to_owned()));
    let request = json!({"aliasName": "alias/shop", "targetKeyId": key_id});
    let call = Call::write("kms", "CreateAlias", request, Value::Null);
    let alias = format!("arn:aws:kms:{HOME}:{SHOP}:alias/shop");
    apply.run(call.on(SHOP, "AWS::KMS::Key", KMS_KEY.to_owned()).on(
        SHOP,
        "AWS::KMS::Alias",
        alias,
    ));
    let request = json!({
        "name": "shop/database",
        "clientRequestToken": Rng::named("secret").uuid(),
        "kmsKeyId": "alias/shop",
        "forceOverwriteReplicaSecret": false,
    });
    apply.run(Call::write("secretsmanager", "CreateSecret", request, json!({"arn": SECRET})));
    for bucket in [TRAIL_BUCKET, ASSETS_BUCKET] {
        let arn = || format!("arn:aws:s3:::{bucket}");
        let host = format!("{bucket}.s3.us-east-1.amazonaws.com");
        let request = json!({"bucketName": bucket, "Host": host});
        let call = Call::write("s3", "CreateBucket", request, Value::Null);
        apply.run(call.on(SHOP, "AWS::S3::Bucket", arn()));
        let mut request = bucket_request(bucket, "publicAccessBlock");
        if let Some(members) = request.as_object_mut() {
            members.insert(
                "PublicAccessBlockConfiguration".to_owned(),
                json!({
                    "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
                    "BlockPublicAcls": true,
                    "IgnorePublicAcls": true,
                    "BlockPublicPolicy": true,
                    "RestrictPublicBuckets": true,
                }),
            );
        }
        let call = Call::write("s3", "PutBucketPublicAccessBlock", request, Value::Null);
        apply.run(call.on(SHOP, "AWS::S3::Bucket", arn()));
    }
}

fn database(apply: &mut Apply<'_>, network: &Network) {
    let subnets = [network.subnet("private", "a"), network.subnet("private", "b")];
    let request = json!({
        "dBSubnetGroupName": "shop",
        "dBSubnetGroupDescription": "Private subnets",
        "subnetIds": subnets,
    });
    let group = json!({
        "dBSubnetGroupName": "shop",
        "dBSubnetGroupDescription": "Private subnets",
        "vpcId": network.vpc,
        "subnetGroupStatus": "Complete",
    });
    apply.run(Call::write("rds", "CreateDBSubnetGroup", request, group.clone()));
    let request = json!({
        "dBInstanceIdentifier": "shop",
        "allocatedStorage": 50,
        "dBInstanceClass": "db.t4g.medium",
        "engine": "postgres",
        "masterUsername": "shop",
        "masterUserPassword": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "vpcSecurityGroupIds": [network.database_group],
        "dBSubnetGroupName": "shop",
        "multiAZ": true,
        "publiclyAccessible": false,
        "storageEncrypted": true,
        "kmsKeyId": KMS_KEY,
    });
    let response = json!({
        "dBInstanceIdentifier": "shop",
        "dBInstanceClass": "db.t4g.medium",
        "engine": "postgres",
        "dBInstanceStatus": "creating",
        "masterUsername": "shop",
        "allocatedStorage": 50,
        "vpcSecurityGroups": [
            {"vpcSecurityGroupId": network.database_group, "status": "active"},
        ],
        "dBSubnetGroup": group,
        "multiAZ": true,
        "publiclyAccessible": false,
        "storageEncrypted": true,
        "kmsKeyId": KMS_KEY,
        "dBInstanceArn": format!("arn:aws:rds:{HOME}:{SHOP}:db:shop"),
    });
    apply.run(Call::write("rds", "CreateDBInstance", request, response));
}
