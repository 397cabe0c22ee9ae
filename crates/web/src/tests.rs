//! The handlers over a real store.

use super::pages::{changes, event, export, history, history_live, message};
use axum::body::to_bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::import::{ImportProgress, ImportSource};
use trailhound_app::lookup::Position;

const RECORD: &str = r#"{ "eventVersion":"1.08","eventTime":"2023-07-10T12:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"StopInstances","awsRegion":"us-east-1","eventID":"a/b ?#%","userIdentity":{"type":"IAMUser","userName":"alice"},"recipientAccountId":"123456789012"}"#;

/// A store that holds [`RECORD`], and the folder that keeps it.
fn store() -> (tempfile::TempDir, Arc<App>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("delivery.json");
    std::fs::write(&path, format!(r#"{{"Records":[{RECORD}]}}"#)).unwrap();
    let app = App::open(&folder.path().join("db")).unwrap();
    let source = ImportSource::Path(path.display().to_string());
    let report = app.import(&[source], &ImportProgress::default(), &|_| {}).unwrap();
    assert_eq!(report.stored, 1);
    (folder, Arc::new(app))
}

/// A store in which alice takes the role Admin and replaces a route, and somebody unknown deletes a subnet.
fn chain() -> (tempfile::TempDir, Arc<App>) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(&folder.path().join("db")).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/tests/chain");
    let source = ImportSource::Path(path.to_owned());
    let report = app.import(&[source], &ImportProgress::default(), &|_| {}).unwrap();
    assert_eq!(report.stored, 3);
    (folder, Arc::new(app))
}

/// An answer's status, its `Location` and its body.
async fn read(answer: impl IntoResponse) -> (StatusCode, String, String) {
    let response: Response = answer.into_response();
    let location = response.headers().get("location");
    let location = location.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, location, String::from_utf8(body.to_vec()).unwrap())
}

/// Runs `steps` to their end. The store has a runtime of its own, so it lives outside of this one.
fn run(steps: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(steps);
}

async fn history_of(app: &Arc<App>, query: &str) -> (StatusCode, String, String) {
    read(history::answer(State(Arc::clone(app)), RawQuery(Some(query.to_owned()))).await).await
}

#[test]
fn a_filter_finds_its_event_and_no_other() {
    let (_folder, app) = store();
    run(async {
        let (status, _, html) = history_of(&app, "q=user:alice").await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("href=\"/events/a%2Fb%20%3F%23%25?q=user%3Aalice\""));
        let (status, _, html) = history_of(&app, "q=user:bob").await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("No event matches") && !html.contains("StopInstances"));
    });
}

#[test]
fn a_plain_form_is_led_to_the_short_address() {
    let (_folder, app) = store();
    run(async {
        let (status, location, _) = history_of(&app, "q=&username=alice&range=").await;
        assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "/?q=user%3Aalice"));
    });
}

#[test]
fn a_filter_that_cannot_be_followed_is_the_callers_mistake() {
    let (_folder, app) = store();
    run(async {
        for query in
            ["user=alice", "from=yesterday", "before=x", "username=&user=alice", "q=usr:alice"]
        {
            let (status, _, html) = history_of(&app, query).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
            assert!(
                (html.contains("cannot be followed") || html.contains("did you mean"))
                    && !html.contains("StopInstances"),
                "{query}"
            );
        }
    });
}

#[test]
fn an_event_has_a_page_and_its_record_comes_back_byte_for_byte() {
    let (_folder, app) = store();
    run(async {
        let id = || Path("a/b ?#%".to_owned());
        let (status, _, html) =
            read(event::answer(State(Arc::clone(&app)), id(), RawQuery(None)).await).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("alice called StopInstances"));
        let raw = |query: &str| {
            event::answer_raw(State(Arc::clone(&app)), id(), RawQuery(Some(query.to_owned())))
        };
        assert_eq!(read(raw("").await).await.2, RECORD);
        for query in ["body=1", "body=x", "body=-1"] {
            assert_eq!(read(raw(query).await).await.0, StatusCode::NOT_FOUND, "{query}");
        }
    });
}

