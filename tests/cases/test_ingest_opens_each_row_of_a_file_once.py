"""Rows of files become cases, once each; what is wrong with a row is told by line, column and reason."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quanlin.cases import ingest
from quanlin.cases.ingest import opening
from quanlin.cases.ingest.columns import fitting_map, parse_map
from quanlin.cases.ingest.masking import mask_numbers
from quanlin.cases.ingest.reading import encoding_of, open_table
from quanlin.cases.models import Case, Holding, Remark
from quanlin.journal.models import Entry
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import Refused
from quanlin.kit.placenumber import ancestor
from quanlin.places import queries as places
from quanlin.staff.actions import act_as

REAL = Path(__file__).parents[3] / "shared" / "data" / "citizen_requests"
HEAD = "留言编号,留言主题,留言时间,留言详情\n"
ROW = "{n},路灯不亮{n},2019/2/28 11:25:05,楼下路灯三天不亮了{n}\n"


def street() -> int:
    with act_as(SYSTEM, read_only=True):
        return places.by_code("370103012000", viewer=SYSTEM).number


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "in.csv"
    path.write_bytes(text.encode(encoding))
    return path


def errors_of(path: Path) -> list[list[str]]:
    with path.with_name(path.name + ".errors.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def counts(report: ingest.Report) -> tuple[int, int, int, int]:
    return report.read, report.opened, report.known, report.bad


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "big5"])
def test_the_encoding_is_found(fresh_database, tmp_path, encoding):
    text = HEAD.replace("详情", "詳情") + ROW.format(n=7)
    text = (
        text.replace("详", "詳")
        .replace("编号", "編號")
        .replace("时间", "時間")
        .replace("灯", "燈")
        .replace("楼", "樓")
    )
    text = text.replace("题", "題") if encoding == "big5" else HEAD + ROW.format(n=7)
    path = write(tmp_path, text, encoding)
    columns = (
        {"number": "留言編號", "title": "留言主題", "text": "留言詳情", "time": "留言時間"}
        if encoding == "big5"
        else {"number": "留言编号", "title": "留言主题", "text": "留言详情", "time": "留言时间"}
    )
    mapping = parse_map({"name": "t", "columns": columns}, where="t")
    report = ingest.import_cases(path, place=street(), mapping=mapping)
    assert counts(report) == (1, 1, 0, 0)
    with act_as(SYSTEM):
        case = Case.objects.get(channel="import")
    assert case.words[-1] == "7"
    assert "三天不亮了" in case.words


def test_a_row_keeps_its_words_time_and_subject(fresh_database, tmp_path):
    path = write(tmp_path, HEAD + ROW.format(n=188006))
    report = ingest.import_cases(path, place=street())
    assert report.map_name == "citizen_messages"
    assert not path.with_name("in.csv.errors.csv").exists()
    with act_as(SYSTEM):
        case = Case.objects.get(channel="import")
        entry = Entry.objects.get(fact="cases.reported")
    assert case.title == "路灯不亮188006"
    assert case.words == "楼下路灯三天不亮了188006"
    assert case.opened_at == datetime(2019, 2, 28, 3, 25, 5, tzinfo=UTC)
    assert case.kind == "street_light"
    assert (case.state, case.reporter, case.reporter_sort, case.reporter_mask) == (
        "reported",
        None,
        "resident",
        "",
    )
    assert case.intake_key == "system0:import:messages:188006"
    assert case.place_text == "地点未写明"
    assert entry.at == case.opened_at


def test_running_twice_opens_nothing_new(fresh_database, tmp_path):
    path = write(tmp_path, HEAD + "".join(ROW.format(n=n) for n in range(5)))
    where = street()
    assert counts(ingest.import_cases(path, place=where)) == (5, 5, 0, 0)
    assert counts(ingest.import_cases(path, place=where)) == (5, 0, 5, 0)
    write(tmp_path, HEAD + "".join(ROW.format(n=n) for n in range(7)))
    assert counts(ingest.import_cases(path, place=where)) == (7, 2, 5, 0)
    with act_as(SYSTEM):
        assert Case.objects.filter(channel="import").count() == 7
        assert Entry.objects.filter(fact="cases.reported").count() == 7


def test_what_was_interrupted_goes_on_where_it_stopped(fresh_database, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "BATCH", 10)
    path = write(tmp_path, HEAD + "".join(ROW.format(n=n) for n in range(35)))
    where = street()
    real, calls = opening.open_case, []

    def killed_at_the_25th(**given):
        calls.append(1)
        if len(calls) == 25:
            raise KeyboardInterrupt
        return real(**given)

    monkeypatch.setattr(opening, "open_case", killed_at_the_25th)
    with pytest.raises(KeyboardInterrupt):
        ingest.import_cases(path, place=where)
    with act_as(SYSTEM):
        assert (
            Case.objects.filter(channel="import").count() == 20
        )  # two batches stand, the third left nothing
        assert Entry.objects.filter(fact="cases.reported").count() == 20
    monkeypatch.setattr(opening, "open_case", real)
    assert counts(ingest.import_cases(path, place=where)) == (35, 15, 20, 0)
    with act_as(SYSTEM):
        assert Case.objects.filter(channel="import").count() == 35


def test_bad_rows_are_told_and_the_others_go_in(fresh_database, tmp_path):
    rows = [
        "1,好的,2019/2/28 11:25:05,路灯坏了",
        "2,坏时间,昨天下午,路灯坏了",
        "3,没时间,,路灯坏了",
        "4,,2019/2/28 11:25:05,   ",
        "5,将来,2199/2/28 11:25:05,路灯坏了",
        "6,太早,1819/2/28 11:25:05,路灯坏了",
        "7,少一格,2019/2/28 11:25:05",
        "8,多一格,2019/2/28 11:25:05,路灯坏了,多",
        "1,同号,2019/2/28 11:25:05,别的事",
        "9,太长,2019/2/28 11:25:05," + "长" * 30_000,
        "=1+1,算式,不是时间,路灯坏了",
        "10,也好,2019-02-28 11:25:05,井盖丢了",
    ]
    path = write(tmp_path, HEAD + "\n".join(rows) + "\n")
    report = ingest.import_cases(path, place=street())
    assert counts(report) == (12, 2, 0, 10)
    told = errors_of(path)
    assert [(line, column) for line, _, column, _ in told] == [
        ("3", "留言时间"), ("4", "留言时间"), ("5", "留言详情"), ("6", "留言时间"), ("7", "留言时间"), ("8", ""), ("9", ""),
        ("10", "留言编号"), ("11", "留言详情"), ("12", "留言时间"),
    ]  # fmt: skip
    reasons = [reason for *_, reason in told]
    assert "昨天下午" in reasons[0]
    assert reasons[1:3] == ["没有时间", "没有内容"]
    assert reasons[5:8] == [
        "这一行有 3 格，表头有 4 格",
        "这一行有 5 格，表头有 4 格",
        "和第 2 行是同一个编号",
    ]
    assert told[9][1] == "'=1+1"  # a spreadsheet must not reckon it
    with act_as(SYSTEM):
        assert set(Case.objects.filter(channel="import").values_list("title", flat=True)) == {"好的", "也好"}


def test_nul_bytes_and_broken_bytes_harm_nothing(fresh_database, tmp_path):
    path = tmp_path / "in.csv"
    good = (HEAD + ROW.format(n=1)).encode()
    nul = "2,有\x00空字,2019/2/28 11:25:05,路灯\x00坏了\n".encode()
    broken = "3,断字,2019/2/28 11:25:05,路灯坏了".encode()[:-2] + b"\xff\xfe\n"
    replaced = (
        "5,别处坏的,2019/2/28 11:25:05,路\ufffd坏了\n".encode()
    )  # was broken where it came from: still a row
    number = b"\xff\xff,x,2019/2/28 11:25:05,y\n"
    path.write_bytes(good + nul + broken + ROW.format(n=4).encode() + replaced + number)
    assert counts(ingest.import_cases(path, place=street())) == (6, 4, 0, 2)
    assert errors_of(path)[0][0] == "4"
    with act_as(SYSTEM):
        assert Case.objects.get(intake_key__endswith=":2").words == "路灯坏了"


def test_a_long_text_goes_on_in_notes_and_loses_nothing(fresh_database, tmp_path):
    words = "".join(f"第{n}句。" for n in range(2000))
    assert 5000 < len(words) < 13_000
    path = write(tmp_path, HEAD + f"1,很长,2019/2/28 11:25:05,{words}\n")
    assert counts(ingest.import_cases(path, place=street())) == (1, 1, 0, 0)
    with act_as(SYSTEM):
        case = Case.objects.get(channel="import")
        notes = list(Remark.objects.filter(case=case).order_by("pk").values_list("words", flat=True))
    assert case.words + "".join(notes) == words
    assert len(case.words) == 5000


def test_a_missing_quote_swallows_only_what_stands_behind_it(fresh_database, tmp_path):
    path = write(
        tmp_path, HEAD + ROW.format(n=1) + '2,"没有结束,2019/2/28 11:25:05,路灯坏了\n' + ROW.format(n=3)
    )
    report = ingest.import_cases(path, place=street())
    assert (report.opened, report.bad) == (1, 1)


def test_personal_numbers_are_masked_before_anything_is_stored(fresh_database, tmp_path):
    text = "我叫某人，电话13812345678，身份证370103194912310021，回信a.b@example.com"
    path = write(tmp_path, HEAD + f"1,找13812345678,2019/2/28 11:25:05,{text}\n")
    ingest.import_cases(path, place=street())
    with act_as(SYSTEM):
        case = Case.objects.get(channel="import")
    assert case.title == "找138****5678"
    assert case.words == "我叫某人，电话138****5678，身份证3****************1，回信***@example.com"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("138 1234 5678", "138****5678"),
        ("+86-13812345678", "138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("0531-82031234", "0531-******34"),
        ("370103491231002", "3*************2"),
        ("6222021602001234567", "6*****************7"),
        ("2019年12月31日18点", "2019年12月31日18点"),
        ("案号20190228112505", "案号20190228112505"),
        ("3号楼2单元501", "3号楼2单元501"),
    ],
)
def test_each_sort_of_number_is_masked_and_others_are_not(said, kept):
    assert mask_numbers(said) == kept


def test_the_number_of_an_office_stays_in_its_reply():
    assert mask_numbers("请拨0531-82031234或13812345678", landlines=False) == "请拨0531-82031234或138****5678"


def test_a_case_with_a_reply_is_closed_through_the_moves(fresh_database, tmp_path):
    head = "留言编号,留言主题,留言时间,留言详情,答复意见,答复时间,承办单位_签名或转办\n"
    row = "5,路灯,2019/2/28 11:25:05,路灯坏了,已经修好,2019/3/4 10:00:00,城管局\n"
    path = write(tmp_path, head + row)
    report = ingest.import_cases(path, place=street())
    assert (report.map_name, report.opened, report.closed) == ("answered_messages", 1, 1)
    with act_as(SYSTEM):
        case = Case.objects.get(channel="import")
        told = list(
            Entry.objects.filter(subject="case", subject_id=str(case.pk))
            .order_by("id")
            .values_list("fact", flat=True)
        )
        words = list(Remark.objects.filter(case=case).values_list("words", flat=True))
        steps = list(Holding.objects.filter(case=case).order_by("seq").values_list("step", flat=True))
    assert (case.state, case.closing_reason, case.mirrored) == ("closed", "explained", True)
    assert case.closed_at == datetime(2019, 3, 4, 2, 0, tzinfo=UTC)
    assert told == [f"cases.{f}" for f in ("reported", "accepted", "assigned", "taken", "resolved", "closed")]
    assert words == ["城管局答复：\n已经修好"]
    assert steps == ["accept", "assign", "take", "work", "verify"]


def test_a_reply_before_the_question_is_told(fresh_database, tmp_path):
    head = "留言编号,留言主题,留言时间,留言详情,答复意见,答复时间,承办单位_签名或转办\n"
    path = write(tmp_path, head + "5,路灯,2019/2/28 11:25:05,路灯坏了,已经修好,2018/3/4 10:00:00,\n")
    assert counts(ingest.import_cases(path, place=street())) == (1, 0, 0, 1)
    assert errors_of(path)[0][2] == "答复时间"


def test_an_address_of_the_city_is_found_and_one_of_elsewhere_is_not(fresh_database, tmp_path):
    rows = (
        "1,路灯,2019/2/28 11:25:05,舜玉路街道舜新社区路灯坏了\n"
        "2,路灯,2019/2/28 11:25:05,A市A3区舜玉路街道舜新社区路灯坏了\n"
        "3,路灯,2019/2/28 11:25:05,路灯坏了\n"
    )
    path = write(tmp_path, HEAD + rows)
    where = street()
    report = ingest.import_cases(path, place=where)
    assert report.matched == 1
    with act_as(SYSTEM):
        shunxin = places.by_code("370103012001", viewer=SYSTEM)
        found = {c.intake_key[-1]: c for c in Case.objects.filter(channel="import")}
    assert (found["1"].place, found["1"].place_text) == (shunxin.number, shunxin.path)
    assert found["2"].place_text == found["3"].place_text == "地点未写明"
    assert ancestor(found["2"].place, "street") == where
    assert found["2"].place != found["3"].place  # one community after the other


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "是空的"),
        (b"\n\n  \n", "是空的"),
        (b"PK\x03\x04abc", "Excel"),
        ("甲,乙\n1,2\n".encode(), "没有列对照适合"),
        ("甲,甲\n1,2\n".encode(), "同名的列：甲"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_nothing_is_opened(
    fresh_database, tmp_path, content, words
):
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    with pytest.raises(Refused) as refusal:
        ingest.import_cases(path, place=street())
    assert words in refusal.value.message
    with act_as(SYSTEM):
        assert not Case.objects.exists()


def test_a_missing_column_is_named(fresh_database, tmp_path):
    path = write(tmp_path, "留言编号,留言主题\n1,甲\n")
    mapping = ingest.shipped_maps()["citizen_messages"]
    with pytest.raises(Refused) as refusal:
        ingest.import_cases(path, place=street(), mapping=mapping)
    assert "没有这些列：留言详情、留言时间" in refusal.value.message


def test_a_map_to_a_kind_that_does_not_exist_is_refused(fresh_database, tmp_path):
    path = write(tmp_path, HEAD + ROW.format(n=1))
    columns = dict(ingest.shipped_maps()["citizen_messages"].columns)
    mapping = parse_map({"columns": columns, "default_kind": "nothing"}, where="t")
    with pytest.raises(Refused) as refusal:
        ingest.import_cases(path, place=street(), mapping=mapping)
    assert "没有这些类别：nothing" in refusal.value.message


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ([], "name 和 columns"),
        ({"columns": {"text": "甲"}}, "text 和 time"),
        ({"columns": {"text": "甲", "time": "乙", "colour": "丙"}}, "colour"),
        ({"columns": {"text": 5, "time": "乙"}}, "列名"),
        ({"columns": {"text": "甲", "time": "乙"}, "times": ["day"]}, "times"),
        ({"columns": {"text": "甲", "time": "乙"}, "close_with_reply": True}, "reply"),
        ({"columns": {"text": "甲", "time": "乙"}, "colour": 1}, "colour"),
    ],
)
def test_a_bad_map_is_refused_with_its_name(entry, words):
    with pytest.raises(Refused) as refusal:
        parse_map(entry, where="mine.yaml")
    assert words in refusal.value.message
    assert refusal.value.message.startswith("mine.yaml")


def test_delimiters_are_found(tmp_path):
    for mark in ",\t;|":
        path = write(tmp_path, f"甲{mark}乙\n1{mark}2\n")
        with open_table(path) as table:
            assert (table.delimiter, table.header, [r.cells for r in table.rows]) == (
                mark,
                ("甲", "乙"),
                [{"甲": "1", "乙": "2"}],
            )


def test_a_short_gb18030_text_is_not_taken_for_korean():
    assert encoding_of("编号,内容\n1,路灯坏了\n".encode("gb18030"), whole=True) == "gb18030"


@pytest.mark.skipif(not REAL.exists(), reason="the citizens' requests are not on this machine")
@pytest.mark.parametrize(
    ("name", "chosen", "opened", "closed", "bad"),
    [
        ("hotspot_unlabelled.csv", "citizen_messages", 500, 0, 0),
        ("labelled_raw.csv", "labelled_messages", 494, 0, 0),
        ("with_reply.csv", "answered_messages", 60, 60, 0),
        ("mayor_mailbox.csv", "mayor_mailbox", 60, 60, 0),
    ],
)
def test_real_requests_go_in(fresh_database, tmp_path, name, chosen, opened, closed, bad):
    """The first 500 rows; 60 of those with a reply, since closing them is six times the work."""
    report = ingest.import_cases(
        REAL / name, place=street(), limit=60 if closed else 500, errors=tmp_path / "errors.csv"
    )
    assert (report.map_name, report.opened, report.closed, report.bad) == (chosen, opened, closed, bad)


@pytest.mark.skipif(not REAL.exists(), reason="the citizens' requests are not on this machine")
def test_the_right_map_is_found_for_each_real_file():
    found = {}
    for path in sorted(REAL.glob("*.csv")):
        with open_table(path) as table:
            try:
                found[path.name] = fitting_map(table.header).name
            except Refused:
                found[path.name] = ""
    assert found == {
        "hotspot_unlabelled.csv": "citizen_messages",
        "labelled_raw.csv": "labelled_messages",
        "labelled_segmented.csv": "",
        "mayor_mailbox.csv": "mayor_mailbox",
        "taxonomy_3level.csv": "",
        "with_reply.csv": "answered_messages",
    }
