"""Every read of cases."""

from quanlin.cases.queries.kinds import current_kinds, forget_kinds, kind_of, the_kind
from quanlin.cases.queries.lists import CaseRow, Filters, Page, case_list
from quanlin.cases.queries.one import (
    AxisRow,
    CasePage,
    PhotoCard,
    StepMark,
    TimelineItem,
    axis,
    case_page,
    case_row,
    the_case,
    timeline,
)

__all__ = [
    "AxisRow",
    "CasePage",
    "CaseRow",
    "Filters",
    "Page",
    "PhotoCard",
    "StepMark",
    "TimelineItem",
    "axis",
    "case_list",
    "case_page",
    "case_row",
    "current_kinds",
    "forget_kinds",
    "kind_of",
    "the_case",
    "the_kind",
    "timeline",
]
