//! What attribution finds: an actor, and the links that lead to it, each with its evidence.

use serde::Serialize;
use serde_json::{Value, json};
use trailhound_record::{Event, Timestamp};

use crate::issue::account_of;

/// Who stands behind an event: the accountable human or workload, as far as the store can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "actor", rename_all = "snake_case")]
pub enum Actor {
    /// A human, or whoever holds a human's credentials.
    Person {
        /// The name under which AWS or the identity provider knows them.
        name: String,
        /// Who gave that name.
        kind: PersonKind,
    },
    /// The root user of an account.
    Root {
        /// The account.
        account_id: String,
    },
    /// A program with credentials of its own.
    Workload {
        /// Its id or name.
        name: String,
        /// What runs it.
        kind: WorkloadKind,
    },
    /// An AWS service on its own account.
    Service {
        /// `ec2.amazonaws.com`.
        name: String,
    },
    /// Not decided, because something is missing. Never reported as one of the others.
    Unknown {
        /// What is missing.
        gap: Gap,
    },
}

/// Who gave a person's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// An IAM user.
    IamUser,
    /// A user of IAM Identity Center.
    IdentityCenterUser,
    /// A SAML identity provider.
    SamlUser,
    /// An OpenID Connect identity provider.
    WebIdentityUser,
    /// The source identity, which stays with a session through all roles.
    SourceIdentity,
}

/// What runs a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkloadKind {
    /// An EC2 instance.
    Instance,
    /// A Lambda function.
    Function,
    /// A task of ECS.
    Task,
    /// A pod of Kubernetes, by its service account.
    KubernetesServiceAccount,
    /// A workflow of GitHub Actions, by its subject.
    GithubActions,
    /// A stack of CloudFormation.
    Stack,
    /// Another resource that AWS names as the one the credentials were made for.
    Resource,
}

/// How much a link proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// It rests on something that whoever made the session could choose, as a session's name.
    Weak,
    /// It rests on what AWS itself wrote: a key, an identity, a source identity.
    Strong,
}

/// What a link rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The record names the actor itself.
    Identity,
    /// The event returned the access key that the session uses.
    AccessKey,
    /// The same call, as the caller's account recorded it.
    SharedEvent,
    /// The source identity of the session.
    SourceIdentity,
    /// The issuer that the record names.
    SessionIssuer,
    /// The user that AWS says the call was made on behalf of.
    OnBehalfOf,
    /// The resource that AWS says the credentials were made for.
    InScopeOf,
    /// The role is linked to the service, which alone can assume it.
    ServiceLinkedRole,
    /// EC2 says that it delivered the credentials; the session bears the instance's id.
    InstanceRole,
    /// A session of this name was issued at the time of the session's creation.
    SessionName,
    /// Identity Center names the sessions of its roles after their users.
    IdentityCenterName,
    /// The user asked the access portal for credentials of the role when the session was created.
    RoleCredentials,
    /// The role was switched to in the console when the session was created.
    SwitchRole,
    /// The event made the workload.
    Launch,
    /// The event changed the workload's code last.
    Deploy,
    /// The event started what the service did, by role and time.
    Stack,
    /// The event made the access key.
    KeyMade,
}

/// An event that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the event's own members")]
pub struct Evidence {
    pub event_id: Option<String>,
    pub event_name: Option<String>,
    pub event_time: Option<String>,
    pub account_id: Option<String>,
}

/// One step towards the actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Whose step it is.
    pub from: String,
    /// Who stands before them.
    pub to: String,
    /// What it rests on.
    pub how: How,
    /// How much it proves.
    pub strength: Strength,
    /// The events that show it; none where the record of the last step says so itself.
    pub evidence: Vec<Evidence>,
}

/// What was missing to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// What was looked for, and why that is not enough.
    pub reason: String,
    /// The account that would have recorded it.
    pub account_id: Option<String>,
    /// The time at which it would have been recorded.
    pub event_time: Option<String>,
    /// What the store holds of that account: its first and last event time.
    pub stored: Option<(String, String)>,
}

