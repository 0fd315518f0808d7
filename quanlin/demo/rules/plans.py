"""The invented world as its file tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlan:
    """A unit that serves the place ``at`` and all below."""

    key: str
    name: str
    sort: str
    at: str
    speciality: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """A worker. unit: key of a unit, or ``@code`` for the desk that stands at a place; at: place without a unit."""

    username: str
    name: str
    role: str
    unit: str = ""
    more: tuple[str, ...] = ()
    at: str = ""
    days: int = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentPlan:
    """A resident and the home he lives in."""

    username: str
    name: str
    phone: str
    home: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldPlan:
    """Everybody and everything of the demonstration."""

    password: str
    units: tuple[UnitPlan, ...]
    accounts: tuple[AccountPlan, ...]
    residents: tuple[ResidentPlan, ...]
    district_departments: Mapping[str, str]
    city_departments: Mapping[str, str]


def parse_world(found: Mapping[str, Any]) -> WorldPlan:
    """The world from what its YAML holds. Raises KeyError or TypeError when it is not whole."""
    return WorldPlan(
        password=found["password"],
        units=tuple(UnitPlan(**unit) for unit in found["units"]),
        accounts=tuple(AccountPlan(**{**a, "more": tuple(a.get("more", ()))}) for a in found["accounts"]),
        residents=tuple(ResidentPlan(**resident) for resident in found["residents"]),
        district_departments=found["everywhere"]["district"],
        city_departments=found["everywhere"]["city"],
    )
