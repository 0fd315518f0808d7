"""What time does by itself: a step becomes overdue, once; a hold ends on its day."""

from django.db.models import F

from quanlin.cases import facts
from quanlin.cases.actions.moving import move_case
from quanlin.cases.actions.recording import fact_of
from quanlin.cases.actions.turn import Given
from quanlin.cases.models import Case
from quanlin.cases.rules.moves import OPEN, STEP_OF
from quanlin.journal.actions import record_many
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM

BATCH = 500


def sweep() -> int:
    """Tell what became overdue since the last time and resume what was held until now; answers how many.

    Runs in the system's scope, each minute; twice does no harm: ``overdue_seq`` names the step that was told.
    """
    now = clock.now()
    due = Case.objects.select_for_update(skip_locked=True).filter(due_at__lt=now, state__in=sorted(OPEN))
    late = list(due.exclude(state="on_hold").exclude(overdue_seq=F("step_seq")).order_by("due_at")[:BATCH])
    for case in late:
        case.overdue_seq = case.step_seq
    Case.objects.bulk_update(late, ["overdue_seq"])
    record_many([_overdue(case) for case in late], actor=SYSTEM)
    held = list(due.filter(state="on_hold").order_by("due_at").values_list("number", "version")[:BATCH])
    for number, version in held:
        move_case(number=number, move="resume", version=version, actor=SYSTEM, given=Given())
    return len(late) + len(held)


def _overdue(case: Case) -> facts.CaseFact:
    step = "arrive" if case.whistled and case.state == "assigned" else STEP_OF[case.state]
    return fact_of(case, facts.BecameOverdue, overdue_step=step)
