import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanlin.kit.errors import Refused
from quanlin.places import rules

latitudes, longitudes = st.floats(18, 53.5), st.floats(73.6, 135)


@given(latitudes, longitudes)
def test_gcj02_and_back_differs_by_less_than_a_millionth_of_a_degree(lat, lng):
    back = rules.gcj02_to_wgs84(*rules.wgs84_to_gcj02(lat, lng))
    assert abs(back[0] - lat) < 1e-6
    assert abs(back[1] - lng) < 1e-6


@given(latitudes, longitudes)
def test_bd09_and_back_differs_by_less_than_a_millionth_of_a_degree(lat, lng):
    back = rules.to_wgs84(*rules.from_wgs84(lat, lng, "bd09"), "bd09")
    assert abs(back[0] - lat) < 1e-6
    assert abs(back[1] - lng) < 1e-6


def test_the_shift_in_jinan_is_some_hundred_metres():
    lat, lng = rules.wgs84_to_gcj02(36.651, 117.12)
    assert rules.metres_between(36.651, 117.12, lat, lng) == pytest.approx(523, abs=150)
    further = rules.gcj02_to_bd09(lat, lng)
    assert rules.metres_between(lat, lng, *further) == pytest.approx(900, abs=200)


@pytest.mark.parametrize(("lat", "lng"), [(51.5, -0.12), (-33.9, 151.2), (0.5, 100), (40, 140)])
def test_outside_china_nothing_is_shifted(lat, lng):
    assert rules.wgs84_to_gcj02(lat, lng) == (lat, lng)
    assert rules.gcj02_to_wgs84(lat, lng) == (lat, lng)
    assert rules.gcj02_to_bd09(lat, lng) == (lat, lng)
    assert rules.bd09_to_gcj02(lat, lng) == (lat, lng)


@pytest.mark.parametrize(
    ("lat", "lng"),
    [
        (math.nan, 117),
        (36, math.inf),
        (91, 117),
        (36, -181),
        ("北", 117),
        (None, 117),
        ([36], 117),
        (True, 117),
        (10**400, 1),
    ],
)
def test_what_is_no_point_is_refused_with_a_sentence(lat, lng):
    with pytest.raises(Refused) as refused:
        rules.to_wgs84(lat, lng, "wgs84")
    assert refused.value.code == "bad_point"
    assert "经纬度" in refused.value.message


@pytest.mark.parametrize("crs", ["", "WGS84", "epsg:4326", None, "'; DROP TABLE"])
def test_an_unknown_system_is_refused(crs):
    with pytest.raises(Refused) as refused:
        rules.to_wgs84(36.6, 117.0, crs)
    assert refused.value.code == "unknown_crs"


def test_a_degree_of_latitude_is_111_kilometres():
    assert rules.metres_between(36, 117, 37, 117) == pytest.approx(111_319.49)
    assert rules.metres_between(36, 117, 36, 118) == pytest.approx(90_059.4, abs=1)
