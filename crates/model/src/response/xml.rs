//! XML as a tree of bounded depth; namespaces do not count.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// So deep an answer may be nested: AWS's are less than half as deep.
const DEPTH_MAX: usize = 64;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name without prefix.
    pub(super) name: String,
    /// Names without prefixes, and texts.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// Its own text, without that of its children.
    pub(super) text: String,
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Result<Self, String> {
        let name = local(start.local_name().as_ref());
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let text = attribute.unescape_value().map_err(|error| error.to_string())?;
            attributes.push((local(attribute.key.local_name().as_ref()), text.into_owned()));
        }
        Ok(Self { name, attributes, ..Self::default() })
    }

    /// The first child with this name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element itself or the first below it with this name, `depth` levels down at most.
    pub(super) fn find(&self, name: &str, depth: usize) -> Option<&Element> {
        if self.name == name {
            return Some(self);
        }
        let below = depth.checked_sub(1)?;
        self.children.iter().find_map(|child| child.find(name, below))
    }
}

fn local(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// Reads one document.
pub(super) fn parse(body: &[u8]) -> Result<Element, String> {
    let mut reader = Reader::from_reader(body);
    // The last is the element that is open; the first holds the document.
    let mut open = vec![Element::default()];
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| error.to_string())? {
            Event::Start(_) if open.len() > DEPTH_MAX => {
                return Err(format!("it nests deeper than {DEPTH_MAX}"));
            }
            Event::Start(start) => open.push(Element::of(&start)?),
            Event::Empty(start) => add(&mut open, Element::of(&start)?),
            Event::End(_) => {
                if let Some(done) = open.pop() {
                    add(&mut open, done);
                }
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|error| error.to_string())?;
                append(&mut open, &text);
            }
            Event::CData(text) => {
                let text = text.decode().map_err(|error| error.to_string())?;
                append(&mut open, &text);
            }
            Event::GeneralRef(reference) => {
                let name = reference.decode().map_err(|error| error.to_string())?;
                match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(character) => append(&mut open, character.encode_utf8(&mut [0; 4])),
                    None => append(&mut open, resolve_predefined_entity(&name).unwrap_or_default()),
                }
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let document = open.pop().filter(|_| open.is_empty());
    let root = document.and_then(|document| document.children.into_iter().next());
    let mut root = root.ok_or_else(|| "it is no XML document".to_owned())?;
    tidy(&mut root);
    Ok(root)
}

fn add(open: &mut [Element], done: Element) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(done);
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// Takes the white space between elements away; the text of a leaf stays as it is.
fn tidy(element: &mut Element) {
    if !element.children.is_empty() {
        element.text.clear();
    }
    element.children.iter_mut().for_each(tidy);
}
