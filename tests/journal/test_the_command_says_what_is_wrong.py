import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quanlin.config.cli import journal as command
from quanlin.journal import queries
from quanlin.journal.rules import notes
from tests.journal.conftest import happen, relay


@pytest.fixture
def data(log, settings, tmp_path) -> Path:
    """A data folder of the test's own, with three more entries sealed."""
    settings.DATA_DIR = tmp_path
    for step in range(3):
        happen(step)
    relay()
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(command.app, [str(word) for word in words])


def test_a_whole_log_ends_with_0(data):
    size = queries.lag().size
    done = run("verify")
    assert done.exit_code == 0
    assert done.output.endswith("另有 0 条等待封存：没有发现问题。\n")
    report = json.loads(run("verify", "--json").output)
    assert (report["size"], report["entries"], report["findings"]) == (size, size, [])


def test_a_tampered_log_ends_with_1_and_names_the_entry(data, tamperer):
    entry = happen()
    relay()
    tamperer.execute("UPDATE journal_entry SET purpose = 'x' WHERE id = %s", [entry])
    done = run("verify")
    assert done.exit_code == 1
    assert f"✗ 第 {queries.lag().size - 1} 条（记录 {entry}）：内容与封存时不同" in done.output
    assert "发现 1 处问题。" in done.output
    as_json = run("verify", "--json")
    assert as_json.exit_code == 1
    (finding,) = json.loads(as_json.output)["findings"]
    assert (finding["code"], finding["entry"], finding["idx"]) == ("altered", entry, queries.lag().size - 1)


def test_the_checkpoint_that_the_relay_keeps_outside_is_looked_at_without_being_asked_for(data, tamperer):
    happen()
    relay(checkpoint_file=data / "journal-checkpoint.txt")
    last = queries.lag().size - 1
    for statement in (
        "DELETE FROM journal_entry WHERE id = (SELECT entry_id FROM journal_leaf WHERE idx = %(last)s)",
        "DELETE FROM journal_node WHERE (index + 1) << level > %(last)s",
        "DELETE FROM journal_leaf WHERE idx = %(last)s",
        "DELETE FROM journal_checkpoint WHERE size > %(last)s",
    ):
        tamperer.execute(statement, {"last": last})
    done = run("verify")
    assert done.exit_code == 1
    assert f"另存的检查点有 {last + 1} 条，日志只剩 {last} 条：尾部被截去。" in done.output


def test_what_could_not_be_checked_ends_with_2(data, tmp_path):
    assert run("verify", "--checkpoint", tmp_path / "none").exit_code == 2
    (tmp_path / "other").write_text("hello\n")
    done = run("verify", "--checkpoint", tmp_path / "other")
    assert done.exit_code == 2
    assert "没能核对" in done.stderr
    assert run("verify", "--key", "x").exit_code == 2
    assert run("prove", 10**9).exit_code == 2
    assert run("verify-proof", tmp_path / "none").exit_code == 2
    assert run("verify-proof", tmp_path / "other").exit_code == 2


def test_an_auditor_checks_with_the_public_key_alone(data):
    key = run("key").output.strip()
    assert key == queries.public_keys()[0]
    done = run("verify", "--key", key)
    assert done.exit_code == 0
    assert "写入凭证未核对" in done.output


def test_a_proof_goes_into_a_file_and_is_checked(data, tmp_path):
    entry = happen()
    relay()
    file = tmp_path / "proof.json"
    assert run("prove", entry, "-o", file).exit_code == 0
    key = run("key").output.strip()
    done = run("verify-proof", file, "--key", key)
    assert done.exit_code == 0
    assert f"✓ 记录 {entry}（trial.happened，" in done.output
    file.write_text(file.read_text().replace('"step": 0', '"step": 1'))
    spoilt = run("verify-proof", file, "--key", key)
    assert spoilt.exit_code == 1
    assert "与签名的检查点不符" in spoilt.output


def test_a_later_checkpoint_continues_an_earlier_one_unless_somebody_rewrote_it(data, tmp_path, tamperer):
    old = tmp_path / "old.txt"
    old.write_text(run("checkpoint").output)
    size = notes.read(old.read_text()).size
    happen()
    relay()
    done = run("consistency", old)
    assert done.exit_code == 0
    assert done.output == f"✓ {size + 1} 条的日志是接着 {size} 条的长出来的。\n"
    tamperer.execute("UPDATE journal_node SET hash = sha256('x')")
    tamperer.execute("UPDATE journal_leaf SET hash = sha256('x')")
    broken = run("consistency", old)
    assert broken.exit_code == 1
    assert f"前 {size} 条被改写过" in broken.output
