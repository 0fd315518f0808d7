"""Each fault of the machine gets one sentence that says what to do, and leaves nothing half-made behind."""

import os
import shutil
import socket
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

from quanlin.config.stack import bootstrap, faults, postgres
from quanlin.config.stack.faults import CannotStart
from quanlin.config.stack.instance import Instance
from quanlin.config.stack.postgres import TEST_SETTINGS, Postgres
from quanlin.config.stack.up import Up

ROOT = Path(__file__).resolve().parents[2]
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def busy_port():
    """A loopback port that another program holds."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_in_use_is_named_with_the_setting_that_moves_it(busy_port: int):
    with pytest.raises(
        CannotStart, match=f"端口 {busy_port} 已被别的程序占用.*QUANLIN_PORT={busy_port + 1} ./run"
    ):
        faults.check_port(busy_port, setting="QUANLIN_PORT")


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "８０００", "80.5"])
def test_a_port_that_is_no_port_is_refused(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("QUANLIN_PORT", text)
    with pytest.raises(CannotStart, match="QUANLIN_PORT=.* 不是端口号"):
        Up(Instance(tmp_path), empty=True)


def test_a_full_disk_is_told_before_anything_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 50 * 2**20))
    cluster = Postgres(
        data=tmp_path / "pg", sockets=tmp_path / "s", log=tmp_path / "log", settings=TEST_SETTINGS
    )
    with pytest.raises(CannotStart, match="只剩 50 MB，至少需要 1500 MB。请清理磁盘，或用 QUANLIN_DATA_DIR"):
        cluster.make()
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_made_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "initdb").write_text(
        "#!/bin/sh\necho 'initdb: error: could not write: No space left on device'\nexit 1\n"
    )
    (broken / "initdb").chmod(0o755)
    monkeypatch.setattr(postgres, "programs", lambda: broken)
    cluster = Postgres(
        data=tmp_path / "pg", sockets=tmp_path / "s", log=tmp_path / "log", settings=TEST_SETTINGS
    )
    with pytest.raises(CannotStart, match="数据库初始化没有成功：initdb: error: .*No space left on device"):
        cluster.make()
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="不能写入文件夹 .*/file/var.*QUANLIN_DATA_DIR"):
        faults.check_writable(tmp_path / "file" / "var")


def test_a_second_instance_on_the_same_folder_is_refused_with_the_number_of_the_first(tmp_path: Path):
    first = Instance(tmp_path)
    first.take()
    with pytest.raises(CannotStart, match=f"已有一个泉邻在运行（进程号 {os.getpid()}）"):
        Instance(tmp_path).take()


def test_a_lock_file_without_its_holder_is_no_obstacle(tmp_path: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "lock").write_text("999999")
    (tmp_path / "run" / "env.json").write_text('{"QUANLIN_DATABASE_URL": "of yesterday"}')
    instance = Instance(tmp_path)
    assert instance.told() is None
    instance.take()
    assert not instance.env_file.exists()


def test_an_old_python_is_told_which_version_is_needed(tmp_path: Path):
    for name in ("python3.14", "python3.13", "python3.12", "python3", "python"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")  # as a shim without its version does
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    done = subprocess.run([ROOT / "run"], capture_output=True, text=True, env={"PATH": path})
    assert done.returncode == 1
    assert "没有找到 Python 3.12 或更新的版本。请先安装" in done.stderr


def test_a_machine_without_npm_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(CannotStart, match="没有可用的 npm。请安装 Node.js 20"):
        bootstrap._npm()


def test_a_half_made_environment_is_made_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    done = []
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("")
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(bootstrap, "_do", lambda what, command, *_, **__: done.append((what, venv.exists())))
    bootstrap._make_venv(tmp_path / "log")
    assert done == [("建立 Python 环境", False), ("安装 uv", False)]


def test_an_interrupted_installation_is_done_again_in_full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    commands = []
    stamp = tmp_path / "quanlin.json"
    monkeypatch.setattr(bootstrap, "STAMP", stamp)
    monkeypatch.setattr(bootstrap, "_do", lambda what, command, *_, **__: commands.append(command))
    bootstrap._install("run", tmp_path / "log")
    assert "--reinstall" not in commands[0]
    stamp.write_text('{"state": "changing"}')
    bootstrap._install("run", tmp_path / "log")
    assert "--reinstall" in commands[1]
    assert bootstrap._stamp(stamp) == {"run": bootstrap._digest(ROOT / "requirements.txt")}


def test_a_failed_download_tells_how_to_use_a_mirror(tmp_path: Path):
    command = ["sh", "-c", "echo could not resolve host; exit 2"]
    with pytest.raises(CannotStart) as told:
        bootstrap._do("安装 Python 依赖包", command, tmp_path / "log", bootstrap._NETWORK)
    assert "安装 Python 依赖包没有成功。请检查网络后重试" in str(told.value)
    assert "原因：could not resolve host" in str(told.value)


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt", "package-lock.json"])
def test_lock_files_name_no_host_and_no_path(lock: str):
    text = (ROOT / lock).read_text()
    for line in text.splitlines():
        assert "resolved" not in line
        assert "index-url" not in line
        assert "file:" not in line
    if lock.endswith(".txt"):
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")


def test_demonstration_and_real_data_never_meet(tmp_path: Path):
    real = Up(Instance(tmp_path), empty=True)
    with pytest.raises(CannotStart, match="里是演示数据，不能转为正式使用.*QUANLIN_DATA_DIR=var-real"):
        real._choose_mode({"mode": "demo"})
    plain = Up(Instance(tmp_path), empty=False)
    plain._choose_mode({"mode": "empty"})
    assert plain.empty
    assert plain.env["QUANLIN_DEMO"] == "0"


@pytest.mark.stack
def test_a_half_made_cluster_and_a_stale_pid_are_no_obstacle(tmp_path: Path):
    data = tmp_path / "pg"
    data.mkdir()
    (data / "base").mkdir()  # no PG_VERSION: initdb did not get to its end
    (tmp_path / "pg.half").mkdir()
    cluster = Postgres(data=data, sockets=tmp_path / "s", log=tmp_path / "log", settings=TEST_SETTINGS)
    cluster.make()
    assert cluster.exists()
    assert not (tmp_path / "pg.half").exists()
    # the pid of a process that lives and is not PostgreSQL
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n5432\n{tmp_path / 's'}\n\n0 0\nready\n")
    process = cluster.start()
    assert process.poll() is None
    process.terminate()
    process.wait(20)
