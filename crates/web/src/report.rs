//! A case report as one HTML file that loads nothing and prints well.

use crate::visible::{count_of, visible, visible_start};
use askama::Template;
use trailhound_app::report::{DIGESTS, Report, ReportEntry, ResourceChanges};

/// The longest text of a cell.
const CELL_CHARS_MAX: usize = 2_000;

/// The file.
#[derive(Debug, Template)]
#[template(path = "report.html")]
struct ReportPage {
    title: String,
    made_at: String,
    summary: String,
    problems: Vec<String>,
    entries: Vec<EntryView>,
    search: Option<String>,
    coverage: String,
}

#[derive(Debug)]
struct EntryView {
    time: String,
    event: String,
    actor: String,
    steps: Vec<String>,
    source: String,
    place: String,
    resources: String,
    error: String,
    changes: Vec<(&'static str, String)>,
    event_id: String,
    sha256: String,
}

/// Returns the report as HTML. Every text of a record is escaped, hidden characters shown.
///
/// # Errors
/// When the template cannot be written.
pub fn report_html(report: &Report) -> Result<String, askama::Error> {
    let coverage = &report.coverage;
    let mut problems: Vec<String> = report
        .missing
        .iter()
        .map(|id| format!("The store holds no event with the ID {}.", visible_start(id, 200)))
        .collect();
    if report.is_cut {
        problems.push("More events match the search than are in this report.".to_owned());
    }
    problems
        .extend(coverage.unreadable.iter().map(|text| format!("Not readable: {}", visible(text))));
    let span = coverage
        .times_stored
        .map_or(String::new(), |(first, last)| format!(" from {first} to {last}"));
    ReportPage {
        title: visible(&report.title),
        made_at: report.made_at.to_string(),
        summary: count_of(report.entries.len() as u64, "event", "events"),
        problems,
        entries: report.entries.iter().map(EntryView::new).collect(),
        search: report.search.as_deref().map(visible),
        coverage: format!(
            "The store held {}{span}, at version {} of its table.{} Digests: {DIGESTS}.",
            count_of(coverage.events_stored, "event", "events"),
            report.version,
            report.watermark().map(|text| format!(" {text}.")).unwrap_or_default(),
        ),
    }
    .render()
}

impl EntryView {
    fn new(entry: &ReportEntry) -> Self {
        let event = &entry.event;
        let short = |text: &Option<String>| {
            visible_start(text.as_deref().unwrap_or_default(), CELL_CHARS_MAX)
        };
        let resources: Vec<&str> =
            event.resources.iter().map(|found| found.resource_name.as_str()).collect();
        Self {
            time: event.event_time.map(|at| at.to_string()).unwrap_or_default(),
            event: format!("{} ({})", short(&event.event_name), short(&event.event_source)),
            actor: visible_start(&entry.attribution.line(), CELL_CHARS_MAX),
            steps: entry
                .attribution
                .steps()
                .iter()
                .map(|step| visible_start(step, CELL_CHARS_MAX))
                .collect(),
            source: short(&event.source_ip_address),
            place: format!("{} {}", short(&event.account_id), short(&event.aws_region)),
            resources: visible_start(&resources.join(", "), CELL_CHARS_MAX),
            error: match event.has_failed() {
                true => format!("{} {}", short(&event.error_code), short(&event.error_message)),
                false => String::new(),
            },
            changes: entry.changes.iter().flat_map(changes).collect(),
            event_id: short(&event.event_id),
            sha256: entry.sha256.clone(),
        }
    }
}

fn changes(done: &ResourceChanges) -> impl Iterator<Item = (&'static str, String)> {
    let tie = match done.is_tie {
        true => " (at the same time as another change: which came first is not known)",
        false => "",
    };
    done.changes.iter().map(move |change| {
        let label = if change.is_real() { "Changed" } else { "Set to what it was" };
        let text = format!("{}: {change}{tie}", done.resource);
        (label, visible_start(&text, CELL_CHARS_MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use trailhound_app::App;
    use trailhound_app::import::{ImportProgress, ImportSource};
    use trailhound_app::report::ReportQuery;
    use trailhound_record::Timestamp;

    /// What a record holds is shown, and does nothing.
    #[test]
    fn hostile_records_are_harmless_in_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(&folder.path().join("db")).unwrap();
        let log = folder.path().join("log.json");
        let evil = r#"<script>alert(1)</script>"#;
        let record = serde_json::json!({"Records": [{
            "eventVersion": "1.11", "eventID": "e1", "eventTime": "2026-01-01T00:00:00Z",
            "eventName": evil, "eventSource": "ec2.amazonaws.com", "awsRegion": "us-east-1",
            "recipientAccountId": "111122223333", "sourceIPAddress": "192.0.2.1\" onload=\"x",
            "userIdentity": {"type": "IAMUser", "userName": evil, "arn": format!("arn:aws:iam::111122223333:user/{evil}\u{202e}")},
            "requestParameters": {"bucketName": evil}, "readOnly": false}]});
        std::fs::write(&log, record.to_string()).unwrap();
        let source = ImportSource::Path(log.display().to_string());
        app.import(&[source], &ImportProgress::default(), &|_| {}).unwrap();
        let query = ReportQuery {
            title: evil.to_owned(),
            event_ids: vec!["e1".to_owned(), "</p>".to_owned()],
            search: None,
        };
        let html = report_html(&app.report(&query, Timestamp(0)).unwrap()).unwrap();
        assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("\" onload"), "{html}");
        assert!(!html.contains('\u{202e}'), "{html}");
        assert!(html.contains("no event with the ID"), "{html}");
    }
}
