"""The register of places. Divisions and what stands in them, down to the home; no persons.

All of it is public reference data: every session may read it, changes are held to the actor's range
(migration 0002). Nothing is deleted; things end (``ended_on``, ``valid_to``, ``removed_on``).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from quanlin.kit.placenumber import LEVEL_NAMES

LEVEL_CHOICES = list(LEVEL_NAMES.items())


def _below(to: type[models.Model] | str, **options) -> models.ForeignKey:
    return models.ForeignKey(to, on_delete=models.PROTECT, related_name="+", **options)


class Place(models.Model):
    """One place of any level. ``number`` never changes (kit.placenumber); everything else may."""

    number = models.BigIntegerField(primary_key=True)
    level = models.TextField(choices=LEVEL_CHOICES)
    name = models.TextField()
    official_name = models.TextField(default="")
    parent = _below("self", null=True)
    sequence = models.PositiveSmallIntegerField()
    path = models.TextField(help_text="names from the district down, without the grid")
    statistical = models.BooleanField(
        default=False, help_text="a zone of the statistics, no administrative area"
    )
    code = models.TextField(unique=True, help_text="what the QR code says")
    valid_from = models.DateField()
    ended_on = models.DateField(null=True)
    lat = models.FloatField(null=True)
    lng = models.FloatField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "level", "sequence"], name="places_one_sequence"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gt=models.F("valid_from")),
                name="places_ends_later",
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="places_number_positive"),
        ]
        indexes = [
            models.Index(fields=["level", "number"], name="places_by_level"),
            models.Index(fields=["lat", "lng"], name="places_by_point"),
        ]


class PlaceCode(models.Model):
    """An official code and the days on which it was this place's: from inclusive, to exclusive."""

    place = _below(Place)
    code12 = models.CharField(max_length=12)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["code12"], name="places_code_by_text")]


class Succession(models.Model):
    """``old`` went on as ``new`` on a day. A split has several rows with the same ``old``."""

    SORTS = (("merge", "合并"), ("split", "拆分"))

    old = _below(Place)
    new = _below(Place)
    on_day = models.DateField()
    sort = models.TextField(choices=SORTS)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["old", "new"], name="places_succession_once"),
            models.CheckConstraint(condition=~Q(old=models.F("new")), name="places_no_own_successor"),
        ]


class Outline(models.Model):
    """The boundary of a place for some days: rings of [lng, lat] in WGS-84, even-odd, five decimals."""

    place = _below(Place)
    rings = models.JSONField()
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    schematic = models.BooleanField(help_text="drawn by us for orientation, not surveyed")
    source = models.TextField(default="")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)


class AreaCell(models.Model):
    """A 20 m cell of a surveyed community, for shares of area (indicators B02, G02)."""

    community = _below(Place)
    cell = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["community", "cell"], name="places_cell_once")]


class OwnDay(models.Model):
    """A day on which a place works or rests unlike the country; holds for everything below it."""

    SORTS = (("off", "休息"), ("work", "上班"))

    place = _below(Place)
    day = models.DateField()
    sort = models.TextField(choices=SORTS)
    note = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "day"], name="places_own_day_once")]


class Revision(models.Model):
    """One row whose ``mark`` changes with every change of the register, so that caches notice."""

    mark = models.UUIDField()


class RegisterRow(models.Model):
    """Who said it, of which day, when it was entered, last confirmed and removed."""

    source = models.TextField(default="")
    stated_on = models.DateField()
    entered_at = models.DateTimeField()
    confirmed_on = models.DateField(null=True)
    removed_on = models.DateField(null=True)

    class Meta:
        abstract = True


