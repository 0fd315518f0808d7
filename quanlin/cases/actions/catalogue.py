"""Publishing kinds: a new version beside the old ones."""

from pathlib import Path

import yaml

from quanlin.cases import facts
from quanlin.cases.models import CatalogueEntry
from quanlin.cases.queries.kinds import forget_kinds
from quanlin.cases.rules.catalogue import Kind, parse_kind, stored
from quanlin.journal.actions import record
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import Conflict
from quanlin.staff import rules as staff

SHIPPED = Path(__file__).resolve().parent.parent / "catalogue"


def publish_kind(text: str, *, where: str, actor: Actor) -> Kind:
    """Publish one kind from YAML. The same version with the same content does nothing; with other content Conflict."""
    staff.check(actor, "place.manage", staff.Resource(place=actor.place))
    body = yaml.safe_load(text)
    kind = parse_kind(body, where=where)
    body = stored(body)
    known = CatalogueEntry.objects.filter(code=kind.code, version=kind.version).first()
    if known is not None:
        if known.body != body:
            raise Conflict(
                "version_taken",
                f"{where}：第 {kind.version} 版已经发布过，内容不同。请把 version 改成 {kind.version + 1}。",
                field="version",
            )
        return kind
    CatalogueEntry.objects.create(code=kind.code, version=kind.version, body=body, published_at=clock.now())
    record(facts.KindPublished(subject_id=kind.code, version=kind.version), actor=actor)
    forget_kinds()
    return kind


def publish_shipped(*, actor: Actor) -> int:
    """Publish all kinds that come with the program; answers how many there are."""
    files = sorted(SHIPPED.glob("*.yaml"))
    for file in files:
        publish_kind(file.read_text(encoding="utf-8"), where=file.name, actor=actor)
    return len(files)
