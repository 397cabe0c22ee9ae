//! The incident, the way back and a resource's state, over the bundled example.

use super::pages::{event, incident, resource, undo};
use axum::body::to_bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::import::{ImportProgress, ImportSource};

const EVENT: &str = "ded5164f-ffce-4c65-a960-1203a19947ca";
const TABLE: &str = "rtb-0736172c24218f73a";
const ENDS: &str = "src=i-06b03129ac85513bd&dst=203.0.113.10&port=443";

/// A change of the instance's group, after the outage: it decides nothing.
const INNOCENT: &str = r#"{"eventVersion":"1.11","eventTime":"2026-09-13T03:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"AuthorizeSecurityGroupEgress","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.10","userAgent":"x","eventID":"dddddddd-0000-4000-8000-000000000001","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","userIdentity":{"type":"IAMUser","userName":"<b>","arn":"arn:aws:iam::123456789012:user/<b>","accountId":"123456789012","accessKeyId":"AKIAEXAMPLE"},"requestParameters":{"groupId":"sg-048c16aed62ed4202","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"groups":{},"ipRanges":{"items":[{"cidrIp":"198.51.100.0/24"}]},"ipv6Ranges":{},"prefixListIds":{}}]}},"responseElements":{"_return":true}}"#;

/// The bundled example and [`INNOCENT`], and the folder that keeps them.
fn week() -> (tempfile::TempDir, Arc<App>) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(&folder.path().join("db")).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../example/week.tar.gz");
    let delivery = folder.path().join("delivery.json");
    std::fs::write(&delivery, format!(r#"{{"Records":[{INNOCENT}]}}"#)).unwrap();
    let sources = [path.to_owned(), delivery.display().to_string()].map(ImportSource::Path);
    let report = app.import(&sources, &ImportProgress::default(), &|_| {}).unwrap();
    assert!(report.stored > 8_000);
    (folder, Arc::new(app))
}

fn nothing() -> (tempfile::TempDir, Arc<App>) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(&folder.path().join("db")).unwrap();
    (folder, Arc::new(app))
}

async fn read(answer: impl IntoResponse) -> (StatusCode, String) {
    let response: Response = answer.into_response();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn run(steps: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(steps);
}

async fn incident_of(app: &Arc<App>, query: &str) -> (StatusCode, String) {
    read(incident::answer(State(Arc::clone(app)), RawQuery(Some(query.to_owned()))).await).await
}

async fn undo_of(app: &Arc<App>, query: &str) -> (StatusCode, String) {
    read(undo::answer(State(Arc::clone(app)), RawQuery(Some(query.to_owned()))).await).await
}

async fn resource_of(app: &Arc<App>, query: &str) -> (StatusCode, String) {
    read(resource::answer(State(Arc::clone(app)), RawQuery(Some(query.to_owned()))).await).await
}

fn has_all(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "no {part} in {html}");
    }
}

#[test]
fn the_story_is_told_on_every_page() {
    let (_folder, app) = week();
    run(async {
        the_incident_names_who_and_what(&app).await;
        the_incident_says_what_is_not_so(&app).await;
        the_plan_is_written_in_every_form(&app).await;
        the_resource_has_a_state_at_any_time(&app).await;
        let id = Path(EVENT.to_owned());
        let (_, html) =
            read(event::answer(State(Arc::clone(&app)), id, RawQuery(None)).await).await;
        let undo = format!("href=\"/undo?event={EVENT}\"");
        has_all(&html, &[&undo, "aria-label=\"History of rtb-0736172c24218f73a\""]);
    });
}

async fn the_incident_names_who_and_what(app: &Arc<App>) {
    let (status, html) = incident_of(app, ENDS).await;
    assert_eq!(status, StatusCode::OK);
    has_all(
        &html,
        &[
            "dave via role/NetworkAdmin broke it: ReplaceRoute at 2026-09-13 02:47:11 UTC from \
             203.0.113.77, in account 123456789012, us-east-1.",
            "<code>IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS</code>",
            "<li class=\"culprit\"><span class=\"at\">2026-09-13 02:47:11</span>",
            "reachable before, unreachable after",
            "<li class=\"innocent\"><span class=\"at\">2026-09-13 03:00:00</span>",
            "52 changes in the window; 49 touched nothing that the answer rests on.",
            "nat-0eb85e96a1c08d456",
            "Tried on the newest state: reachable after it.",
            "aws ec2 replace-route --region us-east-1 --route-table-id rtb-0736172c24218f73a",
            "Block Public Access is off",
        ],
    );
    assert_eq!(html.matches("<figure").count(), 2);
    assert!(!html.contains("<style"), "{html}");
}

