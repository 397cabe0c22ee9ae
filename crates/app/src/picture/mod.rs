//! A path's answer as a picture: an SVG with a card for each hop, one below the other.
//!
//! It is drawn here and not in pages, so that the command line can write it as a file. It loads nothing, has no
//! script, and every text in it is escaped. One column was chosen over two: it is read on a narrow screen too.

mod rows;
mod text;
pub mod words;

use std::collections::BTreeMap;
use std::fmt::Write;

use rows::{Line, Row};
use text::{escaped, lines, seen};
use trailhound_reach::Answer;

use crate::path::SetBy;

/// How the picture looks, light and dark. A page that has pictures loads it once.
pub const STYLE: &str = include_str!("picture.css");

const WIDTH: usize = 440;
const CARD_LEFT: usize = 20;
const CARD_WIDTH: usize = 400;
const TEXT_LEFT: usize = 76;
const BADGE_LEFT: usize = 28;
const BADGE_WIDTH: usize = 40;
/// Between two cards.
const GAP: usize = 12;
/// Within a card, above and below its texts.
const PAD: usize = 7;
/// The label of a subnet's frame.
const LABEL: usize = 18;

/// Draws an answer as a file of its own.
///
/// Shape: `set_by` has a hop's number as its key, as in [`PathFound`](crate::path::PathFound); one more than
/// the last hop of the way there stands for what stopped the packets.
pub fn svg(title: &str, answer: &Answer, set_by: &BTreeMap<usize, SetBy>) -> String {
    let (there, back) = rows::rows(answer, set_by);
    let name = format!("{title}: {}", words::verdict(answer));
    let mut drawing = Drawing::new(&|_| None);
    for line in lines(&name, 50) {
        drawing.words("head", CARD_LEFT, &line);
    }
    drawing.part("Way there", &there);
    drawing.part("Way back", &back);
    drawing.finish(
        &name,
        &(description("Way there", &there) + &description("Way back", &back)),
        Some(STYLE),
    )
}

/// A picture in two parts, for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The way there.
    pub there: String,
    /// The way back, where it was walked.
    pub back: Option<String>,
}

/// Draws an answer for a page that has [`STYLE`]; `event_href` says where an event's page is.
pub fn inline(
    title: &str,
    answer: &Answer,
    set_by: &BTreeMap<usize, SetBy>,
    event_href: &dyn Fn(&str) -> Option<String>,
) -> Parts {
    let (there, back) = rows::rows(answer, set_by);
    let draw = |way: &str, rows: &[Row]| {
        let name = format!("{title}: {}: {way}", words::verdict(answer));
        let mut drawing = Drawing::new(event_href);
        drawing.part(way, rows);
        drawing.finish(&name, &description(way, rows), None)
    };
    let back_rows = Some(back).filter(|rows| !rows.is_empty());
    Parts { there: draw("Way there", &there), back: back_rows.map(|rows| draw("Way back", &rows)) }
}

