//! What an event's page says about the event: facts by question, and nested values line by line.

use super::value::{Value, time_text};
use crate::filter::Narrow;
use crate::json::Node;
use crate::limits::TREE_LINES_MAX;
use crate::visible::visible;
use trailhound_app::count::Facet;
use trailhound_app::lookup::search::{Path, SearchField};
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

/// Where a fact stands in the record.
type Place = (&'static str, &'static [&'static str]);

const WHO: &[Place] = &[
    ("Identity type", &["userIdentity", "type"]),
    ("ARN", &["userIdentity", "arn"]),
    ("Principal ID", &["userIdentity", "principalId"]),
    ("Access key ID", &["userIdentity", "accessKeyId"]),
    ("Account", &["userIdentity", "accountId"]),
    ("Invoked by", &["userIdentity", "invokedBy"]),
    ("Session issuer", &["userIdentity", "sessionContext", "sessionIssuer", "arn"]),
    ("Issuer type", &["userIdentity", "sessionContext", "sessionIssuer", "type"]),
    ("Issuer name", &["userIdentity", "sessionContext", "sessionIssuer", "userName"]),
    ("Source identity", &["userIdentity", "sessionContext", "sourceIdentity"]),
    ("Session since", &["userIdentity", "sessionContext", "attributes", "creationDate"]),
    ("MFA in session", &["userIdentity", "sessionContext", "attributes", "mfaAuthenticated"]),
    ("MFA at sign-in", &["additionalEventData", "MFAUsed"]),
    ("Console session", &["sessionCredentialFromConsole"]),
    ("Identity provider", &["userIdentity", "identityProvider"]),
    ("Credential ID", &["userIdentity", "credentialId"]),
    ("On behalf of", &["userIdentity", "onBehalfOf", "userId"]),
];
const WHAT: &[Place] = &[
    ("Event name", &["eventName"]),
    ("Event source", &["eventSource"]),
    ("Error code", &["errorCode"]),
    ("Error message", &["errorMessage"]),
    ("Read-only", &["readOnly"]),
    ("Event type", &["eventType"]),
    ("Event category", &["eventCategory"]),
    ("Management event", &["managementEvent"]),
    ("API version", &["apiVersion"]),
    ("Event version", &["eventVersion"]),
    ("Event ID", &["eventID"]),
    ("Request ID", &["requestID"]),
    ("Shared event ID", &["sharedEventID"]),
];
const WHERE: &[Place] = &[
    ("Source IP", &["sourceIPAddress"]),
    ("User agent", &["userAgent"]),
    ("Region", &["awsRegion"]),
    ("VPC endpoint", &["vpcEndpointId"]),
    ("VPC endpoint account", &["vpcEndpointAccountId"]),
    ("TLS version", &["tlsDetails", "tlsVersion"]),
    ("Cipher suite", &["tlsDetails", "cipherSuite"]),
    ("Host header", &["tlsDetails", "clientProvidedHostHeader"]),
    ("Key exchange", &["tlsDetails", "keyExchange"]),
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
pub(super) fn sections(narrow: &Narrow<'_>, event: &Event, node: &Node) -> Vec<Section> {
    let mut who = Vec::new();
    if let Some(username) = event.username.as_deref() {
        who.push(Fact {
            label: "User name",
            value: Value::linked(narrow, &Facet::Field(SearchField::User), username),
        });
    }
    who.extend(facts(narrow, node, WHO));
    let mut origin = facts(narrow, node, WHERE);
    if let Some(account_id) = event.account_id.as_deref() {
        let value = Value::linked(narrow, &Facet::Field(SearchField::Account), account_id);
        origin.insert(origin.len().min(2), Fact { label: "Account", value });
    }
    let mut what = facts(narrow, node, WHAT);
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

fn facts(narrow: &Narrow<'_>, node: &Node, places: &[Place]) -> Vec<Fact> {
    let fact = |&(label, path): &Place| {
        let text = node.text_at(path)?;
        let facet = Facet::Path(Path(path.iter().map(|&name| name.to_owned()).collect()));
        Some(Fact { label, value: Value::linked(narrow, &facet, text) })
    };
    places.iter().filter_map(fact).collect()
}

/// The nested values of the record, then every member that nothing else on the page shows.
pub(super) fn trees(narrow: &Narrow<'_>, node: &Node) -> Vec<TreeView> {
    let known = TREES.into_iter().filter_map(|(key, title)| {
        let value = node.at(&[key])?;
        Some(TreeView::new(narrow, title.to_owned(), vec![key.to_owned()], value))
    });
    let mut others = Vec::new();
    for (key, value) in node.members() {
        let is_fact = [WHO, WHAT, WHERE]
            .iter()
            .flat_map(|places| places.iter())
            .any(|(_, path)| path.len() == 1 && path.first() == Some(&key.as_str()));
        let is_tree = TREES.iter().any(|(tree, _)| tree == key);
        if !is_fact && !is_tree && key != "eventTime" && !SHOWN.contains(&key.as_str()) {
            others.push((key.clone(), value.clone()));
        }
    }
    let title = || "Other fields".to_owned();
    let others = (!others.is_empty())
        .then(|| TreeView::new(narrow, title(), Vec::new(), &Node::Object(others)));
    known.chain(others).collect()
}

impl TreeView {
    /// The lines of `value`, which stands at `path`.
    fn new(narrow: &Narrow<'_>, title: String, path: Vec<String>, value: &Node) -> Self {
        let mut lines = Lines { narrow, path, lines: Vec::new() };
        match value {
            Node::Object(members) if !members.is_empty() => lines.add_members(0, members),
            Node::List(values) if !values.is_empty() => lines.add_items(0, values),
            leaf => lines.add(0, "", leaf),
        }
        let mut lines = lines.lines;
        let is_cut = lines.len() > TREE_LINES_MAX;
        lines.truncate(TREE_LINES_MAX);
        let is_open = title != "User identity";
        Self { title, lines, is_cut, is_open }
    }
}

/// The lines of a nested value so far, and the path to the next: places in lists are not in it.
struct Lines<'n> {
    narrow: &'n Narrow<'n>,
    path: Vec<String>,
    lines: Vec<TreeLine>,
}

impl Lines<'_> {
    /// Adds `key` and what is under it, at most one line more than a tree may have.
    fn add(&mut self, depth: usize, key: &str, node: &Node) {
        if self.lines.len() > TREE_LINES_MAX {
            return;
        }
        let value = match node {
            Node::Object(members) if members.is_empty() => Some(Value::plain("{}")),
            Node::List(values) if values.is_empty() => Some(Value::plain("[]")),
            Node::Object(_) | Node::List(_) => None,
            Node::Text(text) if text.is_empty() => Some(Value::plain("\"\"")),
            Node::Literal(text) if text == "null" => Some(Value::plain(text)),
            Node::Text(text) | Node::Literal(text) => {
                Some(Value::linked(self.narrow, &Facet::Path(Path(self.path.clone())), text))
            }
        };
        self.lines.push(TreeLine { depth: depth.min(12), key: visible(key), value });
        match node {
            Node::Object(members) => self.add_members(depth + 1, members),
            Node::List(values) => self.add_items(depth + 1, values),
            Node::Text(_) | Node::Literal(_) => {}
        }
    }

    fn add_members(&mut self, depth: usize, members: &[(String, Node)]) {
        for (key, member) in members {
            self.path.push(key.clone());
            self.add(depth, key, member);
            self.path.pop();
        }
    }

    fn add_items(&mut self, depth: usize, values: &[Node]) {
        for (at, member) in values.iter().enumerate() {
            self.add(depth, &at.to_string(), member);
        }
    }
}
