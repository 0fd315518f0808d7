"""Row security: the staff of the place, the reporter, and every unit that ever held the case.

Holdings, remarks and photos follow their case. New rows of them need a role (fail closed without one); the case
itself was locked through its own policy before.
"""

from django.db import migrations

from quanlin.kit.rowsecurity import PERSON, UNIT, in_range, row_security

CASE = f"{in_range('place')} OR reporter = {PERSON} OR {UNIT} = ANY(units)"
FOLLOWS = f"{in_range('place')} OR EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id)"
SOMEBODY = "(SELECT coalesce(nullif(current_setting('q.role', true), ''), 'nobody') <> 'nobody')"


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [
        migrations.RunSQL(row_security("cases_case", see=CASE), migrations.RunSQL.noop),
        *(
            migrations.RunSQL(row_security(table, see=FOLLOWS, write=SOMEBODY), migrations.RunSQL.noop)
            for table in ("cases_holding", "cases_remark", "cases_photo")
        ),
    ]
