use super::*;
use expect_test::{Expect, expect};
use trailhound_app::who::{Actor, Attribution, How, Link, PersonKind, Strength};

const ID: &str = "11111111-2222-3333-4444-555555555555";

fn html(bodies: &[&str]) -> String {
    let events: Vec<(Event, ActorView)> = bodies
        .iter()
        .enumerate()
        .map(|(number, record)| {
            let conflict = u32::try_from(number).unwrap();
            (Event::parse(record.as_bytes().to_vec(), conflict).unwrap(), actor())
        })
        .collect();
    EventPage::new(&Filter::default(), ID, events).render().unwrap()
}

/// A hostile name, found by one weak step.
fn actor() -> ActorView {
    let name = "<b>bob</b>\u{202e}".to_owned();
    ActorView::new(&Attribution {
        principal: "session".to_owned(),
        actor: Actor::Person { name: name.clone(), kind: PersonKind::IdentityCenterUser },
        strength: Strength::Weak,
        links: vec![Link {
            from: "session".to_owned(),
            to: name,
            how: How::SessionName,
            strength: Strength::Weak,
            evidence: Vec::new(),
        }],
        behind: None,
        notes: Vec::new(),
    })
}

#[test]
fn the_actor_is_shown_harmless_with_the_proof() {
    let html = html(&["{}"]);
    assert!(html.contains("Weak: a step rests on what the caller could choose."), "{html}");
    assert!(!html.contains("<b>bob"), "{html}");
    assert!(!html.contains('\u{202e}'), "{html}");
}

/// Checks the facts and nested values of one record, as text: `[title]`, `label: value`.
fn check_facts(record: &str, expect: Expect) {
    let event = Event::parse(record.as_bytes().to_vec(), 0).unwrap();
    let body = Body::new(&Narrow::new(&Filter::default()), ID, 0, &event, actor());
    let mut text = format!("{}\n", body.sentence);
    for section in &body.sections {
        text += &format!("[{}]\n", section.title);
        for fact in &section.facts {
            let mark = if fact.value.href.is_some() { " ->" } else { "" };
            text += &format!("{}: {}{mark}\n", fact.label, fact.value.text);
        }
    }
    for tree in &body.trees {
        text += &format!("[{}]\n", tree.title);
        for line in &tree.lines {
            let value = line.value.as_ref().map_or(String::new(), |value| {
                format!(" {}{}", value.text, if value.href.is_some() { " ->" } else { "" })
            });
            text += &format!("{}{}:{value}\n", "  ".repeat(line.depth), line.key);
        }
    }
    expect.assert_eq(&text);
}

