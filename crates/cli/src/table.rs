//! Tables that fit the terminal and are printed as their rows come.

use crate::text::{cut, visible, width};

/// The cells between two columns.
const GAP: usize = 2;

/// A column: its title, the width below which it is dropped rather than cut, and which columns go
/// first (the highest number; 0 never goes).
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) cells_min: usize,
    pub(crate) drop_order: u8,
}

impl Column {
    /// Columns by title, least width and drop order.
    pub(crate) fn all(titles: &[(&str, usize, u8)]) -> Vec<Self> {
        let column = |&(title, cells_min, drop_order): &(&str, usize, u8)| Self {
            title: title.to_owned(),
            cells_min,
            drop_order,
        };
        titles.iter().map(column).collect()
    }
}

/// A laid out table: which columns are shown, and how wide.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The index of each column shown, and its width.
    columns: Vec<(usize, usize)>,
    /// Whether cells are cut: only where there is a width to fit.
    cuts: bool,
}

impl Layout {
    /// Fits `columns` to `cells`, measured on the first `rows`; with no limit, nothing is cut.
    pub(crate) fn fit(columns: &[Column], rows: &[Vec<String>], cells: Option<usize>) -> Self {
        let natural = |index: usize, column: &Column| {
            let widest =
                rows.iter().filter_map(|row| row.get(index)).map(|cell| width(&visible(cell)));
            widest.max().unwrap_or(0).max(width(&column.title))
        };
        let mut shown: Vec<_> = columns
            .iter()
            .enumerate()
            .map(|(index, column)| (index, natural(index, column), column))
            .collect();
        let Some(cells) = cells else {
            let columns = shown.iter().map(|&(index, natural, _)| (index, natural)).collect();
            return Self { columns, cuts: false };
        };
        let gaps = |count: usize| GAP * count.saturating_sub(1);
        while shown
            .iter()
            .map(|(_, natural, column)| (*natural).min(column.cells_min))
            .sum::<usize>()
            + gaps(shown.len())
            > cells
        {
            let Some(place) = (0..shown.len())
                .filter(|&place| {
                    shown.get(place).is_some_and(|(_, _, column)| column.drop_order > 0)
                })
                .max_by_key(|&place| shown.get(place).map(|(_, _, column)| column.drop_order))
            else {
                break;
            };
            shown.remove(place);
        }
        while shown.iter().map(|(_, width, _)| width).sum::<usize>() + gaps(shown.len()) > cells {
            let Some((_, width, _)) = shown
                .iter_mut()
                .filter(|(_, width, column)| *width > column.cells_min)
                .max_by_key(|(_, width, _)| *width)
            else {
                break;
            };
            *width -= 1;
        }
        let columns = shown.iter().map(|&(index, width, _)| (index, width)).collect();
        Self { columns, cuts: true }
    }

    /// Whether the column at `index` is shown.
    pub(crate) fn shows(&self, index: usize) -> bool {
        self.columns.iter().any(|&(shown, _)| shown == index)
    }

    /// One line: the row's cells, made visible, cut, padded, then painted by `paint(column, text)`.
    pub(crate) fn line(&self, row: &[String], paint: impl Fn(usize, &str) -> String) -> String {
        let mut out = String::new();
        let mut owed = 0;
        for &(index, cells) in &self.columns {
            let cell = visible(row.get(index).map(String::as_str).unwrap_or_default());
            let cell = if self.cuts { cut(&cell, cells) } else { cell };
            if !cell.is_empty() {
                out.extend(std::iter::repeat_n(' ', owed));
                owed = 0;
                out.push_str(&paint(index, &cell));
            }
            // Padding is written only before the next text: no line ends in blanks.
            owed += cells.saturating_sub(width(&cell)) + GAP;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn columns() -> Vec<Column> {
        let column = |title: &str, cells_min, drop_order| Column {
            title: title.to_owned(),
            cells_min,
            drop_order,
        };
        vec![column("time", 5, 0), column("user", 6, 0), column("region", 9, 1), column("id", 8, 2)]
    }

    fn draw(rows: &[Vec<String>], cells: Option<usize>) -> String {
        let layout = Layout::fit(&columns(), rows, cells);
        let titles: Vec<_> = columns().into_iter().map(|column| column.title).collect();
        let lines: Vec<_> = std::iter::once(&titles)
            .chain(rows)
            .map(|row| layout.line(row, |_, text| text.to_owned()))
            .collect();
        lines.join("\n")
    }

    fn check(cells: Option<usize>, expect: Expect) {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["10:00", "alice", "us-east-1", "aaaa-bbbb"]),
            row(["10:01", "a-very-long-session-name", "", "cccc-dddd"]),
        ];
        expect.assert_eq(&draw(&rows, cells));
    }

    #[test]
    fn without_a_width_nothing_is_cut() {
        check(
            None,
            expect![[r#"
                time   user                      region     id
                10:00  alice                     us-east-1  aaaa-bbbb
                10:01  a-very-long-session-name             cccc-dddd"#]],
        );
    }

    #[test]
    fn the_widest_column_is_cut_first() {
        check(
            Some(45),
            expect![[r#"
                time   user              region     id
                10:00  alice             us-east-1  aaaa-bbbb
                10:01  a-very-long-ses…             cccc-dddd"#]],
        );
    }

    #[test]
    fn where_cutting_is_not_enough_columns_go() {
        check(
            Some(30),
            expect![[r#"
                time   user          region
                10:00  alice         us-east-1
                10:01  a-very-long…"#]],
        );
        check(
            Some(14),
            expect![[r#"
                time   user
                10:00  alice
                10:01  a-very…"#]],
        );
    }

    proptest! {
        /// Whatever the cells hold, no line is wider than the terminal.
        #[test]
        fn lines_fit(
            rows in prop::collection::vec(prop::collection::vec(any::<String>(), 4), 0..5),
            cells in 13_usize..100,
        ) {
            for line in draw(&rows, Some(cells)).lines() {
                prop_assert!(width(line) <= cells, "{line:?} is wider than {cells}");
            }
        }
    }
}
