"""What the database itself promises: rows are only added, each entry is queued, and who sees which.

The triggers are ENABLE ALWAYS and per statement: they fire for the owner too, for a statement that would find
no row, and under ``session_replication_role = replica``. Whoever switches them off has to be a superuser or the
owner and to change the schema; what he alters then is found by ``quanlin journal verify``.
"""

from django.db import migrations

from quanlin.kit.rowsecurity import ACCOUNT, PERSON, SYSTEM, UNIT, in_range

APPEND_ONLY = ("entry", "leaf", "node", "checkpoint")

REFUSE = """
CREATE FUNCTION journal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: the journal takes new rows only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$
"""

# A function keeps the plans of both statements, where a data-modifying CTE would be planned each time, and it
# knows the new id without RETURNING, which row security would refuse for an entry that its writer may not see.
# It takes the very text that the writer's code was made over: two parameters are quoted and sent, not twenty.
RECORD = """
CREATE FUNCTION journal_record(written text, mac bytea) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    entry bigint := nextval('journal_entry_id_seq');
BEGIN
    INSERT INTO journal_entry (
        id, recorded_at, mac, fact, subject, subject_id, place, units, persons, drill, at, actor_sort,
        actor_account, actor_role, actor_grant, actor_unit, actor_person, session, purpose, data, writer, writer_no
    )
    SELECT entry, clock_timestamp(), $2, w.* FROM json_to_record($1::json) AS w (
        fact text, subject text, subject_id text, place bigint, units bigint[], persons uuid[], drill boolean,
        at timestamptz, actor_sort text, actor_account bigint, actor_role text, actor_grant bigint,
        actor_unit bigint, actor_person uuid, session text, purpose text, data jsonb, writer uuid, writer_no bigint
    );
    INSERT INTO journal_queue (entry_id, queued_at) VALUES (entry, clock_timestamp());
    RETURN entry;
END $$
"""

SEE = f"({in_range('place')} OR {UNIT} = ANY(units) OR {PERSON} = ANY(persons) OR actor_account = {ACCOUNT} OR {SYSTEM})"
PUT = "(SELECT coalesce(current_setting('q.role', true), '') <> '')"


def promises() -> list[str]:
    """Statements in order."""
    statements = [REFUSE, RECORD]
    for name in APPEND_ONLY:
        table = f"journal_{name}"
        statements += [
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only",
            f"REVOKE ALL ON {table} FROM quanlin_app",
            f"GRANT SELECT, INSERT ON {table} TO quanlin_app",
        ]
    statements += [
        "ALTER TABLE journal_entry ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE journal_entry FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY see ON journal_entry FOR SELECT USING {SEE}",
        f"CREATE POLICY put ON journal_entry FOR INSERT WITH CHECK ({PUT})",
        "REVOKE ALL ON journal_queue, journal_relay FROM quanlin_app",
        "GRANT SELECT, INSERT, DELETE ON journal_queue TO quanlin_app",
        "GRANT SELECT, UPDATE ON journal_relay TO quanlin_app",
        "INSERT INTO journal_relay (id, published) VALUES (1, 0)",
        # The queue is emptied as fast as it fills: without this its dead rows make every poll slower.
        "ALTER TABLE journal_queue SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)",
        "ALTER TABLE journal_queue SET (autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000000)",
        "ALTER TABLE journal_relay SET (fillfactor = 10)",
    ]
    return statements


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_the_journal")]
    operations = [migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in promises()]
