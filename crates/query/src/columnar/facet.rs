//! What events are counted by: the values that a field or a path has in each row.

use std::collections::HashMap;

use trailhound_record::field::{Field, Kind};
use trailhound_record::{Event, Timestamp};
use trailhound_search::column::{Identity, for_each_leaf};
use trailhound_search::{
    Expr, ParseQueryError, ParseQueryReason, Path, Query, SearchField, Term, Test,
};
use trailhound_store::{Column, ReadSegmentError};

use crate::columnar::bits::Bits;
use crate::columnar::block::Block;
use crate::columnar::identity::{PRINCIPAL, ROLE, ROLE_NAMES, USER, USER_NAMES, for_each_identity};
use crate::columnar::mask::RESOURCE_FIELDS;
use crate::columnar::place::Place;

/// What events are counted by.
///
/// An event has one value of most fields: of `user` the derived user name, else the session's name, else
/// `userName`; of `role` its name, else its ARN; of `service` the whole event source. It has several of
/// `resource` (names, ids and ARNs), of `type`, and at a path through lists: each counts once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Facet {
    /// A field with a short name.
    Field(SearchField),
    /// The strings, numbers and Booleans at a path, or anywhere below it.
    Path(Path),
}

impl Facet {
    /// Reads a name as the search language does: `user`, `eventType`, `requestParameters.bucketName`.
    ///
    /// # Errors
    /// [`ParseQueryError`], with the place in `name`.
    pub fn parse(name: &str) -> Result<Self, ParseQueryError> {
        const PREFIX: &str = "exists:";
        let unknown = || ParseQueryError {
            span: 0..name.len(),
            reason: ParseQueryReason::UnknownField { name: name.to_owned() },
            suggestion: None,
        };
        let query = Query::parse(&format!("{PREFIX}{name}"), Timestamp(0)).map_err(|error| {
            let moved = |at: usize| at.saturating_sub(PREFIX.len()).min(name.len());
            let span = moved(error.span.start)..moved(error.span.end);
            // What a query may look for instead is no field either.
            let suggestion =
                error.suggestion.filter(|text| !text.contains(['"', '`']) && text != name);
            ParseQueryError { span, suggestion, ..error }
        })?;
        match query.expr() {
            Expr::Term(Term::Field(field, Test::Exists)) => Ok(Self::Field(*field)),
            Expr::Term(Term::Path(path, Test::Exists)) => Ok(Self::Path(path.clone())),
            _ => Err(unknown()),
        }
    }

    /// The values of one event, without repeats.
    pub fn values_of(&self, event: &Event) -> Vec<String> {
        let mut values = Vec::new();
        let mut push = |value: &str| {
            if !values.iter().any(|known| known == value) {
                values.push(value.to_owned());
            }
        };
        match self {
            Self::Path(path) => for_each_leaf(&event.raw, path, 0, push),
            Self::Field(SearchField::Service) => {
                event.event_source.as_deref().into_iter().for_each(push);
            }
            Self::Field(SearchField::Resource) => {
                event.resources.iter().for_each(|it| push(&it.resource_name));
                event.resource_ids.iter().for_each(|id| push(id));
            }
            Self::Field(SearchField::Type) => {
                let types = event.resources.iter().filter_map(|it| it.resource_type.as_deref());
                types.for_each(push);
            }
            Self::Field(field) => field.values(event).iter().take(1).for_each(|value| push(value)),
        }
        values
    }

    /// The values of `wanted` rows: from columns where these tell, else from records.
    pub(crate) fn values(
        &self,
        block: &Block<'_>,
        wanted: &Bits,
    ) -> Result<Values, ReadSegmentError> {
        let mut values = Values::default();
        let unknown = match self {
            Self::Field(field) => values.of_field(block, wanted, *field)?,
            Self::Path(path) => values.of_path(block, wanted, path)?,
        };
        if !unknown.is_empty() {
            for (row, event) in block.events(&unknown)? {
                for value in self.values_of(&event) {
                    let code = values.intern(&value);
                    values.pairs.push((row as u32, code));
                }
            }
            values.pairs.sort_unstable();
        }
        Ok(values)
    }
}

/// The values of some rows of a block.
#[derive(Debug, Default)]
pub(crate) struct Values {
    /// Each value; one may stand here more than once.
    pub(crate) texts: Vec<String>,
    /// Which row has which value, by row; a row has each value once.
    pub(crate) pairs: Vec<(u32, u32)>,
    codes: HashMap<String, u32, foldhash::fast::RandomState>,
}

