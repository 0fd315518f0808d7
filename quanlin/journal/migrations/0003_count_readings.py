"""Readings of personal data are counted before each one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only")]
    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("purpose", ""), _negated=True),
                fields=["actor_account", "at"],
                name="journal_entry_readings",
            ),
        ),
    ]
