"""Tables of the journal. All but the queue and the relay's own row take new rows only, whoever asks."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """One fact: audit line, timeline line and outbox in one row. Written by ``journal_record`` only."""

    fact = models.TextField()
    subject = models.TextField()
    subject_id = models.TextField()
    place = models.BigIntegerField()
    units = ArrayField(models.BigIntegerField())
    persons = ArrayField(models.UUIDField())
    drill = models.BooleanField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor_sort = models.TextField()
    actor_account = models.BigIntegerField(null=True)
    actor_role = models.TextField()
    actor_grant = models.BigIntegerField(null=True)
    actor_unit = models.BigIntegerField(null=True)
    actor_person = models.UUIDField(null=True)
    session = models.TextField()
    purpose = models.TextField()
    data = models.JSONField()
    writer = models.UUIDField()
    writer_no = models.BigIntegerField()
    mac = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["subject", "subject_id", "id"], name="journal_entry_subject"),
            models.Index(
                fields=["actor_account", "id"],
                name="journal_entry_actor",
                condition=models.Q(actor_account__isnull=False),
            ),
            # Readings of personal data, which are counted before each one: few beside all that an account does.
            models.Index(
                fields=["actor_account", "at"],
                name="journal_entry_readings",
                condition=~models.Q(purpose=""),
            ),
        ]


class Queued(models.Model):
    """An entry that the relay has not taken yet."""

    entry_id = models.BigIntegerField(primary_key=True)
    queued_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "journal_queue"


class Leaf(models.Model):
    """A sealed entry: its index in the tree and the hash that stands there."""

    idx = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField()


class Node(models.Model):
    """Hash over the ``2 ** level`` leaves from ``index << level`` on; complete ones only, from level 1."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()


class Checkpoint(models.Model):
    """A signed tree head: C2SP checkpoint, as a signed note."""

    number = models.BigIntegerField(primary_key=True)
    size = models.BigIntegerField()
    note = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["size"], name="journal_checkpoint_size")]


class Fault(models.Model):
    """An entry that a fold could not take: its counters are off by it until they are counted anew."""

    idx = models.BigIntegerField()
    fold = models.TextField()
    error = models.TextField()
    at = models.DateTimeField()


class Relay(models.Model):
    """The one row that the relay keeps about itself. ``published``: how many entries the broker was told."""

    id = models.SmallIntegerField(primary_key=True)
    published = models.BigIntegerField()
    seen_at = models.DateTimeField(null=True)
