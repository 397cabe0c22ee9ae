//! What matches.

use super::{event, query};
use trailhound_record::Event;

const RECORD: &str = r#"{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole",
"principalId":"AROAEXAMPLEEXAMPLE00:Alice","arn":"arn:aws:sts::123456789012:assumed-role/Admin/Alice",
"accountId":"123456789012","accessKeyId":"ASIAEXAMPLEEXAMPLE00","sessionContext":{"sessionIssuer":
{"type":"Role","arn":"arn:aws:iam::123456789012:role/path/Admin","userName":"Admin"},
"attributes":{"creationDate":"2023-07-10T09:00:00Z","mfaAuthenticated":"false"}}},
"eventTime":"2023-07-10T11:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances",
"awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2.1 Python/3.8",
"errorCode":"Client.UnauthorizedOperation","errorMessage":"You said \"no\"\nfoo\u0042ar",
"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0","min":1,"max":20}]},
"dryRun":true,"x.y":"dotted","gone":null,"list":[[1,"two words"],[]],"empty":{}},
"responseElements":null,"eventID":"11111111-2222-3333-4444-555555555555","readOnly":false,
"resources":[{"ARN":"arn:aws:s3:::bucket/key","type":"AWS::S3::Object"}],"newMember":{"odd_name":[9.5]},
"eventType":"AwsApiCall","recipientAccountId":"123456789012","eventCategory":"Management"}"#;

fn check_match(record: &str, text: &str, expect: bool) {
    assert_eq!(query(text).matches(&event(record)), expect, "{text}");
}

/// Queries stand apart by ` ;`.
fn check_all(record: &str, hits: &str, misses: &str) {
    hits.split(" ;").for_each(|text| check_match(record, text.trim(), true));
    misses.split(" ;").for_each(|text| check_match(record, text.trim(), false));
}

#[test]
fn texts_are_found_in_values_and_names_on_token_boundaries() {
    check_all(
        RECORD,
        r#" ; * ; runinstances ; Run* ; *instances ; run*ances ; ec2.amazonaws.com ; 203.0.113.7 ;
            "two words" ; Alice ; arn:aws:s3:::bucket/key ; odd_name ; 9.5 ; newmember ; eventName ;
            true ; 20 ; "said \"no\"" ; fooBar ; said*foobar ; "x.y" ; python ; *ython ;
            "aws-cli/2.1 Python" ; /key"#,
        r#"instances ; run ; 203.0.11 ; 0113 ; "two  words" ; null ; nfoobar ; u0042ar ;
            gone*dotted ; "true," ; Alice*Admin ; "1,20" ; "dryRun true" ; -*"#,
    );
}

#[test]
fn a_text_does_not_reach_over_the_end_of_a_value() {
    let record = r#"{"a":[1,2,"b,c",3],"d":null,"e":true,"f":"x: {y}"}"#;
    check_all(
        record,
        r#""b,c" ; "x: {y}" ; true ; ": {""#,
        r#""1,2" ; ",\"b" ; null ; ul* ; *ul* ; "true," ; "c\",3" ; ": {}" ; 1*2"#,
    );
}

