"""Row security: counters are seen by whoever has the place in his range; only the relay writes them."""

from django.db import migrations

from quanlin.kit.rowsecurity import SYSTEM, in_range, row_security


class Migration(migrations.Migration):
    dependencies = [("boards", "0001_initial")]
    operations = [
        migrations.RunSQL(row_security(table, see=in_range("place"), write=SYSTEM), migrations.RunSQL.noop)
        for table in ("boards_daily", "boards_stock")
    ]
