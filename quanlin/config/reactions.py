"""When this fact, do that: the single list. Folds run with the relay's batch; jobs come after."""

from quanlin.boards import actions as boards
from quanlin.cases import jobs as cases
from quanlin.notices import jobs as notices

WHEN = {
    **{fact: [cases.tell_holder] for fact in cases.STAFF_HEARS},
    "notices.sms_queued": [notices.deliver_sms],
    "people.reveal_refused": [notices.tell_security],
}
for _fact in cases.REPORTER_HEARS:
    WHEN.setdefault(_fact, []).append(cases.tell_reporter)

FOLDS = [boards.count]

QUEUES = ("notices", "clock")
