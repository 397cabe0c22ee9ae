//! Who stands behind real events, against a plain scan over all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::rows::{import, open};
use trailhound_app::lookup::LookupQuery;
use trailhound_app::who::{Actor, How};
use trailhound_record::{Event, Timestamp};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

fn text(record: &Value, pointer: &str) -> Option<String> {
    record.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// Whether `issue` returned the credentials that `used` was signed with: the same key, the same role or
/// user, issued at the session's creation and not after its use.
fn is_issue(issue: &(Event, Value), used: &(Event, Value), key: &str) -> bool {
    let returned = text(&issue.1, "/responseElements/credentials/accessKeyId");
    let is_sts = text(&issue.1, "/eventSource").as_deref() == Some("sts.amazonaws.com");
    let role = text(&issue.1, "/requestParameters/roleArn");
    let is_role =
        role.is_none() || role == text(&used.1, "/userIdentity/sessionContext/sessionIssuer/arn");
    let created = text(&used.1, "/userIdentity/sessionContext/attributes/creationDate");
    let created = created.and_then(|at| Timestamp::parse(&at));
    let in_time = match (issue.0.event_time, created, used.0.event_time) {
        (Some(issued), Some(created), Some(used)) => {
            issued.0.abs_diff(created.0) <= 60_000_000 && issued.0 <= used.0 + 5_000_000
        }
        _ => false,
    };
    returned.as_deref() == Some(key) && is_sts && is_role && in_time && issue.0.error_code.is_none()
}

/// Every temporary credential whose issuing event is there leads to it; the others say what is missing.
#[test]
fn every_credential_whose_issue_is_in_the_data_is_resolved() {
    if !data().is_dir() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} is missing", data().display());
        eprintln!("SKIPPED: {} is not there", data().display());
        return;
    }
    let db = tempfile::tempdir().expect("a folder");
    let app = open(db.path());
    import(&app, &[&data()]);
    let page = app.lookup(&LookupQuery::default(), None, usize::MAX).expect("readable");
    let events: Vec<(Event, Value)> = page
        .events
        .into_iter()
        .filter_map(|event| {
            let record = serde_json::from_slice(&event.raw).ok()?;
            Some((event, record))
        })
        .collect();
    let mut issues: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, (_, record)) in events.iter().enumerate() {
        if let Some(key) = text(record, "/responseElements/credentials/accessKeyId") {
            issues.entry(key).or_default().push(index);
        }
    }
    let mut tracer = app.tracer().expect("readable");
    let (mut credentials, mut resolved) = (BTreeMap::new(), 0);
    for used in &events {
        let is_role = text(&used.1, "/userIdentity/type").as_deref() == Some("AssumedRole");
        let key = text(&used.1, "/userIdentity/accessKeyId").filter(|key| key.starts_with("ASIA"));
        let Some(key) = key.filter(|_| is_role) else { continue };
        let session = (
            key.clone(),
            text(&used.1, "/userIdentity/arn"),
            text(&used.1, "/userIdentity/sessionContext/attributes/creationDate"),
        );
        if credentials.contains_key(&session) {
            continue;
        }
        let issued = issues.get(&key).map(Vec::as_slice).unwrap_or_default();
        let has_issue = issued.iter().any(|at| is_issue(&events[*at], used, &key));
        let found = tracer.attribute(&used.0);
        let by_key = found.links.first().is_some_and(|link| link.how == How::AccessKey);
        let is_ambiguous = matches!(&found.actor, Actor::Unknown { gap } if gap.reason.contains("could have issued"));
        assert!(by_key || is_ambiguous || !has_issue, "{session:?}: {}", found.line());
        assert!(!by_key || has_issue, "{session:?}: {} without an issue", found.line());
        resolved += usize::from(by_key);
        credentials.insert(session, (has_issue, found.actor.to_string()));
    }
    let with_issue = credentials.values().filter(|(has_issue, _)| *has_issue).count();
    println!(
        "{} temporary credentials, {with_issue} with their issue, {resolved} resolved by it",
        credentials.len()
    );
    for ((key, ..), (_, line)) in
        credentials.iter().filter(|(_, (_, line))| line.starts_with("unknown"))
    {
        println!("  {key}: {line}");
    }
    assert!(with_issue > 10, "the data hold such chains");
    assert!(resolved * 10 >= with_issue * 9, "{resolved} of {with_issue}");
}
