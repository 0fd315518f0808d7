"""What people were told, and what waits to be sent."""

from django.db import models


class Notice(models.Model):
    """One line in somebody's bell. One per fact and receiver: a job that runs twice tells once."""

    entry = models.BigIntegerField()
    account = models.BigIntegerField()
    title = models.CharField(max_length=120)
    link = models.CharField(max_length=200)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notices_notice"
        constraints = [models.UniqueConstraint(fields=["entry", "account"], name="told_once")]
        indexes = [
            models.Index(fields=["account", "-at"], name="notice_account"),
            models.Index(fields=["account"], name="notice_unread", condition=models.Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title


class Outgoing(models.Model):
    """An SMS that waits or went. Number and words are sealed; the demonstration shows them on a page."""

    key = models.CharField(max_length=80, unique=True)  # what it is about, so that a repeated job sends once
    channel = models.CharField(max_length=16)
    to_sealed = models.BinaryField()
    to_mask = models.CharField(max_length=20)
    words_sealed = models.BinaryField()
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_fault = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "notices_outgoing"
        indexes = [
            models.Index(
                fields=["made_at"], name="outgoing_waiting", condition=models.Q(sent_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.key
