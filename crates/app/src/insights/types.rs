//! Paths, analyses and scopes, with AWS's members.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trailhound_record::Timestamp;

use super::AT_TAG;
use super::error::{InsightsError, InsightsKind};
use super::keep::Resource;
use crate::now;

/// Tags of one resource.
///
/// # Source
/// EC2 user guide, "Tag restrictions".
const TAGS_MAX: usize = 50;
const TAG_KEY_LENGTH_MAX: usize = 128;
const TAG_VALUE_LENGTH_MAX: usize = 256;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// Tags for a kind of resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagSpecification {
    /// The kind: `network-insights-path`.
    #[serde(default)]
    pub resource_type: Option<String>,
    /// The tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// Declares structs whose members are AWS's, all optional.
macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $member:ident: $of:ty,)* })*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        #[expect(missing_docs, reason = "members are AWS's")]
        pub struct $name {
            $($(#[$attribute])* pub $member: $of,)*
        })*
    };
}

shapes! {
    /// A range of ports, both ends included.
    PortRange {
        #[serde(skip_serializing_if = "Option::is_none")]
        from_port: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_port: Option<i64>,
    }
    /// What packets must be like at one end of a path.
    PathFilter {
        #[serde(skip_serializing_if = "Option::is_none")]
        source_address: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        source_port_range: Option<PortRange>,
        #[serde(skip_serializing_if = "Option::is_none")]
        destination_address: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        destination_port_range: Option<PortRange>,
    }
    /// A request for a path.
    CreatePath {
        source: String,
        destination: Option<String>,
        source_ip: Option<String>,
        destination_ip: Option<String>,
        protocol: String,
        destination_port: Option<i64>,
        filter_at_source: Option<PathFilter>,
        filter_at_destination: Option<PathFilter>,
        tag_specifications: Vec<TagSpecification>,
        client_token: Option<String>,
    }
    /// A path that can be analysed.
    InsightsPath {
        network_insights_path_id: String,
        network_insights_path_arn: String,
        created_date: String,
        source: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        source_arn: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        destination: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        destination_arn: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        source_ip: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        destination_ip: Option<String>,
        protocol: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        destination_port: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        filter_at_source: Option<PathFilter>,
        #[serde(skip_serializing_if = "Option::is_none")]
        filter_at_destination: Option<PathFilter>,
        tags: Vec<Tag>,
    }
    /// A request for an analysis of a path.
    StartAnalysis {
        network_insights_path_id: String,
        additional_accounts: Vec<String>,
        filter_in_arns: Vec<String>,
        filter_out_arns: Vec<String>,
        tag_specifications: Vec<TagSpecification>,
        client_token: Option<String>,
    }
    /// An analysis of a path.
    Analysis {
        network_insights_analysis_id: String,
        network_insights_analysis_arn: String,
        network_insights_path_id: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        additional_accounts: Vec<String>,
        start_date: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        end_date: Option<String>,
        status: Status,
        #[serde(skip_serializing_if = "Option::is_none")]
        status_message: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        warning_message: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        network_path_found: Option<bool>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        forward_path_components: Vec<Value>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        return_path_components: Vec<Value>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        explanations: Vec<Value>,
        tags: Vec<Tag>,
    }
    /// Resources, by id or by type.
    ResourceStatement {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        resources: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        resource_types: Vec<String>,
    }
    /// What packets are like.
    PacketHeaderStatement {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        source_addresses: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        destination_addresses: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        source_ports: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        destination_ports: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        source_prefix_lists: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        destination_prefix_lists: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        protocols: Vec<String>,
    }
    /// One end of paths.
    PathStatement {
        #[serde(skip_serializing_if = "Option::is_none")]
        packet_header_statement: Option<PacketHeaderStatement>,
        #[serde(skip_serializing_if = "Option::is_none")]
        resource_statement: Option<ResourceStatement>,
    }
    /// Resources that paths pass.
    ThroughResource {
        #[serde(skip_serializing_if = "Option::is_none")]
        resource_statement: Option<ResourceStatement>,
    }
    /// Paths that a scope is about.
    AccessScopePath {
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<PathStatement>,
        #[serde(skip_serializing_if = "Option::is_none")]
        destination: Option<PathStatement>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        through_resources: Vec<ThroughResource>,
    }
    /// A request for a scope.
    CreateScope {
        match_paths: Vec<AccessScopePath>,
        exclude_paths: Vec<AccessScopePath>,
        tag_specifications: Vec<TagSpecification>,
        client_token: Option<String>,
    }
    /// An access scope.
    AccessScope {
        network_insights_access_scope_id: String,
        network_insights_access_scope_arn: String,
        created_date: String,
        updated_date: String,
        tags: Vec<Tag>,
        match_paths: Vec<AccessScopePath>,
        exclude_paths: Vec<AccessScopePath>,
    }
    /// What a scope asks.
    AccessScopeContent {
        network_insights_access_scope_id: String,
        match_paths: Vec<AccessScopePath>,
        exclude_paths: Vec<AccessScopePath>,
    }
    /// A request for an analysis of a scope.
    StartScopeAnalysis {
        network_insights_access_scope_id: String,
        tag_specifications: Vec<TagSpecification>,
        client_token: Option<String>,
    }
    /// An analysis of a scope.
    AccessScopeAnalysis {
        network_insights_access_scope_analysis_id: String,
        network_insights_access_scope_analysis_arn: String,
        network_insights_access_scope_id: String,
        status: Status,
        #[serde(skip_serializing_if = "Option::is_none")]
        status_message: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        warning_message: Option<String>,
        start_date: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        end_date: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        findings_found: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        analyzed_eni_count: Option<usize>,
        tags: Vec<Tag>,
    }
    /// A path that a scope's analysis found.
    Finding {
        network_insights_access_scope_analysis_id: String,
        network_insights_access_scope_id: String,
        finding_id: String,
        finding_components: Vec<Value>,
    }
}

