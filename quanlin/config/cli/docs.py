"""quanlin docs …: pages of the documentation that are made from the code."""

import importlib
import inspect
from pathlib import Path

import typer

from quanlin.config.cli.connect import use_django

GROUP = "docs"
app = typer.Typer(help="由代码生成的文档。", no_args_is_help=True)
ROOMS = ("journal", "places", "staff", "people", "notices", "cases", "boards", "demo")
KINDS = {
    "person": "人",
    "place": "地",
    "matter": "事",
    "thing": "物",
    "situation": "情",
    "organisation": "组织",
}


def facts_page() -> str:
    """docs/facts.md: every fact that can be recorded, by room."""
    from quanlin.config.reactions import WHEN
    from quanlin.kit.facts import known_facts

    for room in ROOMS:
        if importlib.util.find_spec(f"quanlin.{room}.facts"):
            importlib.import_module(f"quanlin.{room}.facts")
    lines = [
        "# Facts: what can happen",
        "",
        "Made by `quanlin docs facts`; a house test compares it with the code. Every write records one of these in its",
        "own transaction; the timeline, notices, live screens, counters and proofs all read that one row.",
    ]
    facts = known_facts()
    for room in ROOMS:
        of_room = [f for name, f in sorted(facts.items()) if name.startswith(room + ".")]
        if not of_room:
            continue
        lines += [
            "",
            f"## {room}",
            "",
            "| fact | about | record | its own fields | then | what happened |",
            "|---|---|---|---|---|---|",
        ]
        for fact in of_room:
            own = [f for f in fact.__dataclass_fields__ if f not in _BASE]
            then = ", ".join(task.name for task in WHEN.get(fact.name, ()))
            said = " ".join(inspect.cleandoc(fact.__doc__ or "").split())
            lines.append(
                f"| `{fact.name}` | {fact.subject} | {KINDS[fact.record_kind]} | {', '.join(own)} | {then} | {said} |"
            )
    return "\n".join(lines) + "\n"


_BASE = {
    "name", "subject", "record_kind", "subject_id", "place", "units", "persons", "drill",
    "number", "kind", "group", "state", "was", "level", "holder", "remark", "urgent",
}  # fmt: skip


@app.command()
def facts() -> None:
    """重写 docs/facts.md。"""
    use_django()
    target = Path(__file__).resolve().parents[3] / "docs" / "facts.md"
    target.write_text(facts_page(), encoding="utf-8")
    print(f"{target.name}：{facts_page().count('| `')} 个事实")
