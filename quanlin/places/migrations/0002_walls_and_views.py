# ruff: noqa: S608  the texts are constants of this file
"""Row security, promises that Django cannot write, and the views that boards and indicators read.

Places are public: every session may read them. A change needs the place in the actor's ranges. Rows are not deleted,
except cells, which are cut anew, and own days, which are taken back.
"""

from django.db import migrations

from quanlin.kit.rowsecurity import LO, in_range

COLUMNS = {
    "place": "number",
    "placecode": "place_id",
    "succession": "new_id",
    "outline": "place_id",
    "areacell": "community_id",
    "ownday": "place_id",
    "estate": "place_id",
    "building": "place_id",
    "home": "place_id",
    "entrance": "estate_id",
    "lift": "building_id",
    "facade": "building_id",
    "keyposition": "place_id",
    "site": "place_id",
    "road": "place_id",
}
DELETED = {"areacell", "ownday"}


def walls() -> list[str]:
    """Statements for every table of the room."""
    conditions = {table: in_range(column) for table, column in COLUMNS.items()}
    conditions["succession"] = f"{in_range('new_id')} AND {in_range('old_id')}"
    conditions["revision"] = f"{LO} IS NOT NULL"
    statements = []
    for name, condition in conditions.items():
        table = f"places_{name}"
        statements += [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY see ON {table} FOR SELECT USING (true)",
            f"CREATE POLICY put ON {table} FOR INSERT WITH CHECK ({condition})",
            f"CREATE POLICY edit ON {table} FOR UPDATE USING ({condition}) WITH CHECK ({condition})",
        ]
        if name in DELETED:
            statements.append(f"CREATE POLICY drop ON {table} FOR DELETE USING ({condition})")
        else:
            statements.append(f"REVOKE DELETE ON {table} FROM quanlin_app")
    return statements


PROMISES = [
    # one place per official code and day; one code per place and day
    """
    ALTER TABLE places_placecode
        ADD CONSTRAINT places_code_is_one_place EXCLUDE USING gist (
            int8range(code12::bigint, code12::bigint, '[]') WITH &&, daterange(valid_from, valid_to) WITH &&),
        ADD CONSTRAINT places_place_has_one_code EXCLUDE USING gist (
            int8range(place_id, place_id, '[]') WITH &&, daterange(valid_from, valid_to) WITH &&),
        ADD CONSTRAINT places_code_is_digits CHECK (code12 ~ '^[1-9][0-9]{11}$')
    """,
    """
    ALTER TABLE places_outline
        ADD CONSTRAINT places_place_has_one_outline EXCLUDE USING gist (
            int8range(place_id, place_id, '[]') WITH &&, daterange(valid_from, valid_to) WITH &&),
        ADD CONSTRAINT places_outline_has_bounds CHECK (west < east AND south < north)
    """,
    "CREATE INDEX places_outline_box ON places_outline USING gist (box(point(west, south), point(east, north)))",
    "INSERT INTO places_revision (mark) VALUES (gen_random_uuid())",
]

_REGISTER = "r.source, r.stated_on, r.entered_at, r.confirmed_on, r.removed_on"
VIEWS = {
    "estates": f"""
        SELECT r.place_id AS id, r.place_id AS place, p.name, r.closed, r.has_ebikes, r.has_vehicle_entrance,
               r.fire_objects, r.perimeter_metres, r.property_mode, {_REGISTER}
        FROM places_estate r JOIN places_place p ON p.number = r.place_id""",
    "buildings": f"""
        SELECT r.place_id AS id, r.place_id AS place, p.parent_id AS estate, p.name, r.residential,
               r.floors_above_ground, r.floors_with_common_area, p.lat, p.lng, {_REGISTER}
        FROM places_building r JOIN places_place p ON p.number = r.place_id""",
    "families": f"""
        SELECT r.place_id AS home, r.place_id AS place,
               CASE WHEN r.occupied IS FALSE THEN 0 ELSE 1 END AS families,
               CASE WHEN r.occupied IS FALSE THEN 'vacant' ELSE 'occupied' END AS basis,
               r.occupied IS NULL AS presumed, {_REGISTER}
        FROM places_home r WHERE r.residential IS NOT FALSE AND r.removed_on IS NULL""",
    "entrances": f"""
        SELECT r.id, r.estate_id AS estate, r.estate_id AS place, r.name, r.use, r.locked_exit, r.lat, r.lng,
               {_REGISTER}
        FROM places_entrance r""",
    "lifts": f"""
        SELECT r.id, r.building_id AS building, p.parent_id AS estate, r.building_id AS place, r.name, r.residential,
               r.stopped_by_order_until, {_REGISTER}
        FROM places_lift r JOIN places_place p ON p.number = r.building_id""",
    "facades": f"""
        SELECT r.id, r.building_id AS building, r.building_id AS place, r.side, r.has_openings_from_floor_3,
               {_REGISTER}
        FROM places_facade r""",
    "key_positions": f"""
        SELECT r.id, r.sort, r.place_id AS place, r.name, r.absent, r.lat, r.lng, {_REGISTER}
        FROM places_keyposition r""",
    "sites": f"""
        SELECT r.id, r.sort, r.place_id AS place, r.name, r.hours, r.forms, r.serves, r.serves AS serves_communities,
               r.open, r.inspection, r.photo, r.lat, r.lng, {_REGISTER}
        FROM places_site r""",
    "area_cells": "SELECT community_id AS community, cell FROM places_areacell",
    "successions": "SELECT old_id AS old, new_id AS new, on_day, sort FROM places_succession",
}


class Migration(migrations.Migration):
    dependencies = [("places", "0001_the_register_of_places")]

    operations = [
        migrations.RunSQL(PROMISES, migrations.RunSQL.noop),
        migrations.RunSQL(walls(), migrations.RunSQL.noop),
        migrations.RunSQL(
            [
                f"CREATE VIEW v_places_{name} WITH (security_invoker = true) AS {body}"
                for name, body in VIEWS.items()
            ],
            [f"DROP VIEW v_places_{name}" for name in VIEWS],
        ),
    ]