/// How far an analysis is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It waits or runs.
    #[default]
    Running,
    /// It was decided.
    Succeeded,
    /// It was not decided.
    Failed,
}

impl Status {
    /// AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// An id, and the ARN where one was given.
fn named(given: &str) -> (String, Option<String>) {
    if !given.starts_with("arn:") {
        return (given.to_owned(), None);
    }
    let id = given.rsplit('/').next().unwrap_or(given);
    (id.to_owned(), Some(given.to_owned()))
}

impl InsightsPath {
    pub(super) fn new(arn: String, id: String, asked: &CreatePath, tags: Vec<Tag>) -> Self {
        let (source, source_arn) = named(&asked.source);
        let (destination, destination_arn) = match asked.destination.as_deref().map(named) {
            Some((id, arn)) => (Some(id), arn),
            None => (None, None),
        };
        Self {
            network_insights_path_id: id,
            network_insights_path_arn: arn,
            created_date: now().to_string(),
            source,
            source_arn,
            destination,
            destination_arn,
            source_ip: asked.source_ip.clone(),
            destination_ip: asked.destination_ip.clone(),
            protocol: asked.protocol.clone(),
            destination_port: asked.destination_port,
            filter_at_source: asked.filter_at_source.clone(),
            filter_at_destination: asked.filter_at_destination.clone(),
            tags,
        }
    }
}

impl Analysis {
    pub(super) fn new(arn: String, id: String, asked: &StartAnalysis, tags: Vec<Tag>) -> Self {
        Self {
            network_insights_analysis_id: id,
            network_insights_analysis_arn: arn,
            network_insights_path_id: asked.network_insights_path_id.clone(),
            additional_accounts: asked.additional_accounts.clone(),
            start_date: now().to_string(),
            tags,
            ..Self::default()
        }
    }

    pub(super) fn fail(&mut self, why: impl Into<String>) {
        self.status = Status::Failed;
        self.status_message = Some(why.into());
    }
}

impl AccessScope {
    pub(super) fn new(arn: String, id: String, asked: &CreateScope, tags: Vec<Tag>) -> Self {
        let created = now().to_string();
        Self {
            network_insights_access_scope_id: id,
            network_insights_access_scope_arn: arn,
            updated_date: created.clone(),
            created_date: created,
            tags,
            match_paths: asked.match_paths.clone(),
            exclude_paths: asked.exclude_paths.clone(),
        }
    }

    pub(super) fn content(&self) -> AccessScopeContent {
        AccessScopeContent {
            network_insights_access_scope_id: self.network_insights_access_scope_id.clone(),
            match_paths: self.match_paths.clone(),
            exclude_paths: self.exclude_paths.clone(),
        }
    }
}

impl AccessScopeAnalysis {
    pub(super) fn new(arn: String, id: String, asked: &StartScopeAnalysis, tags: Vec<Tag>) -> Self {
        Self {
            network_insights_access_scope_analysis_id: id,
            network_insights_access_scope_analysis_arn: arn,
            network_insights_access_scope_id: asked.network_insights_access_scope_id.clone(),
            start_date: now().to_string(),
            tags,
            ..Self::default()
        }
    }