#[test]
fn short_names_find_their_values() {
    check_all(
        RECORD,
        r#"user:alice ; user=Alice ; event:RUNinstances ; event:Run* ; service:ec2 ;
            service:ec2.amazonaws.com ; eventSource:EC2 ; ip:203.0.113.7 ; ip:203.0.113.0/24 ;
            ip:203.0.* ; key:asiaexample* ; role:admin ; role:*role/path/admin ; role=Admin ;
            account:123456789012 ; region:us-* ; error:* ; error:*unauthorized* ; resource:key ;
            resource:bucket* ; resource:arn:aws:s3:::bucket/key ; resource:i-0123456789abcdef0 ;
            agent:python ; agent:cli/2 ; type:ec2::instance ; type:AWS::S3::Object ; type:* ;
            id:11111111-2222-3333-4444-555555555555 ; event:(StopInstances OR RunInstances) ;
            is:write ; is:error ; is:management ; exists:user ; -user:bob ; region=us-east-1"#,
        r#"user=alice ; user:ali ; event:Run ; service:s3 ; service:ec2.amazonaws ; ip:203.0.113.8 ;
            ip:10.0.0.0/8 ; ip:2001:db8::/32 ; role:alice ; error:no ; resource:buck ; agent=Python ;
            type:instance ; is:read ; is:console ; is:root ; is:insight ; is:conflict ; -error:* ;
            event=Run* ; key:*x"#,
    );
    check_match(r#"{"userIdentity":{"type":"Root"}}"#, "is:root user:root", true);
    check_match(r#"{"userIdentity":{"type":"AWSAccount","userName":"bob"}}"#, "user:bob", true);
    check_match(r#"{"sessionCredentialFromConsole":"true"}"#, "is:console", true);
    check_match(r#"{"eventType":"AwsConsoleSignIn"}"#, "is:console", true);
    check_match(r#"{"sourceIPAddress":"ssm.amazonaws.com"}"#, "ip:SSM.amazonaws.com", true);
    check_match(r#"{"sourceIPAddress":"2001:db8:0::1"}"#, "ip:2001:DB8::1", true);
    check_match(r#"{"sourceIPAddress":"2001:db8:0::1"}"#, "ip:2001:db8::/32", true);
    check_match(
        r#"{"eventCategory":"Insight","insightDetails":{"eventName":"X"}}"#,
        "is:insight event:x",
        true,
    );
}

#[test]
fn paths_lead_to_any_leaf() {
    check_all(
        RECORD,
        r#"requestParameters.instancesSet.items.instanceId:i-0123456789ABCDEF0 ;
            requestParameters.instancesSet:i-01* ; requestparameters.DRYRUN:true ;
            requestParameters."x.y":dotted ; requestParameters.list:"two words" ;
            exists:requestParameters.empty ; requestParameters.empty:* ; newMember.odd_name:9.5 ;
            .newMember:9.5 ; userIdentity.sessionContext.attributes.mfaAuthenticated:false ;
            requestParameters.instancesSet.items.max:20 ; eventTime:2023-07-10T11:00:00Z ;
            userIdentity.arn:*Alice ; .eventName:runinstances ; readOnly:false"#,
        r#"requestParameters.instancesSet.items.instanceId:i-01 ; exists:requestParameters.gone ;
            exists:responseElements ; exists:requestParameters.x.y ; requestParameters.empty:x ;
            userIdentity.arn=ARN* ; exists:odd_name.x ; requestParameters.dryRun=True ;
            requestParameters.gone:null"#,
    );
    check_match(RECORD, "errorMessage:*\"\nfooBar\"", true);
    check_match(RECORD, "errorMessage=\"You said \\\"no\\\"\nfooBar\"", true);
}

#[test]
fn comparisons_need_numbers_or_times() {
    check_all(
        RECORD,
        r#"requestParameters.instancesSet.items.max:>19 ; requestParameters:20..20 ;
            requestParameters.instancesSet.items.max:<=2e1 ; .newMember:>9.4 ; .newMember:..9.5 ;
            eventTime:>=2023-07-10T11:00:00Z ; eventTime:<now ; eventTime:today..now ;
            userIdentity.sessionContext.attributes.creationDate:<2h ; recipientAccountId:>5 ;
            since:2023-07-10 until:now ; since:2023-07-10T13:00:00+02:00 ; since:1d OR x"#,
        r#"requestParameters.instancesSet.items.max:>20 ; eventTime:>5 ;
            eventVersion:>now ; .awsRegion:>0 ; since:30m ; until:2023-07-10T11:00:00Z ;
            requestParameters.instancesSet.items.instanceId:>0 ; requestParameters.dryRun:>0"#,
    );
    check_match("{}", "since:2000-01-01", false);
    check_match("{}", "-since:2000-01-01", true);
}

#[test]
fn repeated_members_and_lone_surrogates_are_found() {
    check_all(
        r#"{"eventName":"A","eventName":"B","x":"\ud800yes","even\u0074ID":"C"}"#,
        "A ; B ; event:A ; .eventName:B ; .eventName:A ; .x:*yes ; C ; .eventID:c",
        "event:B ; id:C",
    );
}

#[test]
fn a_value_of_a_megabyte_is_found() {
    let long = "0123456789abcdef".repeat(1 << 16);
    let record = format!(r#"{{"requestParameters":{{"policy":"head {long}Z tail"}}}}"#);
    for text in [
        &format!("requestParameters.policy:\"head {long}z tail\""),
        &format!("requestParameters.policy=\"head {long}Z tail\""),
        &format!("{long}z"),
        "requestParameters.policy:*tail",
        "tail",
    ] {
        check_match(&record, text, true);
    }
    for text in [&format!("{long}y"), &long, "requestParameters.policy:head"] {
        check_match(&record, text, false);
    }
}

#[test]
fn a_conflict_is_known_by_the_event() {
    let second = Event { conflict: 1, ..event("{}") };
    assert!(query("is:conflict").matches(&second));
}

#[test]
fn positive_terms_are_highlighted() {
    let marked = |text: &str, shown: &str| {
        let places = query(text).highlights(shown);
        places.into_iter().filter_map(|place| shown.get(place)).collect::<Vec<_>>().join("|")
    };
    assert_eq!(marked("run* -bob", "RunInstances by bob, run again"), "Run|run");
    assert_eq!(marked("user:alice OR agent:cli", "ALICE aws-cli/2 malice"), "ALICE|cli");
    assert_eq!(marked("user=Alice", "alice Alice"), "Alice");
    assert_eq!(marked("a*b", "größe a.b ab"), "a|b|ab");
    assert_eq!(marked("is:write since:1h", "write"), "");
}
