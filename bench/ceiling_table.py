"""The ceiling's one table, filled from the real one."""

TABLE = """
CREATE TABLE bare (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number text UNIQUE, kind text, title text, words text, place bigint,
  state text, due_at timestamptz, opened_at timestamptz, version int);
INSERT INTO bare (number, kind, title, words, place, state, due_at, opened_at, version)
SELECT number, kind, title, words, community, state, due_at, opened_at, version FROM cases_case;
CREATE INDEX ON bare (place, opened_at DESC, id DESC);
CREATE INDEX ON bare (place, state, opened_at DESC, id DESC);
"""