    pub(super) fn fail(&mut self, why: impl Into<String>) {
        self.status = Status::Failed;
        self.status_message = Some(why.into());
    }
}

impl Resource for InsightsPath {
    const KIND: InsightsKind = InsightsKind::Path;
    fn id(&self) -> &str {
        &self.network_insights_path_id
    }
    fn created(&self) -> &str {
        &self.created_date
    }
}

impl Resource for Analysis {
    const KIND: InsightsKind = InsightsKind::Analysis;
    fn id(&self) -> &str {
        &self.network_insights_analysis_id
    }
    fn created(&self) -> &str {
        &self.start_date
    }
    fn parent(&self) -> Option<&str> {
        Some(&self.network_insights_path_id)
    }
    fn status(&self) -> Option<Status> {
        Some(self.status)
    }
    fn ended(&self) -> Option<&str> {
        self.end_date.as_deref()
    }
}

impl Resource for AccessScope {
    const KIND: InsightsKind = InsightsKind::Scope;
    fn id(&self) -> &str {
        &self.network_insights_access_scope_id
    }
    fn created(&self) -> &str {
        &self.created_date
    }
}

impl Resource for AccessScopeAnalysis {
    const KIND: InsightsKind = InsightsKind::ScopeAnalysis;
    fn id(&self) -> &str {
        &self.network_insights_access_scope_analysis_id
    }
    fn created(&self) -> &str {
        &self.start_date
    }
    fn parent(&self) -> Option<&str> {
        Some(&self.network_insights_access_scope_id)
    }
    fn status(&self) -> Option<Status> {
        Some(self.status)
    }
    fn ended(&self) -> Option<&str> {
        self.end_date.as_deref()
    }
}

/// The tags of a request for one resource of `kind`.
pub(super) fn tags(
    given: &[TagSpecification],
    kind: InsightsKind,
) -> Result<Vec<Tag>, InsightsError> {
    let mut tags: Vec<Tag> = Vec::new();
    for specification in given {
        let of = specification.resource_type.as_deref().unwrap_or_default();
        if of != kind.arn_type() {
            let reason = format!("this operation makes a {}", kind.arn_type());
            return Err(InsightsError::value("TagSpecification.ResourceType", of, reason));
        }
        for tag in &specification.tags {
            check(tag)?;
            if tags.iter().any(|other| other.key == tag.key) {
                return Err(InsightsError::value("Tag.Key", &tag.key, "it is given twice"));
            }
            tags.push(tag.clone());
        }
    }
    if tags.len() > TAGS_MAX {
        return Err(InsightsError::Tags { max: TAGS_MAX });
    }
    Ok(tags)
}

fn check(tag: &Tag) -> Result<(), InsightsError> {
    let key_length = tag.key.chars().count();
    if key_length == 0 || key_length > TAG_KEY_LENGTH_MAX {
        let reason = format!("a key is 1 to {TAG_KEY_LENGTH_MAX} characters long");
        return Err(InsightsError::value("Tag.Key", &tag.key, reason));
    }
    if tag.key.to_ascii_lowercase().starts_with("aws:") {
        return Err(InsightsError::value("Tag.Key", &tag.key, "keys with `aws:` are reserved"));
    }
    if tag.value.chars().count() > TAG_VALUE_LENGTH_MAX {
        let reason = format!("a value is at most {TAG_VALUE_LENGTH_MAX} characters long");
        return Err(InsightsError::value("Tag.Value", &tag.value, reason));
    }
    for (name, text) in [("Tag.Key", &tag.key), ("Tag.Value", &tag.value)] {
        // They could not come back in XML as they are.
        let is_odd = |it: char| {
            (it.is_control() && !matches!(it, '\t' | '\n' | '\r'))
                || matches!(it, '\u{fffe}' | '\u{ffff}')
        };
        if text.contains(is_odd) {
            let reason = "it has a control character";
            return Err(InsightsError::value(
                name,
                text.escape_debug().to_string().as_str(),
                reason,
            ));
        }
    }
    Ok(())
}

/// The time that an analysis is about, where a tag says one.
pub(super) fn at(tags: &[Tag]) -> Result<Option<Timestamp>, InsightsError> {
    let Some(tag) = tags.iter().find(|tag| tag.key == AT_TAG) else { return Ok(None) };
    match chrono::DateTime::parse_from_rfc3339(tag.value.trim()) {
        Ok(at) => Ok(Some(Timestamp(at.timestamp_micros()))),
        Err(_) => {
            let reason = "a time is written as 2026-09-13T02:47:10Z";
            Err(InsightsError::value(AT_TAG, &tag.value, reason))
        }
    }
}
