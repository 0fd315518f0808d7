"""Every part in every state, with invented people and cases, for those who build pages. Only in the demonstration."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from quanlin.config.wording import STATES, ZONE
from quanlin.kit import clock

PAGES = ("parts", "desk", "home", "case", "report", "elder", "wall", "sign", "paper", "empty")
ERRORS = ("400", "403", "404", "409", "413", "429", "500", "503", "offline")
NOON = datetime(2026, 11, 24, 10, 10, tzinfo=ZONE)


def gallery(request: HttpRequest, page: str = "parts") -> HttpResponse:
    """One page of the gallery. 404 outside the demonstration."""
    if not settings.DEMO or page not in PAGES + ERRORS:
        raise Http404
    with clock.at(NOON):
        if page in ERRORS:
            return render(request, f"errors/{page}.html", {})
        return render(request, f"gallery/{page}.html", sample())


@dataclass(frozen=True)
class Row:
    """As quanlin.cases.queries gives it to lists."""

    number: str = "261123004768"
    title: str = "供暖管漏水，3 号楼南侧路面结冰"
    state: str = "working"
    kind_name: str = "供暖漏水"
    group: str = "property"
    place_text: str = "舜玉小区南区 3 号楼南侧"
    holder_text: str = "泉润热力舜玉站"
    due_at: datetime | None = NOON.replace(hour=16, minute=55)
    allowed_minutes: int | None = 480
    left_minutes: int | None = 315
    paused_until: datetime | None = None
    closed_at: datetime | None = None
    early_minutes: int | None = None
    tags: tuple[str, ...] = ()
    reporters: int = 1
    opened_at: datetime = NOON - timedelta(hours=26)
    card: str = ""
    version: int = 4
    channel_name: str = "居民上报"


def rows() -> list[Row]:
    """One of each look."""
    first = Row(tags=("加急",), card="yellow")
    return [
        first,
        Row("261124000312", "6 号楼 2 单元电梯轿厢内停放电动车", "reported", "消防隐患", "fire",
            "舜玉小区南区 6 号楼 2 单元", "本社区", NOON + timedelta(minutes=6), 120, 6, tags=("告警转入",)),
        Row("261121009985", "13 号楼东侧化粪池外溢，气味大", "working", "污水外溢", "sanitation",
            "舜玉小区北区 13 号楼东侧", "明泉物业", NOON - timedelta(hours=2), 480, -100, tags=("热点 7 次",), reporters=5),
        Row("261124001207", "老人家中水管冻裂，独居，急需上门", "assigned", "上门帮扶", "care",
            "舜园小区 4 号楼 1 单元 102", "孟庆岚", NOON + timedelta(minutes=48), 120, 48, tags=("加急",)),
        Row("261122003350", "南区西门路灯 4 盏不亮", "resolved", "公共照明", "facility",
            "舜玉小区南区西门", "李向阳", NOON + timedelta(days=2), 900, 570),
        Row("261120004411", "申请为 5 号楼加装无障碍扶手", "on_hold", "设施加装", "facility",
            "舜玉小区南区 5 号楼", "本社区", None, 900, 400, paused_until=NOON + timedelta(days=7)),
        Row("261123007702", "夜间商户外放音响扰民", "accepted", "噪音扰民", "noise",
            "舜玉路 27 号沿街", "本社区", NOON + timedelta(hours=3), 300, 190, tags=("建议转综合执法",)),
        Row("261119001156", "地下车库 B2 渗水，已影响 14 个车位，业主群里多人反映，雨天更重", "closed", "房屋渗漏",
            "property", "舜园小区地下车库 B2 东区 114 号车位旁", "明泉物业", NOON, 900, None,
            closed_at=NOON - timedelta(hours=3), early_minutes=120, reporters=14),
        Row("261118002201", "楼道堆放杂物，挡住消火栓", "closed", "消防隐患", "fire", "历舜园 9 号楼 3 单元 1 层",
            "孟庆岚", NOON, 450, None, closed_at=NOON - timedelta(days=1), early_minutes=-55, card="red"),
        Row("261117000123", "小区外河道有人钓鱼", "declined", "河道管理", "other", "广场东沟", "",
            None, None, None, closed_at=NOON),
        Row("261116000456", "3 号楼楼前漏水结冰", "merged", "供暖漏水", "property", "舜玉小区南区 3 号楼", "",
            None, None, None, closed_at=NOON),
    ]  # fmt: skip


def at(day: int, hour: int, minute: int) -> datetime:
    """A moment of November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def windows() -> list[tuple[datetime, datetime]]:
    """Working time of two days."""
    return [(at(d, 8, 30), at(d, 12, 0)) if half == 0 else (at(d, 13, 30), at(d, 17, 30))
            for d in (23, 24) for half in (0, 1)]  # fmt: skip


