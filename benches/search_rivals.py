"""The searches and counts of search.py, done by its rivals; run in the environment of requirements.txt.

search_rivals.py cases STORE
search_rivals.py fill-clickhouse STORE PLACE
search_rivals.py fill-tantivy STORE PLACE
search_rivals.py ask-duckdb|ask-clickhouse|ask-tantivy STORE PLACE CASES

Each prints one JSON value.
"""

import json
import pathlib
import sys
import time

from rivals import USERNAME, segments_of, text_columns_of

RUNS = 5
SECONDS_MAX = 30
PATH = "requestParameters.filterSet.items.name"


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def cases(store):
    """What is looked for: its query here, and what the rivals need to ask the same."""
    import duckdb

    connection = duckdb.connect()
    events = segments_of(store)
    [count] = connection.execute(f"SELECT count(*) FROM {events}").fetchone()
    ids = connection.execute(
        f"SELECT request_id FROM {events} WHERE length(request_id) = 36 ORDER BY hash(event_id) LIMIT 24"
    ).fetchall()
    rare = connection.execute(
        f"""SELECT event_id, request_id FROM {events} WHERE length(request_id) = 36
        AND length(event_id) = 36 AND request_id <> event_id ORDER BY hash(request_id) LIMIT 1"""
    ).fetchone()
    user, name = connection.execute(
        f"""SELECT u, event_name FROM (SELECT {USERNAME} AS u, event_name FROM {events})
        WHERE regexp_full_match(u, '[a-z]+[.][a-z]+') AND regexp_full_match(event_name, '[A-Za-z]+')
        GROUP BY u, event_name HAVING count(*) BETWEEN 2 AND 9 ORDER BY event_name, u LIMIT 1"""
    ).fetchone()
    [common] = connection.execute(
        f"SELECT event_name FROM {events} GROUP BY ALL ORDER BY count(*) DESC LIMIT 1"
    ).fetchone()
    [last] = connection.execute(f"SELECT max(event_time) FROM {events}").fetchone()
    needle = ids[0][0]
    return {
        "events": count,
        "day": str(last.date()),
        "needles": [text for [text] in ids[1:22]],
        "searches": [
            {"name": "needle", "query": f'"{needle}"', "needle": needle},
            {"name": "two rare terms", "query": f'"{rare[0]}" "{rare[1]}"', "texts": rare},
            {"name": "two common words", "query": f'"{user}" {name}', "texts": [user, name]},
            {"name": "a path", "query": f"{PATH}:vpc-id"},
            {"name": "a network", "query": "ip:10.0.0.0/8 is:write"},
            {"name": "a wildcard", "query": "event:Describe* is:error"},
            {"name": "newest of a common value", "query": f"event:{common}", "event": common},
        ],
    }


def timed(ask):
    """Asks once, then RUNS times more, fewer when that takes long; `ask` returns how many came back."""
    found = ask()
    seconds = []
    while len(seconds) < 3 or len(seconds) < RUNS and sum(seconds) < SECONDS_MAX:
        started = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - started)
    return {"found": found, "seconds": seconds}


def ask_duckdb(store, _, cases_file):
    import duckdb

    connection = duckdb.connect()
    events = segments_of(store)
    texts = text_columns_of(connection, events)
    asked = json.loads(pathlib.Path(cases_file).read_text())

    def anywhere(text):
        return "(" + " OR ".join(f"contains(lower({at}), {literal(text.lower())})" for at in texts) + ")"

    def where(case):
        match case["name"]:
            case "needle":
                return anywhere(case["needle"])
            case "two rare terms" | "two common words":
                return " AND ".join(anywhere(text) for text in case["texts"])
            case "a path":
                return """list_contains(json_extract_string(request_parameters,
                    '$.filterSet.items[*].name'), 'vpc-id')"""
            case "a network":
                return """regexp_full_match(source_ip_address, '10[.][0-9]+[.][0-9]+[.][0-9]+')
                    AND read_only = false"""
            case "a wildcard":
                return "event_name ILIKE 'Describe%' AND error_code IS NOT NULL"
            case _:
                return f"event_name = {literal(case['event'])}"

    def rows(sql):
        return lambda: len(connection.execute(sql).fetchall())

    answers = {
        case["name"]: timed(
            rows(f"SELECT * FROM {events} WHERE {where(case)} ORDER BY event_time DESC LIMIT 50")
        )
        for case in asked["searches"]
    }
    day = literal(asked["day"])
    counts = {
        "errors of a day by user": f"""SELECT {USERNAME} AS u, count(*) AS n FROM {events}
            WHERE error_code IS NOT NULL AND event_date = CAST({day} AS DATE) - 1
            GROUP BY u ORDER BY n DESC LIMIT 10""",
        "events per hour": f"SELECT date_trunc('hour', event_time) AS h, count(*) FROM {events} GROUP BY h",
        "addresses per user": f"""SELECT {USERNAME} AS u, count(DISTINCT source_ip_address) AS n
            FROM {events} GROUP BY u ORDER BY n DESC LIMIT 10""",
    }
    return answers | {name: timed(rows(sql)) for name, sql in counts.items()}


