use super::*;
use expect_test::{Expect, expect};
use trailhound_app::lookup::Coverage;
use trailhound_record::Event;

fn event(record: &str) -> Event {
    Event::parse(record.as_bytes().to_vec(), 0).unwrap()
}

fn count_one(value: &str) -> Count {
    Count { value: value.to_owned(), events: 1 }
}

fn input(query: &str, records: &[&str]) -> HistoryInput {
    let events: Vec<Event> = records.iter().map(|record| event(record)).collect();
    HistoryInput {
        state: parse_query(query).state,
        problems: Vec::new(),
        columns: Vec::new(),
        actors: Vec::new(),
        newest: None,
        whole: Query::parse("event:Stop* -is:read", Timestamp(0)).ok(),
        stats: Stats {
            events: 1_234,
            accounts: vec![count_one("123456789012")],
            regions: vec![count_one("us-east-1")],
            oldest: Timestamp::parse("2023-07-10T00:00:00Z"),
            newest: Timestamp::parse("2023-07-10T12:00:00Z"),
            ..Stats::default()
        },
        answer: Some(LookupPage {
            events,
            next: None,
            coverage: Coverage {
                events_in_range: 1_234,
                events_examined: 1,
                events_skipped: 0,
                ..Coverage::default()
            },
        }),
        db: "/srv/trail hound".to_owned(),
    }
}

fn html(input: &HistoryInput) -> String {
    HistoryPage::new(input).render().unwrap()
}

/// The part of `html` from `start` to `end`, both included, a tag a line.
fn part(html: &str, start: &str, end: &str) -> String {
    let (_, rest) = html.split_once(start).unwrap_or_else(|| panic!("no {start} in {html}"));
    let (inside, _) = rest.split_once(end).unwrap();
    format!("{start}{inside}{end}").replace("><", ">\n<")
}

/// Checks the table row of one record, under the filter of `query`.
fn check_row(query: &str, record: &str, expect: Expect) {
    let html = html(&input(query, &[record]));
    let rows = part(&html, "<tbody id=\"rows\">", "</tbody>");
    expect.assert_eq(&part(&rows, "<tr", "</tr>"));
}

const RUN_INSTANCES: &str = r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::123456789012:user/alice","accountId":"123456789012","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"alice"},"eventTime":"2023-07-10T12:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"StopInstances","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.13","errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized.","requestParameters":{"instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0"}]}},"responseElements":null,"requestID":"r-1","eventID":"11111111-2222-3333-4444-555555555555","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","eventCategory":"Management"}"#;

