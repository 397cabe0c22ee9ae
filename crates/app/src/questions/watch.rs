//! What is out of the ordinary: new places and calls, switched-off logging, bulk deletion, silence.

use std::collections::BTreeMap;

use trailhound_query::LookupQuery;
use trailhound_query::columnar::{self, Interval};
use trailhound_record::time::{MICROS_PER_DAY, MICROS_PER_SECOND};
use trailhound_record::{Event, Timestamp};

use super::desk::{
    Desk, GROUPED_MAX, any_event, parsed, principal, principal_term, quoted, time_text,
};
use crate::lookup::LookupError;

/// New means since so many days before the store's newest event, unless something else is said.
const NEW_DAYS: i64 = 7;
/// So many deletions of one user within ten minutes are many.
const BULK: usize = 10;
const BULK_MICROS: i64 = 600 * MICROS_PER_SECOND;
/// Working hours, in UTC.
const HOURS: std::ops::Range<i64> = 7..19;
const VALUES_MAX: usize = 1_000;
/// So many pairs of user and API are looked up in what was before.
const PAIRS_MAX: usize = 2_000;
/// So many pairs of account and Region are told apart.
const PLACES_MAX: usize = 200;

pub(super) fn regions(
    desk: &mut Desk<'_>,
    approved: &[String],
    only_new: bool,
) -> Result<(), LookupError> {
    if only_new {
        desk.with_start(NEW_DAYS);
    }
    let top = desk.top("region", "*", VALUES_MAX);
    let mut rows = Vec::new();
    for (region, events) in top.values {
        let query = LookupQuery { aws_region: Some(region.clone()), ..LookupQuery::default() };
        let is_new = desk.range.start.is_some() && !desk.is_known_before(query);
        let is_approved = approved.is_empty() || approved.contains(&region);
        if only_new && !is_new && is_approved {
            continue;
        }
        let writes = desk.count(&format!("region:={} -is:read", quoted(&region)));
        let mut marks = Vec::new();
        marks.extend(is_new.then_some("new"));
        marks.extend((!is_approved).then_some("not approved"));
        rows.push(vec![region, events.to_string(), writes.to_string(), marks.join(", ")]);
    }
    desk.table("Regions", &["region", "events", "writes", "mark"], rows);
    let unapproved: Vec<&String> = approved.iter().collect();
    if !unapproved.is_empty() {
        let names: Vec<_> = unapproved.iter().map(|name| quoted(name)).collect();
        let search = format!("-region:({}) -is:read -is:error", names.join(" OR "));
        let limit = desk.limit;
        let events = desk.events(&search, limit);
        desk.event_table("writes elsewhere", &[], &events, |_| Vec::new());
    }
    Ok(())
}

pub(super) fn first_seen(desk: &mut Desk<'_>, actor: Option<&str>) -> Result<(), LookupError> {
    desk.with_start(NEW_DAYS);
    let term = actor.map_or_else(|| "-userIdentity.type:AWSService".to_owned(), principal_term);
    let events = desk.events(&term, GROUPED_MAX);
    // Newest first: the last one seen of a pair is its first.
    let mut pairs: BTreeMap<(String, String), (u64, Event)> = BTreeMap::new();
    for event in events {
        let user = event.username.clone().or_else(|| event.user_identity_arn.clone());
        let key = (user.unwrap_or_default(), event.event_name.clone().unwrap_or_default());
        let count = pairs.get(&key).map_or(0, |(count, _)| *count);
        pairs.insert(key, (count + 1, event));
    }
    let left = pairs.len().saturating_sub(PAIRS_MAX);
    if left > 0 {
        desk.note(format!("{left} more pairs of user and API were not looked at: name an --actor"));
    }
    let mut found = Vec::new();
    for ((user, name), (count, first)) in pairs.into_iter().take(PAIRS_MAX) {
        let query = match &first.username {
            Some(_) => LookupQuery {
                username: Some(user.clone()),
                event_name: Some(name.clone()),
                ..LookupQuery::default()
            },
            None => LookupQuery {
                event_name: Some(name.clone()),
                search: Some(parsed(&format!("userIdentity.arn:={}", quoted(&user)))),
                ..LookupQuery::default()
            },
        };
        if !user.is_empty() && !desk.is_known_before(query) {
            found.push((count, first));
        }
    }
    found.sort_by(|a, b| {
        b.1.event_time.cmp(&a.1.event_time).then_with(|| a.1.event_id.cmp(&b.1.event_id))
    });
    let counts: Vec<u64> = found.iter().map(|(count, _)| *count).collect();
    let events: Vec<Event> = found.into_iter().map(|(_, event)| event).collect();
    let of = |event: &Event| {
        let place = events.iter().position(|other| other.event_id == event.event_id);
        let count = place.and_then(|place| counts.get(place)).copied().unwrap_or(0);
        vec![event.username.clone().unwrap_or_default(), count.to_string()]
    };
    desk.event_table("first calls of an API by a user", &["user", "times"], &events, of);
    Ok(())
}

