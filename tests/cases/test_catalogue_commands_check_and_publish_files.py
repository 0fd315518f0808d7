"""quanlin kinds check, publish, list."""

import pytest
from typer.testing import CliRunner

from quanlin.cases import queries
from quanlin.cases.actions.catalogue import SHIPPED
from quanlin.cases.models import CatalogueEntry
from quanlin.config.cli import kinds as cli
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import Conflict, Refused
from quanlin.staff.actions import act_as

LAMP = (SHIPPED / "street_light.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def django_stands_already(monkeypatch):
    monkeypatch.setattr(cli, "use_django", lambda: None)


def file(folder, text, name="kind.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_shipped_files_pass_the_check():
    answer = CliRunner().invoke(cli.app, ["check", *map(str, sorted(SHIPPED.glob("*.yaml")))])
    assert answer.exit_code == 0
    assert answer.output.count("✓") == 29


def test_a_bad_file_is_named_and_ends_with_one(tmp_path):
    bad = file(tmp_path, LAMP.replace("group: facilities", "group: lights"))
    broken = file(tmp_path, "code: [", "broken.yaml")
    answer = CliRunner().invoke(cli.app, ["check", bad, broken, str(SHIPPED / "wish.yaml")])
    assert answer.exit_code == 1
    assert "✗ kind.yaml：「group」是「lights」" in answer.output
    assert "✗ broken.yaml 不是能读的 YAML" in answer.output
    assert answer.output.count("✓") == 1


def test_a_new_version_is_published_and_listed(fresh_database, tmp_path):
    new = file(tmp_path, LAMP.replace("version: 1", "version: 2").replace("公共照明", "路灯"))
    answer = CliRunner().invoke(cli.app, ["publish", new])
    assert answer.exit_code == 0, answer.output
    assert "已发布：路灯（street_light 第 2 版）" in answer.output
    with act_as(SYSTEM):
        assert queries.the_kind("street_light").name == "路灯"
        assert queries.kind_of("street_light", 1).name == "公共照明"
    listed = CliRunner().invoke(cli.app, ["list"])
    assert "路灯" in listed.output
    assert len(listed.output.splitlines()) == 29


def test_other_content_under_the_same_version_is_refused_and_nothing_changes(fresh_database, tmp_path):
    answer = CliRunner().invoke(cli.app, ["publish", file(tmp_path, LAMP.replace("公共照明", "路灯"))])
    assert isinstance(answer.exception, Conflict)
    assert "version 改成 2" in answer.exception.message
    with act_as(SYSTEM):
        assert queries.the_kind("street_light").name == "公共照明"


def test_one_bad_file_keeps_all_from_being_published(fresh_database, tmp_path):
    good = file(tmp_path, LAMP.replace("version: 1", "version: 2"))
    bad = file(tmp_path, LAMP.replace("work: 2d", "work: soon"), "bad.yaml")
    answer = CliRunner().invoke(cli.app, ["publish", good, bad])
    assert isinstance(answer.exception, Refused)
    assert "bad.yaml.limits.work" in answer.exception.message
    with act_as(SYSTEM):
        assert not CatalogueEntry.objects.filter(version=2).exists()
