"""Counters that the relay keeps with every batch of facts, at the four levels of divisions: boards never count cases."""

from django.db import models


class DailyCounts(models.Model):
    """What happened at a place on a day (China). Drills are left out."""

    place = models.BigIntegerField()
    day = models.DateField()
    opened = models.IntegerField(default=0)
    closed = models.IntegerField(default=0)  # a refused closure takes its count back
    on_time = models.IntegerField(default=0)
    overdue = models.IntegerField(default=0)  # steps that became overdue
    refused = models.IntegerField(default=0)
    rated = models.IntegerField(default=0)
    satisfied = models.IntegerField(default=0)  # four or five stars that still stand
    urged = models.IntegerField(default=0)
    escalated = models.IntegerField(default=0)
    closed_grid = models.IntegerField(default=0)
    closed_community = models.IntegerField(default=0)
    closed_street = models.IntegerField(default=0)
    closed_district = models.IntegerField(default=0)
    closed_city = models.IntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.place} {self.day}"


class Daily(DailyCounts):
    """The daily counts that boards read."""

    class Meta:
        db_table = "boards_daily"
        constraints = [models.UniqueConstraint(fields=["place", "day"], name="daily_once")]


class DailyAnew(DailyCounts):
    """Where a recount gathers, until it takes the place of what boards read."""

    class Meta:
        db_table = "boards_dailyanew"
        constraints = [models.UniqueConstraint(fields=["place", "day"], name="daily_anew_once")]


class StockCounts(models.Model):
    """How many cases of a group stand in a state at a place now."""

    place = models.BigIntegerField()
    group = models.CharField(max_length=24)
    state = models.CharField(max_length=12)
    cases = models.IntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.place} {self.group} {self.state}"


class Stock(StockCounts):
    """The stock that boards read."""

    class Meta:
        db_table = "boards_stock"
        constraints = [models.UniqueConstraint(fields=["place", "group", "state"], name="stock_once")]


class StockAnew(StockCounts):
    """Where a recount gathers."""

    class Meta:
        db_table = "boards_stockanew"
        constraints = [models.UniqueConstraint(fields=["place", "group", "state"], name="stock_anew_once")]
