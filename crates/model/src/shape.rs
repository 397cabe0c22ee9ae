//! Shapes: the types of what operations take and give.

/// The place of a shape in its service's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShapeId(pub(crate) usize);

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A time: text or seconds, as the protocol has it.
    Timestamp,
    /// Bytes, in base64 within JSON.
    Blob,
    /// A structure, list or map.
    Shape(ShapeId),
}

/// Where in an HTTP request a member goes, when not into the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// Into the path.
    Uri,
    /// Into the query.
    Query,
    /// Into a header.
    Header,
    /// Into headers that begin with the member's name.
    Headers,
    /// It is the status of the answer.
    Status,
}

/// A use of a type: the type, and what is said of it where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it is.
    pub of: Type,
    /// Its name on the wire, when it is another than the member's.
    pub wire_name: Option<String>,
    /// Its name in EC2's queries, when it is another still.
    pub query_name: Option<String>,
    /// Where it goes.
    pub location: Option<Location>,
    /// Whether a list has no element around its elements.
    pub is_flat: bool,
    /// Whether it is an attribute of its XML element.
    pub is_attribute: bool,
    /// The XML namespace of its element.
    pub namespace: Option<String>,
    /// The prefix of that namespace.
    pub namespace_prefix: Option<String>,
}

/// A member of a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name in botocore form.
    pub name: String,
    /// What it is.
    pub reference: Reference,
    /// Whether a call needs it.
    pub is_required: bool,
}

/// A structure: named members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Structure {
    /// In the order of the model, which XML keeps.
    pub members: Vec<Member>,
    /// The member that is the whole body.
    pub payload: Option<String>,
}

/// A type with parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Named members.
    Structure(Structure),
    /// Values of one type.
    List {
        /// Of its elements.
        element: Reference,
        /// Whether the list has no element around its elements.
        is_flat: bool,
    },
    /// Names and values.
    Map {
        /// Of its keys.
        key: Reference,
        /// Of its values.
        value: Reference,
        /// Whether the map has no element around its entries.
        is_flat: bool,
    },
}

impl Structure {
    /// Finds the member that a record calls `recorded`.
    ///
    /// Shape: the member's name, wire name or query name, with a first letter of either case, with or
    /// without `Set` at its end; when none is, the same without regard to case.
    ///
    /// # Source
    /// EC2 records of both shapes observed in public logs; botocore's `ec2` model.
    pub fn member(&self, recorded: &str) -> Option<&Member> {
        let bare = recorded.strip_suffix("Set").filter(|rest| !rest.is_empty());
        let like = |same: fn(&str, &str) -> bool, text: &str| {
            self.members.iter().find(|member| member.names().any(|name| same(name, text)))
        };
        like(is_same, recorded)
            .or_else(|| bare.and_then(|bare| like(is_same, bare)))
            .or_else(|| like(str::eq_ignore_ascii_case, recorded))
    }
}

impl Member {
    fn names(&self) -> impl Iterator<Item = &str> {
        let wire = [&self.reference.wire_name, &self.reference.query_name];
        std::iter::once(self.name.as_str()).chain(wire.into_iter().flatten().map(String::as_str))
    }

    /// Its name on the wire.
    pub fn wire_name(&self) -> &str {
        self.reference.wire_name.as_deref().unwrap_or(&self.name)
    }
}

/// Whether two names differ at most in the case of the first letter.
fn is_same(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.chars(), other.chars());
    match (one.next(), other.next()) {
        (Some(first), Some(second)) => {
            first.eq_ignore_ascii_case(&second) && one.as_str() == other.as_str()
        }
        (first, second) => first == second,
    }
}
