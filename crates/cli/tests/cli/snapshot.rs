//! Snapshots: what they let replay know, what no event told, and paths through a folder.

use crate::env::TestEnv;
use expect_test::expect;
use serde_json::{Value, json};

const ENDS: [&str; 4] = ["i-1", "203.0.113.10", "--port", "443"];

/// What the describe calls print of a small network whose private table leads to `target`.
fn documents(target: Value) -> Vec<(&'static str, Value)> {
    let mut route =
        json!({"DestinationCidrBlock": "0.0.0.0/0", "Origin": "CreateRoute", "State": "active"});
    route.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
    let local = json!({"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local",
        "Origin": "CreateRouteTable", "State": "active"});
    let subnet = |id: &str, cidr: &str| {
        json!({"SubnetId": id, "VpcId": "vpc-1", "CidrBlock": cidr,
            "AvailabilityZone": "us-east-1a", "OwnerId": "123456789012", "State": "available"})
    };
    let table = |id: &str, subnet: &str, routes: Value| {
        json!({"RouteTableId": id, "VpcId": "vpc-1", "OwnerId": "123456789012", "Routes": routes,
            "Associations": [{"SubnetId": subnet, "RouteTableId": id, "Main": false,
                "RouteTableAssociationId": format!("rtbassoc-{subnet}")}]})
    };
    let out = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1",
        "Origin": "CreateRoute", "State": "active"});
    let interface = json!({"NetworkInterfaceId": "eni-1", "SubnetId": "subnet-1", "VpcId": "vpc-1",
        "Status": "in-use", "SourceDestCheck": true, "PrivateIpAddress": "10.0.1.5",
        "InterfaceType": "interface", "Groups": [{"GroupId": "sg-1"}],
        "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.5", "Primary": true}],
        "Attachment": {"InstanceId": "i-1", "Status": "attached"}});
    let nat = json!({"NatGatewayId": "nat-1", "SubnetId": "subnet-2", "VpcId": "vpc-1",
        "State": "available", "ConnectivityType": "public", "NatGatewayAddresses": [
            {"AllocationId": "eipalloc-1", "NetworkInterfaceId": "eni-nat", "IsPrimary": true,
            "PrivateIp": "10.0.2.9", "PublicIp": "198.51.100.9"}]});
    let entry = |egress| {
        json!({"CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1",
        "RuleAction": "allow", "RuleNumber": 100})
    };
    let acl = json!({"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true,
        "Entries": [entry(true), entry(false)], "Associations": [
            {"NetworkAclAssociationId": "aclassoc-1", "NetworkAclId": "acl-1", "SubnetId": "subnet-1"},
            {"NetworkAclAssociationId": "aclassoc-2", "NetworkAclId": "acl-1", "SubnetId": "subnet-2"}]});
    let group = json!({"GroupId": "sg-1", "GroupName": "app", "VpcId": "vpc-1", "IpPermissions": [],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]});
    vec![
        (
            "Vpcs",
            json!([{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "State": "available",
            "OwnerId": "123456789012", "CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16",
            "CidrBlockState": {"State": "associated"}}]}]),
        ),
        ("Subnets", json!([subnet("subnet-1", "10.0.1.0/24"), subnet("subnet-2", "10.0.2.0/24")])),
        (
            "RouteTables",
            json!([
                table("rtb-1", "subnet-1", json!([local, route])),
                table("rtb-2", "subnet-2", json!([local, out]))
            ]),
        ),
        (
            "InternetGateways",
            json!([{"InternetGatewayId": "igw-1",
            "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}]),
        ),
        ("NatGateways", json!([nat])),
        (
            "Addresses",
            json!([{"AllocationId": "eipalloc-1", "PublicIp": "198.51.100.9",
            "PrivateIpAddress": "10.0.2.9", "NetworkInterfaceId": "eni-nat", "Domain": "vpc"}]),
        ),
        ("NetworkAcls", json!([acl])),
        ("SecurityGroups", json!([group])),
        ("NetworkInterfaces", json!([interface])),
        (
            "Reservations",
            json!([{"Instances": [{"InstanceId": "i-1", "State": {"Name": "running"}}]}]),
        ),
    ]
}

fn write(env: &TestEnv, name: &str, target: Value) -> String {
    let folder = env.path(name);
    std::fs::create_dir(&folder).unwrap();
    for (list, value) in documents(target) {
        let text = json!({list: value}).to_string();
        std::fs::write(folder.join(format!("describe-{list}.json")), text).unwrap();
    }
    folder.display().to_string()
}

fn working(env: &TestEnv) -> String {
    write(env, "working", json!({"NatGatewayId": "nat-1"}))
}

fn broken(env: &TestEnv) -> String {
    write(env, "broken", json!({"GatewayId": "igw-1"}))
}

/// The record of the call that breaks it.
fn import_change(env: &TestEnv) {
    let record = json!({"eventVersion": "1.10", "eventTime": "2026-09-13T02:47:11Z",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/dave",
            "accountId": "123456789012", "userName": "dave", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
        "eventSource": "ec2.amazonaws.com", "eventName": "ReplaceRoute", "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.77", "userAgent": "test", "eventID": "e-1", "readOnly": false,
        "requestParameters": {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": "igw-1"},
        "responseElements": {"_return": true}, "eventType": "AwsApiCall",
        "recipientAccountId": "123456789012"});
    let file = env.path("change.json");
    std::fs::write(&file, json!({"Records": [record]}).to_string()).unwrap();
    let imported = env.run(&["import", "-q", file.to_str().unwrap()]);
    assert!(imported.starts_with("read 1 = stored 1"), "{imported}");
}

fn take(env: &TestEnv, folder: &str, at: &str) -> String {
    env.run(&["snapshot", "-q", "--dir", folder, "--at", at])
}

/// What `blame-path` prints, without the hops and the script's comments.
fn blamed(env: &TestEnv, window: &[&str]) -> String {
    let text = env.run(&[&["blame-path", "-q"][..], window, &ENDS].concat());
    let is_hop =
        |line: &str| line.trim_start().starts_with(|it: char| it.is_ascii_digit() || it == '#');
    text.lines().filter(|line| !is_hop(line)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_folder_of_describe_output_is_walked_without_a_store() {
    let env = TestEnv::new();
    let (working, broken) = (working(&env), broken(&env));
    env.check(
        &[&["path", "--snapshot", &working][..], &ENDS].concat(),
        expect![[r#"
        i-1 → 203.0.113.10 tcp/443: reachable
          there:
             1 i-1
             2 eni-1
             3 sg-1  0.0.0.0/0 egress -1
             4 acl-1  0.0.0.0/0 true -1 allow 100
             5 rtb-1  0.0.0.0/0 nat-1 CreateRoute active
             6 acl-1  0.0.0.0/0 false -1 allow 100
             7 nat-1
             8 acl-1  0.0.0.0/0 true -1 allow 100
             9 rtb-2  0.0.0.0/0 igw-1 CreateRoute active
            10 igw-1
          back:
             1 igw-1
             2 acl-1  0.0.0.0/0 false -1 allow 100
             3 nat-1
             4 acl-1  0.0.0.0/0 true -1 allow 100
             5 rtb-2  10.0.0.0/16 local CreateRouteTable active
             6 acl-1  0.0.0.0/0 false -1 allow 100
             7 eni-1
             8 i-1
        --- stderr
        what the folder does not describe is taken for absent
    "#]],
    );
    env.check(
        &[&["path", "-q", "--snapshot", &broken][..], &ENDS].concat(),
        expect![[r#"
        i-1 → 203.0.113.10 tcp/443: unreachable
          the internet gateway lets out only what has a public address, and the source has none
          IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS: Addresses 10.0.1.5, InternetGateway igw-1, Vpc vpc-1
          there:
             1 i-1
             2 eni-1
             3 sg-1  0.0.0.0/0 egress -1
             4 acl-1  0.0.0.0/0 true -1 allow 100
             5 rtb-1  0.0.0.0/0 igw-1 CreateRoute active
        --- exit 3
    "#]],
    );
    let svg =
        env.run(&[&["path", "-q", "--output", "svg", "--snapshot", &broken][..], &ENDS].concat());
    assert!(
        svg.starts_with("<svg ") && svg.contains("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"),
        "{svg}"
    );
    env.check(
        &["path", "--snapshot", env.path("none").to_str().unwrap(), "i-1", "internet"],
        expect![[r#"
            --- stderr
            error: cannot read the folder `[ENV]/none`: No such file or directory (os error 2)
            --- exit 1
        "#]],
    );
}

#[test]
fn a_snapshot_before_the_change_tells_what_was_there() {
    let env = TestEnv::new();
    env.check(
        &["snapshot", "--dir", &working(&env), "--at", "2026-09-12T12:00:00Z"],
        expect![[r#"
            snapshot 20260912T120000Z-00207c60 of 2026-09-12T12:00:00Z
                   1  AWS::EC2::EIP
                   1  AWS::EC2::Instance
                   1  AWS::EC2::InternetGateway
                   1  AWS::EC2::NatGateway
                   1  AWS::EC2::NetworkAcl
                   1  AWS::EC2::NetworkInterface
                   2  AWS::EC2::RouteTable
                   1  AWS::EC2::SecurityGroup
                   2  AWS::EC2::Subnet
                   1  AWS::EC2::VPC
        "#]],
    );
    env.check(
        &["snapshot", "--dir", &env.path("working").display().to_string()],
        expect![[r#"
        --- stderr
        error: a snapshot has a time, and nothing in the documents tells it
        hint: when were the calls made? --at TIME
        --- exit 2
    "#]],
    );
    import_change(&env);
    expect![[r#"
        i-1 → 203.0.113.10 tcp/443: unreachable
          the internet gateway lets out only what has a public address, and the source has none

        broken by ReplaceRoute at 2026-09-13T02:47:11Z by IAM user arn:aws:iam::123456789012:user/dave
          from 203.0.113.77 with test, account 123456789012, us-east-1 (event e-1)
          rtb-1 Routes[0.0.0.0/0].GatewayId: (none) → igw-1
          rtb-1 Routes[0.0.0.0/0].NatGatewayId: nat-1 → (none)

        before: reachable
          there:
          back:
        after: unreachable
          the internet gateway lets out only what has a public address, and the source has none
          IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS: Addresses 10.0.1.5, InternetGateway igw-1, Vpc vpc-1
          there:
                 set by ReplaceRoute at 2026-09-13T02:47:11Z by IAM user arn:aws:iam::123456789012:user/dave from 203.0.113.77 (e-1)

        the way back, tried on the newest state; after it: reachable
        set -euo pipefail

        aws ec2 replace-route --region us-east-1 --route-table-id rtb-1 --destination-cidr-block 0.0.0.0/0 --nat-gateway-id nat-1
        --- exit 3
    "#]].assert_eq(&blamed(&env, &[]));
    env.check(&["state", "-q", "rtb-1", "--at", "2026-09-13"], expect![[r#"
        AWS::EC2::RouteTable rtb-1  123456789012 us-east-1
          RouteTableId  rtb-1
              in the snapshot 20260912T120000Z-00207c60
          VpcId  vpc-1
              in the snapshot 20260912T120000Z-00207c60
          OwnerId  123456789012
              in the snapshot 20260912T120000Z-00207c60
          Routes[10.0.0.0/16]  {"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"}
              in the snapshot 20260912T120000Z-00207c60
          Routes[0.0.0.0/0]  {"DestinationCidrBlock":"0.0.0.0/0","Origin":"CreateRoute","State":"active","NatGatewayId":"nat-1"}
              in the snapshot 20260912T120000Z-00207c60
          Associations[subnet-1]  {"SubnetId":"subnet-1","RouteTableId":"rtb-1","Main":false,"RouteTableAssociationId":"rtbassoc-subnet-1"}
              in the snapshot 20260912T120000Z-00207c60
    "#]]);
}

#[test]
fn a_snapshot_after_the_change_tells_of_it_only_what_the_change_did_not_touch() {
    let env = TestEnv::new();
    take(&env, &broken(&env), "2026-09-13T12:00:00Z");
    import_change(&env);
    env.check(&["state", "-q", "rtb-1", "--at", "2026-09-12"], expect![[r#"
        AWS::EC2::RouteTable rtb-1  123456789012 us-east-1
          RouteTableId  rtb-1
              in the snapshot 20260913T120000Z-2ed44796
          VpcId  vpc-1
              in the snapshot 20260913T120000Z-2ed44796
          OwnerId  123456789012
              in the snapshot 20260913T120000Z-2ed44796
          Routes[10.0.0.0/16]  {"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"}
              in the snapshot 20260913T120000Z-2ed44796
          Associations[subnet-1]  {"SubnetId":"subnet-1","RouteTableId":"rtb-1","Main":false,"RouteTableAssociationId":"rtbassoc-subnet-1"}
              in the snapshot 20260913T120000Z-2ed44796
          Routes[0.0.0.0/0]  (not known)
    "#]]);
    let undo = env.run(&["undo", "-q", "e-1"]);
    // What the route led to before is told by nothing: a question, no command.
    assert!(undo.contains("MISSING") && !undo.contains("\naws "), "{undo}");
}

#[test]
fn what_no_event_told_is_drift_and_nobody_is_blamed_for_it() {
    let env = TestEnv::new();
    let first = take(&env, &working(&env), "2026-09-12T12:00:00Z");
    take(&env, &broken(&env), "2026-09-13T12:00:00Z");
    env.check(&["drift"], expect![[r#"
        2 differences from the snapshot 20260913T120000Z-2ed44796 of 2026-09-13T12:00:00Z: no stored event told of them
        rtb-1 Routes[0.0.0.0/0].GatewayId
          events    (none)
                    in the snapshot 20260912T120000Z-00207c60
          snapshot  igw-1
        rtb-1 Routes[0.0.0.0/0].NatGatewayId
          events    nat-1
                    in the snapshot 20260912T120000Z-00207c60
          snapshot  (none)
        --- stderr
        0 events replayed, 12 resources known to both
        of 0; looked into no account named, no Region named: 0 examined, 0 ruled out by the index
        --- exit 3
    "#]]);
    expect![[r#"
        i-1 → 203.0.113.10 tcp/443: unreachable
          the internet gateway lets out only what has a public address, and the source has none
        broken by a change that no stored event tells: the snapshot 20260913T120000Z-2ed44796 of 2026-09-13T12:02:00Z shows it
          before, as the events tell: reachable
          there:
          back:
          in the snapshot: unreachable
          the internet gateway lets out only what has a public address, and the source has none
          IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS: Addresses 10.0.1.5, InternetGateway igw-1, Vpc vpc-1
          there:
          `trailhound drift --snapshot 20260913T120000Z-2ed44796` lists what differs
        --- exit 3
    "#]].assert_eq(&blamed(&env, &["--good", "2026-09-12T13:00Z"]));
    env.check(
        &["snapshot", "--list"],
        expect![[r#"
            2026-09-12T12:00:00Z  20260912T120000Z-00207c60
            2026-09-13T12:00:00Z  20260913T120000Z-2ed44796
        "#]],
    );
    let name = first.split_whitespace().nth(1).unwrap();
    env.check(
        &["drift", "-q", "--snapshot", name],
        expect![[r#"
            the events tell nothing of what the snapshot describes: there is nothing to compare
        "#]],
    );
    env.check(
        &["drift", "-q", "--snapshot", "other"],
        expect![[r#"
        --- stderr
        error: no snapshot is called `other`
        hint: `trailhound snapshot --list` names those that are kept
        --- exit 1
    "#]],
    );
}

/// The documents were taken seconds before the time that the event has, or so it was said.
#[test]
fn a_change_while_the_calls_were_made_is_its_own_events() {
    let env = TestEnv::new();
    take(&env, &working(&env), "2026-09-12T12:00:00Z");
    take(&env, &broken(&env), "2026-09-13T02:47:05Z");
    import_change(&env);
    let blamed = blamed(&env, &["--good", "2026-09-12T13:00Z"]);
    assert!(blamed.contains("broken by ReplaceRoute"), "{blamed}");
    let drift = env.run(&["drift", "-q"]);
    assert!(drift.starts_with("nothing differs"), "{drift}");
    let undo = env.run(&["undo", "-q", "e-1"]);
    assert!(undo.contains("--nat-gateway-id nat-1"), "{undo}");
}

#[test]
fn only_a_whole_list_says_that_something_is_gone() {
    let ended = |flags: &[&str]| {
        let env = TestEnv::new();
        take(&env, &working(&env), "2026-09-12T12:00:00Z");
        let folder = broken(&env);
        let text = json!({"RouteTables": []}).to_string();
        std::fs::write(env.path("broken").join("describe-RouteTables.json"), text).unwrap();
        let taken = ["snapshot", "-q", "--dir", &folder, "--at", "2026-09-13T12:00:00Z"];
        env.run(&[&taken[..], flags].concat());
        env.run(&["state", "-q", "rtb-1"]).contains("is not there")
    };
    assert!(!ended(&[]) && ended(&["--whole"]));
}

#[test]
fn with_its_event_the_same_change_is_no_drift() {
    let env = TestEnv::new();
    take(&env, &working(&env), "2026-09-12T12:00:00Z");
    import_change(&env);
    env.check(
        &["drift", "-q", "--dir", &broken(&env), "--at", "2026-09-13T12:00:00Z"],
        expect![[r#"
            nothing differs from the snapshot 20260913T120000Z-2ed44796
        "#]],
    );
    let blamed =
        env.run(&[&["blame-path", "-q", "--good", "2026-09-12T13:00Z"][..], &ENDS].concat());
    assert!(blamed.contains("broken by ReplaceRoute"), "{blamed}");
    // It is taken in twice: the second time nothing is new.
    let folder = env.path("broken").display().to_string();
    take(&env, &folder, "2026-09-13T12:00:00Z");
    assert!(take(&env, &folder, "2026-09-13T12:00:00Z").contains("which was kept already"));
}
