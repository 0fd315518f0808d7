"""Each refusal of production mode, and that a safe deployment passes."""

import os
from pathlib import Path

import psycopg
import pytest

from quanlin.config import checks
from quanlin.config.stack import roles
from quanlin.config.stack.faults import CannotStart
from quanlin.kit import sealing

GOOD_KEY = "kZ8-vQ2mX7wL4tR9yB3nH6jF1sD5gA0cE-pU8iO2xM4"


@pytest.fixture(autouse=True)
def a_safe_deployment(settings, template_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Settings that pass; each test spoils one."""
    key_file = tmp_path / "keys.json"
    sealing.create_key_file(key_file, demonstration=False)
    settings.PRODUCTION = True
    settings.SECRET_KEY = GOOD_KEY
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["quanlin.example.cn"]
    settings.KEY_FILE = key_file
    settings.DATABASE_URL = os.environ["QUANLIN_DATABASE_URL"]
    monkeypatch.delenv("QUANLIN_DEMO", raising=False)


def test_a_safe_deployment_passes():
    assert checks.faults() == []
    checks.refuse_unsafe_production()


@pytest.mark.parametrize(
    "key", ["demonstration-only-not-a-secret-not-a-secret-not-a-secret", "short", "a" * 60]
)
def test_a_default_short_or_dull_secret_is_refused(settings, key: str):
    settings.SECRET_KEY = key
    (fault,) = checks.faults()
    assert fault.startswith("QUANLIN_SECRET_KEY 是默认的或太短。请设为至少 40 个随机字符")


def test_debugging_is_refused(settings):
    settings.DEBUG = True
    assert checks.faults() == ["QUANLIN_DEBUG 已打开，出错时会泄露内部信息。请去掉这个环境变量。"]


def test_the_demonstration_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QUANLIN_DEMO", "1")
    assert checks.faults() == ["QUANLIN_DEMO 已打开，演示账号的密码是公开的。请去掉这个环境变量。"]


@pytest.mark.parametrize("hosts", [[], [""], ["*"]])
def test_any_host_name_is_refused(settings, hosts: list[str]):
    settings.ALLOWED_HOSTS = hosts
    (fault,) = checks.faults()
    assert fault.startswith("没有指定网站域名。请设置 QUANLIN_HOSTS")


def test_a_missing_key_file_is_refused(settings, tmp_path: Path):
    settings.KEY_FILE = tmp_path / "none.json"
    (fault,) = checks.faults()
    assert fault.startswith(f"没有密钥文件 {tmp_path / 'none.json'}。请执行 quanlin keys create")


def test_a_key_file_that_others_can_read_is_refused(settings):
    settings.KEY_FILE.chmod(0o640)
    assert checks.faults() == [
        f"密钥文件 {settings.KEY_FILE} 别人也能读。请执行 chmod 600 {settings.KEY_FILE}。"
    ]


def test_keys_of_the_demonstration_are_refused(settings, tmp_path: Path):
    settings.KEY_FILE = tmp_path / "demo.json"
    sealing.create_key_file(settings.KEY_FILE, demonstration=True)
    (fault,) = checks.faults()
    assert "是演示用的密钥，不能用于正式环境" in fault


def test_a_superuser_is_refused_as_the_applications_account(settings):
    settings.DATABASE_URL = os.environ["QUANLIN_DATABASE_OWNER_URL"]
    (fault,) = checks.faults()
    assert "postgres，它不受行级权限约束。请改用普通账号 quanlin" in fault


def test_an_account_that_may_become_one_without_row_security_is_refused(settings):
    name = f"quanlin_bypass_{os.getpid()}"
    with psycopg.connect(os.environ["QUANLIN_DATABASE_OWNER_URL"], autocommit=True) as admin:
        admin.execute(f"create role {name} bypassrls")
        admin.execute(f"create role {name}_login login")
        admin.execute(f"grant {name} to {name}_login")
        admin.execute(f"grant {roles.LOGIN} to {name}_login")
        try:
            settings.DATABASE_URL = psycopg.conninfo.make_conninfo(
                settings.DATABASE_URL, user=f"{name}_login"
            )
            faults = checks.faults()
        finally:
            admin.execute(f"drop role {name}_login")
            admin.execute(f"drop role {name}")
    assert faults == [
        f"QUANLIN_DATABASE_URL 的账号可以成为 {name}，它不受行级权限约束。"
        "请改用普通账号 quanlin（docs/operations.md 有建立它的语句）。"
    ]


def test_an_old_database_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(roles, "LEAST_VERSION", 990000)
    (fault,) = checks.faults()
    assert "太旧，有已知的安全漏洞，至少需要 16.10。请先升级 PostgreSQL。" in fault


def test_a_database_that_does_not_answer_is_told(settings, tmp_path: Path):
    settings.DATABASE_URL = f"postgresql://quanlin@/quanlin?host={tmp_path}"
    (fault,) = checks.faults()
    assert fault.startswith("数据库没有应答：")
    assert fault.endswith("请检查 QUANLIN_DATABASE_URL。")


def test_all_faults_are_told_at_once_and_only_in_production(settings):
    settings.DEBUG = True
    settings.SECRET_KEY = "short"
    with pytest.raises(CannotStart) as told:
        checks.refuse_unsafe_production()
    assert str(told.value).count("\n  - ") == 2
    settings.PRODUCTION = False
    checks.refuse_unsafe_production()
