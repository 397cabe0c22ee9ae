"""The same jobs done by DuckDB and ClickHouse; run in the environment of requirements.txt.

rivals.py versions
rivals.py import-clickhouse FOLDER DATABASE          gz files into a MergeTree, raw JSON kept
rivals.py import-duckdb FOLDER DATABASE [DAY,DAY…]   gz files into a DuckDB file, raw JSON kept
rivals.py cases STORE                                values to look for, from a Trailhound store
rivals.py look-up STORE CASES                        those look-ups by DuckDB on the store's Parquet

Each prints one JSON value. A DAY is YYYY-MM-DD; without any, all are imported.
"""

import json
import pathlib
import sys
import time

# What LookupEvents filters on, as (column, JSON path).
PATHS = [
    ("event_time", "$.eventTime"),
    ("event_id", "$.eventID"),
    ("event_name", "$.eventName"),
    ("event_source", "$.eventSource"),
    ("aws_region", "$.awsRegion"),
    ("account_id", "$.recipientAccountId"),
    ("read_only", "$.readOnly"),
    ("event_category", "$.eventCategory"),
    ("user_type", "$.userIdentity.type"),
    ("user_principal_id", "$.userIdentity.principalId"),
    ("user_arn", "$.userIdentity.arn"),
    ("user_name", "$.userIdentity.userName"),
    ("access_key_id", "$.userIdentity.accessKeyId"),
    ("resources", "$.resources"),
]


def versions():
    import chdb
    import duckdb

    clickhouse = str(chdb.query("SELECT version()")).strip().strip('"')
    return {"duckdb": duckdb.__version__, "chdb": chdb.__version__, "clickhouse": clickhouse}


def import_clickhouse(folder, database):
    """One parse a record (a tuple of all wanted members), raw text beside the columns."""
    from chdb import session

    clickhouse = session.Session(database)
    clickhouse.query("CREATE DATABASE bench ENGINE = Atomic")
    clickhouse.query(
        """CREATE TABLE bench.events (raw String, event_time DateTime('UTC'), event_id String,
        event_name LowCardinality(String), event_source LowCardinality(String),
        aws_region LowCardinality(String), account_id LowCardinality(String), read_only Bool,
        event_category LowCardinality(String), username String, access_key_id String,
        resource_names Array(String), resource_types Array(LowCardinality(String)))
        ENGINE = MergeTree ORDER BY event_time"""
    )
    members = """Tuple(eventTime String, eventID String, eventName String, eventSource String,
        awsRegion String, recipientAccountId String, readOnly Bool, eventCategory String,
        userIdentity Tuple(type String, principalId String, userName String, accessKeyId String),
        resources Array(Tuple(ARN String, type String)))"""
    clickhouse.query(
        f"""INSERT INTO bench.events SELECT raw,
            parseDateTimeBestEffortOrZero(e.eventTime, 'UTC'), e.eventID, e.eventName,
            e.eventSource, e.awsRegion, e.recipientAccountId, e.readOnly, e.eventCategory,
            multiIf(e.userIdentity.type = 'Root', 'root',
                e.userIdentity.type IN ('AssumedRole', 'FederatedUser'),
                splitByChar(':', e.userIdentity.principalId)[2], e.userIdentity.userName),
            e.userIdentity.accessKeyId, e.resources.ARN, e.resources.type
        FROM (SELECT raw, JSONExtract(raw, '{members}') AS e FROM (
            SELECT arrayJoin(JSONExtractArrayRaw(json, 'Records')) AS raw
            FROM file('{folder}/AWSLogs/**/*.json.gz', 'JSONAsString', 'json String')))"""
    )
    counted = str(clickhouse.query("SELECT count(), countIf(raw = '') FROM bench.events", "CSV"))
    records, empty = (int(number) for number in counted.strip().split(","))
    clickhouse.close()
    return {"records": records, "without_raw": empty}


