"""Row security: oneself, staff for everybody who is signed in, residents for the staff of their place."""

from django.db import migrations

from quanlin.kit.rowsecurity import ACCOUNT, PERSON, SYSTEM, in_range, row_security

SELF = f"id = {PERSON} OR account = {ACCOUNT} OR {in_range('place')}"


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.RunSQL(
            row_security(
                "people_person",
                see=f"{SELF} OR (sort = 'staff' AND {ACCOUNT} IS NOT NULL) OR {SYSTEM}",
                write=f"{SELF} OR {SYSTEM}",
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            row_security("people_residence", see=f"person_id = {PERSON} OR {in_range('home')}"),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(row_security("people_code", see=SYSTEM), migrations.RunSQL.noop),
    ]
