"""What must hold for every room, and what no linter sees."""

import re
from pathlib import Path

from django.apps import apps
from django.db.models import ForeignKey
from procrastinate.contrib.django import app as jobs

from quanlin.cases.rules.story import told_facts
from quanlin.config import reactions
from quanlin.config.cli.docs import facts_page
from quanlin.kit.facts import known_facts

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [
    "kit",
    "journal",
    "places",
    "staff",
    "people",
    "notices",
    "cases",
    "boards",
    "demo",
    "config",
]  # upward


def all_facts():
    for room in ROOMS:
        if (ROOT / "quanlin" / room / "facts.py").exists():
            __import__(f"quanlin.{room}.facts")
    return known_facts()


def test_a_fact_is_named_after_its_room_and_says_what_happened():
    facts = all_facts()
    assert len(facts) >= 30
    for name, cls in facts.items():
        room = name.split(".")[0]
        assert cls.__module__ == f"quanlin.{room}.facts", f"{name} lives in {cls.__module__}"
        assert cls.__doc__, f"{name} has no docstring"
        assert not cls.__doc__.startswith(cls.__name__ + "("), f"{name} has no docstring of its own"
        assert cls.subject
        assert cls.record_kind in {"person", "place", "matter", "thing", "situation", "organisation"}


def test_every_fact_is_documented():
    all_facts()
    assert (ROOT / "docs" / "facts.md").read_text() == facts_page(), "run `quanlin docs facts`"


def test_facts_carry_no_personal_data():
    forbidden = re.compile(r"name$|phone|words|text|address|title")
    for name, cls in all_facts().items():
        own = [f for f in cls.__dataclass_fields__ if forbidden.search(f)]
        assert own in ([], ["name"]) or own == [], f"{name} carries {own}"


def test_reactions_name_real_facts():
    facts = all_facts()
    for name in reactions.WHEN:
        assert name in facts, f"config/reactions.py reacts to {name}, which nobody records"


def test_every_fact_of_a_case_can_be_told():
    missing = {
        n for n in all_facts() if n.startswith("cases.") and n != "cases.kind_published"
    } - told_facts()
    assert not missing, f"cases/rules/story.py has no words for {missing}"


def test_foreign_keys_point_downward_and_have_no_way_back():
    for model in apps.get_models():
        if not model.__module__.startswith("quanlin."):
            continue
        room = model.__module__.split(".")[1]
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey):
                there = field.related_model.__module__.split(".")[1]
                assert ROOMS.index(there) <= ROOMS.index(room), (
                    f"{model.__name__}.{field.name} points up to {there}"
                )
                assert field.remote_field.related_name == "+", (
                    f"{model.__name__}.{field.name} needs related_name='+'"
                )


def test_every_queue_has_a_worker():
    used = {task.queue for name, task in jobs.tasks.items() if task.queue != "builtin"}
    assert used == set(reactions.QUEUES), f"jobs use {used}, the worker takes {reactions.QUEUES}"


def test_no_file_outgrows_four_hundred_lines():
    long = {
        str(f.relative_to(ROOT)): n
        for pattern in (
            "quanlin/**/*.py",
            "tests/**/*.py",
            "quanlin/**/*.css",
            "quanlin/**/*.js",
            "quanlin/**/*.html",
        )
        for f in ROOT.glob(pattern)
        if "migrations" not in f.parts and (n := len(f.read_text().splitlines())) > 400
    }
    assert not long