/// The actor behind an event or a session, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attribution {
    /// Who the record says acted.
    pub principal: String,
    /// Who stands behind them.
    #[serde(flatten)]
    pub actor: Actor,
    /// How much the links prove together: as much as the weakest.
    pub strength: Strength,
    /// The steps from the principal to the actor.
    pub links: Vec<Link>,
    /// For a workload, who launched or deployed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Box<Attribution>>,
    /// What else is worth knowing, for people.
    pub notes: Vec<String>,
}

impl Evidence {
    /// The event as evidence.
    pub fn of(event: &Event) -> Self {
        Self {
            event_id: event.event_id.clone(),
            event_name: event.event_name.clone(),
            event_time: event.event_time.map(|at| at.to_string()),
            account_id: event.account_id.clone(),
        }
    }
}

impl Gap {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), account_id: None, event_time: None, stored: None }
    }

    pub(crate) fn at(mut self, account_id: Option<String>, event_time: Option<Timestamp>) -> Self {
        self.account_id = account_id;
        self.event_time = event_time.map(|at| at.to_string());
        self
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)?;
        let Some(account) = &self.account_id else { return Ok(()) };
        write!(f, " (account {account}")?;
        if let Some(at) = &self.event_time {
            write!(f, ", about {at}")?;
        }
        match &self.stored {
            Some((first, last)) => {
                write!(f, "; its events are in segments from {first} to {last})")
            }
            None => f.write_str("; the store holds no event of that account)"),
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person { name, kind } => write!(f, "{} {name}", kind.noun()),
            Self::Root { account_id } => write!(f, "root user of account {account_id}"),
            Self::Workload { name, kind } => write!(f, "{} {name}", kind.noun()),
            Self::Service { name } => write!(f, "AWS service {name}"),
            Self::Unknown { gap } => write!(f, "unknown: {gap}"),
        }
    }
}

impl PersonKind {
    fn noun(self) -> &'static str {
        match self {
            Self::IamUser => "IAM user",
            Self::IdentityCenterUser => "Identity Center user",
            Self::SamlUser => "SAML user",
            Self::WebIdentityUser => "web identity user",
            Self::SourceIdentity => "source identity",
        }
    }
}

impl WorkloadKind {
    fn noun(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Function => "function",
            Self::Task => "ECS task",
            Self::KubernetesServiceAccount => "Kubernetes",
            Self::GithubActions => "GitHub Actions",
            Self::Stack => "CloudFormation with role",
            Self::Resource => "resource",
        }
    }
}

impl How {
    /// A few words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Identity => "the record names them",
            Self::AccessKey => "the call returned this session's access key",
            Self::SharedEvent => "the same call, recorded by the caller's account",
            Self::SourceIdentity => "the session carries this source identity",
            Self::SessionIssuer => "the record names them as the session's issuer",
            Self::OnBehalfOf => "the call was made on their behalf",
            Self::InScopeOf => "the credentials were made for it",
            Self::ServiceLinkedRole => "only the service can assume this role",
            Self::InstanceRole => "EC2 delivered the credentials to it",
            Self::SessionName => "a session of this name was made just then",
            Self::IdentityCenterName => {
                "Identity Center names sessions of its roles after the user"
            }
            Self::RoleCredentials => {
                "the user asked the access portal for credentials of the role just then"
            }
            Self::SwitchRole => "they switched role in the console just then",
            Self::Launch => "the call launched it",
            Self::Deploy => "the call was the last to deploy it",
            Self::Stack => "the call passed this role to CloudFormation before",
            Self::KeyMade => "the call made the access key",
        }
    }
}

impl Attribution {
    /// The steps to the actor and to whoever stands behind a workload, then the notes: a line each.
    pub fn steps(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for link in &self.links {
            let ids: Vec<&str> =
                link.evidence.iter().filter_map(|it| it.event_id.as_deref()).collect();
            let weak = if link.strength == Strength::Weak { " (weak)" } else { "" };
            let (from, to, how) = (&link.from, &link.to, link.how.words());
            let line = format!("{from} <- {to}: {how}{weak} {}", ids.join(", "));
            lines.push(line.trim_end().to_owned());
        }
        if let Actor::Unknown { gap } = &self.actor {
            lines.push(gap.to_string());
        }
        lines.extend(self.notes.iter().cloned());
        if let Some(behind) = &self.behind {
            lines.push(format!("behind it: {}", behind.actor));
            lines.extend(behind.steps());
        }
        lines
    }