def import_duckdb(folder, database, days=None):
    """One parse a record (all paths in one call), raw JSON beside the columns."""
    import duckdb

    below = [day.replace("-", "/") for day in days.split(",")] if days else ["*/*/*"]
    files = [f"{folder}/AWSLogs/*/CloudTrail/*/{date}/*.json.gz" for date in below]
    paths = [path for _, path in PATHS]
    columns = ", ".join(f"found[{at}] AS {name}" for at, (name, _) in enumerate(PATHS, start=1))
    with duckdb.connect(database) as connection:
        connection.execute(
            f"""CREATE TABLE events AS SELECT raw, {columns} FROM (
                SELECT raw, json_extract_string(raw, {paths}) AS found FROM (
                    SELECT unnest(Records) AS raw
                    FROM read_json({files}, columns = {{Records: 'JSON[]'}},
                        maximum_object_size = 268435456)))"""
        )
        connection.execute("CHECKPOINT")
        counted = "SELECT count(*), count(*) FILTER (raw IS NULL) FROM events"
        records, empty = connection.execute(counted).fetchone()
    return {"records": records, "without_raw": empty}


def segments_of(store):
    return f"read_parquet('{store}/event_date=*/*.parquet', hive_partitioning = true)"


LAST_OF_ARN = "nullif(regexp_extract(user_identity_arn, '[^/]*$'), '')"
AFTER_COLON = "nullif(regexp_extract(user_identity_principal_id, '^[^:]*:(.*)$', 1), '')"
USERNAME = f"""CASE user_identity_type WHEN 'Root' THEN 'root'
    WHEN 'AssumedRole' THEN coalesce({AFTER_COLON}, {LAST_OF_ARN})
    WHEN 'FederatedUser' THEN coalesce({AFTER_COLON}, {LAST_OF_ARN})
    WHEN 'AWSService' THEN NULL WHEN 'AWSAccount' THEN NULL
    WHEN 'IAMUser' THEN coalesce(nullif(user_identity_user_name, ''), {LAST_OF_ARN})
    ELSE nullif(user_identity_user_name, '') END"""

# What LookupEvents shows: management events, those of old records without a category among them.
IS_MANAGEMENT = "coalesce(event_category = 'Management', coalesce(management_event, true))"

COLUMNS = {
    "EventId": "event_id",
    "EventName": "event_name",
    "ReadOnly": "CAST(read_only AS VARCHAR)",
    "Username": USERNAME,
    "EventSource": "event_source",
    "AccessKeyId": "user_identity_access_key_id",
}


def condition(key, value, text_columns):
    """The SQL that asks what the attribute asks; `value` as a literal."""
    literal = "'" + value.replace("'", "''") + "'"
    if key in COLUMNS:
        column = "read_only" if key == "ReadOnly" else COLUMNS[key]
        equals = f"{column} = {value if key == 'ReadOnly' else literal}"
        return f"{equals} AND {IS_MANAGEMENT}"
    if key == "ResourceType":
        quoted = "'\"" + value.replace("'", "''") + "\"'"
        return f"contains(resources, {quoted}) AND {IS_MANAGEMENT}"
    if key == "ResourceName":
        quoted = "'\"" + value.replace("'", "''") + "\"'"
        places = ("resources", "request_parameters", "response_elements")
        return f"({' OR '.join(f'contains({at}, {quoted})' for at in places)}) AND {IS_MANAGEMENT}"
    return " OR ".join(f"contains({column}, {literal})" for column in text_columns)


