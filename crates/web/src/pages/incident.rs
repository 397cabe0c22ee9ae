//! An incident: a path that broke, the change that broke it and who made it, and the way back.

use super::incident_view::AnswerView;
use super::{AnswerPageError, Layout, blocking, page, parameter};
use crate::visible::visible_start;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::lookup::search::{TIME_ACCEPTED, parse_time};
use trailhound_app::path::{BlameQuery, End, Protocol, Query};
use trailhound_record::Timestamp;
use url::form_urlencoded;

/// What an end of a path is.
const END_ACCEPTED: &str =
    "an id (i-…, eni-…, igw-…, vgw-…, tgw-attach-…, vpce-…, pcx-…), an address, or internet";

/// The page.
#[derive(Debug, Template)]
#[template(path = "incident.html")]
struct IncidentPage {
    layout: Layout,
    form: Form,
    protocols: Vec<Choice>,
    problems: Vec<String>,
    found: Option<AnswerView>,
}

/// A protocol to choose.
#[derive(Debug)]
struct Choice {
    name: &'static str,
    title: &'static str,
    is_chosen: bool,
}

/// What is asked, as it was typed.
#[derive(Debug, Default)]
struct Form {
    src: String,
    dst: String,
    port: String,
    protocol: String,
    account: String,
    good: String,
    bad: String,
}

/// The protocols by their names.
const PROTOCOLS: [(&str, &str, Protocol); 4] = [
    ("tcp", "TCP", Protocol::Tcp),
    ("udp", "UDP", Protocol::Udp),
    ("icmp", "ICMP", Protocol::Icmp),
    ("any", "any", Protocol::Any),
];

/// `GET /incident?src=…&dst=…&port=…&protocol=…&good=…&bad=…`: without both ends the form, as far as it is filled.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let query = query.unwrap_or_default();
    let value = |wanted: &str| parameter(&query, wanted).unwrap_or_default().trim().to_owned();
    let form = Form {
        src: value("src"),
        dst: value("dst"),
        port: value("port"),
        protocol: value("protocol"),
        account: value("account"),
        good: value("good"),
        bad: value("bad"),
    };
    let mut shown = IncidentPage::new(form);
    if ["src", "dst"].iter().any(|end| parameter(&query, end).is_none()) {
        return page(StatusCode::OK, &shown);
    }
    let asked = match shown.form.asked() {
        Ok(asked) => asked,
        Err(problems) => {
            shown.problems = problems;
            return page(StatusCode::BAD_REQUEST, &shown);
        }
    };
    let title = shown.form.title();
    let (asked_again, title_again) = (asked.clone(), title.clone());
    let view = blocking(move || {
        let blamed = app.blame_path(&asked_again)?;
        Ok(AnswerView::new(&title_again, &asked_again, &blamed))
    });
    shown.found = Some(view.await?);
    shown.layout = Layout::new(visible_start(&title, 100));
    page(StatusCode::OK, &shown)
}

/// Where a path from a resource is asked about; nothing for what is no end of one.
pub(super) fn incident_href(resource: &str) -> Option<String> {
    let is_end = matches!(End::parse(resource), Some(End::Instance(_) | End::Interface(_)));
    let mut query = form_urlencoded::Serializer::new(String::new());
    is_end.then(|| format!("/incident?{}", query.append_pair("src", resource).finish()))
}

impl IncidentPage {
    fn new(form: Form) -> Self {
        let choice = |(name, title, _): (&'static str, &'static str, Protocol)| Choice {
            name,
            title,
            is_chosen: form.protocol == name,
        };
        Self {
            layout: Layout::new("Incident".to_owned()),
            protocols: PROTOCOLS.into_iter().map(choice).collect(),
            form,
            problems: Vec::new(),
            found: None,
        }
    }
}

impl Form {
    /// What the form asks for, or all that is wrong with it.
    fn asked(&self) -> Result<BlameQuery, Vec<String>> {
        let mut problems = Vec::new();
        let said = |text: &str| visible_start(text, 100);
        let mut end = |name: &str, text: &str| {
            let end = End::parse(text);
            if end.is_none() {
                let what = if text.is_empty() {
                    "It is missing".to_owned()
                } else {
                    format!("{} is none", said(text))
                };
                problems.push(format!("{name}: {what}; an end is {END_ACCEPTED}."));
            }
            end
        };
        let (source, destination) = (end("From", &self.src), end("To", &self.dst));
        let port = match self.port.as_str() {
            "" => None,
            text => match text.parse::<u16>() {
                Ok(port) => Some(port),
                Err(_) => {
                    problems.push(format!("Port: {} is none; ports are 0 to 65535.", said(text)));
                    None
                }
            },
        };
        let known = PROTOCOLS.iter().find(|(name, ..)| *name == self.protocol);
        if known.is_none() && !self.protocol.is_empty() {
            problems
                .push(format!("Protocol: {} is not tcp, udp, icmp or any.", said(&self.protocol)));
        }
        let good = time("Worked at", &self.good, &mut problems);
        let bad = time("Broken at", &self.bad, &mut problems);
        if good.zip(bad).is_some_and(|(good, bad)| good >= bad) {
            problems.push(
                "The time when it worked is not before the time when it was broken.".to_owned(),
            );
        }
        match (source, destination) {
            (Some(source), Some(destination)) if problems.is_empty() => {
                let protocol = known.map_or(Protocol::Tcp, |(.., protocol)| *protocol);
                let mut query = Query::new(source, destination).protocol(protocol);
                query.port = port.map(Into::into);
                let account_id = Some(self.account.clone()).filter(|text| !text.is_empty());
                Ok(BlameQuery { query, account_id, good, bad })
            }
            _ => Err(problems),
        }
    }

    fn title(&self) -> String {
        let name = PROTOCOLS.iter().find(|(name, ..)| *name == self.protocol);
        let protocol = name.map_or("TCP", |(_, title, _)| *title);
        let port = if self.port.is_empty() { String::new() } else { format!("/{}", self.port) };
        format!("{} → {} {protocol}{port}", self.src, self.dst)
    }
}

fn time(name: &str, text: &str, problems: &mut Vec<String>) -> Option<Timestamp> {
    if text.is_empty() {
        return None;
    }
    let time = parse_time(text, trailhound_app::now());
    if time.is_none() {
        problems.push(format!("{name}: {} is no time: {TIME_ACCEPTED}.", visible_start(text, 100)));
    }
    time
}