def fill_clickhouse(store, place):
    from chdb import session

    clickhouse = session.Session(place)
    clickhouse.query("CREATE DATABASE bench ENGINE = Atomic")
    clickhouse.query(
        f"""CREATE TABLE bench.events ENGINE = MergeTree ORDER BY event_time
        SETTINGS allow_nullable_key = 1
        AS SELECT * FROM file('{store}/event_date=*/*.parquet', Parquet)"""
    )
    clickhouse.query("OPTIMIZE TABLE bench.events FINAL")
    clickhouse.close()
    return {}


def ask_clickhouse(_, place, cases_file):
    from chdb import session

    clickhouse = session.Session(place)
    asked = json.loads(pathlib.Path(cases_file).read_text())
    described = str(clickhouse.query("DESCRIBE bench.events", "TabSeparated"))
    columns = [line.split("\t")[:2] for line in described.splitlines()]
    texts = [name for name, kind in columns if "String" in kind and name != "shape"]

    def anywhere(text):
        found = (f"positionCaseInsensitive({at}, {literal(text)}) > 0" for at in texts)
        return "(" + " OR ".join(found) + ")"

    def where(case):
        match case["name"]:
            case "needle":
                return anywhere(case["needle"])
            case "two rare terms" | "two common words":
                return " AND ".join(anywhere(text) for text in case["texts"])
            case "a path":
                return """has(JSONExtract(ifNull(request_parameters, ''), 'filterSet', 'items',
                    'Array(Tuple(name String))').name, 'vpc-id')"""
            case "a network":
                return """isIPAddressInRange(if(isIPv4String(ifNull(source_ip_address, '')),
                    assumeNotNull(source_ip_address), '0.0.0.0'), '10.0.0.0/8') AND read_only = false"""
            case "a wildcard":
                return "event_name ILIKE 'Describe%' AND error_code IS NOT NULL"
            case _:
                return f"event_name = {literal(case['event'])}"

    def rows(sql):
        # Its cache of conditions would answer the repetitions.
        sql = f"{sql} SETTINGS use_query_condition_cache = 0"
        return lambda: len(str(clickhouse.query(sql, "JSONEachRow")).splitlines())

    answers = {
        case["name"]: timed(
            rows(f"SELECT * FROM bench.events WHERE {where(case)} ORDER BY event_time DESC LIMIT 50")
        )
        for case in asked["searches"]
    }
    user = """multiIf(user_identity_type = 'Root', 'root',
        user_identity_type IN ('AssumedRole', 'FederatedUser'),
        splitByChar(':', ifNull(user_identity_principal_id, ''))[2], user_identity_user_name)"""
    day = literal(asked["day"])
    counts = {
        "errors of a day by user": f"""SELECT {user} AS u, count() AS n FROM bench.events
            WHERE error_code IS NOT NULL AND event_time >= toDate({day}) - 1 AND event_time < toDate({day})
            GROUP BY u ORDER BY n DESC LIMIT 10""",
        "events per hour": "SELECT toStartOfHour(event_time) AS h, count() FROM bench.events GROUP BY h",
        "addresses per user": f"""SELECT {user} AS u, uniqExact(source_ip_address) AS n
            FROM bench.events GROUP BY u ORDER BY n DESC LIMIT 10""",
    }
    answers |= {name: timed(rows(sql)) for name, sql in counts.items()}
    clickhouse.close()
    return answers


def fill_tantivy(store, place):
    """Every text column in one field, by tantivy's own tokens; the time as a fast field."""
    import duckdb
    import tantivy

    pathlib.Path(place).mkdir(parents=True)
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", stored=False)
    builder.add_integer_field("time", fast=True, stored=True)
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    index = tantivy.Index(builder.build(), path=str(place))
    writer = index.writer(heap_size=1_000_000_000, num_threads=2)
    connection = duckdb.connect()
    events = segments_of(store)
    texts = ", ".join(text_columns_of(connection, events))
    reader = connection.execute(
        f"SELECT epoch_us(event_time), event_id, concat_ws(' ', {texts}) FROM {events}"
    )
    count = 0
    while rows := reader.fetchmany(10_000):
        for at, event_id, text in rows:
            writer.add_document(tantivy.Document(time=at or 0, id=event_id or "", text=text))
        count += len(rows)
    writer.commit()
    writer.wait_merging_threads()
    return {"events": count}


def ask_tantivy(store, place, cases_file):
    import tantivy

    index = tantivy.Index.open(str(place))
    searcher = index.searcher()
    asked = json.loads(pathlib.Path(cases_file).read_text())
    answers = {}
    for case in asked["searches"]:
        match case["name"]:
            case "needle":
                text = f'"{case["needle"]}"'
            case "two rare terms" | "two common words":
                text = " AND ".join(f'"{text}"' for text in case["texts"])
            case "newest of a common value":
                text = f'"{case["event"]}"'
            case _:
                continue
        query = index.parse_query(text, ["text"])

        def ask(query=query):
            hits = searcher.search(query, 50, order_by_field="time").hits
            return len([searcher.doc(address)["id"] for _, address in hits])

        answers[case["name"]] = timed(ask)
    return answers


COMMANDS = {
    "cases": cases,
    "fill-clickhouse": fill_clickhouse,
    "fill-tantivy": fill_tantivy,
    "ask-duckdb": ask_duckdb,
    "ask-clickhouse": ask_clickhouse,
    "ask-tantivy": ask_tantivy,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
