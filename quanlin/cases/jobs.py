"""What follows later: telling who holds a case and who reported it; looking for what became overdue."""

from procrastinate.contrib.django import app

from quanlin.cases import actions
from quanlin.cases.models import Case
from quanlin.cases.queries.kinds import kind_of
from quanlin.cases.rules.story import tell as tell_story
from quanlin.journal import queries as journal
from quanlin.kit.actor import SYSTEM
from quanlin.notices import actions as notices
from quanlin.staff import queries as staff_queries
from quanlin.staff.actions import act_as

STAFF_HEARS = {
    "cases.reported": "新来一件",
    "cases.assigned": "派给你们",
    "cases.whistled": "吹哨叫你们",
    "cases.returned": "退回来了",
    "cases.escalated": "下级报上来",
    "cases.resolved": "等你们核实",
    "cases.rejected": "核实没通过",
    "cases.refused": "报事人不认可",
    "cases.urged": "催办",
    "cases.became_overdue": "超时了",
}
REPORTER_HEARS = {
    "cases.accepted",
    "cases.declined",
    "cases.assigned",
    "cases.escalated",
    "cases.whistled",
    "cases.resolved",
    "cases.closed",
    "cases.refused",
}


@app.task(queue="notices", name="cases.tell_holder")
def tell_holder(entry_id: int) -> None:
    """Tell the members of the unit that a case came to. Runs twice without harm."""
    with act_as(SYSTEM):
        fact = journal.entry(entry_id, viewer=SYSTEM)
        case = Case.objects.filter(pk=int(fact.subject_id)).first()
        if case is None:
            return
        units = {int(fact.data["holder"])}
        if fact.fact == "cases.refused" and case.resolver_unit:
            units.add(case.resolver_unit)  # the same unit is told, and the desk one level above
        accounts = {a for unit in units for a in staff_queries.members_of(unit)} - {fact.actor_account}
        notices.tell(
            entry=entry_id,
            accounts=accounts,
            title=f"{STAFF_HEARS[fact.fact]}：{case.title}",
            link=f"/desk/cases/{case.number}",
        )


@app.task(queue="notices", name="cases.tell_reporter")
def tell_reporter(entry_id: int) -> None:
    """Tell the reporter where his case stands. Runs twice without harm."""
    with act_as(SYSTEM):
        fact = journal.entry(entry_id, viewer=SYSTEM)
        case = Case.objects.filter(pk=int(fact.subject_id)).first()
        if case is None or case.reporter is None:
            return
        account = staff_queries.account_of(case.reporter)
        if account is None or account == fact.actor_account:
            return
        told = tell_story(
            fact.fact,
            fact.data,
            kind_name=kind_of(case.kind, case.kind_version).name,
            units={i: u.name for i, u in staff_queries.units().items()},
            outside=True,
        )
        notices.tell(
            entry=entry_id,
            accounts={account},
            title=f"{told.verb}：{case.title}",
            link=f"/cases/{case.number}",
        )


@app.periodic(cron="* * * * *")
@app.task(queue="clock", name="cases.sweep", queueing_lock="cases.sweep")
def sweep(timestamp: int) -> None:
    """Each minute: what became overdue is told once, what was held until now goes on."""
    with act_as(SYSTEM):
        actions.sweep()
