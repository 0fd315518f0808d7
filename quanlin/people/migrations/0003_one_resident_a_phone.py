"""A member of staff may have the number that he signs in with as a resident."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_walls")]
    operations = [
        migrations.AlterField(
            model_name="person", name="phone_blind", field=models.BinaryField(max_length=16, null=True)
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(
                condition=models.Q(("sort", "resident")), fields=("phone_blind",), name="one_resident_a_phone"
            ),
        ),
        migrations.AddIndex(model_name="code", index=models.Index(fields=["sent_at"], name="code_sent")),
    ]
