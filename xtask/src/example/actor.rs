//! The cast: who calls, from where, with which program.

use super::clock::iso;
use super::random::principal_id;
use serde_json::{Value, json};

/// The account of the story.
pub(crate) const SHOP: &str = "123456789012";
/// The account of the monitoring, which assumes a role in [`SHOP`].
pub(crate) const MONITORING: &str = "210987654321";

/// The public address of the NAT gateway: everything in the private subnets calls from it.
pub(crate) const NAT_ADDRESS: &str = "198.51.100.24";
/// The office.
pub(crate) const OFFICE: &str = "203.0.113.10";
/// Where dave signed in from.
pub(crate) const DAVES_ADDRESS: &str = "203.0.113.77";

/// How a call reached AWS; it decides on `tlsDetails` and `sessionCredentialFromConsole`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// A program of the customer's.
    Sdk,
    /// The AWS Management Console.
    Console,
    /// An AWS service.
    Service,
}

/// Whoever makes a call.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// Whose trail gets the record.
    pub(crate) account: &'static str,
    /// The record's `userIdentity`.
    pub(crate) identity: Value,
    /// The record's `sourceIPAddress`.
    pub(crate) address: String,
    /// The record's `userAgent`.
    pub(crate) agent: String,
    /// See [`Via`].
    pub(crate) via: Via,
}

/// A session of a role.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The role's account.
    pub(crate) account: &'static str,
    /// The role's path, with both slashes.
    pub(crate) path: &'static str,
    /// The role's name.
    pub(crate) role: &'static str,
    /// The role session name.
    pub(crate) name: String,
    /// When the session was made.
    pub(crate) created: u64,
    /// Whether the caller had used MFA.
    pub(crate) mfa: bool,
    /// The OIDC or SAML provider that vouched, as an ARN.
    pub(crate) provider: Option<&'static str>,
    /// The service that made the session or calls on its behalf.
    pub(crate) invoked_by: Option<&'static str>,
    /// Whether EC2 delivered the credentials to an instance.
    pub(crate) on_instance: bool,
}

impl Session {
    /// A plain session, made now by `sts:AssumeRole`.
    pub(crate) fn new(role: &'static str, name: &str, created: u64) -> Self {
        Self {
            account: SHOP,
            path: "/",
            role,
            name: name.to_owned(),
            created,
            mfa: false,
            provider: None,
            invoked_by: None,
            on_instance: false,
        }
    }

    /// The role's ARN.
    pub(crate) fn role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role{}{}", self.account, self.path, self.role)
    }

    /// The ARN of the session: the path of the role is not in it.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account, self.role, self.name)
    }

    /// `AROA…:session`.
    pub(crate) fn principal_id(&self) -> String {
        format!("{}:{}", principal_id("AROA", self.role), self.name)
    }

    /// The temporary access key of this very session.
    pub(crate) fn access_key_id(&self) -> String {
        principal_id("ASIA", &format!("{}/{}/{}", self.role, self.name, self.created))
    }

    /// The `userIdentity` of calls made with the session.
    pub(crate) fn identity(&self) -> Value {
        let mut identity = json!({
            "type": "AssumedRole",
            "principalId": self.principal_id(),
            "arn": self.arn(),
            "accountId": self.account,
        });
        let mut context = json!({"sessionIssuer": {
            "type": "Role",
            "principalId": principal_id("AROA", self.role),
            "arn": self.role_arn(),
            "accountId": self.account,
            "userName": self.role,
        }});
        let attributes =
            json!({"creationDate": iso(self.created), "mfaAuthenticated": self.mfa.to_string()});
        if let Some(context) = context.as_object_mut() {
            if let Some(provider) = self.provider {
                let federation = json!({"federatedProvider": provider, "attributes": {}});
                context.insert("webIdFederationData".into(), federation);
            }
            context.insert("attributes".into(), attributes);
            if self.on_instance {
                context.insert("ec2RoleDelivery".into(), json!("2.0"));
            }
        }
        if let Some(identity) = identity.as_object_mut() {
            // A service's session shows no key.
            if self.invoked_by.is_none() {
                identity.insert("accessKeyId".into(), json!(self.access_key_id()));
            }
            identity.insert("sessionContext".into(), context);
            if let Some(service) = self.invoked_by {
                identity.insert("invokedBy".into(), json!(service));
            }
        }
        identity
    }

    /// Calls made with the session by a program.
    pub(crate) fn sdk(&self, address: &str, agent: &str) -> Actor {
        self.actor(address, agent, Via::Sdk)
    }

    /// Calls made with the session in the console.
    pub(crate) fn console(&self, address: &str) -> Actor {
        self.actor(address, "AWS Internal", Via::Console)
    }

    /// Calls that a service makes with the session; both address and agent are its name.
    pub(crate) fn service(&self) -> Actor {
        let service = self.invoked_by.unwrap_or_default();
        self.actor(service, service, Via::Service)
    }

    fn actor(&self, address: &str, agent: &str, via: Via) -> Actor {
        Actor {
            account: self.account,
            identity: self.identity(),
            address: address.to_owned(),
            agent: agent.to_owned(),
            via,
        }
    }
}

