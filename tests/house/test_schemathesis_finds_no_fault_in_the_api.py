"""Schemathesis against the application in this process: no 5xx, no answer that is not documented.

QUANLIN_EXAMPLES examples for each operation, actor and mode; few in ./test, many in ``just nightly``.
"""

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from tests import agreed, world
from tests.asking import Asker

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("QUANLIN_EXAMPLES", "6"))
OPERATIONS = sorted(
    (method.upper(), path)
    for path, methods in agreed.schema()["paths"].items()
    for method in methods
    if path != "/api/v1/live"  # another process; tests/boards/test_live_…
)
# A well-formed value is often refused by the rules of the matter (no such place, not now): that is no fault here.
LEFT_OUT = ["positive_data_acceptance", "use_after_free", "ensure_resource_availability"]


@pytest.fixture(scope="module")
def document() -> Any:
    load_all_checks()
    schema = schemathesis.openapi.from_dict(agreed.schema())
    schema.app = WSGIHandler()
    schema.location = "/api/v1/openapi.json"
    return schema


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The test's transaction outlives each request."""
    ends = (signals.request_started, signals.request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture
def people() -> world.World:
    with act_as(SYSTEM):
        return world.build()


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["well-formed", "malformed"]
)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_server_fault_and_nothing_undocumented(
    document: Any, people: world.World, method: str, path: str, mode: GenerationMode
) -> None:
    number = world.walk_to(people, "accepted")
    tokens = [Asker(who).token for who in (people.worker, people.wang)]
    known = {"number": number, "code": "street_light" if "kinds" in path else world.SHUNXIN}
    left_out = [CHECKS.get_one(name) for name in LEFT_OUT]

    @hypothesis.seed(1)
    @hypothesis.settings(
        max_examples=EXAMPLES * len(tokens), deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(
        case=document[path][method].as_strategy(generation_mode=mode),
        token=hypothesis.strategies.sampled_from(tokens),
        there=hypothesis.strategies.booleans(),
    )
    def ask(case: Any, token: str, there: bool) -> None:
        if there and mode is GenerationMode.POSITIVE:  # half of the time about something that there is
            for name in case.path_parameters or {}:
                case.path_parameters[name] = known[name]
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=left_out)

    try:
        ask()
    except hypothesis.errors.Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
        pytest.skip("nothing in this operation can be malformed")
