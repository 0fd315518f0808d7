"""Verbs for a bad day: backup and restore."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from quanlin.config.cli.connect import find_running

app = typer.Typer()


def _where() -> tuple[str, Path, list[int]]:
    """The administrator's address, the folder of photos, the ids in the key file."""
    find_running()
    from quanlin.config.stack.instance import data_folder

    keys = Path(os.environ.get("QUANLIN_KEY_FILE", data_folder() / "keys.json"))
    ids = [row["id"] for row in json.loads(keys.read_text())["keys"]] if keys.exists() else []
    url = os.environ.get("QUANLIN_DATABASE_OWNER_URL") or os.environ["QUANLIN_DATABASE_URL"]
    return url, data_folder() / "media", ids


def _say(sentence: str) -> None:
    print(f"… {sentence}", flush=True)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="写到哪里，例如 /backup/quanlin-0601.tar")]) -> None:
    """备份数据库和照片到一个文件，并恢复到临时数据库核对；密钥文件请另外保存。"""
    from quanlin.config.stack.backup import back_up

    url, media, keys = _where()
    made = back_up(file.resolve(), admin_url=url, media=media, keys=keys, say=_say)
    print(
        f"✓ 已备份并核对：{file}（{len(made.rows)} 张表 {sum(made.rows.values())} 行，附件 {made.media} 个，"
        f"{file.stat().st_size / 2**20:.1f} MB）。密钥文件不在其中，请另外保存。"
    )


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="quanlin backup 写出的文件", exists=True)]) -> None:
    """用备份换下现在的数据库；换下的保留在旁边，确认无误后再删。"""
    from quanlin.config.stack.backup import restore as put_back

    url, media, keys = _where()
    manifest, before = put_back(file.resolve(), admin_url=url, media=media, keys=keys, say=_say)
    print(
        f"✓ 已恢复到 {manifest.made_at} 的状态并核对（{sum(manifest.rows.values())} 行）。原来的数据库改名为 {before}，"
        f"确认无误后可以删除它。请再执行 quanlin manage migrate 和 quanlin journal verify。"
    )
