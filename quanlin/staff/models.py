"""Accounts, units, grants and tokens. Names and phone numbers live in the room people, sealed."""

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class AccountBook(BaseUserManager):
    """How Django finds an account by its username; accounts are opened by ``staff.actions``."""

    def get_by_natural_key(self, username: str) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser):
    """What one signs in with. ``uid`` is also the id of the person in the room people."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    username = models.CharField(max_length=64, unique=True)
    sort = models.CharField(
        max_length=16, choices=[("staff", "工作人员"), ("resident", "居民"), ("partner", "平台")]
    )
    is_active = models.BooleanField(default=True)
    void_before = models.DateTimeField(null=True)  # sessions that began earlier are over
    demonstration = models.BooleanField(
        default=False
    )  # may be entered by one press where QUANLIN_DEMO is set
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []
    objects = AccountBook()

    class Meta:
        db_table = "staff_account"

    def __str__(self) -> str:
        return self.username


class Unit(models.Model):
    """Who can hold a case: a level's desk, a grid, a property company, a department, the police."""

    SORTS = [
        ("desk", "受理台"),
        ("grid", "网格"),
        ("property", "物业"),
        ("department", "部门"),
        ("police", "公安"),
        ("service", "服务单位"),
    ]
    name = models.CharField(max_length=80)
    sort = models.CharField(max_length=16, choices=SORTS)
    speciality = models.CharField(
        max_length=40, blank=True, default=""
    )  # which department: 市政, 城管, 供热 …
    level = models.CharField(max_length=16)
    place = models.BigIntegerField()
    low = models.BigIntegerField()  # what it serves: one range of place numbers
    high = models.BigIntegerField()
    phone = models.CharField(max_length=20, blank=True, default="")  # the unit's public number
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "staff_unit"
        constraints = [
            models.UniqueConstraint(fields=["sort", "place", "name"], name="unit_once"),
            models.CheckConstraint(condition=Q(low__lte=F("high")), name="unit_range"),
        ]

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """account may act as role at place, for purposes, from … to. There is no grant without an end."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=24)
    grade = models.CharField(max_length=16)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    place = models.BigIntegerField()
    purposes = ArrayField(models.CharField(max_length=32), default=list)
    may_publish = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    granted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "staff_grant"
        indexes = [models.Index(fields=["account", "valid_to"], name="grant_account")]
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__lt=F("valid_to")), name="grant_ends"),
            ExclusionConstraint(
                name="grades_apart",
                expressions=[
                    (F("account"), RangeOperators.EQUAL),
                    (F("grade"), RangeOperators.NOT_EQUAL),
                    (
                        Func(
                            "valid_from", "valid_to", function="tstzrange", output_field=DateTimeRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            ExclusionConstraint(
                name="officers_apart",
                expressions=[
                    (F("account"), RangeOperators.EQUAL),
                    (F("role"), RangeOperators.NOT_EQUAL),
                    (
                        Func(
                            "valid_from", "valid_to", function="tstzrange", output_field=DateTimeRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(grade="officer"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.account_id}"


class Token(models.Model):
    """An API token: only its SHA-256 is kept."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    grant = models.ForeignKey(Grant, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32, unique=True)
    scope = models.CharField(max_length=8, choices=[("read", "只读"), ("write", "读写")])
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "staff_token"

    def __str__(self) -> str:
        return self.name