struct Drawing<'a> {
    out: String,
    /// How far down it is drawn.
    y: usize,
    event_href: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Drawing<'a> {
    fn new(event_href: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { out: String::new(), y: 8, event_href }
    }

    fn finish(self, name: &str, told: &str, style: Option<&str>) -> String {
        let height = self.y + 8;
        let style = style.map(|style| format!("<style>{style}</style>")).unwrap_or_default();
        // An image's parts are hidden from who does not see; links must not be.
        let role = if style.is_empty() { "group" } else { "img" };
        let (name, told) = (escaped(&seen(name)), escaped(&seen(told)));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"th-path\" role=\"{role}\" aria-label=\"{name}\" \
             width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">{style}\
             <title>{name}</title><desc>{told}</desc>\
             <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>{}</svg>",
            self.out
        )
    }

    fn words(&mut self, class: &str, x: usize, text: &str) {
        let y = self.y + 12;
        let _ = write!(
            self.out,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
            escaped(text)
        );
        self.y += 16;
    }

    fn part(&mut self, title: &str, rows: &[Row]) {
        if rows.is_empty() {
            return;
        }
        self.y += 8;
        self.words("part", CARD_LEFT, title);
        self.y += 4;
        let mut rest = rows;
        let mut is_first = true;
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|row| row.subnet == first.subnet).count();
            let (group, later) = rest.split_at(same.max(1));
            rest = later;
            match &first.subnet {
                Some(subnet) => self.frame(subnet, first.vpc.as_deref(), group, is_first),
                None => self.cards(group, is_first),
            }
            is_first = false;
        }
    }

    /// The cards of one subnet, in a frame that says so.
    fn frame(&mut self, subnet: &str, vpc: Option<&str>, rows: &[Row], is_first: bool) {
        if !is_first {
            self.wire(GAP);
        }
        let heights: usize = rows.iter().map(|row| height(row) + GAP).sum();
        let (y, height) = (self.y, LABEL + heights);
        let x = CARD_LEFT - 12;
        let width = CARD_WIDTH + 24;
        let _ = write!(
            self.out,
            "<rect class=\"frame\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>"
        );
        let vpc = vpc.map(|vpc| format!(" in {vpc}")).unwrap_or_default();
        if let Some(line) = lines(&format!("{subnet}{vpc}"), 62).first() {
            self.words("place", CARD_LEFT, line);
        }
        self.y = y + LABEL;
        self.cards(rows, true);
        self.y = y + height;
    }

    fn cards(&mut self, rows: &[Row], is_first: bool) {
        for (index, row) in rows.iter().enumerate() {
            if index > 0 || !is_first {
                self.wire(GAP);
            }
            self.card(row);
        }
    }

    /// The line from one card to the next, with a head.
    fn wire(&mut self, length: usize) {
        let x = BADGE_LEFT + BADGE_WIDTH / 2;
        let (start, end) = (self.y, self.y + length);
        let (left, right, head) = (x - 4, x + 4, end.saturating_sub(5));
        let _ = write!(
            self.out,
            "<path class=\"wire\" d=\"M{x} {start}V{end}M{left} {head}L{x} {end}L{right} {head}\"/>"
        );
        self.y = end;
    }

    fn card(&mut self, row: &Row) {
        let (y, height) = (self.y, height(row));
        let class = row.look.class();
        let _ = write!(self.out, "<g class=\"{class}\">");
        if !row.tip.is_empty() {
            let _ = write!(self.out, "<title>{}</title>", escaped(&seen(&row.tip)));
        }
        let (badge_y, mark_x, mark_y) = (y + PAD - 1, BADGE_LEFT + BADGE_WIDTH / 2, y + PAD + 12);
        let _ = write!(
            self.out,
            "<rect class=\"card\" x=\"{CARD_LEFT}\" y=\"{y}\" width=\"{CARD_WIDTH}\" height=\"{height}\" \
             rx=\"6\"/><rect class=\"badge\" x=\"{BADGE_LEFT}\" y=\"{badge_y}\" width=\"{BADGE_WIDTH}\" \
             height=\"18\" rx=\"4\"/><text class=\"mark\" x=\"{mark_x}\" y=\"{mark_y}\">{}</text>",
            escaped(row.mark)
        );
        self.y = y + PAD;
        for line in &row.lines {
            self.line(line);
        }
        self.out.push_str("</g>");
        self.y = y + height;
    }

    fn line(&mut self, line: &Line) {
        let href = line.event_id.as_deref().and_then(|id| (self.event_href)(id));
        for text in wrapped(line) {
            if let Some(href) = &href {
                let _ = write!(self.out, "<a href=\"{}\">", escaped(&seen(href)));
            }
            self.words(line.class, TEXT_LEFT, &text);
            if href.is_some() {
                self.out.push_str("</a>");
            }
        }
    }
}

fn wrapped(line: &Line) -> Vec<String> {
    // So many columns of the class's font fit into a card.
    let columns = match line.class {
        "id" => 46,
        "code" => 50,
        "say" => 48,
        _ => 54,
    };
    lines(&line.text, columns)
}

fn height(row: &Row) -> usize {
    let count: usize = row.lines.iter().map(|line| wrapped(line).len()).sum();
    count.max(1) * 16 + 2 * PAD
}

/// A way in text, for whoever does not see the picture.
fn description(way: &str, rows: &[Row]) -> String {
    let row =
        |row: &Row| row.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(", ");
    match rows {
        [] => String::new(),
        rows => format!("{way}: {}. ", rows.iter().map(row).collect::<Vec<_>>().join("; ")),
    }
}

#[cfg(test)]
mod tests;
