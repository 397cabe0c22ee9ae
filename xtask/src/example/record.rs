//! One call, turned into the record that CloudTrail delivers: member order and shapes as observed.

use super::actor::{Actor, Via};
use super::clock::iso;
use super::random::Rng;
use serde_json::{Map, Value, json};

/// A record that has not been delivered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its `eventTime`.
    pub(crate) time: u64,
    /// Its `recipientAccountId`.
    pub(crate) account: &'static str,
    /// Its `awsRegion`.
    pub(crate) region: &'static str,
    /// Its `eventName`.
    pub(crate) event_name: String,
    /// Its text.
    pub(crate) json: String,
}

/// How a request and its response are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Members as they are.
    Plain,
    /// Old EC2 operations: camelCase members, `requestId` inside the response.
    Legacy,
    /// Newer EC2 operations: `<Op>Request` and `<Op>Response` around PascalCase members.
    Wrapped,
}

/// What is called, with which parameters and what answer.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    service: &'static str,
    name: &'static str,
    region: &'static str,
    shape: Shape,
    request: Value,
    response: Value,
    read_only: bool,
    error: Option<(&'static str, String)>,
    additional: Option<Value>,
    resources: Vec<Value>,
    event_type: &'static str,
    shared_event_id: Option<String>,
}

/// The home region of the story.
pub(crate) const HOME: &str = "us-east-1";

impl Call {
    fn new(service: &'static str, name: &'static str, shape: Shape, read_only: bool) -> Self {
        Self {
            service,
            name,
            region: HOME,
            shape,
            request: Value::Null,
            response: Value::Null,
            read_only,
            error: None,
            additional: None,
            resources: Vec::new(),
            event_type: "AwsApiCall",
            shared_event_id: None,
        }
    }

    /// A call that reads.
    pub(crate) fn read(service: &'static str, name: &'static str, request: Value) -> Self {
        Self { request, ..Self::new(service, name, Shape::Plain, true) }
    }

    /// A call that changes something.
    pub(crate) fn write(
        service: &'static str,
        name: &'static str,
        request: Value,
        response: Value,
    ) -> Self {
        Self { request, response, ..Self::new(service, name, Shape::Plain, false) }
    }

    /// A change by an old EC2 operation.
    pub(crate) fn ec2(name: &'static str, request: Value, response: Value) -> Self {
        Self { request, response, ..Self::new("ec2", name, Shape::Legacy, false) }
    }

    /// A change by an old EC2 operation that answers with `_return: true` and nothing else.
    pub(crate) fn ec2_done(name: &'static str, request: Value) -> Self {
        Self::ec2(name, request, json!({"_return": true}))
    }

    /// A change by a newer EC2 operation.
    pub(crate) fn ec2_wrapped(name: &'static str, request: Value, response: Value) -> Self {
        Self { request, response, ..Self::new("ec2", name, Shape::Wrapped, false) }
    }

    /// A read by a newer EC2 operation.
    pub(crate) fn ec2_wrapped_read(name: &'static str, request: Value) -> Self {
        Self { request, ..Self::new("ec2", name, Shape::Wrapped, true) }
    }

    /// Something that happened at the sign-in page.
    pub(crate) fn sign_in(name: &'static str, outcome: &str, additional: Value) -> Self {
        Self {
            response: json!({name: outcome}),
            additional: Some(additional),
            event_type: "AwsConsoleSignIn",
            ..Self::new("signin", name, Shape::Plain, false)
        }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The call in another region.
    pub(crate) fn region(self, region: &'static str) -> Self {
        Self { region, ..self }
    }

    /// The call failed. A failed call has no response.
    pub(crate) fn failed(self, code: &'static str, message: impl Into<String>) -> Self {
        let keeps_response = self.service == "signin";
        let response = if keeps_response { self.response.clone() } else { Value::Null };
        Self { error: Some((code, message.into())), response, ..self }
    }

    /// The call names a resource.
    pub(crate) fn on(mut self, account: &str, kind: &str, arn: String) -> Self {
        self.resources.push(json!({"accountId": account, "type": kind, "ARN": arn}));
        self
    }

    /// Marks a read that carries a response, as `sts:AssumeRole*` do.
    pub(crate) fn answered(self, response: Value) -> Self {
        Self { response, ..self }
    }

    /// The same action is delivered to another account too.
    pub(crate) fn shared(self, id: &str) -> Self {
        Self { shared_event_id: Some(id.to_owned()), ..self }
    }

    fn event_version(&self) -> &'static str {
        match self.service {
            "ec2" | "sts" | "iam" | "kms" | "s3" => "1.11",
            "signin" | "rds" => "1.10",
            "elasticloadbalancing" | "autoscaling" | "monitoring" => "1.09",
            _ => "1.08",
        }
    }