pub(super) fn off_hours(desk: &mut Desk<'_>, actor: Option<&str>) -> Result<(), LookupError> {
    let term = actor.map_or_else(|| "-userIdentity.type:AWSService".to_owned(), principal_term);
    let search = format!("{term} -is:read");
    let events = desk.events(&search, GROUPED_MAX);
    let is_off = |event: &Event| {
        event.event_time.is_some_and(|at| {
            let seconds = at.seconds();
            // 1970-01-01 was a Thursday.
            let weekday = (seconds.div_euclid(86_400) + 3).rem_euclid(7);
            weekday >= 5 || !HOURS.contains(&(seconds.rem_euclid(86_400) / 3_600))
        })
    };
    let off: Vec<Event> = events.into_iter().filter(is_off).collect();
    let mut users: BTreeMap<String, u64> = BTreeMap::new();
    for event in &off {
        *users.entry(event.username.clone().unwrap_or_default()).or_default() += 1;
    }
    let mut users: Vec<_> = users.into_iter().collect();
    users.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rows =
        users.into_iter().take(desk.limit).map(|(user, count)| vec![user, count.to_string()]);
    let rows = rows.collect();
    desk.table("writes outside of working hours, by user", &["user", "events"], rows);
    desk.event_table("newest of them", &[], &off, |_| Vec::new());
    desk.note("working hours are Monday to Friday, 07:00 to 19:00 UTC");
    Ok(())
}

const TAMPERING: &[&str] = &[
    "StopLogging",
    "DeleteTrail",
    "UpdateTrail",
    "PutEventSelectors",
    "PutInsightSelectors",
    "DeleteEventDataStore",
    "StopEventDataStoreIngestion",
    "UpdateEventDataStore",
    "DeleteFlowLogs",
    "DeleteDetector",
    "UpdateDetector",
    "DisassociateFromMasterAccount",
    "DisassociateFromAdministratorAccount",
    "DisassociateMembers",
    "StopMonitoringMembers",
    "DeleteMembers",
    "CreateIPSet",
    "CreateFilter",
    "DeletePublishingDestination",
    "StopConfigurationRecorder",
    "DeleteConfigurationRecorder",
    "DeleteDeliveryChannel",
    "DeleteConfigRule",
    "DeleteConfigurationAggregator",
    "DeleteRetentionConfiguration",
    "DeleteLogGroup",
    "DeleteLogStream",
    "DeleteSubscriptionFilter",
    "DeleteMetricFilter",
    "PutRetentionPolicy",
    "DeleteAlarms",
    "DisableAlarmActions",
    "DisableSecurityHub",
    "BatchDisableStandards",
    "DisableMacie",
    "DeleteAnalyzer",
    "DisableInspector",
    "DeleteRule",
    "DisableRule",
    "RemoveTargets",
    "PutBucketLogging",
    "PutBucketLifecycle",
    "PutBucketLifecycleConfiguration",
    "LeaveOrganization",
    "DisableOrganizationAdminAccount",
    "DeleteResolverQueryLogConfig",
    "DisassociateResolverQueryLogConfig",
    "DeleteWebACL",
    "DeleteLoggingConfiguration",
];

pub(super) fn tampering(desk: &mut Desk<'_>) -> Result<(), LookupError> {
    let search = any_event(TAMPERING);
    desk.top_table("by event", "event", &search);
    let events = desk.events(&search, GROUPED_MAX);
    desk.event_table("changes to logging and monitoring, tries too", &[], &events, |_| Vec::new());
    Ok(())
}

