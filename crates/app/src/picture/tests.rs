use std::collections::BTreeMap;
use std::path::Path;

use expect_test::expect_file;

use super::*;
use crate::App;
use crate::import::{ImportProgress, ImportSource};
use crate::path::{BlameQuery, Blamed, End, Query};

/// Who took production of the bundled example down, as the answers before and after.
fn story(folder: &Path) -> Blamed {
    let week = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../example/week.tar.gz");
    let app = App::open(&folder.join("db")).unwrap();
    let source = ImportSource::Path(week.display().to_string());
    app.import(&[source], &ImportProgress::default(), &|_| {}).unwrap();
    let end = |text| End::parse(text).unwrap();
    let query = Query::new(end("i-06b03129ac85513bd"), end("203.0.113.10")).port(443);
    app.blame_path(&BlameQuery { query, account_id: None, good: None, bad: None }).unwrap()
}

#[test]
fn the_story_is_drawn_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let blamed = story(folder.path());
    let flip = blamed.culprit().unwrap();
    let (before, after) = blamed.set_by.as_ref().unwrap();
    let drawn = svg("i-06b03129ac85513bd → 203.0.113.10 tcp/443", &flip.after, after);
    expect_file!["golden_after.svg"].assert_eq(&drawn);
    for part in [
        "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
        "<g class=\"hop cause\"><title>set by ReplaceRoute at 2026-09-13T02:47:11Z by IAM user \
         arn:aws:iam::123456789012:user/dave",
        "0.0.0.0/0 → igw-00a225eae009ea54d",
        "prefers-color-scheme: dark",
        "role=\"img\"",
    ] {
        assert!(drawn.contains(part), "no {part} in {drawn}");
    }
    let drawn = inline("t", &flip.before, before, &|id| Some(format!("/events/{id}")));
    let back = drawn.back.unwrap();
    assert!(back.contains("answers arrive") && !back.contains("set by"), "{back}");
    let drawn = drawn.there;
    assert!(!drawn.contains("Way back") && drawn.contains("packets arrive"), "{drawn}");
    assert!(drawn.contains("<a href=\"/events/bd30103a-ff3d-4697-af92-06dfbad44e3d\">"), "{drawn}");
    assert!(!drawn.contains("<style"), "{drawn}");
    hostile(flip.before.clone());
    other_endings(flip);
}

/// What is not known, and what does not come back, ends its way and no other.
fn other_endings(flip: &crate::path::Flip) {
    let draw = |answer| inline("t", answer, &BTreeMap::new(), &|_| None);
    let mut unknown = flip.before.clone();
    unknown.verdict = trailhound_reach::Verdict::Unknown;
    unknown.return_path.clear();
    unknown.missing = (0..6)
        .map(|number| trailhound_reach::Missing {
            resource: format!("rtb-{number}"),
            property: "Routes".to_owned(),
        })
        .collect();
    let drawn = draw(&unknown);
    assert!(drawn.back.is_none() && !drawn.there.contains("packets arrive"), "{}", drawn.there);
    for part in ["class=\"doubt\"", "not known: Routes of rtb-3", "and 2 more", "t: unknown"] {
        assert!(drawn.there.contains(part), "no {part} in {}", drawn.there);
    }
    let mut forward_only = flip.before.clone();
    forward_only.verdict = trailhound_reach::Verdict::ForwardOnly;
    forward_only.return_path.truncate(3);
    forward_only.explanations = flip.after.explanations.clone();
    let drawn = draw(&forward_only);
    let back = drawn.back.unwrap();
    assert!(drawn.there.contains("packets arrive") && !drawn.there.contains("class=\"stop\""));
    assert!(back.contains("class=\"stop\"") && !back.contains("answers arrive"), "{back}");
    let mut nowhere = flip.after.clone();
    nowhere.forward.clear();
    assert!(draw(&nowhere).there.contains("class=\"stop\""));
}

/// Ids and names are text, whatever they hold.
fn hostile(mut answer: trailhound_reach::Answer) {
    const EVIL: &str = "</text><script>alert(1)</script>\u{202e}\u{0}\" onload='x' &amp;";
    for hop in answer.forward.iter_mut().chain(&mut answer.return_path) {
        hop.component.id = EVIL.repeat(20);
        for place in [&mut hop.subnet, &mut hop.vpc].into_iter().flatten() {
            place.id = EVIL.to_owned();
        }
    }
    let event = crate::path::Setter {
        event_id: EVIL.to_owned(),
        event_name: Some(EVIL.to_owned()),
        event_time: None,
        actor: Some(EVIL.to_owned()),
        source_ip_address: None,
    };
    let setter = SetBy { resource: EVIL.to_owned(), path: EVIL.to_owned(), event };
    let set_by: BTreeMap<usize, SetBy> = (1..=20).map(|number| (number, setter.clone())).collect();
    let parts = inline(EVIL, &answer, &set_by, &|id| Some(format!("/events/{id}")));
    let drawn = parts.there + &parts.back.unwrap();
    assert!(
        !drawn.contains("<script") && !drawn.contains("' ") && !drawn.contains('\u{202e}'),
        "{drawn}"
    );
    let tags = drawn
        .split('<')
        .skip(1)
        .filter_map(|part| part.split([' ', '>', '/']).find(|it| !it.is_empty()));
    let known = ["svg", "title", "desc", "rect", "text", "path", "g", "a"];
    for tag in tags {
        assert!(known.contains(&tag), "<{tag} in {drawn}");
    }
    assert!(drawn.len() < 200_000, "{}", drawn.len());
}
