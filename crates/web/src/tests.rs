//! The handlers over a real store.

use super::pages::{event, history, message};
use axum::body::to_bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::import::{ImportProgress, ImportSource};

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
        let (status, _, html) = history_of(&app, "username=alice").await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("href=\"/events/a%2Fb%20%3F%23%25\""));
        let (status, _, html) = history_of(&app, "username=bob").await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("No event matches") && !html.contains("StopInstances"));
    });
}

#[test]
fn a_plain_form_is_led_to_the_short_address() {
    let (_folder, app) = store();
    run(async {
        let (status, location, _) = history_of(&app, "q=&username=alice&range=").await;
        assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "/?username=alice"));
    });
}

#[test]
fn a_filter_that_cannot_be_followed_is_the_callers_mistake() {
    let (_folder, app) = store();
    run(async {
        for query in ["user=alice", "from=yesterday", "before=x", "username=&user=alice"] {
            let (status, _, html) = history_of(&app, query).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
            assert!(
                html.contains("cannot be followed") && !html.contains("StopInstances"),
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
        let (status, _, html) = read(event::answer(State(Arc::clone(&app)), id()).await).await;
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
        let (status, _, html) = read(event::answer(State(Arc::clone(&app)), id).await).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(html.contains("&#60;b&#62;⟨U+202E⟩"));
        let (status, _, html) = read(message::answer_not_found("/x".parse().unwrap()).await).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(html.contains("Nothing is at /x."));
    });
}
