//! Values that an attacker chose: a shell sees the words that were meant, and nothing else.

use std::process::Command;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::render::{self, Part};
use super::super::{Event, Options, Plan, plan};
use super::support::{Literal, call, state};

/// In place of `aws`: prints its words, a NUL after each, and a control character after the last.
const STUB: &str = r#"exec 3>&1 1>/dev/null
aws() { printf '%s\0' "$@" >&3; printf '\001' >&3; echo answer; }
"#;

/// The words of each command that a shell runs.
fn seen(script: &str) -> Vec<Vec<String>> {
    let name = format!("undo-{}-{:?}.sh", std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, format!("{STUB}{script}")).unwrap();
    let bash = |arguments: &[&str]| {
        let done = Command::new("bash").args(arguments).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() && said.is_empty(), "{said}\n{script}");
        done.stdout
    };
    bash(&["-n"]);
    let out = String::from_utf8(bash(&[])).unwrap();
    std::fs::remove_file(&path).unwrap();
    let commands = out.split('\u{1}').filter(|it| !it.is_empty());
    let words = |it: &str| it.strip_suffix('\0').unwrap().split('\0').map(str::to_owned).collect();
    commands.map(words).collect()
}

/// The words that a plan means, with the stub's answer.
fn meant(plan: &Plan) -> Vec<Vec<String>> {
    let text = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Answer(_) => "answer".to_owned(),
    };
    let words = |step| {
        let words = render::argv(step).words;
        words
            .iter()
            .skip(1)
            .map(|word| word.parts.iter().map(text).collect())
            .collect::<Vec<String>>()
    };
    plan.steps.iter().map(words).collect()
}

/// A plan with `text` wherever somebody could have put it.
fn plan_with(text: &str) -> Plan {
    let group = json!({
        "GroupId": "sg-1", "GroupName": text, "Description": text, "VpcId": "vpc-1",
        "Tags": [{"Key": text, "Value": text}],
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [
            {"CidrIp": "10.0.0.0/8", "Description": text},
        ]}],
        "IpPermissionsEgress": [],
    });
    let before = state(&json!({
        "AWS::EC2::SecurityGroup": {"sg-1": group},
        "AWS::EC2::VPC": {"vpc-1": {"Tags": [{"Key": text, "Value": text}]}},
    }));
    let unknown = Literal::default();
    let mut ended = call(2, "DeleteSecurityGroup", json!({"GroupId": "sg-1"}), Value::Null);
    ended.who = text.to_owned();
    ended.user_agent = format!("terraform {text}");
    let tags = json!({"Resources": ["vpc-1"], "Tags": [{"Key": text, "Value": "new"}]});
    let tagged = call(1, "CreateTags", tags, Value::Null);
    let event = |call| Event { call, before: &before, after: &unknown };
    plan(&[event(&ended), event(&tagged)], &unknown, &Options::default())
}

fn check(text: &str) {
    let plan = plan_with(text);
    assert!(plan.steps.len() >= 3, "{plan:?}");
    let ran = seen(&render::script(&plan));
    let mut wanted = meant(&plan);
    for (wanted, step) in wanted.iter_mut().zip(&plan.steps) {
        if step.number == 1 {
            wanted.extend(["--query", "GroupId", "--output", "text"].map(str::to_owned));
        }
    }
    assert_eq!(ran, wanted, "{text:?}");
    // Every line of the hint that is no comment is one of ours.
    for line in render::terraform(&plan).lines() {
        assert!(line.starts_with("# ") || line.starts_with("terraform "), "{line:?}");
    }
}

#[test]
fn a_shell_sees_the_words_that_were_meant() {
    for text in [
        "plain",
        "",
        " ",
        "it's",
        "\"",
        "$(touch /tmp/undo-pwned)",
        "`id`",
        "a\nrm -rf /\n",
        "a\r\nb",
        "\\",
        "'\\''",
        "--dry-run",
        "-x",
        "file:///etc/passwd",
        "https://example.com/x",
        "[1,2]",
        "{\"$ref\":\"step 1 GroupId\"}",
        "\u{2028}EOF\u{e000}1\u{e000}",
        "*",
        "~",
        "$STEP_1",
        "a;b|c&d>e<f(g)h!i#j",
        "\u{202e}\u{1f600}é",
    ] {
        check(text);
    }
}

#[test]
fn a_uri_is_given_where_nothing_is_read_into_it() {
    let plan = plan_with("file:///etc/passwd");
    let words: Vec<String> = meant(&plan).remove(0);
    assert!(words.contains(&"--cli-input-json".to_owned()), "{words:?}");
    assert!(!words.iter().any(|word| word.starts_with("file://")), "{words:?}");
}

#[test]
fn only_places_of_ours_take_answers() {
    // A record may hold an object that looks like a reference.
    let hostile = json!({"$ref": "step 1 Vpc.VpcId"});
    let before = state(
        &json!({"AWS::ElasticLoadBalancingV2::ListenerRule": {"r": {"Conditions": [hostile], "Actions": []}}}),
    );
    let unknown = Literal::default();
    let request = json!({"RuleArn": "r", "Conditions": [], "Actions": []});
    let call = call(1, "elbv2:ModifyRule", request, Value::Null);
    let plan = plan(
        &[Event { call: &call, before: &before, after: &unknown }],
        &unknown,
        &Options::default(),
    );
    assert!(plan.steps[0].refs.is_empty());
    assert!(!render::script(&plan).contains("$STEP"), "{}", render::script(&plan));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Whatever the text, the words are those of the plan.
    #[test]
    fn any_text_is_one_word(text in "[\\PC\n\r\t'\"`$(){};&|<>\\\\ ~*?!#-]{0,24}") {
        check(&text);
    }

    /// Text that looks like code is text.
    #[test]
    fn code_is_text(parts in prop::collection::vec(prop::sample::select(vec![
        "'", "\"", "$(", ")", "`", "\n", "\\", "${", "}", "é", "\u{1f600}", "EOF", "-", "=", " ", "$", "!",
    ]), 0..12)) {
        check(&parts.concat());
    }
}
