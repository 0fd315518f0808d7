"""Verbs on the key file."""

from pathlib import Path
from typing import Annotated

import typer

from quanlin.kit import sealing

GROUP = "keys"
app = typer.Typer(no_args_is_help=True, help="密钥文件：生成、轮换。")


@app.command()
def create(
    path: Annotated[Path, typer.Argument(help="写到哪里，例如 /etc/quanlin/keys.json")],
    national: Annotated[bool, typer.Option("--national", help="用国密算法（SM4、SM3）")] = False,
) -> None:
    """生成正式环境的密钥文件（权限 600，不覆盖已有的）；请马上备份到别处。"""
    try:
        sealing.create_key_file(path, demonstration=False, profile="SM" if national else "INTL")
    except FileExistsError:
        raise sealing.KeyFileWrong(f"{path} 已经存在，没有改动；要换密钥请用 quanlin keys rotate。") from None
    print(f"已生成 {path}，请设置 QUANLIN_KEY_FILE 并备份；丢了它，姓名和电话就再也读不出来。")


@app.command()
def rotate(path: Annotated[Path, typer.Argument(help="密钥文件")]) -> None:
    """加上新的数据密钥：以后写入的用新的，旧的仍可读。改后请重启程序。"""
    sealing.add_data_keys(path)
    print(f"{path} 已加上新的数据密钥，请备份并重启程序。")
