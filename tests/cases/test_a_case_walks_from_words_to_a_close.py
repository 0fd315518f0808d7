"""The line as actions: what each move changes, records and refuses."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml

from quanlin.cases import queries
from quanlin.cases.actions import sweep
from quanlin.cases.actions.catalogue import SHIPPED
from quanlin.cases.models import Case, Holding, Photo
from quanlin.journal.models import Entry
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import Conflict, NotAllowed, NotFound, Refused
from quanlin.staff.actions import act_as
from tests import world as w

CHINA = ZoneInfo("Asia/Shanghai")
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=CHINA)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> w.World:
    with act_as(SYSTEM):
        return w.build()


def case(number: str) -> Case:
    with act_as(SYSTEM):
        return Case.objects.get(number=number)


def facts_of(number: str) -> list[str]:
    with act_as(SYSTEM):
        pk = Case.objects.values_list("pk", flat=True).get(number=number)
        return list(
            Entry.objects.filter(subject="case", subject_id=str(pk))
            .order_by("id")
            .values_list("fact", flat=True)
        )


def test_the_whole_line(world):
    number = w.walk_to(world, "closed")
    done = case(number)
    assert (done.state, done.closing_reason, done.closed_level, done.version) == (
        "closed",
        "solved",
        "community",
        6,
    )
    assert facts_of(number) == [
        "cases.reported", "cases.accepted", "cases.assigned", "cases.taken", "cases.resolved", "cases.closed",
    ]  # fmt: skip
    with act_as(SYSTEM):
        steps = list(
            Holding.objects.filter(case=done).order_by("seq").values_list("step", "unit", "ended_by")
        )
    assert steps == [
        ("accept", world.desk.pk, "accept"), ("assign", world.desk.pk, "assign"), ("take", world.property.pk, "take"),
        ("work", world.property.pk, "resolve"), ("verify", world.grid.pk, "verify"),
    ]  # fmt: skip


def test_what_the_indicators_need_is_frozen_at_opening(world):
    opened = w.report(world, urgent=True)
    one = case(opened.number)
    assert (one.community, one.street, one.estate) == (world.community, world.street, None)
    assert (one.reporter_sort, one.channel, one.scenario, one.drill, one.mirrored) == (
        "resident",
        "page",
        "property",
        False,
        False,
    )
    assert (one.kind_version, one.reporter_mask, one.reporter_phone_mask) == (1, "王**", "138****0001")


def test_due_times_run_in_working_hours(world):
    with clock.at(TUESDAY.replace(hour=17, minute=0)):
        opened = w.report(world)
    # two working hours from 17:00: thirty minutes today, ninety tomorrow from 8:30
    assert opened.due_at.astimezone(CHINA) == datetime(2026, 11, 25, 10, 0, tzinfo=CHINA)


def test_a_round_the_clock_kind_does_not_wait_for_morning(world):
    with clock.at(TUESDAY.replace(hour=3)):
        opened = w.report(world, kind="gas_smell", text="楼道里有煤气味")
    assert opened.due_at - TUESDAY.replace(hour=3) <= timedelta(minutes=5)


def test_a_returned_case_goes_back_with_a_reason_and_a_proposed_owner(world):
    number = w.walk_to(world, "assigned")
    w.move(number, "return", world.electrician, reason="not_ours", words="井盖归市政管", unit=world.bureau.pk)
    back = case(number)
    assert (back.state, back.holder_unit, back.returns) == ("accepted", world.desk.pk, 1)
    with act_as(world.worker):
        newest = queries.timeline(number, viewer=world.worker)[0]
    assert (newest.verb, newest.sentence, newest.words, newest.node) == (
        "退回：不归我管", "建议转市中区市政设施管理所。", "井盖归市政管", "now",
    ) or newest.node == "back"  # fmt: skip


def test_the_third_return_goes_to_the_level_above(world):
    number = w.walk_to(world, "assigned")
    for turn in range(3):
        w.move(number, "return", world.electrician, reason="not_ours", words="不归我们")
        if turn < 2:
            w.move(number, "assign", world.worker, unit=world.property.pk)
    up = case(number)
    assert (up.state, up.level, up.returns) == ("reported", "street", 3)


def test_escalating_keeps_the_case_and_moves_the_holder_up(world):
    number = w.walk_to(world, "accepted")
    w.move(number, "escalate", world.worker, words="社区解决不了")
    up = case(number)
    assert (up.state, up.level, up.holder_unit) == ("reported", "street", world.street_worker.unit)
    assert set(up.units) == {world.desk.pk, world.street_worker.unit}


def test_whistling_calls_a_department_with_a_limit_of_its_own(world):
    number = w.walk_to(world, "accepted", kind="manhole")
    w.move(number, "whistle", world.worker, unit=world.bureau.pk, words="井盖丢了，请市政来")
    called = case(number)
    assert (called.state, called.whistled, called.holder_unit, called.step_allowed) == (
        "assigned",
        True,
        world.bureau.pk,
        120,
    )
    with pytest.raises(NotAllowed, match="报到"):
        w.move(number, "take", world.bureau_worker)
    w.move(number, "arrive", world.bureau_worker)
    assert case(number).state == "working"


def test_a_hold_stops_the_clock_and_gives_the_rest_back(world):
    with clock.at(TUESDAY):
        number = w.walk_to(world, "working")
    with clock.at(TUESDAY + timedelta(hours=1)):
        w.move(
            number,
            "hold",
            world.electrician,
            reason="parts",
            words="等灯头到货",
            until=TUESDAY + timedelta(days=3),
        )
    held = case(number)
    assert (held.state, held.step_allowed) == ("on_hold", 840)  # two days of 450, one hour used
    with clock.at(TUESDAY + timedelta(days=3, hours=1)), act_as(SYSTEM):
        assert sweep() == 1
    again = case(number)
    assert (again.state, again.step_allowed) == ("working", 840)


def test_changing_the_kind_recomputes_the_limit_and_keeps_the_history(world):
    with clock.at(TUESDAY):
        number = w.walk_to(world, "working")
        w.move(number, "change_kind", world.worker, kind="lift_fault")
    changed = case(number)
    assert (changed.kind, changed.state) == ("lift_fault", "working")
    assert facts_of(number)[-1] == "cases.kind_changed"


def test_closing_at_the_grid_counts_as_grid(world):
    number = w.walk_to(world, "accepted")
    w.move(number, "assign", world.worker, unit=world.grid.pk)
    w.move(number, "take", world.grid_worker)
    w.move(number, "resolve", world.grid_worker, words="顺手修好了", photos=(w.picture(),))
    resolved = case(number)
    assert resolved.holder_unit == world.desk.pk  # never the resolver's own unit
    w.move(number, "verify", world.worker, closing_reason="solved")
    assert case(number).closed_level == "grid"


def test_a_desk_that_did_it_itself_is_verified_by_a_colleague(world):
    with act_as(SYSTEM):
        world.grid.active = False
        world.grid.save()
    number = w.walk_to(world, "accepted")
    w.move(number, "assign", world.worker, unit=world.desk.pk)
    w.move(number, "take", world.worker)
    w.move(number, "resolve", world.worker, words="办好了", photos=(w.picture(),))
    with pytest.raises(NotAllowed, match="谁处置的不能由谁核实"):
        w.move(number, "verify", world.worker, closing_reason="solved")
    w.move(number, "verify", world.colleague, closing_reason="explained")
    assert case(number).state == "closed"


def test_refusing_a_closure_reopens_it_one_level_up_and_the_stars_do_not_stand(world):
    number = w.walk_to(world, "closed")
    w.move(number, "rate", world.wang, rating=5)
    assert (case(number).rating, case(number).rating_stands) == (5, True)
    w.move(number, "refuse", world.wang, words="又不亮了", photos=(w.picture("black"),))
    again = case(number)
    assert (again.state, again.level, again.rounds, again.rating_stands, again.closed_at) == (
        "reported",
        "street",
        2,
        False,
        None,
    )
    with act_as(SYSTEM):
        last = Entry.objects.filter(fact="cases.refused").get()
        assert world.property.pk in last.units  # the same unit hears of it
        assert (last.data["old_rating"], last.data["old_closed_level"], last.data["was_on_time"]) == (
            5,
            "community",
            True,
        )
        assert Photo.objects.filter(case=again, stage="refuse").count() == 1


def test_a_repeated_submission_makes_one_case(world):
    first = w.report(world, key="same")
    again = w.report(world, key="same")
    assert (again.number, again.repeated, first.repeated) == (first.number, True, False)
    with act_as(SYSTEM):
        assert Case.objects.count() == 1
        assert Entry.objects.filter(fact="cases.reported").count() == 1


def test_the_same_key_with_other_words_is_refused(world):
    first = w.report(world, key="same")
    with pytest.raises(Refused) as fault:
        w.report(world, key="same", text="别的事")
    assert (fault.value.code, fault.value.extra) == ("key_reused", {"number": first.number})
    with act_as(SYSTEM):
        assert Case.objects.count() == 1


def test_two_people_may_use_the_same_key(world):
    assert w.report(world, key="same").number != w.report(world, by=world.zhou, key="same").number


def test_a_late_mover_is_told_what_changed_and_nothing_happens(world):
    number = w.walk_to(world, "accepted")
    with pytest.raises(Conflict) as fault:
        w.move(number, "accept", world.colleague, version=1)
    assert fault.value.extra["state"] == "accepted"
    assert facts_of(number) == ["cases.reported", "cases.accepted"]


def test_somebody_elses_case_does_not_exist(world):
    number = w.walk_to(world, "accepted")
    for stranger in (world.stranger, world.zhou):
        with act_as(stranger), pytest.raises(NotFound):
            queries.case_page(number, viewer=stranger)
        with pytest.raises((NotFound, Case.DoesNotExist)):
            w.move(number, "note", stranger, words="看看")
    assert facts_of(number) == ["cases.reported", "cases.accepted"]


def test_a_unit_goes_on_seeing_what_it_held(world):
    number = w.walk_to(world, "accepted", kind="manhole")
    w.move(number, "whistle", world.worker, unit=world.bureau.pk, words="请来")
    w.move(number, "return", world.bureau_worker, reason="not_ours", words="是通信井盖")
    with act_as(world.bureau_worker):
        assert queries.case_page(number, viewer=world.bureau_worker).row.state == "accepted"


@pytest.mark.parametrize(
    ("move", "given", "field"),
    [
        ("decline", {"reason": "no such reason", "words": "x", "where_to": "y"}, "reason"),
        ("decline", {"reason": "not_ours", "words": "", "where_to": "y"}, "words"),
        ("decline", {"reason": "not_ours", "words": "不归我们", "where_to": ""}, "where_to"),
        ("escalate", {"words": " \u200b\x00"}, "words"),
        ("change_kind", {"kind": "street_light"}, "kind"),
    ],
)
def test_what_is_missing_is_named_and_nothing_changes(world, move, given, field):
    number = w.report(world).number
    with pytest.raises(Refused) as fault:
        w.move(number, move, world.worker, **given)
    assert fault.value.field == field
    assert (case(number).state, case(number).version) == ("reported", 1)
    assert facts_of(number) == ["cases.reported"]


def test_a_step_that_is_late_is_told_once(world):
    with clock.at(TUESDAY):
        number = w.report(world).number
    with clock.at(TUESDAY + timedelta(hours=3)), act_as(SYSTEM):
        assert sweep() == 1
        assert sweep() == 0
    assert facts_of(number) == ["cases.reported", "cases.became_overdue"]
    with clock.at(TUESDAY + timedelta(hours=4)):
        w.move(number, "accept", world.worker)
    with clock.at(TUESDAY + timedelta(days=2)), act_as(SYSTEM):
        assert sweep() == 1  # the next step is late in its turn
    assert facts_of(number)[-1] == "cases.became_overdue"


def test_the_axis_sums_to_the_time_since_opening(world):
    with clock.at(TUESDAY):
        number = w.report(world).number
    for hours, move, who, given in (
        (1, "accept", world.worker, {}),
        (2, "assign", world.worker, {"unit": world.property.pk}),
        (26, "take", world.electrician, {}),
        (27, "resolve", world.electrician, {"words": "好了", "photos": (w.picture(),)}),
    ):
        with clock.at(TUESDAY + timedelta(hours=hours)):
            w.move(number, move, who, **given)
    with clock.at(TUESDAY + timedelta(hours=28)), act_as(world.worker):
        rows = queries.axis(number, viewer=world.worker)
        total = sum(r.used_minutes for r in rows)
    assert [r.step for r in rows] == ["受理", "派单", "接单", "处置", "核实"]
    assert [round(r.used_minutes) for r in rows] == [60, 60, 450, 60, 0]
    assert round(total) == 630
    assert rows[2].overdue
    assert not rows[3].overdue


def test_a_resident_reads_no_internal_note(world):
    number = w.walk_to(world, "accepted")
    w.move(number, "note", world.worker, words="这户上个月也报过", internal=True)
    w.move(number, "note", world.worker, words="明天上门")
    with act_as(world.wang):
        words = [t.words for t in queries.timeline(number, viewer=world.wang)]
    assert "明天上门" in words
    assert "这户上个月也报过" not in words
    with act_as(SYSTEM):
        heard = [list(e.persons) for e in Entry.objects.filter(fact="cases.noted").order_by("id")]
    assert heard == [[], [world.wang.person]]  # his stream is not told of it either


def test_photo_is_asked_for_where_the_kind_asks(world):
    number = w.walk_to(world, "working")
    with pytest.raises(Refused) as fault:
        w.move(number, "resolve", world.electrician, words="换了灯泡")
    assert fault.value.field == "photos"
    assert case(number).state == "working"


def test_lists_take_one_statement(world, django_assert_num_queries):
    for i in range(3):
        w.report(world, key=f"k{i}")
    with act_as(world.worker):
        queries.case_list(queries.Filters(), viewer=world.worker)  # kinds and units are remembered now
        with django_assert_num_queries(1):
            page = queries.case_list(
                queries.Filters(state=("reported",), kind="street_light", overdue=False),
                viewer=world.worker,
                limit=2,
            )
    assert len(page.rows) == 2
    with act_as(world.worker):
        rest = queries.case_list(queries.Filters(), viewer=world.worker, limit=2, cursor=page.next)
    assert len(rest.rows) == 1
    assert rest.next == ""


def test_choices_keep_the_order_in_which_the_catalogue_writes_them():
    field = next(f for f in queries.the_kind("street_light").fields if f.type == "choice")
    written = yaml.safe_load((SHIPPED / "street_light.yaml").read_text(encoding="utf-8"))["fields"]
    assert [value for value, _ in field.choices] == [
        str(k) for f in written if f["code"] == field.code for k in f["choices"]
    ]
