//! CloudTrail Lake's columns: nested, typed, with Trino's names.

use super::*;

#[test]
fn identity_is_nested() {
    check(
        "SELECT userIdentity.type, USERIDENTITY.sessionContext.sessionIssuer.arn,
            userIdentity.sessioncontext.attributes.creationDate,
            userIdentity.sessionContext.webIdFederationData.attributes,
            userIdentity.onBehalfOf, userIdentity.inScopeOf
         FROM events ORDER BY eventTime",
        expect![[r#"
            type | arn | creationDate | attributes | onBehalfOf | inScopeOf
            AssumedRole | arn:aws:iam::123456789012:role/r | 2024-05-01 09:00:00.000 | {a=b} | {userid=u-1, identitystorearn=arn:aws:identitystore::1:x} |
            IAMUser |  |  |  |  |
            AWSService |  |  |  |  |"#]],
    );
    check(
        "SELECT userIdentity FROM events WHERE eventid = 'id-3'",
        expect![[r#"
        userIdentity
        {type=AWSService, principalid=null, arn=null, accountid=null, accesskeyid=null, username=null, sessioncontext=null, onbehalfof=null, inscopeof=null, invokedby=lambda.amazonaws.com, identityprovider=null}"#]],
    );
}

#[test]
fn maps_hold_texts() {
    check(
        "SELECT element_at(requestParameters, 'bucketName') AS bucket, requestParameters['n'],
            element_at(requestParameters, 'flag'), element_at(requestParameters, 'none'),
            element_at(requestParameters, 'nested') AS nested, element_at(requestParameters, 'x')
         FROM events ORDER BY eventid",
        expect![[r#"
            bucket | _col1 | _col2 | _col3 | nested | _col5
            b1 | 7 | true |  | {"list":[1,"two",{"three":3}],"a:b":"c"} |
             |  |  |  |  |
             |  |  |  |  |"#]],
    );
    check(
        "SELECT cardinality(map_keys(requestParameters)), map_values(requestParameters)
         FROM events ORDER BY eventid",
        expect![[r#"
            _col0 | _col1
            6 | [b1, k
            1, 7, true, null, {"list":[1,"two",{"three":3}],"a:b":"c"}]
            1 | [carol]
             |"#]],
    );
}

#[test]
fn resources_are_structs() {
    check(
        "SELECT element_at(resources, 1).arn, element_at(resources, -1).accountId,
            element_at(resources, 9).arn, cardinality(resources), resources
         FROM events ORDER BY eventid",
        expect![[r#"
            arn | accountId | arn | _col3 | resources
            arn:aws:s3:::b1/k | 123456789012 |  | 2 | [{accountid=null, type=AWS::S3::Object, arn=arn:aws:s3:::b1/k, arnprefix=null}, {accountid=123456789012, type=AWS::S3::Bucket, arn=arn:aws:s3:::b1, arnprefix=null}]
             |  |  |  |
             |  |  |  |"#]],
    );
    check(
        "SELECT eventid, r.type FROM events CROSS JOIN UNNEST(resources) AS t(r) ORDER BY 2",
        expect![[r#"
            eventid | type
            id-1 | AWS::S3::Bucket
            id-1 | AWS::S3::Object"#]],
    );
}

#[test]
fn records_are_there_verbatim() {
    let text = r#"{ "eventVersion" : "1.08","eventTime":"2024-05-01T10:00:00Z","eventID":"a","eventName":"\u0041"}"#;
    let store = TestStore::of_texts(&[text.to_owned()]);
    let answer = run(&store.engine(), "SELECT eventjson, eventjsonchecksum, eventname FROM events");
    let page = answer.expect("an answer").page(0, 1);
    use sha2::Digest;
    let sum = crate::convert::hex(&sha2::Sha256::digest(text));
    assert_eq!(page, [[text.to_owned(), sum, "A".to_owned()]]);
}

#[test]
fn odd_values_are_null_or_text() {
    check(
        "SELECT eventid, requestParameters, resources, sessioncredentialfromconsole, annotation
         FROM events ORDER BY eventid",
        expect![[r#"
            eventid | requestParameters | resources | sessioncredentialfromconsole | annotation
            id-1 | {bucketName=b1, key=k
            1, n=7, flag=true, none=null, nested={"list":[1,"two",{"three":3}],"a:b":"c"}} | [{accountid=null, type=AWS::S3::Object, arn=arn:aws:s3:::b1/k, arnprefix=null}, {accountid=123456789012, type=AWS::S3::Bucket, arn=arn:aws:s3:::b1, arnprefix=null}] | true | late
            id-2 | {userName=carol} |  | true |
            id-3 |  |  |  |"#]],
    );
    check(
        "SELECT eventid FROM events WHERE sessionCredentialFromConsole = true ORDER BY eventid",
        expect![[r#"
        eventid
        id-1
        id-2"#]],
    );
}

#[test]
fn times_compare_with_text_and_print_as_trino_does() {
    check(
        "SELECT eventtime, eventid FROM events
         WHERE eventtime > '2024-05-01 10:00:00' AND eventtime <= timestamp '2024-05-05 12:00:00'
         ORDER BY eventtime",
        expect![[r#"
            eventtime | eventid
            2024-05-01 11:30:00.000 | id-2
            2024-05-05 12:00:00.000 | id-3"#]],
    );
    check(
        "SELECT count(*) FROM events WHERE eventtime BETWEEN '2024-05-01' AND '2024-05-02'",
        expect![[r#"
            _col0
            2"#]],
    );
    check(
        "SELECT eventid FROM events WHERE eventtime > now() - INTERVAL '7' DAY",
        expect!["eventid"],
    );
}

#[test]
fn columns_have_trino_names() {
    check(
        "SELECT eventName, userIdentity.type, count(*), count(*) AS Calls, element_at(resources, 1).arn
         FROM events WHERE eventid = 'id-1' GROUP BY eventName, userIdentity.type, resources",
        expect![[r#"
            eventName | type | _col2 | Calls | arn
            GetObject | AssumedRole | 1 | 1 | arn:aws:s3:::b1/k"#]],
    );
    check(
        "SELECT * FROM events LIMIT 0",
        expect![
            "eventversion | useridentity | eventtime | eventsource | eventname | awsregion | sourceipaddress | useragent | errorcode | errormessage | requestparameters | responseelements | additionaleventdata | requestid | eventid | readonly | resources | eventtype | apiversion | managementevent | recipientaccountid | sharedeventid | annotation | vpcendpointid | vpcendpointaccountid | serviceeventdetails | addendum | edgedevicedetails | insightdetails | eventcategory | tlsdetails | sessioncredentialfromconsole | eventjson | eventjsonchecksum"
        ],
    );
}

#[test]
fn maps_and_structs_group() {
    check(
        "SELECT element_at(requestParameters, 'userName') AS name, count(*) FROM events
         WHERE eventid = 'id-2' GROUP BY requestParameters",
        expect![[r#"
            name | _col1
            carol | 1"#]],
    );
}

#[test]
fn members_of_maps_keep_their_case() {
    check(
        "SELECT requestParameters.nested.list, e.requestparameters.bucketName AS b FROM events e \
         WHERE requestParameters.bucketName IS NOT NULL",
        expect![[r#"
            list | b
            [1,"two",{"three":3}] | b1"#]],
    );
    check(
        "DESCRIBE events",
        expect![[r#"
        column_name | type
        eventversion | string
        useridentity | struct<type:string,principalid:string,arn:string,accountid:string,accesskeyid:string,username:string,sessioncontext:struct<attributes:struct<creationdate:timestamp,mfaauthenticated:string>,sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>,sourceidentity:string,ec2roledelivery:string,ec2issuedinvpc:string>,onbehalfof:struct<userid:string,identitystorearn:string>,inscopeof:struct<sourcearn:string,sourceaccount:string,issuertype:string,credentialsissuedto:string>,invokedby:string,identityprovider:string>
        eventtime | timestamp
        eventsource | string
        eventname | string
        awsregion | string
        sourceipaddress | string
        useragent | string
        errorcode | string
        errormessage | string
        requestparameters | map<string,string>
        responseelements | map<string,string>
        additionaleventdata | map<string,string>
        requestid | string
        eventid | string
        readonly | boolean
        resources | array<struct<accountid:string,type:string,arn:string,arnprefix:string>>
        eventtype | string
        apiversion | string
        managementevent | boolean
        recipientaccountid | string
        sharedeventid | string
        annotation | string
        vpcendpointid | string
        vpcendpointaccountid | string
        serviceeventdetails | map<string,string>
        addendum | map<string,string>
        edgedevicedetails | map<string,string>
        insightdetails | map<string,string>
        eventcategory | string
        tlsdetails | struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>
        sessioncredentialfromconsole | string
        eventjson | string
        eventjsonchecksum | string"#]],
    );
    check(
        "SELECT count(*) AS n FROM configuration_items",
        expect![[r#"
        n
        0"#]],
    );
}

#[test]
fn configuration_items_have_their_columns() {
    let item = json!({
        "eventVersion": "1.0", "eventCategory": "ConfigurationItem", "eventID": "c-1",
        "eventTime": "2024-05-01T10:00:00Z", "eventName": "x",
        "eventData": {"resourceType": "AWS::EC2::Instance", "resourceId": "i-1", "tags": {"a": "b"}}
    });
    let store = TestStore::of(&[item]);
    let statement = "SELECT eventData.resourceType, eventData.tags FROM config_event_data_store_ID";
    let answer = run(&store.engine(), statement).expect("an answer");
    expect![[r#"
        resourceType | tags
        AWS::EC2::Instance | {a=b}"#]]
    .assert_eq(&text_of(&answer));
}
