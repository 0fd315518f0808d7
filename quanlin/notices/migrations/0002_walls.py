"""Row security: everybody sees his own lines; the outbox belongs to the system."""

from django.db import migrations

from quanlin.kit.rowsecurity import ACCOUNT, SYSTEM, row_security


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]
    operations = [
        migrations.RunSQL(
            row_security("notices_notice", see=f"account = {ACCOUNT} OR {SYSTEM}"), migrations.RunSQL.noop
        ),
        migrations.RunSQL(row_security("notices_outgoing", see=SYSTEM), migrations.RunSQL.noop),
    ]