fn user_identity(name: &str) -> Value {
    json!({
        "type": "IAMUser",
        "principalId": principal_id("AIDA", name),
        "arn": format!("arn:aws:iam::{SHOP}:user/{name}"),
        "accountId": SHOP,
    })
}

fn with(mut identity: Value, members: &[(&str, Value)]) -> Value {
    if let Some(object) = identity.as_object_mut() {
        for (name, value) in members {
            object.insert((*name).to_owned(), value.clone());
        }
    }
    identity
}

/// An IAM user at the command line, with a long-term key.
pub(crate) fn user_at_cli(name: &str, address: &str, agent: &str) -> Actor {
    let members = [("accessKeyId", json!(principal_id("AKIA", name))), ("userName", json!(name))];
    Actor {
        account: SHOP,
        identity: with(user_identity(name), &members),
        address: address.to_owned(),
        agent: agent.to_owned(),
        via: Via::Sdk,
    }
}

/// An IAM user in the console, after signing in at `created`.
pub(crate) fn user_in_console(name: &str, address: &str, created: u64, mfa: bool) -> Actor {
    let context = json!({"attributes": {
        "creationDate": iso(created),
        "mfaAuthenticated": mfa.to_string(),
    }});
    let members = [
        ("accessKeyId", json!(principal_id("ASIA", &format!("{name}/{created}")))),
        ("userName", json!(name)),
        ("sessionContext", context),
    ];
    Actor {
        account: SHOP,
        identity: with(user_identity(name), &members),
        address: address.to_owned(),
        agent: "AWS Internal".to_owned(),
        via: Via::Console,
    }
}

/// An IAM user at the sign-in page. A failed sign-in proves nothing, so it has no ARN.
pub(crate) fn user_at_sign_in(name: &str, address: &str, agent: &str, known: bool) -> Actor {
    let identity = if known {
        with(user_identity(name), &[("userName", json!(name))])
    } else {
        json!({
            "type": "IAMUser",
            "principalId": principal_id("AIDA", name),
            "accountId": SHOP,
            "accessKeyId": "",
            "userName": name,
        })
    };
    Actor {
        account: SHOP,
        identity,
        address: address.to_owned(),
        agent: agent.to_owned(),
        via: Via::Sdk,
    }
}

/// The account's root user in the console.
pub(crate) fn root(address: &str, agent: &str) -> Actor {
    let identity = json!({
        "type": "Root",
        "principalId": SHOP,
        "arn": format!("arn:aws:iam::{SHOP}:root"),
        "accountId": SHOP,
        "accessKeyId": "",
    });
    Actor {
        account: SHOP,
        identity,
        address: address.to_owned(),
        agent: agent.to_owned(),
        via: Via::Sdk,
    }
}

/// An AWS service calling in its own name.
pub(crate) fn service(name: &str) -> Actor {
    Actor {
        account: SHOP,
        identity: json!({"type": "AWSService", "invokedBy": name}),
        address: name.to_owned(),
        agent: name.to_owned(),
        via: Via::Service,
    }
}
