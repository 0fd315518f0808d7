"""The three coordinate systems that reach us. Inside the program only WGS-84 exists; edges convert.

wgs84: satellites, the national CGCS2000 within centimetres. gcj02: phones inside WeChat, 高德, 腾讯.
bd09: 百度. The public has no official formula of GCJ-02; this is the widely published one (offsets as a sum
of sines on the Krasovsky 1940 ellipsoid). The way back is found by iteration.
"""

from math import atan2, cos, hypot, isfinite, pi, radians, sin, sqrt
from typing import Literal

from quanlin.kit.errors import Refused

Crs = Literal["wgs84", "gcj02", "bd09"]
CRS_NAMES: tuple[Crs, ...] = ("wgs84", "gcj02", "bd09")

_AXIS = 6378245.0
_ECCENTRICITY = 0.00669342162296594323
_BD = pi * 3000.0 / 180.0
METRES_PER_DEGREE = 111_319.49


def in_china(lat: float, lng: float) -> bool:
    """Whether GCJ-02 differs from WGS-84 here: the rectangle that map makers use."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lng <= 137.8347


def _offset(lat: float, lng: float) -> tuple[float, float]:
    x, y = lng - 105.0, lat - 35.0
    root = sqrt(abs(x))
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = radians(lat)
    magic = 1 - _ECCENTRICITY * sin(phi) ** 2
    lat_metres = (_AXIS * (1 - _ECCENTRICITY)) / (magic * sqrt(magic)) * pi / 180.0
    lng_metres = _AXIS / sqrt(magic) * cos(phi) * pi / 180.0
    return north / lat_metres, east / lng_metres


def wgs84_to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """(lat, lng) in degrees; unchanged outside China."""
    if not in_china(lat, lng):
        return lat, lng
    north, east = _offset(lat, lng)
    return lat + north, lng + east


def gcj02_to_wgs84(lat: float, lng: float) -> tuple[float, float]:
    """The point whose GCJ-02 is the given one, to better than a millionth of a degree."""
    if not in_china(lat, lng):
        return lat, lng
    guess_lat, guess_lng = lat, lng
    for _ in range(12):
        north, east = _offset(guess_lat, guess_lng)
        step_lat, step_lng = lat - (guess_lat + north), lng - (guess_lng + east)
        guess_lat, guess_lng = guess_lat + step_lat, guess_lng + step_lng
        if abs(step_lat) < 1e-10 and abs(step_lng) < 1e-10:
            break
    return guess_lat, guess_lng


def gcj02_to_bd09(lat: float, lng: float) -> tuple[float, float]:
    """Baidu's further shift; unchanged outside China."""
    if not in_china(lat, lng):
        return lat, lng
    length = hypot(lng, lat) + 0.00002 * sin(lat * _BD)
    angle = atan2(lat, lng) + 0.000003 * cos(lng * _BD)
    return length * sin(angle) + 0.006, length * cos(angle) + 0.0065


def bd09_to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """The point whose BD-09 is the given one."""
    if not in_china(lat, lng):
        return lat, lng
    guess_lat, guess_lng = lat - 0.006, lng - 0.0065
    for _ in range(12):
        there_lat, there_lng = gcj02_to_bd09(guess_lat, guess_lng)
        guess_lat, guess_lng = guess_lat + lat - there_lat, guess_lng + lng - there_lng
        if abs(lat - there_lat) < 1e-10 and abs(lng - there_lng) < 1e-10:
            break
    return guess_lat, guess_lng


def to_wgs84(lat: float, lng: float, crs: str) -> tuple[float, float]:
    """A checked point in WGS-84 degrees. Raises Refused for no number, no degree or no known system."""
    if crs not in CRS_NAMES:
        raise Refused(
            "unknown_crs",
            f"不认识坐标系「{str(crs)[:20]}」，没有定位。请用 {'、'.join(CRS_NAMES)} 之一。",
            field="crs",
        )
    if isinstance(lat, bool) or isinstance(lng, bool):
        lat = lng = float("nan")
    try:
        lat, lng = float(lat), float(lng)
    except (TypeError, ValueError, OverflowError):
        lat = lng = float("nan")
    if not (isfinite(lat) and isfinite(lng) and -90 <= lat <= 90 and -180 <= lng <= 180):
        raise Refused(
            "bad_point",
            "经纬度不是有效的数字，没有定位。纬度在 -90 到 90 之间，经度在 -180 到 180 之间。",
            field="lat",
        )
    if crs == "bd09":
        lat, lng = bd09_to_gcj02(lat, lng)
    if crs != "wgs84":
        lat, lng = gcj02_to_wgs84(lat, lng)
    return lat, lng


def from_wgs84(lat: float, lng: float, crs: str) -> tuple[float, float]:
    """A WGS-84 point in another system, for maps that expect it."""
    if crs == "wgs84":
        return lat, lng
    lat, lng = wgs84_to_gcj02(lat, lng)
    return gcj02_to_bd09(lat, lng) if crs == "bd09" else (lat, lng)


def metres_between(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    """Distance in metres, on a sphere cut flat at the middle latitude: exact to 0.5 % within a city."""
    north = (other_lat - lat) * METRES_PER_DEGREE
    east = (other_lng - lng) * METRES_PER_DEGREE * cos(radians((lat + other_lat) / 2))
    return hypot(north, east)