#[test]
fn what_is_not_there_is_said() {
    let (_folder, app) = store();
    run(async {
        let id = Path("<b>\u{202e}".to_owned());
        let (status, _, html) =
            read(event::answer(State(Arc::clone(&app)), id, RawQuery(None)).await).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(html.contains("&#60;b&#62;⟨U+202E⟩"));
        let (status, _, html) = read(message::answer_not_found("/x".parse().unwrap()).await).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(html.contains("Nothing is at /x."));
    });
}

#[test]
fn the_actor_is_a_column_where_it_was_chosen() {
    let (_folder, app) = chain();
    run(async {
        let (status, _, html) = history_of(&app, "columns=event,actor").await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains(r#"<th scope="col">actor</th>"#), "{html}");
        assert!(html.contains(">alice via role/Admin</a>"), "{html}");
        assert!(html.contains("Strong: every step rests on what AWS wrote"), "{html}");
        // Bob is a session's name that anyone could choose: nothing is made of it.
        assert!(html.contains(">unknown</a>") && !html.contains(">bob"), "{html}");
        assert!(!html.contains("id=\"actors\""), "{html}");
        let (_, _, html) = history_of(&app, "").await;
        assert!(html.contains("id=\"actors\"") && !html.contains("alice via"), "{html}");
        let csv = export::answer(
            State(Arc::clone(&app)),
            Path("csv".to_owned()),
            RawQuery(Some("columns=actor".to_owned())),
        );
        let (_, _, csv) = read(csv.await).await;
        assert!(csv.starts_with("eventTime,actor,eventID\r\n"), "{csv}");
        assert!(csv.contains("2023-08-01T09:05:00Z,alice via role/Admin,"), "{csv}");
        let before_all = Position {
            event_time_micros: i64::MIN,
            event_key: String::new(),
            account_id: String::new(),
            conflict: 0,
        };
        let cursor = format!("columns=actor&live={}", crate::cursor::to_text(&before_all));
        let live = history_live::answer(State(Arc::clone(&app)), RawQuery(Some(cursor)));
        let (status, _, html) = read(live.await).await;
        assert!(
            status == StatusCode::OK && html.contains("alice via role/Admin"),
            "{status} {html}"
        );
    });
}

#[test]
fn changes_are_ranked_and_lead_on() {
    let (_folder, app) = chain();
    let ask =
        |query: &str| changes::answer(State(Arc::clone(&app)), RawQuery(Some(query.to_owned())));
    run(async {
        let (status, _, html) = read(ask("").await).await;
        assert!(
            status == StatusCode::OK
                && html.contains("name=\"window\"")
                && !html.contains("Not shown")
        );
        let query = "at=2023-08-01T09:10:00Z&window=30m&near=rtb-0123456789abcdef0&scope=";
        let (status, _, html) = read(ask(query).await).await;
        assert_eq!(status, StatusCode::OK);
        let route = html.find("/events/cccccccc-0000-4000-8000-000000000002").unwrap();
        let subnet = html.find("/events/cccccccc-0000-4000-8000-000000000003").unwrap();
        assert!(route < subnet, "{html}");
        for part in [
            "2 of 2 changes from 2023-08-01 08:40:00 until 2023-08-01 09:10:01 UTC.",
            "<span class=\"path\">+40</span> names rtb-0123456789abcdef0",
            "/events/cccccccc-0000-4000-8000-000000000002#who",
            "/resource?name=rtb-0123456789abcdef0",
            "at most 1 read",
            "0 routine writes",
            "0 failed writes",
        ] {
            assert!(html.contains(part), "no {part} in {html}");
        }
        for wrong in ["at=soon", "at=now&window=30", "scope=usr:x", "window=<b>"] {
            let (status, _, html) = read(ask(wrong).await).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
            assert!(html.contains("This cannot be asked.") && !html.contains("<b>\""), "{html}");
        }
        let id = Path("cccccccc-0000-4000-8000-000000000003".to_owned());
        let (_, _, html) =
            read(event::answer(State(Arc::clone(&app)), id, RawQuery(None)).await).await;
        let href =
            "/changes?at=2023-08-01T09%3A06%3A00Z&#38;window=30m&#38;near=subnet-0123456789abcdef0";
        assert!(html.contains(href), "{html}");
    });
}
