//! The story over the bundled example: which change broke the path, what it looked like, and the way back.

use crate::env::TestEnv;
use expect_test::expect;

const INSTANCE: &str = "i-06b03129ac85513bd";
const FATAL: &str = "ded5164f-ffce-4c65-a960-1203a19947ca";
const TRIED_BEFORE: &str = "8958ea52-9141-424a-b345-da70f6a98ace";

fn example() -> TestEnv {
    TestEnv::with("../../../example/week.tar.gz")
}

#[test]
fn one_command_names_the_change_that_broke_the_path() {
    let env = example();
    let ends = [INSTANCE, "203.0.113.10", "--port", "443"];
    env.check(&[&["blame-path"][..], &ends].concat(), expect![[r#"
        i-06b03129ac85513bd → 203.0.113.10 tcp/443: unreachable
          the internet gateway lets out only what has a public address, and the source has none

        broken by ReplaceRoute at 2026-09-13T02:47:11Z by IAM user arn:aws:iam::123456789012:user/dave
          from 203.0.113.77 with AWS Internal, account 123456789012, us-east-1 (event ded5164f-ffce-4c65-a960-1203a19947ca)
          arn:aws:sts::123456789012:assumed-role/NetworkAdmin/dave <- arn:aws:iam::123456789012:user/dave: the call returned this session's access key d580925a-360c-40d7-9813-35396a60a13d
          they signed in to the console from 203.0.113.77 (28f8c3f3-719b-44ac-9d74-35ba1e923dd0)
          rtb-0736172c24218f73a Routes[0.0.0.0/0].GatewayId: (none) → igw-00a225eae009ea54d
          rtb-0736172c24218f73a Routes[0.0.0.0/0].NatGatewayId: nat-0eb85e96a1c08d456 → (none)

        before: reachable
          there:
             1 i-06b03129ac85513bd
             2 eni-0e2043346392a3abd
             3 sg-048c16aed62ed4202  0.0.0.0/0 egress -1
             4 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
             5 rtb-0736172c24218f73a  0.0.0.0/0 nat-0eb85e96a1c08d456 CreateRoute active
             6 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 false -1 allow 100
             7 nat-0eb85e96a1c08d456
             8 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
             9 rtb-00ebea53b987e2d35  0.0.0.0/0 igw-00a225eae009ea54d CreateRoute active
            10 igw-00a225eae009ea54d
          back:
             1 igw-00a225eae009ea54d
             2 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 false -1 allow 100
             3 nat-0eb85e96a1c08d456
             4 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
             5 rtb-00ebea53b987e2d35  10.0.0.0/16 local CreateRouteTable active
             6 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 false -1 allow 100
             7 eni-0e2043346392a3abd
             8 i-06b03129ac85513bd
        after: unreachable
          the internet gateway lets out only what has a public address, and the source has none
          IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS: Addresses 10.0.11.34, InternetGateway igw-00a225eae009ea54d, Vpc vpc-0bed99fe3aedb9d3b
          there:
             1 i-06b03129ac85513bd
             2 eni-0e2043346392a3abd
             3 sg-048c16aed62ed4202  0.0.0.0/0 egress -1
             4 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
             5 rtb-0736172c24218f73a  0.0.0.0/0 igw-00a225eae009ea54d CreateRoute active
                 set by ReplaceRoute at 2026-09-13T02:47:11Z by IAM user arn:aws:iam::123456789012:user/dave from 203.0.113.77 (ded5164f-ffce-4c65-a960-1203a19947ca)

        the answer also changed with:
          2026-09-07T09:06:48Z RunInstances by GitHub Actions repo:example/infrastructure:ref:refs/heads/main (437b09ac-2ca7-4c88-8e83-19fdbce4c008): unknown before, reachable after

        the way back, tried on the newest state; after it: reachable
        #!/usr/bin/env bash
        # Takes back 1 event(s); class: exact.
        # Nothing was run. Read it, then run it yourself.
        # 2026-09-13T02:47:11Z ec2:ReplaceRoute by IAM user arn:aws:iam::123456789012:user/dave from 203.0.113.77 in 123456789012 us-east-1 (event ded5164f-ffce-4c65-a960-1203a19947ca): exact
        #   rtb-0736172c24218f73a Routes[0.0.0.0/0]: before {"DestinationCidrBlock":"0.0.0.0/0","NatGatewayId":"nat-0eb85e96a1c08d456","Origin":"CreateRoute","State":"active"}, after {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-00a225eae009ea54d","Origin":"CreateRoute","State":"active"}, now {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-00a225eae009ea54d","Origin":"CreateRoute","State":"active"}
        # ALSO: rtb-0736172c24218f73a is used by subnet-02070036d283c7dea, subnet-0db748bc81f86e50a
        set -euo pipefail

        # 1. sets what was there before the event (exact), in account 123456789012
        # rtb-0736172c24218f73a Routes[0.0.0.0/0].NatGatewayId was "nat-0eb85e96a1c08d456" {"from":"event","id":"bd30103a-ff3d-4697-af92-06dfbad44e3d"}
        aws ec2 replace-route --region us-east-1 --route-table-id rtb-0736172c24218f73a --destination-cidr-block 0.0.0.0/0 --nat-gateway-id nat-0eb85e96a1c08d456
        # check: aws ec2 describe-route-tables --region us-east-1 --route-table-ids rtb-0736172c24218f73a
        --- stderr
        assumed of 123456789012/us-east-1: Block Public Access is off, as no event turned it on
        assumed of nat-0c1958aa1a857e9e1: no event tells its addresses: one of its subnet stands for them
        assumed of nat-0eb85e96a1c08d456: no event tells its addresses: one of its subnet stands for them
        assumed of vpc-0b0d51fe79a001960: every change since its creation or snapshot is stored
        assumed of vpc-0bed99fe3aedb9d3b: every change since its creation or snapshot is stored
        52 events replayed, 51 changes in the window, 3 states asked
        of 8,247 from 2026-09-07 00:03:44Z to 2026-09-13 05:34:38Z; looked into accounts 123456789012, 210987654321, Regions eu-west-1, us-east-1: 1,960 examined, 6,287 ruled out by the index
        --- exit 3
    "#]]);
}

#[test]
fn the_way_back_is_tried_and_decoys_are_not_blamed() {
    let env = example();
    let ends = [INSTANCE, "203.0.113.10", "--port", "443"];
    let json = env.run(&[&["blame-path", "-q", "--output", "json"][..], &ends].concat());
    let json = json.trim_end().trim_end_matches("--- exit 3").trim_end();
    let found: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|_| panic!("{json}"));
    assert_eq!(found["culprit"], FATAL);
    assert_eq!(found["verdict"], "unreachable");
    assert_eq!(found["after_undo"], "reachable");
    // The call that failed, tags, and another VPC's routes broke nothing.
    let flips = found["flips"].as_array().unwrap();
    assert!(flips.iter().all(|flip| flip["event_id"] != TRIED_BEFORE));
}

#[test]
fn before_the_change_nothing_had_broken_it() {
    let env = example();
    let ends = [INSTANCE, "203.0.113.10", "--port", "443"];
    let before = [&["blame-path", "--bad", "2026-09-13T02:47:10Z"][..], &ends].concat();
    env.check(&before, expect![[r#"
        i-06b03129ac85513bd → 203.0.113.10 tcp/443: reachable
        it works at the window's end: no change in the window broke it
          there:
             1 i-06b03129ac85513bd
             2 eni-0e2043346392a3abd
             3 sg-048c16aed62ed4202  0.0.0.0/0 egress -1
             4 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
             5 rtb-0736172c24218f73a  0.0.0.0/0 nat-0eb85e96a1c08d456 CreateRoute active
             6 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 false -1 allow 100
             7 nat-0eb85e96a1c08d456
             8 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
             9 rtb-00ebea53b987e2d35  0.0.0.0/0 igw-00a225eae009ea54d CreateRoute active
            10 igw-00a225eae009ea54d
          back:
             1 igw-00a225eae009ea54d
             2 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 false -1 allow 100
             3 nat-0eb85e96a1c08d456
             4 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
             5 rtb-00ebea53b987e2d35  10.0.0.0/16 local CreateRouteTable active
             6 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 false -1 allow 100
             7 eni-0e2043346392a3abd
             8 i-06b03129ac85513bd
        --- stderr
        assumed of 123456789012/us-east-1: Block Public Access is off, as no event turned it on
        assumed of nat-0c1958aa1a857e9e1: no event tells its addresses: one of its subnet stands for them
        assumed of nat-0eb85e96a1c08d456: no event tells its addresses: one of its subnet stands for them
        assumed of vpc-0b0d51fe79a001960: every change since its creation or snapshot is stored
        assumed of vpc-0bed99fe3aedb9d3b: every change since its creation or snapshot is stored
        49 events replayed, 48 changes in the window, 2 states asked
        of 8,247 from 2026-09-07 00:03:44Z to 2026-09-13 05:34:38Z; looked into accounts 123456789012, 210987654321, Regions eu-west-1, us-east-1: 1,863 examined, 6,384 ruled out by the index
    "#]]);
}

#[test]
fn a_path_says_who_set_what_it_met() {
    let env = example();
    let at = ["--at", "2026-09-12", "--port", "443"];
    env.check(&[&["path", INSTANCE, "203.0.113.10"][..], &at].concat(), expect![[r#"
        i-06b03129ac85513bd → 203.0.113.10 tcp/443: reachable
          there:
             1 i-06b03129ac85513bd
             2 eni-0e2043346392a3abd
             3 sg-048c16aed62ed4202  0.0.0.0/0 egress -1
                 set by CreateSecurityGroup at 2026-09-07T09:05:42Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (0bb04b1b-bda8-4db6-adb4-27735055b171)
             4 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
                 set by CreateVpc at 2026-09-07T09:02:52Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (ad56758b-6d9a-4daf-88fc-bb22472a37b4)
             5 rtb-0736172c24218f73a  0.0.0.0/0 nat-0eb85e96a1c08d456 CreateRoute active
                 set by CreateRoute at 2026-09-07T09:05:36Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (bd30103a-ff3d-4697-af92-06dfbad44e3d)
             6 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 false -1 allow 100
                 set by CreateVpc at 2026-09-07T09:02:52Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (ad56758b-6d9a-4daf-88fc-bb22472a37b4)
             7 nat-0eb85e96a1c08d456
             8 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
                 set by CreateVpc at 2026-09-07T09:02:52Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (ad56758b-6d9a-4daf-88fc-bb22472a37b4)
             9 rtb-00ebea53b987e2d35  0.0.0.0/0 igw-00a225eae009ea54d CreateRoute active
                 set by CreateRoute at 2026-09-07T09:05:31Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (c8dcf7fc-f146-47ae-aaa7-9cc529cf3dc0)
            10 igw-00a225eae009ea54d
          back:
             1 igw-00a225eae009ea54d
             2 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 false -1 allow 100
             3 nat-0eb85e96a1c08d456
             4 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 true -1 allow 100
             5 rtb-00ebea53b987e2d35  10.0.0.0/16 local CreateRouteTable active
             6 vpc-0bed99fe3aedb9d3b/default-acl  0.0.0.0/0 false -1 allow 100
             7 eni-0e2043346392a3abd
             8 i-06b03129ac85513bd
        --- stderr
        assumed of 123456789012/us-east-1: Block Public Access is off, as no event turned it on
        assumed of nat-0c1958aa1a857e9e1: no event tells its addresses: one of its subnet stands for them
        assumed of nat-0eb85e96a1c08d456: no event tells its addresses: one of its subnet stands for them
        assumed of vpc-0b0d51fe79a001960: every change since its creation or snapshot is stored
        assumed of vpc-0bed99fe3aedb9d3b: every change since its creation or snapshot is stored
        48 events replayed
        of 7,921 from 2026-09-07 00:03:44Z to 2026-09-12 23:59:33Z; looked into accounts 123456789012, 210987654321, Regions eu-west-1, us-east-1: 1,572 examined, 6,349 ruled out by the index
    "#]]);
    env.check(
        &["path", "-q", "internet", INSTANCE, "--port", "22"],
        expect![[r#"
            internet → i-06b03129ac85513bd tcp/22: unreachable
              no interface has this public address
              IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS: NetworkInterface eni-0e2043346392a3abd
            --- exit 3
        "#]],
    );
    env.check(&["path", "-q", "somewhere", INSTANCE], expect![[r#"
        --- stderr
        error: `somewhere` is no end of a path
        hint: an end is an id (i-…, eni-…, igw-…, vgw-…, tgw-attach-…, vpce-…, pcx-…), an address, or `internet`
        --- exit 2
    "#]]);
    env.check(
        &["path", "-q", "i-0123456789abcdef0", "203.0.113.10"],
        expect![[r#"
            i-0123456789abcdef0 → 203.0.113.10 tcp: unknown
              nothing is known of it
              UNKNOWN_RESOURCE: MissingComponent i-0123456789abcdef0
              not known: all of i-0123456789abcdef0
            --- exit 3
        "#]],
    );
}

#[test]
fn an_event_is_taken_back_by_what_was_there_before() {
    let env = example();
    env.check(&["undo", FATAL], expect![[r##"
        #!/usr/bin/env bash
        # Takes back 1 event(s); class: exact.
        # Nothing was run. Read it, then run it yourself.
        # 2026-09-13T02:47:11Z ec2:ReplaceRoute by IAM user arn:aws:iam::123456789012:user/dave from 203.0.113.77 in 123456789012 us-east-1 (event ded5164f-ffce-4c65-a960-1203a19947ca): exact
        #   rtb-0736172c24218f73a Routes[0.0.0.0/0]: before {"DestinationCidrBlock":"0.0.0.0/0","NatGatewayId":"nat-0eb85e96a1c08d456","Origin":"CreateRoute","State":"active"}, after {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-00a225eae009ea54d","Origin":"CreateRoute","State":"active"}, now {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-00a225eae009ea54d","Origin":"CreateRoute","State":"active"}
        # ALSO: rtb-0736172c24218f73a is used by subnet-02070036d283c7dea, subnet-0db748bc81f86e50a
        set -euo pipefail

        # 1. sets what was there before the event (exact), in account 123456789012
        # rtb-0736172c24218f73a Routes[0.0.0.0/0].NatGatewayId was "nat-0eb85e96a1c08d456" {"from":"event","id":"bd30103a-ff3d-4697-af92-06dfbad44e3d"}
        aws ec2 replace-route --region us-east-1 --route-table-id rtb-0736172c24218f73a --destination-cidr-block 0.0.0.0/0 --nat-gateway-id nat-0eb85e96a1c08d456
        # check: aws ec2 describe-route-tables --region us-east-1 --route-table-ids rtb-0736172c24218f73a
        --- stderr
        1 event planned for with 1 call; the same state comes back; 52 events replayed
        of 8,247 from 2026-09-07 00:03:44Z to 2026-09-13 05:34:38Z; looked into accounts 123456789012, 210987654321, Regions eu-west-1, us-east-1: 2,260 examined, 5,987 ruled out by the index
    "##]]);
    env.check(&["undo", "-q", FATAL, "--as", "boto3"], expect![[r##"
        #!/usr/bin/env python3
        # Takes back 1 event(s); class: exact.
        # Nothing was run. Read it, then run it yourself.
        # 2026-09-13T02:47:11Z ec2:ReplaceRoute by IAM user arn:aws:iam::123456789012:user/dave from 203.0.113.77 in 123456789012 us-east-1 (event ded5164f-ffce-4c65-a960-1203a19947ca): exact
        #   rtb-0736172c24218f73a Routes[0.0.0.0/0]: before {"DestinationCidrBlock":"0.0.0.0/0","NatGatewayId":"nat-0eb85e96a1c08d456","Origin":"CreateRoute","State":"active"}, after {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-00a225eae009ea54d","Origin":"CreateRoute","State":"active"}, now {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-00a225eae009ea54d","Origin":"CreateRoute","State":"active"}
        # ALSO: rtb-0736172c24218f73a is used by subnet-02070036d283c7dea, subnet-0db748bc81f86e50a
        import boto3


        # 1. sets what was there before the event (exact), in account 123456789012
        boto3.client("ec2", region_name="us-east-1").replace_route(**{"RouteTableId": "rtb-0736172c24218f73a", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-0eb85e96a1c08d456"})
    "##]]);
    env.check(
        &["undo", "-q", FATAL, "--as", "terraform"],
        expect![[r#"
        # nothing here is known to be managed by Terraform or CloudFormation
    "#]],
    );
    env.check(&["undo", TRIED_BEFORE], expect![[r#"
        --- stderr
        error: the event `8958ea52-9141-424a-b345-da70f6a98ace` changed nothing: it failed or only read
        hint: trailhound show 8958ea52-9141-424a-b345-da70f6a98ace
        --- exit 1
    "#]]);
    env.check(&["undo", "no-such-event"], expect![[r#"
        --- stderr
        error: no event has the id `no-such-event`
        hint: of 8,247 from 2026-09-07 00:03:44Z to 2026-09-13 05:34:38Z; looked into accounts 123456789012, 210987654321, Regions eu-west-1, us-east-1: 8,247 examined, 0 ruled out by the index
        --- exit 1
    "#]]);
    env.check(&["undo", "--actor", "dave"], expect![[r#"
        --- stderr
        error: the following required arguments were not provided: --since <TIME>
        hint: usage: trailhound undo --since <TIME> --actor <NAME> --db <DIR> [EVENT_ID]...; --help says more
        --- exit 2
    "#]]);
    let by_dave = ["undo", "--actor", "dave", "--since", "2026-09-13T02:40Z"];
    env.check(&by_dave, expect![[r##"
        #!/usr/bin/env bash
        # Takes back 1 event(s); class: exact.
        # Nothing was run. Read it, then run it yourself.
        # 2026-09-13T02:47:11Z ec2:ReplaceRoute by IAM user arn:aws:iam::123456789012:user/dave from 203.0.113.77 in 123456789012 us-east-1 (event ded5164f-ffce-4c65-a960-1203a19947ca): exact
        #   rtb-0736172c24218f73a Routes[0.0.0.0/0]: before {"DestinationCidrBlock":"0.0.0.0/0","NatGatewayId":"nat-0eb85e96a1c08d456","Origin":"CreateRoute","State":"active"}, after {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-00a225eae009ea54d","Origin":"CreateRoute","State":"active"}, now {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-00a225eae009ea54d","Origin":"CreateRoute","State":"active"}
        # ALSO: rtb-0736172c24218f73a is used by subnet-02070036d283c7dea, subnet-0db748bc81f86e50a
        set -euo pipefail

        # 1. sets what was there before the event (exact), in account 123456789012
        # rtb-0736172c24218f73a Routes[0.0.0.0/0].NatGatewayId was "nat-0eb85e96a1c08d456" {"from":"event","id":"bd30103a-ff3d-4697-af92-06dfbad44e3d"}
        aws ec2 replace-route --region us-east-1 --route-table-id rtb-0736172c24218f73a --destination-cidr-block 0.0.0.0/0 --nat-gateway-id nat-0eb85e96a1c08d456
        # check: aws ec2 describe-route-tables --region us-east-1 --route-table-ids rtb-0736172c24218f73a
        --- stderr
        1 event planned for with 1 call; the same state comes back; 52 events replayed
        of 8,247 from 2026-09-07 00:03:44Z to 2026-09-13 05:34:38Z; looked into accounts 123456789012, 210987654321, Regions eu-west-1, us-east-1: 2,260 examined, 5,987 ruled out by the index
    "##]]);
}

#[test]
fn a_resource_is_shown_as_it_was_and_what_changed_of_it() {
    let env = example();
    const TABLE: &str = "rtb-0736172c24218f73a";
    env.check(&["state", TABLE, "--at", "2026-09-12"], expect![[r#"
        AWS::EC2::RouteTable rtb-0736172c24218f73a  123456789012 us-east-1
          RouteTableId  rtb-0736172c24218f73a
              set by CreateRouteTable at 2026-09-07T09:05:17Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (029f9a3e-23ac-47a4-84d8-872852b2cc79)
          Routes[10.0.0.0/16]  {"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"}
              set by CreateRouteTable at 2026-09-07T09:05:17Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (029f9a3e-23ac-47a4-84d8-872852b2cc79)
          Routes[0.0.0.0/0]  {"DestinationCidrBlock":"0.0.0.0/0","NatGatewayId":"nat-0eb85e96a1c08d456","Origin":"CreateRoute","State":"active"}
              set by CreateRoute at 2026-09-07T09:05:36Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (bd30103a-ff3d-4697-af92-06dfbad44e3d)
          Tags[Name]  {"Key":"Name","Value":"shop-private"}
              set by CreateRouteTable at 2026-09-07T09:05:17Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (029f9a3e-23ac-47a4-84d8-872852b2cc79)
          Tags[env]  {"Key":"env","Value":"prod"}
              set by CreateRouteTable at 2026-09-07T09:05:17Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (029f9a3e-23ac-47a4-84d8-872852b2cc79)
          VpcId  vpc-0bed99fe3aedb9d3b
              set by CreateRouteTable at 2026-09-07T09:05:17Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (029f9a3e-23ac-47a4-84d8-872852b2cc79)
          OwnerId  123456789012
              set by CreateRouteTable at 2026-09-07T09:05:17Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (029f9a3e-23ac-47a4-84d8-872852b2cc79)
          Associations[subnet-0db748bc81f86e50a]  {"Main":false,"RouteTableId":"rtb-0736172c24218f73a","SubnetId":"subnet-0db748bc81f86e50a","AssociationState":{"State":"associated"},"RouteTableAssociationId":"rtbassoc-0f7c8493e34371715"}
              set by AssociateRouteTable at 2026-09-07T09:05:22Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (8ec687e5-34ec-4533-898e-52960585d36a)
          Associations[subnet-02070036d283c7dea]  {"Main":false,"RouteTableId":"rtb-0736172c24218f73a","SubnetId":"subnet-02070036d283c7dea","AssociationState":{"State":"associated"},"RouteTableAssociationId":"rtbassoc-008bf272a765d09df"}
              set by AssociateRouteTable at 2026-09-07T09:05:26Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (90b985fd-6f1f-4961-959b-af9de19420a8)
          PropagatingVgws  []
              set by CreateRouteTable at 2026-09-07T09:05:17Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (029f9a3e-23ac-47a4-84d8-872852b2cc79)
        --- stderr
        945 events replayed
        of 7,921 from 2026-09-07 00:03:44Z to 2026-09-12 23:59:33Z; looked into accounts 123456789012, 210987654321, Regions eu-west-1, us-east-1: 6,669 examined, 1,252 ruled out by the index
    "#]]);
    env.check(&["state", "-q", "rtb-0123456789abcdef0"], expect![[r#"
        --- stderr
        error: nothing is known of `rtb-0123456789abcdef0` at that time
        hint: `trailhound history rtb-0123456789abcdef0` shows every event that named it; of 8,247 from 2026-09-07 00:03:44Z to 2026-09-13 05:34:38Z; looked into accounts 123456789012, 210987654321, Regions eu-west-1, us-east-1: 8,247 examined, 0 ruled out by the index
        --- exit 1
    "#]]);
    env.check(&["diff", "-q", TABLE, "--from", "2026-09-12"], expect![[r#"
        rtb-0736172c24218f73a Routes[0.0.0.0/0].GatewayId
          - (none)
              set by CreateRoute at 2026-09-07T09:05:36Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (bd30103a-ff3d-4697-af92-06dfbad44e3d)
          + igw-00a225eae009ea54d
              set by ReplaceRoute at 2026-09-13T02:47:11Z by IAM user arn:aws:iam::123456789012:user/dave from 203.0.113.77 (ded5164f-ffce-4c65-a960-1203a19947ca)
        rtb-0736172c24218f73a Routes[0.0.0.0/0].NatGatewayId
          - nat-0eb85e96a1c08d456
              set by CreateRoute at 2026-09-07T09:05:36Z by GitHub Actions repo:example/infrastructure:ref:refs/heads/main from 192.0.2.80 (bd30103a-ff3d-4697-af92-06dfbad44e3d)
          + (none)
              set by ReplaceRoute at 2026-09-13T02:47:11Z by IAM user arn:aws:iam::123456789012:user/dave from 203.0.113.77 (ded5164f-ffce-4c65-a960-1203a19947ca)
    "#]]);
    env.check(
        &["diff", "-q", TABLE, "--from", "2026-09-13T03:00Z"],
        expect![[r#"
        nothing that replay follows differs
    "#]],
    );
    let json = env.run(&["state", "-q", TABLE, "--output", "json"]);
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let routes = &found["resources"][0]["body"]["Routes"];
    assert!(routes.as_array().unwrap().iter().any(|it| it["GatewayId"] == "igw-00a225eae009ea54d"));
}