def holdings() -> list[SimpleNamespace]:
    """Five holdings: returned, overdue, on hold, running."""

    def held(unit, step, segments, used, allowed, over=False, note="", holds=()):
        return SimpleNamespace(
            unit=unit, step=step, segments=segments, used_minutes=used, allowed_minutes=allowed,
            overdue=over, ended_by=note, holds=holds,
        )  # fmt: skip

    return [
        held("舜新社区", "受理、派单", [(at(23, 8, 30), at(23, 8, 50))], 20, 30),
        held("明泉物业", "处置", [(at(23, 8, 50), at(23, 10, 40))], 110, 240, note="退回：不在维护范围"),
        held("舜新社区", "改派", [(at(23, 10, 40), at(23, 11, 10))], 30, 30),
        held("舜玉路街道中心", "协调派单", [(at(23, 11, 10), at(23, 15, 35))], 175, 120, over=True,
             note="超 55 分，已发黄牌"),
        held("泉润热力舜玉站", "处置", [(at(23, 15, 35), at(23, 16, 20)), (at(23, 17, 10), NOON)], 165, 480,
             holds=[(at(23, 16, 20), at(23, 17, 10))]),
    ]  # fmt: skip


def timeline() -> list[SimpleNamespace]:
    """Newest first, one of each node."""

    def item(
        moment,
        verb,
        unit,
        person="",
        words="",
        node="step",
        photos=(),
        public=True,
        proof="#proof",
        mine=False,
    ):
        return SimpleNamespace(
            at=moment, verb=verb, who_unit=unit, who_person=person, words=words, node=node, photos=photos,
            public=public, proof_url=proof, mine=mine,
        )  # fmt: skip

    pictures = [
        SimpleNamespace(url=picture(hue), alt=words) for hue, words in ((28, "开挖现场"), (205, "漏点"))
    ]
    return [
        item(at(24, 9, 20), "开挖到漏点", "泉润热力舜玉站", "郑松年",
             "DN150 回水管焊缝开裂，正在排水焊接，预计 15:30 恢复供暖。", "now", pictures),
        item(at(24, 8, 40), "记一笔", "舜新社区", "韩雪凝", "电话问过 3 号楼楼长，一楼三户地面还湿着。", "note", public=False),
        item(at(23, 17, 10), "恢复计时", "舜玉路街道", "", "占道许可已取得", "pause"),
        item(at(23, 16, 20), "挂起 50 分", "泉润热力舜玉站", "郑松年", "等占道开挖许可，路面先撒融雪剂、设围挡。", "pause"),
        item(at(23, 15, 35), "派到泉润热力舜玉站", "街道中心", "宋立诚", "比限时晚 55 分，系统发出黄牌。", "late"),
        item(at(23, 11, 10), "吹哨上报街道", "舜新社区", "韩雪凝"),
        item(at(23, 10, 40), "退回", "明泉物业", "", "漏点在二级管网，按供热合同第 9 条由热力公司维护，建议转泉润热力。", "back"),
        item(at(23, 8, 36), "受理，并通知网格员先到场", "舜新社区", "韩雪凝"),
        item(at(23, 7, 52), "居民报事", "", "周*",
             "3号楼南边暖气管子漏水，水流到路上都冻成冰了，早上有老人差点滑倒，赶紧来看看。", mine=True),
    ]  # fmt: skip


def picture(hue: int) -> str:
    """A drawn stand-in for a photograph, as an address that the security policy allows."""
    return (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 160 120'%3E"
        f"%3Crect width='160' height='120' fill='hsl({hue} 14%25 70%25)'/%3E%3Cpath d='M0 84h160v36H0z' "
        f"fill='hsl({hue} 12%25 46%25)'/%3E%3Cpath d='M20 60h120v14H20z' fill='hsl({hue} 30%25 34%25)'/%3E%3C/svg%3E"
    )


def steps() -> list[SimpleNamespace]:
    """Two done, one running."""
    state = {"受理": ("done", at(23, 8, 36)), "派单": ("done", at(23, 8, 50)), "处置": ("now", None)}
    return [
        SimpleNamespace(
            name=name, state=state.get(name, ("todo", None))[0], at=state.get(name, ("todo", None))[1]
        )
        for name in ("受理", "派单", "处置", "核实", "办结")
    ]


