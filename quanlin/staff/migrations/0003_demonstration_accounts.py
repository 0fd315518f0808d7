"""Which accounts a visitor may enter. Whether a second proof is needed follows from the sort of the account."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_walls")]
    operations = [
        migrations.RemoveField(model_name="account", name="second_factor"),
        migrations.AddField(
            model_name="account", name="demonstration", field=models.BooleanField(default=False)
        ),
    ]