def cases(store):
    """For each attribute a hot, a middling and a rare value, others to warm up with, and needles."""
    import duckdb

    connection = duckdb.connect()
    events = segments_of(store)
    counted = {}
    for key, column in COLUMNS.items():
        if key == "EventId":
            continue
        counted[key] = connection.execute(
            f"""SELECT {column} AS value, count(*) AS n FROM {events} WHERE {IS_MANAGEMENT}
            AND value IS NOT NULL AND value <> '' GROUP BY ALL ORDER BY n DESC, value"""
        ).fetchall()
    for key, member in (("ResourceType", "type"), ("ResourceName", "ARN")):
        counted[key] = connection.execute(
            f"""SELECT value, count(DISTINCT (event_id)) AS n FROM (
                SELECT event_id, unnest(json_extract_string(resources, '$[*].{member}')) AS value
                FROM {events} WHERE {IS_MANAGEMENT} AND resources IS NOT NULL)
            WHERE value IS NOT NULL AND value <> '' GROUP BY ALL ORDER BY n DESC, value"""
        ).fetchall()
    sample = connection.execute(
        f"""SELECT event_id, request_id FROM {events}
        WHERE {IS_MANAGEMENT} AND length(event_id) = 36 AND length(request_id) = 36
        AND request_id <> event_id ORDER BY hash(event_id) LIMIT 64"""
    ).fetchall()
    chosen = [choose(key, values) for key, values in counted.items()]
    chosen.append(
        {
            "key": "EventId",
            "values": [["an event", sample[0][0], 1]],
            "others": [event_id for event_id, _ in sample[1:4]],
            "distinct": [event_id for event_id, _ in sample[4:25]],
        }
    )
    chosen.append(needles(connection, events, [request_id for _, request_id in sample[25:]]))
    return chosen


def choose(key, values):
    """Of (value, count) in falling order: the first, the one nearest the geometric mean, the last."""
    hot, rare = values[0], values[-1]
    middle = (hot[1] * rare[1]) ** 0.5
    middling = min(values, key=lambda pair: abs(pair[1] - middle))
    picked = [("hot", *hot), ("middling", *middling), ("rare", *rare)]
    if len(values) < 3:
        picked = [("value", *pair) for pair in values]
    taken = {value for _, value, _ in picked}
    others = [value for value, _ in values if value not in taken]
    step = max(1, len(others) // 3)
    return {"key": key, "values": picked, "others": others[::step][:3], "distinct": []}


def needles(connection, events, request_ids):
    """Texts that stand in one record only: an interface's id and some request ids."""
    texts = text_columns_of(connection, events)
    rare = connection.execute(
        f"""SELECT id FROM (SELECT event_id, unnest(list_distinct(regexp_extract_all(
                concat_ws(' ', {', '.join(texts)}),
                '\\b(?:eni|i|vol|snap|subnet|sg|rtb)-[0-9a-f]{{17}}\\b'))) AS id
            FROM {events})
        GROUP BY id HAVING count(*) = 1 ORDER BY id LIMIT 1"""
    ).fetchall()
    values = [["a resource id", rare[0][0], 1]] if rare else []
    values.append(["a request id", request_ids[0], 1])
    return {
        "key": "needle",
        "values": values,
        "others": request_ids[1:4],
        "distinct": request_ids[4:25],
    }


def text_columns_of(connection, events):
    """Every column that holds text of the record."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {events}").fetchall()
    ours = ("shape", "event_date")
    return [row[0] for row in described if row[1] == "VARCHAR" and row[0] not in ours]


def look_up(store, cases_file, repetitions=7):
    """Times the newest 50 of each case by DuckDB: first touch, then `repetitions` of the same."""
    import duckdb

    connection = duckdb.connect()
    events = segments_of(store)
    texts = text_columns_of(connection, events)

    def ask(key, value):
        sql = f"SELECT * FROM {events} WHERE {condition(key, value, texts)}"
        started = time.perf_counter()
        rows = connection.execute(f"{sql} ORDER BY event_time DESC LIMIT 50").fetchall()
        return time.perf_counter() - started, rows

    time_at = next(
        at
        for at, row in enumerate(connection.execute(f"DESCRIBE SELECT * FROM {events}").fetchall())
        if row[0] == "event_time"
    )
    results = []
    for case in json.loads(pathlib.Path(cases_file).read_text()):
        for label, value, _ in case["values"]:
            for other in case["others"]:
                ask(case["key"], other)
            first, rows = ask(case["key"], value)
            seconds = [ask(case["key"], value)[0] for _ in range(repetitions)]
            times = sorted(int(row[time_at].timestamp()) for row in rows)
            results.append(
                {
                    "key": case["key"],
                    "label": label,
                    "first": first,
                    "seconds": seconds,
                    "event_times": times,
                }
            )
    return results


COMMANDS = {
    "versions": versions,
    "import-clickhouse": import_clickhouse,
    "import-duckdb": import_duckdb,
    "cases": cases,
    "look-up": look_up,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