    /// The actor in a few words, for a column beside the user's name: `alice via role/Admin`. A weak one is
    /// marked. What is not known is `unknown`, and nothing more.
    ///
    /// Shape: of an ARN the last part; its account where that is another than the principal's.
    pub fn short(&self) -> String {
        let home = account_of(&self.principal);
        let weak = match (&self.actor, self.strength) {
            (Actor::Unknown { .. }, _) => return "unknown".to_owned(),
            (_, Strength::Strong) => "",
            (_, Strength::Weak) => " (weak)",
        };
        let behind = match &self.behind {
            Some(behind) => format!(", launched or deployed by {}", behind.short()),
            None => String::new(),
        };
        format!("{}{}{weak}{behind}", self.actor.short(home), self.via())
    }

    /// Whether the actor is somebody else than the user's name says already.
    pub fn tells_more_than(&self, username: Option<&str>) -> bool {
        let is_named = |name: &str| username.is_some_and(|user| user == last_part(name));
        match &self.actor {
            Actor::Unknown { .. } | Actor::Service { .. } => false,
            Actor::Root { .. } => !self.links.is_empty(),
            Actor::Person { name, .. } => !is_named(name),
            Actor::Workload { name, .. } => !is_named(name) || self.behind.is_some(),
        }
    }

    /// The role whose session acted; nothing for a service, whose role is its own.
    fn via(&self) -> String {
        let role = self.principal.split_once(":assumed-role/").map(|(_, path)| path);
        let role = role.and_then(|path| path.rsplit_once('/')).map(|(role, _)| role);
        match (&self.actor, role) {
            (Actor::Service { .. } | Actor::Unknown { .. }, _) | (_, None) => String::new(),
            (_, Some(role)) => format!(" via role/{role}"),
        }
    }

    /// The actor as JSON, for programs that show it beside an event.
    ///
    /// Shape: the members of [`Actor`], `text` as [`Attribution::short`], `principal`, and `strength` of a
    /// known one.
    pub fn json(&self) -> Value {
        let mut json = serde_json::to_value(&self.actor).unwrap_or_default();
        if let Some(members) = json.as_object_mut() {
            members.insert("text".to_owned(), Value::from(self.short()));
            members.insert("principal".to_owned(), Value::from(self.principal.as_str()));
            if !matches!(self.actor, Actor::Unknown { .. }) {
                members.insert("strength".to_owned(), json!(self.strength));
            }
        }
        json
    }

    /// The actor, how sure that is, and who stands behind a workload: one line, for tables. What is missing
    /// to know the actor is in [`Attribution::steps`].
    pub fn line(&self) -> String {
        let weak = match (&self.actor, self.strength) {
            (Actor::Unknown { .. }, _) => return "unknown".to_owned(),
            (_, Strength::Strong) => "",
            (_, Strength::Weak) => " (weak)",
        };
        match &self.behind {
            Some(behind) => {
                format!("{}{weak}, launched or deployed by {}", self.actor, behind.line())
            }
            None => format!("{}{weak}", self.actor),
        }
    }
}

impl Actor {
    /// The actor in a word or two, seen from the account `home`.
    fn short(&self, home: Option<&str>) -> String {
        let named = |name: &str| match account_of(name) {
            Some(account) if home.is_some_and(|home| home != account) => {
                format!("{} of {account}", last_part(name))
            }
            _ => last_part(name).to_owned(),
        };
        match self {
            Self::Person { name, .. } => named(name),
            Self::Root { account_id } => format!("root of {account_id}"),
            Self::Workload { name, kind: WorkloadKind::GithubActions } => name.clone(),
            Self::Workload { name, kind } => format!("{} {}", kind.noun(), named(name)),
            Self::Service { name } => name.clone(),
            Self::Unknown { .. } => "unknown".to_owned(),
        }
    }
}

/// The last part of an ARN; anything else whole.
fn last_part(name: &str) -> &str {
    match name.starts_with("arn:") {
        true => name.rsplit(['/', ':']).next().unwrap_or(name),
        false => name,
    }
}