def field(kind: str, label: str, **more: object) -> SimpleNamespace:
    """One field of a catalogue."""
    base = {"name": more.pop("name", kind), "label": label, "type": kind, "value": None, "hint": "", "help": "",
            "error": "", "required": True, "options": [], "unit": "", "most": None, "rows": 3, "source": "",
            "autofocus": False}  # fmt: skip
    return SimpleNamespace(**{**base, **more})


def fields() -> list[SimpleNamespace]:
    """One per type, some with help, source and error."""
    return [
        field("text", "物件名称", hint="写在牌子上的", value="二次供水泵房", source="设施台账，9 月核过"),
        field("longtext", "情况", help="至少 8 个字，说清楚从什么时候开始", most=500, error="只写了 3 个字，请再多说一点"),
        field("number", "积水深度", unit="厘米", value="12", required=False),
        field("choice", "哪种漏", options=[("pipe", "管道"), ("radiator", "暖气片"), ("valve", "阀门"), ("no", "说不清")],
              value="pipe"),
        field("choice", "为什么退回", name="reason", options=[("area", "不在维护范围"), ("owner", "不归本单位管"),
              ("info", "信息不够，找不到地方"), ("double", "已经有同样的一件"), ("other", "别的原因")], value="area"),
        field("several", "影响", name="several", options=[("road", "道路"), ("heat", "供暖"), ("light", "照明")],
              value=["road"]),
        field("date", "从哪天开始", required=False),
        field("phone", "联系电话", value="1380013", error="手机号是 11 位数字，这里只有 7 位"),
        field("yesno", "有危险，请先处理", help="路滑、漏电、漏气、坠物时打开，社区会先打电话", value=True),
    ]  # fmt: skip


def moves() -> list[SimpleNamespace]:
    """What the person may do next; the last one is refused with its reason."""
    words = [("催办", "bell", True, ""), ("记一笔", "chat", False, ""), ("转派", "send", False, ""),
             ("吹哨上报", "whistle", False, ""), ("挂起", "pause", False, ""), ("改类", "swap", False, ""),
             ("合并", "merge", False, ""), ("办结", "done", False, "还没有处置完成，先由泉润热力报完成")]  # fmt: skip
    return [SimpleNamespace(words=w, icon=i, main=m, reason=r, url="#move", code=w) for w, i, m, r in words]


def filters() -> dict:
    """The left column."""

    def one(words, count, icon="star", on=False, hot=False):
        return SimpleNamespace(words=words, count=count, icon=icon, on=on, hot=hot, url="#f")

    saved = [one("今天要办完", 17, on=True), one("已超时", 3, "clock", hot=True), one("吹哨上报", 5, "whistle"),
             one("热点问题", 4, "flag")]  # fmt: skip
    counts = {"reported": 6, "working": 24, "resolved": 9, "returned": 2, "on_hold": 3, "closed": 12_860}
    return {
        "saved": saved,
        "states": [SimpleNamespace(code=c, count=n, on=False, url="#s") for c, n in counts.items()],
        "groups": [
            SimpleNamespace(title="网格", name="grid", options=[(str(n), f"第 {n} 网格", True) for n in (1, 2, 3, 4)]),
            SimpleNamespace(title="来源", name="channel", options=[("a", "居民上报", True), ("b", "网格员发现", True),
                                                                ("c", "设备告警", True), ("d", "12345 转办", False)]),
        ],
    }  # fmt: skip


def counters() -> list[SimpleNamespace]:
    """One leads; one is hot, one too small to say, one not yet counted."""

    def counter(words, number, unit="", note="", url="", lead=False, hot=False, few=False):
        return SimpleNamespace(
            words=words, number=number, unit=unit, note=note, url=url, lead=lead, hot=hot, few=few
        )

    return [
        counter("今天要办完", 17, "件", url="#", lead=True),
        counter("已超时", 3, note="最久 1 时 40 分", url="#", hot=True),
        counter("在办", 1286, url="#"),
        counter("帮扶个案", 4, few=True),
        counter("本月办结", None),
    ]