async fn the_incident_says_what_is_not_so(app: &Arc<App>) {
    let good = format!("{ENDS}&bad=2026-09-12T00:00:00Z");
    let (_, html) = incident_of(app, &good).await;
    has_all(&html, &["It works at the window", "no change in the window broke it."]);
    assert!(!html.contains("broke it:") && !html.contains("copy-plan"), "{html}");
    let (_, html) = incident_of(app, &format!("{ENDS}&good=2026-09-13T03:00:00Z")).await;
    has_all(&html, &["It did not work at the window", "start either."]);
    let unknown = "src=i-00000000000000000&dst=203.0.113.10&protocol=udp";
    let (_, html) = incident_of(app, unknown).await;
    has_all(&html, &["It is not known whether it ever worked", "anything of i-00000000000000000"]);
}

async fn the_plan_is_written_in_every_form(app: &Arc<App>) {
    for (form, part) in [
        ("", "aws ec2 replace-route"),
        ("&as=boto3", "replace_route("),
        ("&as=json", "&#34;operation&#34;: &#34;ReplaceRoute&#34;"),
        ("&as=terraform", "Nothing says that code manages these resources."),
    ] {
        let (status, html) = undo_of(app, &format!("event={EVENT}{form}")).await;
        assert_eq!(status, StatusCode::OK);
        let current = html.split("aria-current=\"page\">").nth(1).unwrap();
        has_all(current, &[part]);
        has_all(
            &html,
            &["Routes[0.0.0.0/0]", "<b class=\"tag exact\">exact</b>", "nothing is run from here"],
        );
    }
    let (status, html) = undo_of(app, "event=00000000-0000-4000-8000-000000000000").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    has_all(&html, &["No event has the id 00000000-0000-4000-8000-000000000000."]);
}

async fn the_resource_has_a_state_at_any_time(app: &Arc<App>) {
    let (_, html) = resource_of(app, &format!("name={TABLE}")).await;
    let later = format!("hx-get=\"/resource/state?name={TABLE}\"");
    has_all(&html, &[&later, &format!("href=\"/undo?event={EVENT}\"")]);
    let (_, html) = resource_of(app, &format!("name={TABLE}&at=2026-09-12")).await;
    has_all(
        &html,
        &[
            "nat-0eb85e96a1c08d456",
            "At 2026-09-12 00:00:00 UTC",
            "id=\"moment\"",
            "data-index=\"5\"",
        ],
    );
    let part = resource::answer_now(
        State(Arc::clone(app)),
        RawQuery(Some(format!("name={TABLE}&at=2026-09-13T02:47:11Z"))),
    );
    let (_, html) = read(part.await).await;
    let diff = format!(
        "/resource?name={TABLE}&#38;from=2026-09-10T15%3A07%3A51Z&#38;to=2026-09-13T02%3A47%3A11Z"
    );
    has_all(&html, &["data-index=\"6\"", &diff]);
    assert!(html.starts_with("<div id=\"state-now\"") && !html.contains("nat-0eb8"), "{html}");
    let (_, html) = resource_of(app, &format!("name={TABLE}&from=2026-09-12&to=2026-09-14")).await;
    has_all(
        &html,
        &[
            "<code>Routes[0.0.0.0/0].NatGatewayId</code>",
            "<del>nat-0eb85e96a1c08d456</del></td><td data-label=\"After\"><ins>none</ins></td>",
            "2026-09-13 02:47:11 by IAM user arn:aws:iam::123456789012:user/dave",
        ],
    );
    let (status, html) = resource_of(app, &format!("name={TABLE}&at=soon")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    has_all(&html, &["soon is no time"]);
}

#[test]
fn what_cannot_be_asked_is_said_and_nothing_is_a_form() {
    let (_folder, app) = nothing();
    run(async {
        let (status, html) = incident_of(&app, "").await;
        assert!(status == StatusCode::OK && html.contains("nothing is sent and nothing is run"));
        for (query, part) in [
            ("src=&dst=internet", "From: It is missing"),
            ("src=<b>&dst=internet", "From: &#60;b&#62; is none"),
            ("src=internet&dst=i-1&port=x", "Port: x is none"),
            ("src=internet&dst=i-1&protocol=gre", "Protocol: gre is not"),
            ("src=internet&dst=i-1&good=soon", "Worked at: soon is no time"),
            ("src=internet&dst=i-1&good=2026-01-02&bad=2026-01-01", "not before the time"),
        ] {
            let (status, html) = incident_of(&app, query).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
            has_all(&html, &[part]);
            assert!(!html.contains("<b>&") && !html.contains("<figure"), "{html}");
        }
        let (status, html) = undo_of(&app, "").await;
        assert!(status == StatusCode::OK && !html.contains("role=\"alert\"><ul>"), "{html}");
        let (status, _) = undo_of(&app, "event=x&as=pdf").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let (_, html) = resource_of(&app, "name=vpc-1&at=now").await;
        has_all(&html, &["no event that replay follows told it"]);
    });
}
