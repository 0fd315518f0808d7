"""Every read of cases."""

from quanlin.cases.queries.axis import AxisRow, axis_windows
from quanlin.cases.queries.kinds import current_kinds, forget_kinds, kind_of, the_kind
from quanlin.cases.queries.lists import CaseRow, Filters, Order, Page, case_list
from quanlin.cases.queries.one import (
    CasePage,
    PhotoCard,
    StepMark,
    TimelineItem,
    WholeCase,
    axis,
    case_page,
    case_row,
    check_may_see,
    the_case,
    timeline,
    whole_case,
)
from quanlin.cases.queries.photos import PhotoFile, photo_file, photos_of
from quanlin.cases.queries.routing import route

__all__ = [
    "AxisRow",
    "CasePage",
    "CaseRow",
    "Filters",
    "Order",
    "Page",
    "PhotoCard",
    "StepMark",
    "TimelineItem",
    "WholeCase",
    "whole_case",
    "axis",
    "axis_windows",
    "check_may_see",
    "photos_of",
    "route",
    "photo_file",
    "PhotoFile",
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
