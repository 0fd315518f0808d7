"""Cases. The present state lives on the row; what happened lives in the journal; holdings feed the responsibility axis."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from quanlin.cases.rules.moves import OPEN

OPEN_CASES = Q(state__in=sorted(OPEN))


class CatalogueEntry(models.Model):
    """One version of a kind, as it was published. Never changed: an open case keeps its version."""

    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    body = models.JSONField()
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_kind"
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="kind_version_once")]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class Case(models.Model):
    """One 案件. Place, community and estate are frozen at opening (indicators/measures: cases)."""

    number = models.CharField(max_length=12, unique=True)
    intake_key = models.CharField(
        max_length=120, unique=True
    )  # who:key of the submission, so that a repeat opens nothing
    intake_digest = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=40)
    kind_version = models.PositiveIntegerField()
    group = models.CharField(max_length=24)
    scenario = models.CharField(max_length=24)
    title = models.CharField(max_length=80)
    words = models.TextField()
    fields = models.JSONField(default=dict)

    place = models.BigIntegerField()
    community = models.BigIntegerField()  # with street and district: equality in the lists of each level
    street = models.BigIntegerField()
    district = models.BigIntegerField()
    estate = models.BigIntegerField(null=True)
    place_text = models.CharField(max_length=160)
    lat = models.FloatField(null=True)  # WGS-84, the place of the matter, never of a person
    lng = models.FloatField(null=True)

    reporter = models.UUIDField(null=True)
    reporter_mask = models.CharField(max_length=40, blank=True, default="")
    reporter_phone_mask = models.CharField(max_length=20, blank=True, default="")
    reporter_sort = models.CharField(max_length=16)  # resident, grid_worker, staff, device, system, partner
    channel = models.CharField(max_length=16)  # page, qr, api, desk, phone, import, device, exchange
    site = models.BigIntegerField(null=True)  # service place where it was taken in
    device = models.BigIntegerField(null=True)
    alarm = models.BigIntegerField(null=True)
    mirrored = models.BooleanField(default=False)  # worked elsewhere, shown here
    drill = models.BooleanField(default=False)
    invented = models.BooleanField(default=False)  # of the demonstration or a simulation
    public = models.BooleanField(default=False)
    urgent = models.BooleanField(default=False)

    state = models.CharField(max_length=12)
    level = models.CharField(max_length=12)
    desk_unit = models.BigIntegerField()
    holder_unit = models.BigIntegerField()
    units = ArrayField(
        models.BigIntegerField(), default=list
    )  # every unit that ever held it: they go on seeing it
    resolver = models.BigIntegerField(null=True)
    resolver_unit = models.BigIntegerField(null=True)
    whistled = models.BooleanField(default=False)
    returns = models.PositiveSmallIntegerField(default=0)
    rounds = models.PositiveSmallIntegerField(default=1)  # 2 after a refused closure
    urges = models.PositiveIntegerField(default=0)
    urged_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    step_seq = models.PositiveIntegerField(default=1)
    step_started_at = models.DateTimeField()
    step_allowed = models.PositiveIntegerField(null=True)
    due_at = models.DateTimeField(null=True)  # of the step that runs
    promised_at = models.DateTimeField()
    work_late = models.BooleanField(default=False)  # a work step ended after its limit
    overdue_seq = models.PositiveIntegerField(default=0)  # the step whose lateness was told: once per step

    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closing_reason = models.CharField(max_length=16, blank=True, default="")
    closed_level = models.CharField(max_length=12, blank=True, default="")
    rating = models.PositiveSmallIntegerField(null=True)
    rating_stands = models.BooleanField(default=False)  # False again when the closure was refused
    rated_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_case"
        # The lists of each level walk their index from the newest; kind, state and group stand at its end, so that what
        # a filter leaves out is passed over without a look at the row (docs/adr/0002: what the planner cannot know).
        indexes = [
            models.Index(
                fields=["community", "-opened_at", "-id", "kind", "state", "group"],
                name="case_community_newest",
            ),
            models.Index(
                fields=["street", "-opened_at", "-id", "kind", "state", "group"], name="case_street_newest"
            ),
            models.Index(
                fields=["district", "-opened_at", "-id", "kind", "state", "group"],
                name="case_district_newest",
            ),
            models.Index(fields=["-opened_at", "-id", "kind", "state", "group"], name="case_newest_all"),
            models.Index(fields=["community", "due_at"], name="case_community_due", condition=OPEN_CASES),
            models.Index(fields=["street", "due_at"], name="case_street_due", condition=OPEN_CASES),
            models.Index(fields=["holder_unit", "due_at"], name="case_holder_due", condition=OPEN_CASES),
            models.Index(fields=["due_at"], name="case_due", condition=OPEN_CASES),
            models.Index(
                fields=["reporter", "-opened_at"], name="case_reporter", condition=Q(reporter__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Holding(models.Model):
    """One stretch in which one unit held a case in one step: a row of the responsibility axis."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    place = models.BigIntegerField()
    seq = models.PositiveIntegerField()
    step = models.CharField(max_length=12)
    unit = models.BigIntegerField()
    round = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    allowed = models.PositiveIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    used = models.FloatField(null=True)
    ended_by = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        db_table = "cases_holding"
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="holding_once")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.seq}"


class Remark(models.Model):
    """Words that came with a move. Staff-only ones are never shown to the reporter."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    place = models.BigIntegerField()
    words = models.TextField()
    internal = models.BooleanField(default=False)
    account = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_remark"
        indexes = [models.Index(fields=["case"], name="remark_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.pk}"


class Photo(models.Model):
    """A picture that was re-encoded and stripped. The file lies under var/media and is opened through permission."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    place = models.BigIntegerField()
    entry = models.BigIntegerField()  # the journal entry that it came with
    stage = models.CharField(max_length=12)  # the move that it came with: report, resolve, verify …
    digest = models.BinaryField(max_length=32)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    account = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_photo"
        indexes = [models.Index(fields=["case"], name="photo_case")]

    def __str__(self) -> str:
        return str(self.pk)
