"""Row security. Units are public; grants are seen by their holder and in the range; tokens by their owner."""

from django.db import migrations

from quanlin.kit.rowsecurity import ACCOUNT, SYSTEM, in_range, row_security


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]
    operations = [
        migrations.RunSQL(
            row_security("staff_unit", see="true", write=in_range("place")), migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            row_security(
                "staff_grant", see=f"account_id = {ACCOUNT} OR {in_range('place')}", write=in_range("place")
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            row_security("staff_token", see=f"account_id = {ACCOUNT} OR {SYSTEM}"), migrations.RunSQL.noop
        ),
    ]
