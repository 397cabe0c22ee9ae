//! A query made ready to be asked of columns.

use trailhound_record::Timestamp;
use trailhound_record::field::{Field, Kind};
use trailhound_search::column::{ColumnTest, TextTest};
use trailhound_search::{Expr, Flag, Path, Query, SearchField, Term, Test};
use trailhound_store::ReadSegmentError;

use crate::columnar::bits::{Bits, RowMask};
use crate::columnar::block::Block;
use crate::columnar::place::Place;

/// A query, for the columns of many blocks.
#[derive(Debug, Clone)]
pub(crate) struct ColumnQuery {
    query: Query,
    plan: Plan,
}

#[derive(Debug, Clone)]
pub(crate) enum Plan {
    All,
    And(Vec<Plan>),
    Or(Vec<Plan>),
    Not(Box<Plan>),
    Text(TextTest),
    Field(SearchField, ColumnTest),
    Path(PathPlan),
    Is(Flag),
    Since(Timestamp),
    Until(Timestamp),
}

/// A path, with where it leads, and its test.
#[derive(Debug, Clone)]
pub(crate) struct PathPlan {
    pub(crate) path: Path,
    pub(crate) place: Place,
    pub(crate) test: ColumnTest,
    pub(crate) is_exists: bool,
}

impl ColumnQuery {
    pub(crate) fn new(query: &Query) -> Self {
        Self { plan: Plan::new(query.expr()), query: query.clone() }
    }

    /// What the columns say about the rows of `wanted`; the others may be anything.
    pub(crate) fn mask(
        &self,
        block: &Block<'_>,
        wanted: &Bits,
    ) -> Result<RowMask, ReadSegmentError> {
        self.plan.mask(block, wanted)
    }

    /// The rows of `wanted` that match: those that the columns leave open are read.
    pub(crate) fn resolve(
        &self,
        block: &Block<'_>,
        wanted: &Bits,
    ) -> Result<Bits, ReadSegmentError> {
        let mask = self.mask(block, wanted)?;
        let mut unknown = mask.unknown();
        unknown.keep(wanted);
        let mut found = mask.yes;
        found.keep(wanted);
        if !unknown.is_empty() {
            for (row, event) in block.events(&unknown)? {
                if self.query.matches(&event) {
                    found.insert(row);
                }
            }
        }
        Ok(found)
    }
}

impl Plan {
    fn new(expr: &Expr) -> Self {
        // The cheap parts first: they leave fewer rows for the others.
        let sorted = |parts: &[Expr]| {
            let mut parts: Vec<Self> = parts.iter().map(Self::new).collect();
            parts.sort_by_key(Self::cost);
            parts
        };
        match expr {
            Expr::All => Self::All,
            Expr::And(parts) => Self::And(sorted(parts)),
            Expr::Or(parts) => Self::Or(sorted(parts)),
            Expr::Not(part) => Self::Not(Box::new(Self::new(part))),
            Expr::Term(term) => Self::of_term(term),
        }
    }

    fn of_term(term: &Term) -> Self {
        match term {
            Term::Text(pattern) => Self::Text(TextTest::new(pattern)),
            Term::Field(field, test) => Self::Field(*field, ColumnTest::of_field(*field, test)),
            Term::Path(path, test) => Self::Path(PathPlan {
                place: Place::of(&path.0),
                path: path.clone(),
                test: ColumnTest::of_path(test),
                is_exists: *test == Test::Exists,
            }),
            Term::Is(flag) => Self::Is(*flag),
            Term::Since(at) => Self::Since(*at),
            Term::Until(at) => Self::Until(*at),
        }
    }

    /// How much there is to read, roughly.
    fn cost(&self) -> u32 {
        match self {
            Self::All | Self::Since(_) | Self::Until(_) => 0,
            Self::Is(_) => 1,
            Self::Field(SearchField::User | SearchField::Role, _) => 3,
            Self::Field(SearchField::Resource | SearchField::Type, _) => 7,
            Self::Field(..) => 2,
            Self::Path(path) => match path.place {
                Place::Column(field, _) if field.kind() != Kind::Json => 2,
                Place::Column(Field::RequestParameters | Field::ResponseElements, _) => 5,
                Place::Column(..) | Place::Extra(_) => 4,
                Place::Object(_) => 6,
            },
            Self::Text(_) => 8,
            Self::Not(part) => part.cost(),
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().map(Self::cost).max().unwrap_or_default()
            }
        }
    }

    fn mask(&self, block: &Block<'_>, wanted: &Bits) -> Result<RowMask, ReadSegmentError> {
        Ok(match self {
            Self::All => RowMask::exact(wanted.clone()),
            Self::And(parts) => {
                let mut mask = RowMask::exact(wanted.clone());
                for part in parts {
                    if mask.may.is_empty() {
                        break;
                    }
                    let left = mask.may.clone();
                    mask.and(&part.mask(block, &left)?);
                }
                mask
            }
            Self::Or(parts) => {
                let mut mask = RowMask::exact(Bits::none(block.rows));
                let mut left = wanted.clone();
                for part in parts {
                    if left.is_empty() {
                        break;
                    }
                    let mut found = part.mask(block, &left)?;
                    found.yes.keep(&left);
                    found.may.keep(&left);
                    mask.or(&found);
                    left.drop_all(&mask.yes);
                }
                mask
            }
            Self::Not(part) => part.mask(block, wanted)?.not(),
            Self::Text(test) => super::mask::of_text(block, wanted, test)?,
            Self::Field(field, test) => super::mask::of_field(block, wanted, *field, test)?,
            Self::Path(path) => super::mask::of_path(block, wanted, path)?,
            Self::Is(flag) => super::mask::of_flag(block, wanted, *flag)?,
            Self::Since(at) => super::mask::of_times(block, wanted, |time| time >= at.0)?,
            Self::Until(at) => super::mask::of_times(block, wanted, |time| time < at.0)?,
        })
    }
}
