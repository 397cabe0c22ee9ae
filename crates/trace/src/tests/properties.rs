//! Any order of arrival, any name.

use proptest::prelude::*;

use super::*;

/// Events whose chains meet in every way that the tests above have one by one.
fn world() -> Vec<Value> {
    let instance = "i-0123456789abcdef0";
    let mut launch = event("run", 5, "ec2", "RunInstances", session("Admin", "x", KEY_2, 2));
    launch["responseElements"] = json!({"instancesSet": {"items": [{"instanceId": instance}]}});
    vec![
        assume("a1", 0, user("alice"), "Jump", "alice", KEY_1),
        assume("a2", 2, session("Jump", "alice", KEY_1, 0), "Admin", "x", KEY_2),
        launch,
        assume("a3", 60, service("ec2"), "Web", instance, "ASIAEXAMPLEEXAMPLE03"),
        event("c1", 90, "ec2", "ReplaceRoute", session("Admin", "x", KEY_2, 2)),
        event(
            "c2",
            95,
            "s3",
            "PutBucketPolicy",
            session("Web", instance, "ASIAEXAMPLEEXAMPLE03", 60),
        ),
        event(
            "c3",
            99,
            "s3",
            "PutBucketPolicy",
            session("Web", "nobody", "ASIAEXAMPLEEXAMPLE04", 60),
        ),
        assume("a4", 90_000, user("bob"), "Jump", "alice", KEY_1),
        event("c4", 90_001, "s3", "PutBucketPolicy", session("Jump", "alice", KEY_1, 90_000)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whenever an event arrives, the answers are those of a store that got all at once.
    #[test]
    fn any_order_of_arrival_gives_the_same_answers(
        order in Just((0..world().len()).collect::<Vec<_>>()).prop_shuffle(),
        cuts in prop::collection::vec(0..world().len(), 0..4),
    ) {
        let world = world();
        let mut shares: Vec<Vec<Value>> = vec![Vec::new()];
        for (place, index) in order.into_iter().enumerate() {
            if cuts.contains(&place) {
                shares.push(Vec::new());
            }
            shares.last_mut().unwrap().push(world[index].clone());
        }
        let (whole, parts) = (Stored::new(&[world]), Stored::new(&shares));
        for subject in ["c1", "c2", "c3", "c4", KEY_1, KEY_2] {
            let strip = |mut found: Vec<Who>| {
                // What the store holds of an account is told by the segment, which differ.
                for who in &mut found {
                    if let Actor::Unknown { gap } = &mut who.attribution.actor {
                        gap.stored = None;
                    }
                }
                found
            };
            prop_assert_eq!(strip(whole.who(subject)), strip(parts.who(subject)));
        }
    }

    /// No name that a caller chose proves anything.
    #[test]
    fn a_session_name_never_yields_strong(
        name in prop_oneof![
            Just("i-0123456789abcdef0".to_owned()),
            Just("alice@example.com".to_owned()),
            Just("AWSCloudFormation".to_owned()),
            "[a-zA-Z0-9=,.@_-]{2,20}",
        ],
        role in prop::sample::select(vec!["Admin", "AWSReservedSSO_Admin_0123", "Web"]),
        has_issue in any::<bool>(),
    ) {
        let mut records = world();
        if has_issue {
            records.push(assume("forged", 200, user("mallory"), role, &name, "ASIAEXAMPLEEXAMPLE08"));
        }
        let key = "AKIA****************";
        records.push(event("use", 210, "ec2", "StopInstances", session(role, &name, key, 200)));
        for who in Stored::new(&[records]).who("use") {
            prop_assert_eq!(who.attribution.strength, Strength::Weak);
        }
    }
}
