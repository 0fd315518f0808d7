"""The API and the poster, asked without signing in."""

import json

import pytest

from quanlin.places import rules

SHUNXIN, STREET = "370103012001", "370103012000"
API = "/api/v1/places"


def test_a_place_is_answered_with_its_chain(client, db):
    answer = client.get(f"{API}/{SHUNXIN}")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["code"], body["level"], body["name"]) == (SHUNXIN, "community", "舜新社区")
    assert [step["name"] for step in body["chain"]] == ["济南市", "市中区", "舜玉路街道", "舜新社区"]
    assert "number" not in body


def test_a_lookup_answers_the_community_in_every_system(client, db):
    place = client.get(f"{API}/{SHUNXIN}").json()
    for crs in rules.CRS_NAMES:
        lat, lng = rules.from_wgs84(place["lat"], place["lng"], crs)
        body = client.get(f"{API}/lookup", {"lat": lat, "lng": lng, "crs": crs}).json()
        assert body["community"]["code"] == SHUNXIN
        assert (body["grid"], body["building"], body["schematic"]) == (None, None, True)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"lat": "36.6"},
        {"lat": "NaN", "lng": "117"},
        {"lat": "abc", "lng": "117"},
        {"lat": "91", "lng": "117"},
        {"lat": "36.6", "lng": "inf"},
        {"lat": "36.6", "lng": "117", "crs": "mars"},
        {"lat": "39.9", "lng": "116.4"},
        {"lat": "1e999", "lng": "0"},
    ],
)
def test_a_bad_lookup_is_a_422_with_a_chinese_sentence(client, db, query):
    answer = client.get(f"{API}/lookup", query)
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("application/problem+json")
    assert any("一" <= letter <= "鿿" for letter in answer.json()["title"])


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("370103999999", 404),
        ("abc", 422),
        ("S111", 422),
        ("%00", 422),
        ("<script>", 422),
        ("😀", 422),
        ("1" * 300, 422),
    ],
)
@pytest.mark.parametrize("rest", ["", "/children", "/outline?level=building"])
def test_a_code_of_nowhere_is_a_404_and_no_code_a_422(client, db, code, status, rest):
    answer = client.get(f"{API}/{code}{rest}")
    assert answer.status_code == status
    assert answer.json()["code"] in ("no_such_place", "bad_place_code")


def test_children_are_the_places_below(client, db):
    body = client.get(f"{API}/{STREET}/children").json()
    assert len(body) == 9
    assert body[0]["path"] == "市中区舜玉路街道舜新社区"


def test_outlines_come_as_geojson(client, db):
    answer = client.get(f"{API}/370100/outline", {"level": "district", "crs": "gcj02"})
    assert answer["Content-Type"] == "application/geo+json"
    body = json.loads(answer.content)
    assert (body["type"], len(body["features"])) == ("FeatureCollection", 13)
    assert client.get(f"{API}/370100/outline", {"level": "community"}).status_code == 422
    assert client.get(f"{API}/370100/outline", {"level": "moon"}).status_code == 422


def test_a_search_answers_a_list_that_may_be_empty(client, db):
    assert [card["name"] for card in client.get(API, {"q": "舜新"}).json()] == ["舜新社区"]
    assert client.get(API, {"q": "' OR 1=1"}).json() == []
    assert client.get(API, {"q": "舜", "within": "370105", "limit": 5}).status_code == 200
    assert client.get(API, {"q": "舜", "limit": 5000}).status_code == 422
    assert client.get(API, {"q": ""}).status_code == 422
    assert client.get(API, {"q": "长" * 10_000}).status_code == 422


def test_a_poster_shows_name_code_and_qr(client, db):
    answer = client.get(f"/places/{SHUNXIN}/poster")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "舜新社区" in text
    assert SHUNXIN in text
    assert '<svg viewBox="0 0 ' in text
    assert client.get("/places/nonsense/poster").status_code == 422
    assert client.post(f"/places/{SHUNXIN}/poster").status_code in (403, 405)