class Estate(RegisterRow):
    """小区. Null says unknown, which lists show."""

    MODES = (("company", "物业公司"), ("red", "红色物业"), ("own", "居民自管"), ("none", "无物业"))
    FIRE_OBJECTS = ("fire_lane", "hydrant", "fire_door", "electrical")

    place = models.OneToOneField(Place, primary_key=True, on_delete=models.PROTECT, related_name="+")
    closed = models.BooleanField(null=True)
    has_ebikes = models.BooleanField(null=True)
    has_vehicle_entrance = models.BooleanField(null=True)
    fire_objects = ArrayField(models.TextField(), null=True)
    perimeter_metres = models.PositiveIntegerField(null=True)
    property_mode = models.TextField(choices=MODES, null=True)


class Building(RegisterRow):
    """楼. ``floors_with_common_area`` counts the floors that have a corridor or hall."""

    place = models.OneToOneField(Place, primary_key=True, on_delete=models.PROTECT, related_name="+")
    residential = models.BooleanField(null=True)
    floors_above_ground = models.PositiveSmallIntegerField(null=True)
    floors_with_common_area = models.PositiveSmallIntegerField(null=True)


class Home(RegisterRow):
    """户: the rooms, not the people."""

    place = models.OneToOneField(Place, primary_key=True, on_delete=models.PROTECT, related_name="+")
    floor = models.SmallIntegerField(null=True)
    residential = models.BooleanField(null=True)
    occupied = models.BooleanField(null=True, help_text="False: recorded as vacant; null: nobody has looked")
    occupied_source = models.TextField(default="")
    occupied_on = models.DateField(null=True)


class Entrance(RegisterRow):
    """出入口 of an estate. A locked exit opens in an emergency only."""

    USES = (("person", "人行"), ("vehicle", "车行"), ("both", "人车"), ("goods", "货运"))

    estate = _below(Place)
    name = models.TextField()
    use = models.TextField(choices=USES, null=True)
    locked_exit = models.BooleanField(null=True)
    lat = models.FloatField(null=True)
    lng = models.FloatField(null=True)


class Lift(RegisterRow):
    """电梯 in a building."""

    building = _below(Place)
    name = models.TextField()
    residential = models.BooleanField(null=True)
    stopped_by_order_until = models.DateField(null=True)


class Facade(RegisterRow):
    """外立面 of a building; the side it looks to in words (南, 东 …)."""

    building = _below(Place)
    side = models.TextField()
    has_openings_from_floor_3 = models.BooleanField(null=True)


class KeyPosition(RegisterRow):
    """重点部位, or the statement that the area has none of the sort (``absent``)."""

    SORTS = (
        ("estate_entrance", "小区出入口"),
        ("car_park_entrance", "停车场出入口"),
        ("main_road", "主要道路"),
        ("fire_lane", "消防通道"),
    )

    place = _below(Place)
    sort = models.TextField(choices=SORTS)
    name = models.TextField(default="")
    absent = models.BooleanField(default=False)
    lat = models.FloatField(null=True)
    lng = models.FloatField(null=True)


class Site(RegisterRow):
    """A place that people go to: a service hall, a book corner, a sports ground, a shelter for e-bikes."""

    SORTS = (
        ("government_service", "政务服务站"),
        ("book_corner", "共享书屋"),
        ("sports_ground", "健身场地"),
        ("ebike_parking", "电动自行车停放点"),
        ("elder_care", "养老服务站"),
        ("meeting_room", "议事室"),
    )

    place = _below(Place)
    sort = models.TextField(choices=SORTS)
    name = models.TextField()
    hours = models.TextField(default="")
    forms = ArrayField(models.TextField(), default=list)
    serves = ArrayField(models.BigIntegerField(), default=list, help_text="numbers of the places it serves")
    open = models.BooleanField(null=True)
    inspection = models.UUIDField(null=True, help_text="evidence of the last inspection")
    photo = models.UUIDField(null=True, help_text="evidence of what it looks like")
    lat = models.FloatField(null=True)
    lng = models.FloatField(null=True)


class Road(RegisterRow):
    """A road or lane inside a community, as a line of [lng, lat] in WGS-84."""

    place = _below(Place)
    name = models.TextField()
    line = models.JSONField()