pub(super) fn bulk_delete(desk: &mut Desk<'_>) -> Result<(), LookupError> {
    let search = "event:(Delete* OR Terminate* OR ScheduleKeyDeletion OR DisableKey OR BatchDelete*) -is:error -is:read";
    let events = desk.events(search, GROUPED_MAX);
    let mut by_user: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().rev().filter(|event| event.event_time.is_some()) {
        by_user.entry(principal(event)).or_default().push(event);
    }
    let mut bursts: Vec<(i64, Vec<&Event>)> = Vec::new();
    for of_user in by_user.into_values() {
        let mut burst: Vec<&Event> = Vec::new();
        let time = |event: &Event| event.event_time.map_or(0, |at| at.0);
        for event in of_user {
            let is_over = burst.last().is_some_and(|last| time(event) - time(last) > BULK_MICROS);
            if is_over {
                bursts.push((burst.first().map_or(0, |it| time(it)), std::mem::take(&mut burst)));
            }
            burst.push(event);
        }
        bursts.push((burst.first().map_or(0, |it| time(it)), burst));
    }
    bursts.retain(|(_, burst)| burst.len() >= BULK);
    bursts
        .sort_by_key(|(start, burst)| (std::cmp::Reverse(burst.len()), std::cmp::Reverse(*start)));
    let mut rows = Vec::new();
    for (start, burst) in bursts.iter().take(desk.limit) {
        let Some(last) = burst.last() else { continue };
        let mut names: BTreeMap<&str, u64> = BTreeMap::new();
        for event in burst {
            *names.entry(event.event_name.as_deref().unwrap_or_default()).or_default() += 1;
        }
        let names: Vec<_> = names.iter().map(|(name, count)| format!("{name} ({count})")).collect();
        let actor = desk.actor(last);
        rows.push(vec![
            time_text(Timestamp(*start)),
            last.event_time.map(time_text).unwrap_or_default(),
            principal(last),
            actor,
            burst.len().to_string(),
            names.join(", "),
        ]);
    }
    desk.table(
        "deletions in a row, at most ten minutes apart",
        &["first", "last", "user", "actor", "events", "event_names"],
        rows,
    );
    desk.note(
        "calls are counted, not what each deletes: one DeleteObjects may end a thousand objects",
    );
    if desk.count("eventCategory:Data") == 0 {
        desk.note(
            "the store has no data events in this time: deleted objects and items are not in it",
        );
    }
    let encrypted = "event:(CopyObject OR PutObject OR CreateMultipartUpload) (x-amz-server-side-encryption-customer-algorithm OR SSE_C)";
    let events = desk.events(encrypted, GROUPED_MAX);
    desk.event_table("objects encrypted with a key that AWS does not keep", &[], &events, |_| {
        Vec::new()
    });
    Ok(())
}

pub(super) fn coverage(desk: &mut Desk<'_>) -> Result<(), LookupError> {
    let accounts = desk.top("account", "*", VALUES_MAX);
    let mut rows = Vec::new();
    for (account, _) in accounts.values {
        if rows.len() == PLACES_MAX {
            break;
        }
        let term = format!("account:={}", quoted(&account));
        let regions = desk.top("region", &term, VALUES_MAX);
        for (region, events) in regions.values {
            if rows.len() == PLACES_MAX {
                desk.note(format!("only {PLACES_MAX} pairs of account and Region are told apart"));
                break;
            }
            rows.push(place_row(desk, &account, region, events));
        }
    }
    desk.table(
        "accounts and Regions",
        &["account", "region", "events", "first", "last", "days", "silent days"],
        rows,
    );
    let mut rows = Vec::new();
    for (class, search) in [
        ("management events", "is:management"),
        ("data events", "eventCategory:Data"),
        ("network activity events", "eventCategory:NetworkActivity"),
        ("Insights events", "is:insight"),
        ("console sign-ins", "event:ConsoleLogin"),
        ("failed calls", "is:error"),
    ] {
        let count = desk.count(search);
        let missing = if count == 0 { "none in the store" } else { "" };
        rows.push(vec![class.to_owned(), count.to_string(), missing.to_owned()]);
    }
    desk.table("classes", &["class", "events", "mark"], rows);
    desk.note(
        "CloudTrail delivers about five minutes after a call, and does not promise it: the newest minutes \
         may be incomplete",
    );
    Ok(())
}

/// When a place has events, and on how many days it has none in between.
fn place_row(desk: &mut Desk<'_>, account: &str, region: String, events: u64) -> Vec<String> {
    let term = format!("account:={} region:={}", quoted(account), quoted(&region));
    let day =
        u32::try_from(MICROS_PER_DAY / MICROS_PER_SECOND).ok().and_then(Interval::from_seconds);
    let found = columnar::histogram(&desk.snapshot, &parsed(&term), desk.range, day, None);
    let buckets = found.map(|found| found.buckets).unwrap_or_default();
    let used: Vec<usize> =
        (0..buckets.len()).filter(|at| buckets.get(*at).is_some_and(|it| it.events > 0)).collect();
    let at = |place: Option<&usize>| {
        let bucket = place.and_then(|place| buckets.get(*place));
        bucket.map(|bucket| bucket.start.to_string().chars().take(10).collect()).unwrap_or_default()
    };
    let silent = match (used.first(), used.last()) {
        (Some(first), Some(last)) => last - first + 1 - used.len(),
        _ => 0,
    };
    vec![
        account.to_owned(),
        region,
        events.to_string(),
        at(used.first()),
        at(used.last()),
        used.len().to_string(),
        silent.to_string(),
    ]
}
