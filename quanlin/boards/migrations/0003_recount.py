"""Tables in which a recount gathers; only the system sees them."""

from django.db import migrations, models

from quanlin.kit.rowsecurity import SYSTEM, row_security


class Migration(migrations.Migration):
    dependencies = [
        ("boards", "0002_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="DailyAnew",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.BigIntegerField()),
                ("day", models.DateField()),
                ("opened", models.IntegerField(default=0)),
                ("closed", models.IntegerField(default=0)),
                ("on_time", models.IntegerField(default=0)),
                ("overdue", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
                ("rated", models.IntegerField(default=0)),
                ("satisfied", models.IntegerField(default=0)),
                ("urged", models.IntegerField(default=0)),
                ("escalated", models.IntegerField(default=0)),
                ("closed_grid", models.IntegerField(default=0)),
                ("closed_community", models.IntegerField(default=0)),
                ("closed_street", models.IntegerField(default=0)),
                ("closed_district", models.IntegerField(default=0)),
                ("closed_city", models.IntegerField(default=0)),
            ],
            options={
                "db_table": "boards_dailyanew",
                "constraints": [models.UniqueConstraint(fields=("place", "day"), name="daily_anew_once")],
            },
        ),
        migrations.CreateModel(
            name="StockAnew",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.BigIntegerField()),
                ("group", models.CharField(max_length=24)),
                ("state", models.CharField(max_length=12)),
                ("cases", models.IntegerField(default=0)),
            ],
            options={
                "db_table": "boards_stockanew",
                "constraints": [
                    models.UniqueConstraint(fields=("place", "group", "state"), name="stock_anew_once")
                ],
            },
        ),
        *(
            migrations.RunSQL(row_security(table, see=SYSTEM), migrations.RunSQL.noop)
            for table in ("boards_dailyanew", "boards_stockanew")
        ),
    ]
