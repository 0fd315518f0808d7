"""Persons behind accounts and the homes they are linked to. Names and phones are sealed from the first day."""

from django.db import models


class Person(models.Model):
    """One person. ``id`` equals ``staff.Account.uid`` where there is an account. Sealed fields: see kit.sealing."""

    id = models.UUIDField(primary_key=True)
    account = models.BigIntegerField(
        null=True, unique=True
    )  # staff.Account; plain, so that lists need no join
    sort = models.CharField(max_length=16)  # resident or staff: names of staff are shown to colleagues
    name_sealed = models.BinaryField()
    name_mask = models.CharField(max_length=40)  # 周*: what lists show
    phone_sealed = models.BinaryField(null=True)
    phone_mask = models.CharField(max_length=20, blank=True, default="")
    phone_blind = models.BinaryField(null=True, max_length=16)
    place = models.BigIntegerField(default=0)  # community of the home, or the unit's place; 0: not known yet
    invented = models.BooleanField(default=False)  # a person of the demonstration
    created_at = models.DateTimeField()

    class Meta:
        db_table = "people_person"
        constraints = [
            # One resident a number, by which he signs in. Staff have theirs beside it: they live somewhere too.
            models.UniqueConstraint(
                fields=["phone_blind"], condition=models.Q(sort="resident"), name="one_resident_a_phone"
            )
        ]

    def __str__(self) -> str:
        return self.name_mask


class Residence(models.Model):
    """Which home a person says he lives in. Ends, is never deleted."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    home = models.BigIntegerField()
    since = models.DateField()
    until = models.DateField(null=True)
    confirmed_on = models.DateField(null=True)

    class Meta:
        db_table = "people_residence"
        indexes = [models.Index(fields=["home"], name="residence_home")]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(until__isnull=True), name="one_home_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.home}"


class Code(models.Model):
    """A sign-in code that was sent to a phone: six digits, five minutes, five tries, kept only as a digest."""

    phone_blind = models.BinaryField(max_length=16)
    digest = models.BinaryField(max_length=32)
    source = models.BinaryField(
        max_length=16
    )  # blind index of the address that asked, for the limit per source
    sent_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_code"
        indexes = [
            models.Index(fields=["phone_blind", "-sent_at"], name="code_phone"),
            models.Index(fields=["source", "-sent_at"], name="code_source"),
            models.Index(fields=["sent_at"], name="code_sent"),
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"
