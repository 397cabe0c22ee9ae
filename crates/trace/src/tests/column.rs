//! The actor as a column: a few words, and one walk a session.

use super::*;

/// The column of each event of `subjects`, with whether it tells more than the user's name.
#[expect(clippy::needless_pass_by_value, reason = "an expectation is written at the call")]
fn check_column(records: Vec<Value>, expect: Expect) {
    let stored = Stored::new(&[records]);
    let mut tracer = Tracer::new(Arc::clone(&stored.snapshot));
    let page = trailhound_query::lookup(&stored.snapshot, &Default::default(), None, 100);
    let line = |event: &trailhound_record::Event| {
        let found = tracer.attribute(event);
        let mark = if found.tells_more_than(event.username.as_deref()) { " *" } else { "" };
        format!("{}: {}{mark}", event.event_id.as_deref().unwrap_or_default(), found.short())
    };
    expect.assert_eq(&page.events.iter().rev().map(line).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_column_has_the_actor_in_a_few_words() {
    let instance = "i-0123456789abcdef0";
    let mut launch = event("run", 5, "ec2", "RunInstances", session("Admin", "x", KEY_1, 2));
    launch["responseElements"] = json!({"instancesSet": {"items": [{"instanceId": instance}]}});
    let root = json!({"type": "Root", "accountId": ACCOUNT, "arn": format!("arn:aws:iam::{ACCOUNT}:root")});
    let sso = "AWSReservedSSO_Admin_0123456789abcdef";
    let mut of_center = session(sso, "carol@example.com", "ASIAEXAMPLEEXAMPLE05", 70);
    of_center["sessionContext"]["sessionIssuer"]["arn"] =
        json!(format!("arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{sso}"));
    check_column(
        vec![
            event("own", 0, "ec2", "StopInstances", user("alice")),
            assume("a", 2, user("alice"), "Admin", "x", KEY_1),
            launch,
            assume("b", 60, service("ec2"), "Web", instance, KEY_2),
            event("by instance", 61, "ec2", "ReplaceRoute", session("Web", instance, KEY_2, 60)),
            event("by service", 62, "ec2", "ReplaceRoute", service("autoscaling")),
            event("by root", 63, "ec2", "ReplaceRoute", root),
            event("unknown", 64, "ec2", "ReplaceRoute", session("Web", "alice", KEY_1, 64)),
            event("weak", 71, "ec2", "ReplaceRoute", of_center),
        ],
        expect![[r#"
            own: alice
            a: alice
            run: alice via role/Admin *
            b: ec2.amazonaws.com
            by instance: instance i-0123456789abcdef0 via role/Web, launched or deployed by alice via role/Admin *
            by service: autoscaling.amazonaws.com
            by root: root of 111122223333
            unknown: unknown
            weak: carol@example.com via role/AWSReservedSSO_Admin_0123456789abcdef (weak)"#]],
    );
}

#[test]
fn a_user_of_another_account_is_named_with_it() {
    let mut caller = user("bob");
    caller["accountId"] = json!("444455556666");
    caller["arn"] = json!("arn:aws:iam::444455556666:user/bob");
    check_column(
        vec![
            assume("a", 0, caller, "Admin", "x", KEY_1),
            event("b", 1, "ec2", "StopInstances", session("Admin", "x", KEY_1, 0)),
        ],
        expect![[r#"
            a: bob
            b: bob of 444455556666 via role/Admin *"#]],
    );
}

#[test]
fn the_events_of_a_session_are_attributed_once() {
    let mut records = vec![
        assume("a", 0, user("alice"), "Admin", "x", KEY_1),
        assume("b", 0, user("bob"), "Admin", "y", KEY_2),
    ];
    for number in 0..200 {
        let (name, key) = if number % 2 == 0 { ("x", KEY_1) } else { ("y", KEY_2) };
        let identity = session("Admin", name, key, 0);
        records.push(event(&format!("c{number}"), 1 + number, "ec2", "StopInstances", identity));
    }
    let stored = Stored::new(&[records]);
    let mut tracer = Tracer::new(Arc::clone(&stored.snapshot));
    let page = trailhound_query::lookup(&stored.snapshot, &Default::default(), None, 1_000);
    assert_eq!(page.events.len(), 202);
    for event in &page.events {
        tracer.attribute(event);
    }
    assert_eq!(tracer.sessions_walked(), 2);
}
