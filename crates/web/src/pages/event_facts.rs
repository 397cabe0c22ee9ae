//! What an event's page says about the event: facts by question, and nested values line by line.

use super::value::{Value, time_text};
use crate::filter::Key;
use crate::json::Node;
use crate::limits::{TREE_LINES_MAX, VALUE_CHARS_MAX};
use crate::visible::{visible, visible_start};
use std::collections::HashSet;
use trailhound_record::Event;

/// Facts that answer one question.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) facts: Vec<Fact>,
}

/// One fact.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) value: Value,
}

/// A nested value, one line for each key.
#[derive(Debug)]
pub(super) struct TreeView {
    pub(super) title: String,
    pub(super) lines: Vec<TreeLine>,
    pub(super) is_cut: bool,
    /// Whether it is unfolded: the identity's parts are among the facts already.
    pub(super) is_open: bool,
}

/// One line of a nested value.
#[derive(Debug)]
pub(super) struct TreeLine {
    /// 0 at the top; deeper than 12 looks like 12.
    pub(super) depth: usize,
    pub(super) key: String,
    /// Nothing when the lines below hold the value.
    pub(super) value: Option<Value>,
}

/// Where a fact stands in the record, and what its value leads to.
type Place = (&'static str, &'static [&'static str], Option<Key>);

const WHO: &[Place] = &[
    ("Identity type", &["userIdentity", "type"], None),
    ("ARN", &["userIdentity", "arn"], Some(Key::ResourceName)),
    ("Principal ID", &["userIdentity", "principalId"], None),
    ("Access key ID", &["userIdentity", "accessKeyId"], Some(Key::AccessKeyId)),
    ("Account", &["userIdentity", "accountId"], None),
    ("Invoked by", &["userIdentity", "invokedBy"], None),
    ("Session issuer", &["userIdentity", "sessionContext", "sessionIssuer", "arn"], None),
    ("Issuer type", &["userIdentity", "sessionContext", "sessionIssuer", "type"], None),
    ("Issuer name", &["userIdentity", "sessionContext", "sessionIssuer", "userName"], None),
    ("Source identity", &["userIdentity", "sessionContext", "sourceIdentity"], None),
    ("Session since", &["userIdentity", "sessionContext", "attributes", "creationDate"], None),
    ("MFA in session", &["userIdentity", "sessionContext", "attributes", "mfaAuthenticated"], None),
    ("MFA at sign-in", &["additionalEventData", "MFAUsed"], None),
    ("Console session", &["sessionCredentialFromConsole"], None),
    ("Identity provider", &["userIdentity", "identityProvider"], None),
    ("Credential ID", &["userIdentity", "credentialId"], None),
    ("On behalf of", &["userIdentity", "onBehalfOf", "userId"], None),
];
const WHAT: &[Place] = &[
    ("Event name", &["eventName"], Some(Key::EventName)),
    ("Event source", &["eventSource"], Some(Key::EventSource)),
    ("Error code", &["errorCode"], Some(Key::ErrorCode)),
    ("Error message", &["errorMessage"], None),
    ("Read-only", &["readOnly"], None),
    ("Event type", &["eventType"], Some(Key::EventType)),
    ("Event category", &["eventCategory"], None),
    ("Management event", &["managementEvent"], None),
    ("API version", &["apiVersion"], None),
    ("Event version", &["eventVersion"], None),
    ("Event ID", &["eventID"], Some(Key::EventId)),
    ("Request ID", &["requestID"], Some(Key::Search)),
    ("Shared event ID", &["sharedEventID"], Some(Key::Search)),
];
const WHERE: &[Place] = &[
    ("Source IP", &["sourceIPAddress"], Some(Key::SourceIpAddress)),
    ("User agent", &["userAgent"], None),
    ("Region", &["awsRegion"], Some(Key::AwsRegion)),
    ("VPC endpoint", &["vpcEndpointId"], Some(Key::Search)),
    ("VPC endpoint account", &["vpcEndpointAccountId"], None),
    ("TLS version", &["tlsDetails", "tlsVersion"], None),
    ("Cipher suite", &["tlsDetails", "cipherSuite"], None),
    ("Host header", &["tlsDetails", "clientProvidedHostHeader"], None),
    ("Key exchange", &["tlsDetails", "keyExchange"], None),
];

/// Nested values with a title of their own, in the order of the page.
const TREES: [(&str, &str); 9] = [
    ("requestParameters", "Request parameters"),
    ("responseElements", "Response elements"),
    ("additionalEventData", "Additional event data"),
    ("serviceEventDetails", "Service event details"),
    ("insightDetails", "Insight details"),
    ("eventContext", "Event context"),
    ("addendum", "Addendum"),
    ("edgeDeviceDetails", "Edge device details"),
    ("userIdentity", "User identity"),
];

/// Members that the facts or the resources show.
const SHOWN: [&str; 3] = ["tlsDetails", "resources", "recipientAccountId"];

/// The facts of `event`, whose record is `node`: who, what, when and from where.
pub(super) fn sections(event: &Event, node: &Node) -> Vec<Section> {
    let mut who = Vec::new();
    if let Some(username) = event.username.as_deref() {
        who.push(Fact { label: "User name", value: Value::linked(Key::Username, username) });
    }
    who.extend(facts(node, WHO));
    let mut origin = facts(node, WHERE);
    if let Some(account_id) = event.account_id.as_deref() {
        let value = Value::linked(Key::AccountId, account_id);
        origin.insert(origin.len().min(2), Fact { label: "Account", value });
    }
    let mut what = facts(node, WHAT);
    let time = match event.event_time {
        Some(at) => Value::plain(&format!("{} UTC", time_text(at))),
        None => Value::plain(&format!(
            "not readable: {}",
            node.text_at(&["eventTime"]).unwrap_or("the record has none")
        )),
    };
    what.insert(0, Fact { label: "Time", value: time });
    [("Who", who), ("What and when", what), ("From where", origin)]
        .into_iter()
        .filter(|(_, facts)| !facts.is_empty())
        .map(|(title, facts)| Section { title, facts })
        .collect()
}

fn facts(node: &Node, places: &[Place]) -> Vec<Fact> {
    places
        .iter()
        .filter_map(|&(label, path, key)| {
            let text = node.text_at(path)?;
            let value = match key {
                Some(key) => Value::linked(key, text),
                None => Value::plain(text),
            };
            Some(Fact { label, value })
        })
        .collect()
}

/// The nested values of the record, then every member that nothing else on the page shows.
pub(super) fn trees(event: &Event, node: &Node) -> Vec<TreeView> {
    let ids: HashSet<&str> = event.resource_ids.iter().map(String::as_str).collect();
    let known = TREES.into_iter().filter_map(|(key, title)| {
        let value = node.at(&[key])?;
        Some(TreeView::new(title.to_owned(), value, &ids))
    });
    let mut others = Vec::new();
    for (key, value) in node.members() {
        let is_fact = [WHO, WHAT, WHERE]
            .iter()
            .flat_map(|places| places.iter())
            .any(|(_, path, _)| path.len() == 1 && path.first() == Some(&key.as_str()));
        let is_tree = TREES.iter().any(|(tree, _)| tree == key);
        if !is_fact && !is_tree && key != "eventTime" && !SHOWN.contains(&key.as_str()) {
            others.push((key.clone(), value.clone()));
        }
    }
    let others = (!others.is_empty())
        .then(|| TreeView::new("Other fields".to_owned(), &Node::Object(others), &ids));
    known.chain(others).collect()
}

impl TreeView {
    fn new(title: String, value: &Node, ids: &HashSet<&str>) -> Self {
        let mut lines = Vec::new();
        match value {
            Node::Object(members) if !members.is_empty() => {
                for (key, member) in members {
                    add_lines(&mut lines, 0, key, member, ids);
                }
            }
            Node::List(values) if !values.is_empty() => {
                for (at, member) in values.iter().enumerate() {
                    add_lines(&mut lines, 0, &at.to_string(), member, ids);
                }
            }
            leaf => add_lines(&mut lines, 0, "", leaf, ids),
        }
        let is_cut = lines.len() > TREE_LINES_MAX;
        lines.truncate(TREE_LINES_MAX);
        let is_open = title != "User identity";
        Self { title, lines, is_cut, is_open }
    }
}

/// Adds `key` and what is under it, at most one line more than a tree may have.
fn add_lines(lines: &mut Vec<TreeLine>, depth: usize, key: &str, node: &Node, ids: &HashSet<&str>) {
    if lines.len() > TREE_LINES_MAX {
        return;
    }
    let value = match node {
        Node::Object(members) if members.is_empty() => Some(Value::plain("{}")),
        Node::List(values) if values.is_empty() => Some(Value::plain("[]")),
        Node::Object(_) | Node::List(_) => None,
        Node::Text(text) if ids.contains(text.as_str()) => {
            Some(Value::linked(Key::ResourceName, text))
        }
        Node::Text(text) if text.is_empty() => Some(Value::plain("\"\"")),
        Node::Text(text) | Node::Literal(text) => Some(Value {
            text: visible_start(text, VALUE_CHARS_MAX),
            href: None,
            hint: String::new(),
        }),
    };
    lines.push(TreeLine { depth: depth.min(12), key: visible(key), value });
    match node {
        Node::Object(members) => {
            for (key, member) in members {
                add_lines(lines, depth + 1, key, member, ids);
            }
        }
        Node::List(values) => {
            for (at, member) in values.iter().enumerate() {
                add_lines(lines, depth + 1, &at.to_string(), member, ids);
            }
        }
        Node::Text(_) | Node::Literal(_) => {}
    }
}
