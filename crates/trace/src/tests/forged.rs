//! Names that were forged, and callers that could both be it.

use super::*;

#[test]
fn a_forged_name_is_weak_and_says_so() {
    // Mallory calls her session `bob`; the key of the session that acted was never seen being issued.
    check(
        vec![
            assume("a", 0, user("mallory"), "Admin", "bob", KEY_1),
            event(
                "c",
                90,
                "ec2",
                "ReplaceRoute",
                session("Admin", "bob", "AKIA****************", 0),
            ),
            event("d", 95, "ec2", "ReplaceRoute", session("Admin", "bob", KEY_2, 0)),
        ],
        "c",
        expect![[r#"
            IAM user arn:aws:iam::111122223333:user/mallory [weak]
              Weak SessionName <- arn:aws:iam::111122223333:user/mallory (a)"#]],
    );
    check(
        vec![
            assume("a", 0, user("mallory"), "Admin", "bob", KEY_1),
            event("d", 95, "ec2", "ReplaceRoute", session("Admin", "bob", KEY_2, 0)),
        ],
        "d",
        expect![
            "unknown: the event that issued the session `bob` of arn:aws:iam::111122223333:role/Admin is not in the store (account 111122223333, about 2026-01-01T00:00:00Z; its events are in segments from 2026-01-01T00:00:00Z to 2026-01-01T00:01:35Z) [weak]"
        ],
    );
}

#[test]
fn a_failed_sign_in_is_nobodys() {
    let mut login = event(
        "l",
        0,
        "signin",
        "ConsoleLogin",
        json!({"type": "IAMUser", "userName": "alice", "accountId": ACCOUNT}),
    );
    login["eventType"] = json!("AwsConsoleSignIn");
    login["errorMessage"] = json!("Failed authentication");
    login["responseElements"] = json!({"ConsoleLogin": "Failure"});
    check(
        vec![login],
        "l",
        expect![
            "unknown: the sign-in failed: somebody tried as IAMUser alice of account 111122223333 [weak]"
        ],
    );
}

#[test]
fn two_sessions_of_one_name_are_two_callers() {
    check(
        vec![
            assume("a1", 0, user("alice"), "Jump", "session", KEY_1),
            assume("m1", 1, user("mallory"), "Jump", "session", "ASIAEXAMPLEEXAMPLE09"),
            assume("a2", 30, session("Jump", "session", KEY_1, 0), "Prod", "session", KEY_2),
            assume(
                "m2",
                31,
                session("Jump", "session", "ASIAEXAMPLEEXAMPLE09", 1),
                "Prod",
                "session",
                "ASIAEXAMPLEEXAMPLE10",
            ),
            event(
                "c",
                90,
                "ec2",
                "StopInstances",
                session("Prod", "session", "AKIA****************", 30),
            ),
        ],
        "c",
        expect![
            "unknown: 2 events could have issued the session: m2 by arn:aws:sts::111122223333:assumed-role/Jump/session, a2 by arn:aws:sts::111122223333:assumed-role/Jump/session [weak]"
        ],
    );
}

#[test]
fn two_callers_that_could_be_it_are_both_named() {
    check(
        vec![
            assume("a", 0, user("alice"), "Admin", "s", KEY_1),
            assume("b", 1, user("bob"), "Admin", "s", KEY_1),
            event("c", 90, "ec2", "ReplaceRoute", session("Admin", "s", KEY_1, 0)),
        ],
        "c",
        expect![
            "unknown: 2 events could have issued the session: b by arn:aws:iam::111122223333:user/bob, a by arn:aws:iam::111122223333:user/alice [weak]"
        ],
    );
}

#[test]
fn only_the_service_itself_can_be_in_its_service_linked_role() {
    let mut linked = session("AWSServiceRoleForConfig", "anything", KEY_1, 0);
    linked["sessionContext"]["sessionIssuer"]["arn"] = json!(
        "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    );
    check(
        vec![event("c", 90, "s3", "PutObject", linked)],
        "c",
        expect![[r#"
        AWS service config.amazonaws.com [strong]
          Strong ServiceLinkedRole <- config.amazonaws.com ()"#]],
    );
}

#[test]
fn a_role_switched_to_in_the_console_leads_back() {
    let mut switch = event("s", 0, "signin", "SwitchRole", session("Admin", "gina", "", 0));
    switch["additionalEventData"] = json!({"SwitchFrom": "arn:aws:iam::111122223333:user/gina"});
    check(
        vec![switch, event("c", 90, "ec2", "StopInstances", session("Admin", "gina", KEY_1, 0))],
        "arn:aws:sts::111122223333:assumed-role/Admin/gina",
        expect![[r#"
            IAM user arn:aws:iam::111122223333:user/gina [weak]
              Weak SwitchRole <- arn:aws:iam::111122223333:user/gina (s)
            IAM user arn:aws:iam::111122223333:user/gina [weak]
              Weak SwitchRole <- arn:aws:iam::111122223333:user/gina (s)"#]],
    );
}