#[test]
fn a_row_links_to_its_event_and_narrows_by_its_values() {
    check_row(
        "username=alice",
        RUN_INSTANCES,
        expect![[r#"
            <tr class="is-write is-failed">
            <td class="time">
            <a class="open" href="/events/11111111-2222-3333-4444-555555555555?q=user%3Aalice" aria-label="Open StopInstances at 2023-07-10 12:00:00">
            <time datetime="2023-07-10T12:00:00Z" title="2023-07-10 12:00:00 UTC">2023-07-10 12:00:00</time>
            </a>
            </td>

            <td class="name">
            <a class="v" href="/?q=user%3Aalice+event%3AStopInstances" title="Only event:StopInstances; Alt-click filters out" data-not="/?q=user%3Aalice+-event%3AStopInstances">StopInstances</a> <span class="tag write" title="readOnly is false">write</span> <span class="tag error">
            <a class="v" href="/?q=user%3Aalice+error%3AClient.UnauthorizedOperation" title="Only error:Client.UnauthorizedOperation; Alt-click filters out" data-not="/?q=user%3Aalice+-error%3AClient.UnauthorizedOperation">Client.UnauthorizedOperation</a>
            </span>
            </td>
            <td class="user">
            <span class="v">alice</span>
            <span class="sub">
            <a class="v" href="/?q=user%3Aalice+key%3AAKIAIOSFODNN7EXAMPLE" title="Only key:AKIAIOSFODNN7EXAMPLE; Alt-click filters out" data-not="/?q=user%3Aalice+-key%3AAKIAIOSFODNN7EXAMPLE">AKIAIOSFODNN7EXAMPLE</a>
            </span>
            </td>
            <td class="ip">
            <a class="v" href="/?q=user%3Aalice+ip%3A198.51.100.7" title="Only ip:198.51.100.7; Alt-click filters out" data-not="/?q=user%3Aalice+-ip%3A198.51.100.7">198.51.100.7</a>
            </td>
            <td class="source">
            <a class="v" href="/?q=user%3Aalice+service%3Aec2.amazonaws.com" title="Only service:ec2.amazonaws.com; Alt-click filters out" data-not="/?q=user%3Aalice+-service%3Aec2.amazonaws.com">ec2.amazonaws.com</a>
            </td>
            <td class="resources">
            <a class="v" href="/?q=user%3Aalice+resource%3Ai-0123456789abcdef0" title="Only resource:i-0123456789abcdef0; Alt-click filters out" data-not="/?q=user%3Aalice+-resource%3Ai-0123456789abcdef0">i-0123456789abcdef0</a> </td>
            </tr>"#]],
    );
}

#[test]
fn an_event_without_an_id_shows_its_record_in_the_row() {
    check_row(
        "",
        r#"{"eventName":"Odd","eventTime":"never","readOnly":true}"#,
        expect![[r#"
            <tr class="">
            <td class="time">no readable time</td>

            <td class="name">
            <a class="v" href="/?q=event%3AOdd" title="Only event:Odd; Alt-click filters out" data-not="/?q=-event%3AOdd">Odd</a>
            <details>
            <summary>Record (no event ID)</summary>
            <pre>{&#34;eventName&#34;:&#34;Odd&#34;,&#34;eventTime&#34;:&#34;never&#34;,&#34;readOnly&#34;:true}</pre>
            </details>
            </td>
            <td class="user">
            <span class="none">not stated</span>
            </td>
            <td class="ip">
            </td>
            <td class="source">
            </td>
            <td class="resources">
            </td>
            </tr>"#]],
    );
}

const HOSTILE: &str = r#"{"eventID":"../\"><script>alert(1)</script>","eventName":"<script>alert(1)</script>","eventSource":"javascript:alert(1)","eventTime":"2023-07-10T12:00:00Z","sourceIPAddress":"\" onmouseover=alert(1) x=\"","awsRegion":"\u202egnp.exe","errorCode":"'><img src=x onerror=alert(1)>","userAgent":"a\u0000b","userIdentity":{"type":"IAMUser","userName":"</td></tr>{{7*7}}\u0007","accessKeyId":"a&b=c#d"}}"#;

#[test]
fn hostile_values_are_text() {
    check_row(
        "",
        HOSTILE,
        expect![[r#"
            <tr class=" is-failed">
            <td class="time">
            <a class="open" href="/events/..%2F%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E" aria-label="Open &#60;script&#62;alert(1)&#60;/script&#62; at 2023-07-10 12:00:00">
            <time datetime="2023-07-10T12:00:00Z" title="2023-07-10 12:00:00 UTC">2023-07-10 12:00:00</time>
            </a>
            </td>

            <td class="name">
            <a class="v" href="/?q=event%3A%22%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22" title="Only event:&#34;&#60;script&#62;alert(1)&#60;/script&#62;&#34;; Alt-click filters out" data-not="/?q=-event%3A%22%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22">&#60;script&#62;alert(1)&#60;/script&#62;</a> <span class="tag error">
            <a class="v" href="/?q=error%3A%22%27%3E%3Cimg+src%3Dx+onerror%3Dalert%281%29%3E%22" title="Only error:&#34;&#39;&#62;&#60;img src=x onerror=alert(1)&#62;&#34;; Alt-click filters out" data-not="/?q=-error%3A%22%27%3E%3Cimg+src%3Dx+onerror%3Dalert%281%29%3E%22">&#39;&#62;&#60;img src=x onerror=alert(1)&#62;</a>
            </span>
            </td>
            <td class="user">
            <a class="v" href="/?q=user%3A%22%3C%2Ftd%3E%3C%2Ftr%3E%7B%7B7*7%7D%7D%07%22" title="Only user:&#34;&#60;/td&#62;&#60;/tr&#62;{{7*7}}⟨U+0007⟩&#34;; Alt-click filters out" data-not="/?q=-user%3A%22%3C%2Ftd%3E%3C%2Ftr%3E%7B%7B7*7%7D%7D%07%22">&#60;/td&#62;&#60;/tr&#62;{{7*7}}⟨U+0007⟩</a>
            <span class="sub">
            <a class="v" href="/?q=key%3A%22a%26b%3Dc%23d%22" title="Only key:&#34;a&#38;b=c#d&#34;; Alt-click filters out" data-not="/?q=-key%3A%22a%26b%3Dc%23d%22">a&#38;b=c#d</a>
            </span>
            </td>
            <td class="ip">
            <a class="v" href="/?q=ip%3A%22%5C%22+onmouseover%3Dalert%281%29+x%3D%5C%22%22" title="Only ip:&#34;\&#34; onmouseover=alert(1) x=\&#34;&#34;; Alt-click filters out" data-not="/?q=-ip%3A%22%5C%22+onmouseover%3Dalert%281%29+x%3D%5C%22%22">&#34; onmouseover=alert(1) x=&#34;</a>
            </td>
            <td class="source">
            <a class="v" href="/?q=service%3A%22javascript%3Aalert%281%29%22" title="Only service:&#34;javascript:alert(1)&#34;; Alt-click filters out" data-not="/?q=-service%3A%22javascript%3Aalert%281%29%22">javascript:alert(1)</a>
            </td>
            <td class="resources">
            </td>
            </tr>"#]],
    );
}

#[test]
fn hostile_filters_are_text() {
    let mut hostile = input(
        "q=%3Cscript%3E%22%27&username=%E2%80%AEevil&event_name=%00&before=%3Cb%3E",
        &[HOSTILE],
    );
    hostile.problems =
        vec![FilterProblem::Said("There is no filter `<script>\u{202e}`.".to_owned())];
    hostile.stats.accounts = vec![count_one("<b>"), count_one("\"'")];
    let html = html(&hostile);
    for forbidden in
        ["<script>", "<b>evil", "<img src=x", "\"'", "\0", "onmouseover=alert(1) x=\"\""]
    {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    // The one place of a direction mark is the query bar, which must send it back.
    assert_eq!(html.matches('\u{202e}').count(), 1);
    assert!(html.contains("\u{202e}evil&#34;"));
    assert!(html.contains("⟨U+202E⟩"));
}

#[test]
fn links_are_ours_only() {
    let html = html(&input("", &[HOSTILE, RUN_INSTANCES]));
    let mut links = 0;
    for address in html.split("href=\"").skip(1) {
        assert!(address.starts_with(['/', '#']) && !address.starts_with("//"), "{address}");
        links += 1;
    }
    assert!(links > 20);
}

#[test]
fn nothing_needs_an_inline_script_or_style() {
    let html = html(&input("", &[RUN_INSTANCES]));
    for forbidden in
        ["<style", " style=", " onclick", " onload", "<script>", "hx-on", "hx-vals=\"js"]
    {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn a_partial_answer_says_so() {
    let mut partial = input("", &[RUN_INSTANCES]);
    partial.answer.as_mut().unwrap().coverage.unreadable =
        (0..12).map(|n| format!("segment {n}: <checksum>")).collect();
    let html = html(&partial);
    assert!(html.contains("This answer is partial: 12 segments could not be read."));
    assert!(html.contains("segment 0: &#60;checksum&#62;"));
    assert!(html.contains("and 2 more"));
}

#[test]
fn a_partial_answer_without_events_says_so_too() {
    let mut partial = input("", &[]);
    partial.answer.as_mut().unwrap().coverage.unreadable = vec!["segment 0".to_owned()];
    assert!(html(&partial).contains("This answer is partial: 1 segment could not be read."));
}

#[test]
fn an_empty_store_names_the_command() {
    let mut empty = input("", &[]);
    empty.stats = Stats::default();
    expect![[r#"
        <section class="empty">
        <h2>No events yet</h2>
        <p>The store is empty. Import CloudTrail log files, a folder or an archive:</p>
        <pre id="import-command">trailhound --db &#39;/srv/trail hound&#39; import PATH</pre>

        </section>"#]]
    .assert_eq(&part(&html(&empty), "<section class=\"empty\">", "</section>"));
}

#[test]
fn no_match_names_the_conditions_to_drop() {
    expect![[r#"
        <section class="empty">
        <h2>No event matches</h2>
        <p>Looked through 1,234 events, reading 1 record.</p>

        <ul>
        <li>
        <a class="v" href="/?range=newest-7d">Drop user:&#34;alice &#34;</a>
        </li>
        <li>
        <a class="v" href="/?q=user%3A%22alice+%22">Drop Time 7 days before the newest event</a>
        </li>
        <li>
        <a class="v" href="/">Show all events</a>
        </li>
        </ul>
        </section>"#]]
    .assert_eq(&part(
        &html(&input("username=alice+&range=newest-7d", &[])),
        "<section class=\"empty\">",
        "</section>",
    ));
}

#[test]
fn a_filter_that_cannot_be_followed_shows_no_event() {
    let mut bad = input("range=5y", &[]);
    bad.answer = None;
    bad.problems = vec![FilterProblem::Said("There is no time range `5y`.".to_owned())];
    let html = html(&bad);
    assert!(html.contains("This filter cannot be followed, so no event is shown."));
    assert!(!html.contains("No event matches"));
    assert!(!html.contains("<table"));
}

#[test]
fn older_events_are_one_link_away() {
    let mut first = input("username=alice", &[RUN_INSTANCES]);
    let next = Position {
        event_time_micros: 1,
        event_key: "k".to_owned(),
        account_id: String::new(),
        conflict: 0,
    };
    first.answer.as_mut().unwrap().next = Some(next.clone());
    let page = HistoryPage::new(&first);
    let href = page.table.unwrap().older_href.unwrap();
    let parsed = parse_query(href.strip_prefix("/?").unwrap());
    assert_eq!(parsed.state.before, Some(next));
    assert_eq!(parsed.state.filter, first.state.filter);
}

#[test]
fn account_and_region_show_when_there_are_several() {
    let mut several = input("", &[RUN_INSTANCES]);
    assert!(!html(&several).contains("class=\"place\""));
    several.stats.regions.push(count_one("eu-west-1"));
    assert!(html(&several).contains("class=\"place\""));
}

#[test]
fn the_form_shows_the_filter() {
    let html = html(&input("read_only=false&range=7d&compare=x&from=", &[RUN_INSTANCES]));
    for expected in [
        "value=\"is:write\"",
        "<option value=\"7d\" selected",
        "<input type=\"hidden\" name=\"compare\" value=\"x\">",
        "href=\"/compare?a=x&#38;b=11111111-2222-3333-4444-555555555555\"",
    ] {
        assert!(html.contains(expected), "{expected}");
    }
}

#[test]
fn an_error_of_the_search_is_shown_at_its_place() {
    let mut bad = input("q=event:x+usr:%3Cb%3E&range=7d", &[]);
    bad.answer = None;
    bad.problems = bad.state.filter.asked(Timestamp(0), None).unwrap_err();
    expect![[r#"
        <div class="problem" id="q-problem" role="alert">
        <pre>event:x usr:&#60;b&#62;
                ^^^
        there is no field `usr`; did you mean `user:`?</pre>
        <p>Search for <a class="v" href="/?q=event%3Ax+user%3A%3Cb%3E&#38;range=7d">event:x user:&#60;b&#62;</a>
        </p>
        </div>"#]].assert_eq(&part(&html(&bad), "<div class=\"problem\"", "</div>"));
}

#[test]
fn columns_that_are_asked_for_take_the_place_of_the_usual_ones() {
    let mut wide = input("columns=user,requestParameters.instancesSet", &[RUN_INSTANCES]);
    let mut problems = Vec::new();
    wide.columns = columns_of(&wide.state.filter, &mut problems);
    assert_eq!(problems, []);
    let html = html(&wide);
    expect![[r#"
        <thead>
        <tr>
        <th scope="col">From (UTC)</th>
        <th scope="col">Events</th>
        </tr>
        </thead>"#]]
    .assert_eq(&part(&html, "<thead>", "</thead>"));
    expect![[r#"
        <tbody id="rows">
        <tr class="is-write is-failed">
        <td class="time">
        <a class="open" href="/events/11111111-2222-3333-4444-555555555555?columns=user%2CrequestParameters.instancesSet" aria-label="Open StopInstances at 2023-07-10 12:00:00">
        <time datetime="2023-07-10T12:00:00Z" title="2023-07-10 12:00:00 UTC">2023-07-10 12:00:00</time>
        </a>
        </td>
        <td class="cell">
        <a class="v" href="/?q=user%3Aalice&#38;columns=user%2CrequestParameters.instancesSet" title="Only user:alice; Alt-click filters out" data-not="/?q=-user%3Aalice&#38;columns=user%2CrequestParameters.instancesSet">alice</a> </td>
        <td class="cell">
        <a class="v" href="/?q=requestParameters.instancesSet%3Ai-0123456789abcdef0&#38;columns=user%2CrequestParameters.instancesSet" title="Only requestParameters.instancesSet:i-0123456789abcdef0; Alt-click filters out" data-not="/?q=-requestParameters.instancesSet%3Ai-0123456789abcdef0&#38;columns=user%2CrequestParameters.instancesSet">i-0123456789abcdef0</a> </td>

        </tr>
        </tbody>"#]].assert_eq(&part(&html, "<tbody id=\"rows\">", "</tbody>"));
}

#[test]
fn the_days_are_a_list_until_the_histogram_is_there() {
    let mut days = input("username=alice&range=7d&before=x", &[RUN_INSTANCES]);
    let day = |value: &str, events| Count { value: value.to_owned(), events };
    days.stats.days = vec![day("2023-07-10", 1_233), day("2023-07-13", 1)];
    expect![[r##"
        <figure class="days" id="days">
        <figcaption>
        <span>
        <b>Events per day</b> All events in the store</span> <span id="days-at" aria-hidden="true">Click a bar or drag over bars</span>
        </figcaption>
        <div id="days-plot" role="img" aria-label="Events over time; the list below has the numbers." data-buckets="" data-seconds="86400">
        </div>
        <details>
        <summary>Events per day as a list</summary>
        <div class="list">
        <table>
        <thead>
        <tr>
        <th scope="col">From (UTC)</th>
        <th scope="col">Events</th>
        </tr>
        </thead>
        <tbody>
        <tr>
        <th scope="row">
        <a href="/?q=user%3Aalice&#38;from=2023-07-13&#38;until=2023-07-13">2023-07-13</a>
        </th>
        <td>1</td>
        </tr>
        <tr>
        <th scope="row">
        <a href="/?q=user%3Aalice&#38;from=2023-07-10&#38;until=2023-07-10">2023-07-10</a>
        </th>
        <td>1,233</td>
        </tr>
        </tbody>
        </table>

        </div>
        </details>
        <span hx-get="/histogram?q=user%3Aalice&#38;range=7d" hx-trigger="load" hx-target="#days" hx-select="unset" hx-swap="outerHTML" hx-push-url="false" hidden>
        </span>
        </figure>"##]].assert_eq(&part(&html(&days), "<figure", "</figure>"));
}

#[test]
fn paths_are_words_of_a_shell() {
    assert_eq!(shell_word("/srv/trail"), "/srv/trail");
    assert_eq!(shell_word("it's"), r"'it'\''s'");
}
