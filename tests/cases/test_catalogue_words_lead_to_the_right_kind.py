"""What people write leads to the kind that they mean."""

import pytest
import yaml

from quanlin.cases.actions.catalogue import SHIPPED
from quanlin.cases.rules.catalogue import parse_kind, suggest

KINDS = {
    file.stem: parse_kind(yaml.safe_load(file.read_text(encoding="utf-8")), where=file.name)
    for file in SHIPPED.glob("*.yaml")
}

SAID = [
    ("楼下路灯三天不亮了", "street_light"),
    ("2单元的楼道灯坏了，老人下楼摸黑", "street_light"),
    ("路口的井盖不见了，太危险", "manhole"),
    ("下雨后雨篦子翘起来了", "manhole"),
    ("小区门口路面有个大坑，车过去一颠", "road_damage"),
    ("人行道的地砖松了，一踩一脚水", "road_damage"),
    ("大风把树枝刮断了，悬在半空", "tree_green"),
    ("有人在绿化带里种菜", "tree_green"),
    ("垃圾桶满了两天没人收", "rubbish"),
    ("楼下堆了一大堆装修垃圾，没人清", "rubbish"),
    ("三楼邻居在楼梯间堆纸箱，过道都占了", "stairwell_clutter"),
    ("楼下饭店油烟太大，不敢开窗", "pollution"),
    ("工地扬尘，阳台一层灰尘", "pollution"),
    ("5号楼电梯又停了，奶奶上不去", "lift_fault"),
    ("电梯门关不上，一直响", "lift_fault"),
    ("顶层漏雨，天花板都发霉了", "home_leak"),
    ("外墙渗水，墙皮往下掉", "home_leak"),
    ("单元门关不上，谁都能进", "entrance_door"),
    ("门禁刷不开，孩子进不去", "entrance_door"),
    ("对面工地凌晨还在打桩", "construction_noise"),
    ("隔壁装修中午用电钻", "construction_noise"),
    ("广场舞音响开到十点，太吵", "living_noise"),
    ("楼上半夜跺脚，睡不着", "living_noise"),
    ("消防通道被三辆车堵死了", "fire_lane"),
    ("安全出口上锁了", "fire_lane"),
    ("有人把电动车推进电梯", "ebike_indoors"),
    ("一楼从窗户飞线给电瓶车充电", "ebike_indoors"),
    ("四楼的灭火器压力到红区了", "fire_equipment"),
    ("消火栓打不开，里面没水带", "fire_equipment"),
    ("僵尸车停了半年，请拖车", "illegal_parking"),
    ("一辆车并排停，堵了我的车出不去", "illegal_parking"),
    ("公共车位被人私装地锁", "parking_space"),
    ("和对门邻居为了鞋柜吵架，想请人调解", "neighbour_dispute"),
    ("独居老人两天没出门，敲门没人应", "elder_help"),
    ("我妈摔倒起不来了", "elder_help"),
    ("想请志愿者给奶奶理发", "wish"),
    ("请问异地医保怎么办理，需要什么材料", "government_question"),
    ("社保断了两个月能补吗，咨询一下政策", "government_question"),
    ("建议社区把活动室周末也开放", "complaint"),
    ("物业费涨了，业委会没有公示", "property_service"),
    ("暖气不热，家里室温只有15度", "heating"),
    ("供暖第三天了暖气片还是凉的", "heating"),
    ("自来水发黄，停水也不通知", "water"),
    ("化粪池堵了，污水外溢到路上", "water"),
    ("楼道里有煤气味", "gas_smell"),
    ("燃气报警器一直响", "gas_smell"),
    ("整个单元停电了，一推就跳闸", "power_cut"),
    ("遛狗不牵绳，差点咬人", "public_security"),
    ("高空抛物，楼上扔下来一个酒瓶", "public_security"),
    ("早市摊贩把人行道占满了，占道经营没人管", "street_vendor"),
]


@pytest.mark.parametrize(("text", "code"), SAID)
def test_words_lead_to_the_kind(text, code):
    ranked = suggest(text, KINDS)
    assert ranked[0][0] == code, ranked
    assert 0 < ranked[0][1] <= 1


def test_words_that_say_nothing_lead_nowhere():
    assert suggest("你好", KINDS) == ()
    assert suggest("", KINDS) == ()


def test_shares_sum_to_one():
    assert sum(share for _, share in suggest("路灯坏了，旁边垃圾桶也满了", KINDS)) == pytest.approx(1)