impl Values {
    /// The code of a value; the same for the same value.
    fn intern(&mut self, value: &str) -> u32 {
        if let Some(code) = self.codes.get(value) {
            return *code;
        }
        let code = self.push(value.to_owned());
        self.codes.insert(value.to_owned(), code);
        code
    }

    fn push(&mut self, value: String) -> u32 {
        self.texts.push(value);
        (self.texts.len() - 1) as u32
    }

    /// Adds the values of `wanted` rows; returns the rows that only their records tell.
    fn of_field(
        &mut self,
        block: &Block<'_>,
        wanted: &Bits,
        field: SearchField,
    ) -> Result<Bits, ReadSegmentError> {
        let column = match field {
            SearchField::Ip => Field::SourceIpAddress,
            SearchField::Region => Field::AwsRegion,
            SearchField::Error => Field::ErrorCode,
            SearchField::Agent => Field::UserAgent,
            SearchField::Id => Field::EventId,
            SearchField::Key => Field::UserIdentityAccessKeyId,
            SearchField::Account => Field::RecipientAccountId,
            SearchField::Event => Field::EventName,
            SearchField::Service => Field::EventSource,
            SearchField::User | SearchField::Role => {
                return self.of_identity(block, wanted, field);
            }
            SearchField::Resource | SearchField::Type => {
                let mut unknown = Bits::none(block.rows);
                for field in RESOURCE_FIELDS {
                    unknown.add(&block.present(Column::Field(field))?);
                }
                unknown.keep(wanted);
                return Ok(unknown);
            }
        };
        self.of_texts(block, wanted, column, |value| {
            field != SearchField::Key || !value.is_empty()
        })?;
        let mut left = Bits::none(block.rows);
        match field {
            SearchField::Account => {
                left = wanted.clone();
                left.drop_all(&block.present(Column::Field(column))?);
                if !left.is_empty() {
                    self.of_texts(block, &left, Field::UserIdentityAccountId, |_| true)?;
                    self.pairs.sort_unstable();
                }
                left = Bits::none(block.rows);
            }
            SearchField::Event | SearchField::Service => {
                left = block.present(Column::Field(Field::InsightDetails))?;
                if !left.is_empty() {
                    left.keep(wanted);
                    left.drop_all(&block.present(Column::Field(column))?);
                }
            }
            _ => {}
        }
        Ok(left)
    }

    fn of_texts(
        &mut self,
        block: &Block<'_>,
        wanted: &Bits,
        field: Field,
        keeps: impl Fn(&str) -> bool,
    ) -> Result<(), ReadSegmentError> {
        const UNSEEN: u32 = u32::MAX;
        const LEFT_OUT: u32 = u32::MAX - 1;
        let texts = block.texts(Column::Field(field))?;
        let Some(view) = texts.as_ref().and_then(|texts| texts.view()) else { return Ok(()) };
        let mut codes = vec![UNSEEN; view.len()];
        for row in wanted.iter() {
            let Some(code) = view.code(row) else { continue };
            let Some(slot) = codes.get_mut(code) else { continue };
            if *slot == UNSEEN {
                *slot = match view.value(code).filter(|value| keeps(value)) {
                    Some(value) => self.push(value.to_owned()),
                    None => LEFT_OUT,
                };
            }
            if *slot != LEFT_OUT {
                self.pairs.push((row as u32, *slot));
            }
        }
        Ok(())
    }