#[test]
fn an_assumed_role_call_says_who_what_and_where() {
    check_facts(
        r#"{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:bob","arn":"arn:aws:sts::123456789012:assumed-role/ops/bob","accountId":"123456789012","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::123456789012:role/ops","accountId":"123456789012","userName":"ops"},"attributes":{"creationDate":"2023-07-10T11:00:00Z","mfaAuthenticated":"true"}}},"eventTime":"2023-07-10T12:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"DeleteRoute","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.13","requestParameters":{"routeTableId":"rtb-0123456789abcdef0","destinationCidrBlock":"0.0.0.0/0","tags":[],"n":1.50},"responseElements":{"_return":true},"requestID":"r-1","eventID":"11111111-2222-3333-4444-555555555555","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3"},"sessionCredentialFromConsole":"true","newInVersion2":{"a":["x"]}}"#,
        expect![[r#"
            bob called DeleteRoute of ec2.amazonaws.com from 198.51.100.7, 2023-07-10 12:00:00 UTC.
            [Who]
            User name: bob ->
            Identity type: AssumedRole ->
            ARN: arn:aws:sts::123456789012:assumed-role/ops/bob ->
            Principal ID: AROAEXAMPLE:bob ->
            Access key ID: ASIAIOSFODNN7EXAMPLE ->
            Account: 123456789012 ->
            Session issuer: arn:aws:iam::123456789012:role/ops ->
            Issuer type: Role ->
            Issuer name: ops ->
            Session since: 2023-07-10T11:00:00Z ->
            MFA in session: true ->
            Console session: true ->
            [What and when]
            Time: 2023-07-10 12:00:00 UTC
            Event name: DeleteRoute ->
            Event source: ec2.amazonaws.com ->
            Read-only: false ->
            Event type: AwsApiCall ->
            Event category: Management ->
            Management event: true ->
            Event version: 1.09 ->
            Event ID: 11111111-2222-3333-4444-555555555555 ->
            Request ID: r-1 ->
            [From where]
            Source IP: 198.51.100.7 ->
            User agent: aws-cli/2.13 ->
            Account: 123456789012 ->
            Region: us-east-1 ->
            TLS version: TLSv1.3 ->
            [Request parameters]
            routeTableId: rtb-0123456789abcdef0 ->
            destinationCidrBlock: 0.0.0.0/0 ->
            tags: []
            n: 1.50 ->
            [Response elements]
            _return: true ->
            [User identity]
            type: AssumedRole ->
            principalId: AROAEXAMPLE:bob ->
            arn: arn:aws:sts::123456789012:assumed-role/ops/bob ->
            accountId: 123456789012 ->
            accessKeyId: ASIAIOSFODNN7EXAMPLE ->
            sessionContext:
              sessionIssuer:
                type: Role ->
                principalId: AROAEXAMPLE ->
                arn: arn:aws:iam::123456789012:role/ops ->
                accountId: 123456789012 ->
                userName: ops ->
              attributes:
                creationDate: 2023-07-10T11:00:00Z ->
                mfaAuthenticated: true ->
            [Other fields]
            newInVersion2:
              a:
                0: x ->
        "#]],
    );
}

#[test]
fn a_record_that_says_little_is_shown_all_the_same() {
    check_facts(
        r#"{"eventTime":"soon","requestParameters":null}"#,
        expect![[r#"
        Someone the record does not name called an event without a name of a service the record does not name from an address the record does not name, at a time that is not readable.
        [What and when]
        Time: not readable: soon
        [Request parameters]
        : null
    "#]],
    );
}

#[test]
fn hostile_records_are_text_everywhere() {
    let record =
        r#"{"eventID":"<script>","eventName":"<script>alert(1)</script>","eventTime":"2023-07-10T12:00:00Z","userAgent":"</pre><img src=x onerror=alert(1)>","errorCode":"E","errorMessage":"\"'><svg onload=alert(1)>","userIdentity":{"type":"IAMUser","userName":"javascript:alert(1)","arn":"\u202egnp"},"requestParameters":{"<b>k</b>":"</td>\u0000\u0007","bidi":"BIDI","url":"javascript:alert(1)"},"<i>":1}"#.replace("BIDI", "\u{202e}");
    let html = html(&[&record]);
    for forbidden in [
        "<script>",
        "<img src=x",
        "<svg",
        "<b>",
        "<i>",
        "</pre><img",
        "\0",
        "\u{7}",
        "\u{202e}",
        "href=\"javascript",
    ] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(html.contains("Hidden characters are shown as JSON escapes here (1 of them)"));
    for address in html.split("href=\"").skip(1) {
        assert!(address.starts_with(['/', '#']), "{address}");
    }
}

#[test]
fn every_body_under_one_id_is_shown_and_marked() {
    let html = html(&[
        r#"{"eventID":"x","eventName":"First","eventTime":"2023-07-10T12:00:00Z"}"#,
        r#"{"eventID":"x","eventName":"Second","eventTime":"2023-07-10T12:00:00Z"}"#,
    ]);
    assert_eq!(html.matches("<article").count(), 2);
    assert!(html.contains("2 records have the event ID"));
    assert!(html.contains("Conflict 1"));
    assert!(html.contains("/raw?body=1"));
}

#[test]
fn related_events_are_one_link_away() {
    let event = Event::parse(
        br#"{"eventTime":"2023-07-10T00:02:00Z","userIdentity":{"type":"IAMUser","userName":"a b&c"},"sourceIPAddress":"198.51.100.7"}"#
            .to_vec(),
        0,
    )
    .unwrap();
    let links: Vec<String> = related(&event)
        .into_iter()
        .map(|link| format!("{}: {}", link.text, link.href.unwrap()))
        .collect();
    expect![[r#"
        Same user: /?q=user%3A%22a+b%26c%22
        Same user ±5 min: /?q=user%3A%22a+b%26c%22&from=2023-07-09T23%3A57%3A00Z&until=2023-07-10T00%3A07%3A00Z
        Same source IP: /?q=ip%3A198.51.100.7
        What changed before: /changes?at=2023-07-10T00%3A02%3A00Z&window=30m
        5 minutes before and after: /?from=2023-07-09T23%3A57%3A00Z&until=2023-07-10T00%3A07%3A00Z"#]]
    .assert_eq(&links.join("\n"));
}

#[test]
fn event_ids_fit_into_an_address() {
    assert_eq!(event_href(ID), Some(format!("/events/{ID}")));
    assert_eq!(event_href("a/b c?d#e+%"), Some("/events/a%2Fb%20c%3Fd%23e%2B%25".to_owned()));
    for id in ["", ".", ".."] {
        assert_eq!(event_href(id), None);
    }
    assert_eq!(event_href(&"x".repeat(5_000)), None);
}

#[test]
fn a_long_record_is_cut_and_says_so() {
    let record =
        format!(r#"{{"eventName":"Long","userAgent":"{}"}}"#, "x".repeat(RECORD_CHARS_MAX));
    let html = html(&[&record]);
    assert!(html.contains("only its start is shown here"));
}
