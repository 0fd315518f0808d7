"""Where a link may lead, and who says where a request comes from."""

import pytest

from quanlin.kit.addresses import local_path, source_of


@pytest.mark.parametrize("text", ["/", "/desk/", "/desk/cases/?q=路灯&page=2", "/a//b", "/p/ABC#x"])
def test_a_path_of_this_site_is_followed(text):
    assert local_path(text, otherwise="/home/") == text


@pytest.mark.parametrize(
    "text",
    [
        None, "", "desk/", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example/",
        "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", " /desk/", "/de sk", "http:/desk/", "data:text/html,x",
    ],
)  # fmt: skip
def test_anything_else_is_not(text):
    assert local_path(text, otherwise="/home/") == "/home/"


@pytest.mark.parametrize(
    ("remote", "forwarded", "source"),
    [
        ("", "203.0.113.5", "203.0.113.5"),  # our front door, over a socket
        ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
        (
            "127.0.0.1",
            "10.9.9.9, 203.0.113.5",
            "203.0.113.5",
        ),  # what the client wrote before it is not believed
        ("203.0.113.5", "10.9.9.9", "203.0.113.5"),  # nobody else may say it
        ("127.0.0.1", "", "127.0.0.1"),
        ("", "", "local"),
    ],
)
def test_only_the_front_door_says_where_a_request_comes_from(remote, forwarded, source):
    assert source_of(remote=remote, forwarded=forwarded) == source