    fn of_identity(
        &mut self,
        block: &Block<'_>,
        wanted: &Bits,
        field: SearchField,
    ) -> Result<Bits, ReadSegmentError> {
        let is_user = field == SearchField::User;
        let names = if is_user { USER_NAMES } else { ROLE_NAMES };
        let extras = block.extras(names, wanted)?;
        let mut unknown = Bits::none(block.rows);
        let mut left = wanted.clone();
        if is_user {
            left.drop_all(&self.of_principals(block, wanted)?);
        }
        let (mut texts, mut pairs) =
            (std::mem::take(&mut self.texts), std::mem::take(&mut self.pairs));
        // What stands at a path of the record may also stand beside the columns, and then first.
        let derive = |identity: &Identity<'_>| {
            let mut code = None;
            let mut push = |value: &str| {
                texts.push(value.to_owned());
                code = Some((texts.len() - 1) as u32);
                true
            };
            let derived =
                Identity { user_name: None, issuer_user_name: None, issuer_arn: None, ..*identity };
            let is_derived = match is_user {
                true => derived.any_user(&mut push),
                false => derived.any_role(&mut push),
            };
            if !is_derived {
                let _ = match is_user {
                    true => identity.any_user(&mut push),
                    false => identity.any_role(&mut push),
                };
            }
            (code, is_derived)
        };
        let fields = if is_user { USER } else { ROLE };
        for_each_identity(block, fields, &left, derive, |row, (code, is_derived)| {
            if !is_derived && extras.has(row) {
                unknown.insert(row);
            } else if let Some(code) = code {
                pairs.push((row as u32, code));
            }
        })?;
        if left != *wanted {
            pairs.sort_unstable();
        }
        (self.texts, self.pairs) = (texts, pairs);
        Ok(unknown)
    }

    /// Adds the user names that type and principal id tell, without the longer columns; returns the rows
    /// that have one.
    fn of_principals(
        &mut self,
        block: &Block<'_>,
        wanted: &Bits,
    ) -> Result<Bits, ReadSegmentError> {
        let (mut texts, mut pairs) =
            (std::mem::take(&mut self.texts), std::mem::take(&mut self.pairs));
        let mut found = Bits::none(block.rows);
        let derive = |identity: &Identity<'_>| {
            let username = identity.username?;
            texts.push(username.to_owned());
            Some((texts.len() - 1) as u32)
        };
        for_each_identity(block, PRINCIPAL, wanted, derive, |row, code| {
            if let Some(code) = code {
                found.insert(row);
                pairs.push((row as u32, code));
            }
        })?;
        (self.texts, self.pairs) = (texts, pairs);
        Ok(found)
    }

    fn of_path(
        &mut self,
        block: &Block<'_>,
        wanted: &Bits,
        path: &Path,
    ) -> Result<Bits, ReadSegmentError> {
        let names: Vec<&str> = path.0.iter().map(String::as_str).collect();
        let (field, used) = match Place::of(&path.0) {
            Place::Object(_) => return Ok(wanted.clone()),
            Place::Extra(used) => {
                return block.extras(names.get(..used).unwrap_or_default(), wanted);
            }
            Place::Column(field, used) => (field, used),
        };
        let mut unknown = block.extras(names.get(..used).unwrap_or_default(), wanted)?;
        unknown.keep(wanted);
        let mut known = wanted.clone();
        known.drop_all(&unknown);
        let is_whole = used == path.0.len();
        match field.kind() {
            Kind::Json => self.of_json(block, &known, field, path, used)?,
            Kind::Text if is_whole => self.of_texts(block, &known, field, |_| true)?,
            Kind::Bool if is_whole => {
                for value in [true, false] {
                    let mut rows = block.bools(field, value)?;
                    rows.keep(&known);
                    if rows.is_empty() {
                        continue;
                    }
                    let code = self.push(value.to_string());
                    self.pairs.extend(rows.iter().map(|row| (row as u32, code)));
                }
                self.pairs.sort_unstable();
            }
            Kind::Time if is_whole => {
                let times = block.times()?;
                for row in known.iter() {
                    let time = times.get(row).copied().map(Timestamp);
                    if let Some(text) = time.and_then(Timestamp::canonical_text) {
                        let code = self.intern(&text);
                        self.pairs.push((row as u32, code));
                    }
                }
            }
            Kind::Text | Kind::Bool | Kind::Time => {}
        }
        Ok(unknown)
    }

    fn of_json(
        &mut self,
        block: &Block<'_>,
        wanted: &Bits,
        field: Field,
        path: &Path,
        used: usize,
    ) -> Result<(), ReadSegmentError> {
        let texts = block.texts_of(field, wanted)?;
        let Some(view) = texts.as_ref().and_then(|texts| texts.view()) else { return Ok(()) };
        for row in wanted.iter() {
            let Some(json) = view.of_row(row) else { continue };
            let first = self.pairs.len();
            for_each_leaf(json.as_bytes(), path, used, |value| {
                let pair = (row as u32, self.intern(value));
                if !self.pairs.get(first..).unwrap_or_default().contains(&pair) {
                    self.pairs.push(pair);
                }
            });
        }
        Ok(())
    }
}
