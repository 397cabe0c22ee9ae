//! Replay that is kept in memory answers as replay made anew.

use std::path::Path;

use trailhound_app::App;
use trailhound_app::path::{BlameQuery, End, PathQuery, Query};
use trailhound_app::state::StateQuery;
use trailhound_record::Timestamp;

use crate::rows::{import, open};

const VPC: &str = "vpc-0bed99fe3aedb9d3b";

fn query() -> Query {
    Query::new(End::parse("i-06b03129ac85513bd").unwrap(), End::parse("203.0.113.10").unwrap())
}

/// What is answered about a time, as text.
fn told(app: &App, at: Option<Timestamp>) -> String {
    let state = StateQuery { resource: VPC.to_owned(), account_id: None, at };
    let state = app.state(&state).unwrap().resources;
    let path = app.path(&PathQuery { query: query(), account_id: None, at }).unwrap().answer;
    let blamed = BlameQuery { query: query(), account_id: None, good: None, bad: at };
    let blamed = app.blame_path(&blamed).unwrap();
    let flips: Vec<_> = blamed.flips.iter().map(|flip| flip.event.event_id.clone()).collect();
    format!(
        "{state:?}\n{:?} {:?}\n{:?} {flips:?}",
        path.verdict, path.forward, blamed.first.verdict
    )
}

fn change(time: &str, id: &str) -> String {
    format!(
        r#"{{"Records":[{{"eventVersion":"1.11","eventTime":"{time}","eventSource":"ec2.amazonaws.com",
        "eventName":"DeleteRoute","awsRegion":"us-east-1","eventID":"{id}","readOnly":false,
        "requestParameters":{{"routeTableId":"rtb-0736172c24218f73a","destinationCidrBlock":"0.0.0.0/0"}},
        "responseElements":{{"_return":true}},"recipientAccountId":"123456789012"}}]}}"#
    )
}

#[test]
fn kept_replay_answers_as_new_replay_whatever_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, anew) = (open(folder.path()), open(folder.path()));
    kept.keep_replays();
    let week = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../example/week.tar.gz");
    import(&anew, &[&week]);
    let times = ["2026-09-07T09:03:30Z", "2026-09-10T12:00:00Z", "2026-09-13T02:47:11Z"];
    let times: Vec<_> = times.iter().map(|at| Timestamp::parse(at)).chain([None]).collect();
    let check =
        || times.iter().for_each(|at| assert_eq!(told(&kept, *at), told(&anew, *at), "{at:?}"));
    check();
    // One that is newer than all, then one that is older than most.
    for (place, time) in ["2026-09-14T00:00:00Z", "2026-09-09T00:00:00Z"].iter().enumerate() {
        let file = folder.path().join("change.json");
        std::fs::write(&file, change(time, &format!("e-{place}"))).unwrap();
        import(&anew, &[&file]);
        check();
    }
}
