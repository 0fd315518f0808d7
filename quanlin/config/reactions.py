"""When this fact, do that: the single list. Folds run with the relay's batch; jobs come after."""

from quanlin.boards import actions as boards
from quanlin.cases import jobs as cases

WHEN = {
    **{fact: [cases.tell_holder] for fact in cases.STAFF_HEARS},
}
for _fact in cases.REPORTER_HEARS:
    WHEN.setdefault(_fact, []).append(cases.tell_reporter)

FOLDS = [boards.count]

QUEUES = ("notices", "clock")
