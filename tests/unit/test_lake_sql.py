"""The analyst's SQL: one text for both engines, and one line with the place where it is wrong."""

import duckdb
import pytest

from cli.lake_sql import QueryError, explained, prepared

DIALECT = """
SELECT date_trunc('day', time) AS day, approx_distinct(profile_id), count_if(late), max_by(name, time),
  json_extract_scalar(properties, '$.total'), try_cast(user_id AS integer), date_diff('day', day, current_date),
  from_iso8601_timestamp('2026-11-21T09:30:00Z'), regexp_like(name, '^Tea'), element_at(array[1, 2], 1),
  date_add('day', 1, day), approx_percentile(amount, 0.5)
FROM events GROUP BY ALL
"""


def test_events_are_given_todays_person_in_both_engines() -> None:
    for engine in ("duckdb", "athena"):
        text = prepared("SELECT count(*) FROM events", engine)
        assert text.startswith("WITH events AS (SELECT")
        assert 'COALESCE(v."profile_id", m."winner", e."profile_id") AS "profile_id"' in text
        assert "FROM lake_events AS e LEFT JOIN lake_moves AS v" in text
        assert "LEFT JOIN lake_merges AS m" in text


def test_athenas_functions_become_duckdbs_and_stay_athenas() -> None:
    ours, theirs = prepared(DIALECT, "duckdb"), prepared(DIALECT, "athena")
    for there, here in (("APPROX_DISTINCT(", "APPROX_COUNT_DISTINCT("), ("JSON_EXTRACT_SCALAR(", "->>")):
        assert there in theirs
        assert here in ours
    assert len(duckdb.extract_statements(ours)) == 1


@pytest.mark.parametrize(
    "query",
    [
        "WITH x AS (SELECT * FROM events) SELECT * FROM x JOIN merges m ON m.loser = x.profile_id",
        "SELECT 1 UNION ALL SELECT count(*) FROM events",
        "SELECT * FROM (SELECT name FROM events) JOIN merges ON true;",
    ],
)
def test_views_stand_before_what_reads_them(query: str) -> None:
    text = prepared(query, "duckdb")
    assert text.index("events AS (SELECT e.") < text.index("FROM events")


def test_a_name_of_the_querys_own_wins() -> None:
    assert "lake_events" not in prepared("WITH events AS (SELECT 1 AS a) SELECT a FROM events", "duckdb")


def test_what_cannot_be_parsed_is_told_with_its_place() -> None:
    with pytest.raises(QueryError, match=r"^line 2, column 6: .* at `events`$"):
        prepared("SELECT name\n frm events whre", "duckdb")
    with pytest.raises(QueryError, match="can't be read"):
        prepared("SELECT 'a", "duckdb")


@pytest.mark.parametrize("query", ["DROP TABLE lake_events", "SELECT 1; SELECT 2", "", "INSERT INTO merges SELECT 1"])
def test_only_one_question_is_asked(query: str) -> None:
    with pytest.raises(QueryError, match="Ask one question"):
        prepared(query, "athena")


def test_an_engines_message_gets_the_place_of_what_it_names() -> None:
    text = "SELECT day,\n  dayy FROM events"
    message = 'Binder Error: Referenced column "dayy" not found in FROM clause!\nCandidate bindings: "day"\n\nLINE 1: …'
    assert explained(message, text).startswith('line 2, column 3: Binder Error: Referenced column "dayy" not found')
    assert "\n" not in explained(message, text)
    assert explained("Out of memory", text) == "Out of memory"