def sample() -> dict:
    """The context of every gallery page."""
    every = rows()
    return {
        "codes": list(STATES), "rows": every, "case": every[0], "late_case": every[2], "paused_case": every[5],
        "closed_case": every[7], "holdings": holdings(), "windows": windows(), "items": timeline(),
        "steps": steps(), "fields": fields(), "moves": moves(), **filters(),
        "scope": SimpleNamespace(path=["市中区", "舜玉路街道"], name="舜新社区", choices=[
            SimpleNamespace(code="370103010", name="舜玉路街道", current=False),
            SimpleNamespace(code="370103010005", name="舜新社区", current=True),
            SimpleNamespace(code="370103010006", name="舜园社区", current=False)]),
        "me": SimpleNamespace(name="韩雪凝", role="社区工作者 · 白班"), "unread": 6, "alarms": 1,
        "work_today": "8:30-12:00 13:30-17:30", "section": "cases", "tab": "home", "audience": "staff",
        "place_name": "舜新社区", "hello": "周女士，早上好", "weather": "晴　−2 ~ 9℃", "spring_level": "28.64",
        "ask": SimpleNamespace(key="return-261123004768", title="退回这件事？", url="#", verb="退回", danger=True,
                               consequence="会回到舜新社区，时限接着走。", note="", hidden=[("version", 4)], error=""),
        "ask_fields": [fields()[4], field("longtext", "依据", name="basis", hint="哪条规定、哪份合同", most=300,
                                          help="至少 8 个字"),
                       field("text", "该归谁", name="owner", help="写单位名，社区会核对")],
        "counters": counters(),
        "masks": [SimpleNamespace(words="周*", label="姓名", url="#", shown="", id="m1"),
                  SimpleNamespace(words="138****0027", label="手机", url="#", shown="", id="m2"),
                  SimpleNamespace(words="100****0416", label="手机", url="#", shown="100 0000 0416", id="m3"),
                  SimpleNamespace(words="3701**********16", label="证件号", url="", shown="", id="m4")],
        "works": [SimpleNamespace(id=1, words="导入诉求 2026-11.csv", done=3200, all=65_422, wrong=18, state="running",
                                  url="#", stop_url="#", file_url="", note=""),
                  SimpleNamespace(id=2, words="导出案件清单", done=1, all=1, wrong=0, state="done", url="#", stop_url="",
                                  file_url="#", note="24 小时内可下载一次")],
        "actions": [SimpleNamespace(words="没办好", url="#", main=False, icon="back", dialog=False),
                    SimpleNamespace(words="到场拍照", url="#", main=True, icon="camera", dialog=False)],
        "place": SimpleNamespace(code="3701030100050003", title="舜玉小区南区 3 号楼 南侧道路", under="舜新社区 · 第 3 网格",
                                 lat="", lng="", crs=""),
        "map": plan(), "tree_url": "#", "wall": wall(),
    }  # fmt: skip


def plan() -> SimpleNamespace:
    """A few houses in metres."""
    shapes = []
    for n, (x, y) in enumerate(
        [(-150, -70), (-60, -70), (30, -70), (-150, -5), (-60, -5), (30, -5), (-100, 60)], 1
    ):
        points = f"{x},{y} {x + 64},{y} {x + 64},{y + 22} {x},{y + 22}"
        shapes.append(SimpleNamespace(points=points, name=f"{n} 号楼", on=n == 5))
    return SimpleNamespace(lat=36.6352, lng=117.0021, box="-195 -84 390 168", shapes=shapes)


def wall() -> dict:
    """Figures of an invented city."""
    rates = [("历下", 97.8), ("商河", 97.2), ("历城", 96.9), ("市中", 96.4), ("钢城", 96.1), ("天桥", 95.6),
             ("章丘", 95.1), ("槐荫", 94.9), ("莱芜", 94.0), ("长清", 93.2), ("济阳", 92.4), ("平阴", 91.6)]  # fmt: skip

    def distance(rate):
        return 1 + sum(rate >= edge for edge in (92, 94, 95.5, 97))

    return {
        "ranks": [(name, rate, distance(rate), round((rate - 88) * 10, 1)) for name, rate in rates],
        "levels": [("网格", 61.8, 100), ("社区", 27.3, 44.2), ("街道", 8.6, 13.9), ("区县", 1.9, 3.1), ("全市", 0.4, 1)],
        "feed": [("10:10", "商河", "3 号楼暖气片渗水", "reported"), ("10:09", "历城", "华山公交站积冰", "working"),
                 ("10:09", "钢城", "广场路灯不亮", "closed"), ("10:08", "槐荫", "电动车进电梯", "resolved"),
                 ("10:07", "济阳", "井盖位移", "working"), ("10:06", "章丘", "沿街油烟扰民", "returned")],
    }  # fmt: skip