    fn host(&self) -> String {
        match self.service {
            "iam" => "iam.amazonaws.com".to_owned(),
            "signin" => "us-east-1.signin.aws.amazon.com".to_owned(),
            "s3" => self
                .request
                .get("Host")
                .and_then(Value::as_str)
                .unwrap_or("s3.amazonaws.com")
                .to_owned(),
            service => format!("{service}.{}.amazonaws.com", self.region),
        }
    }

    fn request_parameters(&self) -> Value {
        match self.shape {
            Shape::Wrapped => json!({format!("{}Request", self.name): self.request}),
            Shape::Plain | Shape::Legacy => self.request.clone(),
        }
    }

    fn response_elements(&self, request_id: &str) -> Value {
        let Value::Object(members) = &self.response else { return Value::Null };
        match self.shape {
            Shape::Plain => self.response.clone(),
            Shape::Legacy => {
                let mut response = Map::new();
                response.insert("requestId".into(), json!(request_id));
                response.extend(members.clone());
                Value::Object(response)
            }
            Shape::Wrapped => {
                let mut response = Map::new();
                let xmlns = "http://ec2.amazonaws.com/doc/2016-11-15/";
                response.insert("xmlns".into(), json!(xmlns));
                response.extend(members.clone());
                response.insert("requestId".into(), json!(request_id));
                json!({format!("{}Response", self.name): response})
            }
        }
    }

    fn additional_event_data(&self, rng: &mut Rng) -> Option<Value> {
        if self.service != "s3" {
            return self.additional.clone();
        }
        let bytes_out = if self.error.is_some() { 243 } else { rng.between(300, 4_000) };
        Some(json!({
            "SignatureVersion": "SigV4",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": 0,
            "AuthenticationMethod": "AuthHeader",
            "x-amz-id-2": format!("{}EXAMPLE=", rng.alphanumeric(20)),
            "bytesTransferredOut": bytes_out,
        }))
    }

    /// The record of this call, made by `actor` at `time`.
    pub(crate) fn record(&self, actor: &Actor, time: u64, rng: &mut Rng) -> Record {
        let request_id = if self.service == "s3" { rng.upper(16) } else { rng.uuid() };
        let agent = match self.service {
            "s3" if actor.via == Via::Sdk => format!("[{}]", actor.agent),
            _ => actor.agent.clone(),
        };
        let mut record = Map::new();
        let mut put = |name: &str, value: Value| {
            record.insert(name.to_owned(), value);
        };
        put("eventVersion", json!(self.event_version()));
        put("userIdentity", actor.identity.clone());
        put("eventTime", json!(iso(time)));
        put("eventSource", json!(format!("{}.amazonaws.com", self.service)));
        put("eventName", json!(self.name));
        put("awsRegion", json!(self.region));
        put("sourceIPAddress", json!(actor.address));
        put("userAgent", json!(agent));
        if let Some((code, message)) = &self.error {
            if !code.is_empty() {
                put("errorCode", json!(code));
            }
            put("errorMessage", json!(message));
        }
        put("requestParameters", self.request_parameters());
        put("responseElements", self.response_elements(&request_id));
        if let Some(additional) = self.additional_event_data(rng) {
            put("additionalEventData", additional);
        }
        if self.service != "signin" {
            put("requestID", json!(request_id));
        }
        put("eventID", json!(rng.uuid()));
        put("readOnly", json!(self.read_only));
        if !self.resources.is_empty() {
            put("resources", json!(self.resources));
        }
        put("eventType", json!(self.event_type));
        if self.service == "elasticloadbalancing" {
            put("apiVersion", json!("2015-12-01"));
        }
        put("managementEvent", json!(true));
        put("recipientAccountId", json!(actor.account));
        if let Some(id) = &self.shared_event_id {
            put("sharedEventID", json!(id));
        }
        put("eventCategory", json!("Management"));
        if actor.via == Via::Sdk {
            put(
                "tlsDetails",
                json!({
                    "tlsVersion": "TLSv1.3",
                    "cipherSuite": "TLS_AES_128_GCM_SHA256",
                    "clientProvidedHostHeader": self.host(),
                }),
            );
        }
        if actor.via == Via::Console {
            put("sessionCredentialFromConsole", json!("true"));
        }
        Record {
            time,
            account: actor.account,
            region: self.region,
            event_name: self.name.to_owned(),
            json: Value::Object(record).to_string(),
        }
    }
}

/// Everything that happened, in the order it was written down.
#[derive(Debug)]
pub(crate) struct Journal {
    /// The scene's own randomness.
    pub(crate) rng: Rng,
    /// What happened so far.
    pub(crate) records: Vec<Record>,
}

impl Journal {
    /// An empty journal for the scene of that name.
    pub(crate) fn scene(name: &str) -> Self {
        Self { rng: Rng::named(name), records: Vec::new() }
    }

    /// Writes down a call.
    pub(crate) fn add(&mut self, time: u64, actor: &Actor, call: &Call) {
        let record = call.record(actor, time, &mut self.rng);
        self.records.push(record);
    }
}
