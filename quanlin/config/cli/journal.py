"""Verbs on the journal: is it whole, and proofs for others. Exit codes: 0 fine, 1 tampered, 2 could not check."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from quanlin.config.cli.connect import explain, use_django
from quanlin.config.stack.instance import data_folder
from quanlin.journal.rules import notes, proofs, tree
from quanlin.kit import sealing
from quanlin.kit.errors import QuanlinError

GROUP = "journal"
app = typer.Typer(no_args_is_help=True, help="日志：核对、证明、公钥。")

TAMPERED, UNCHECKED = 1, 2
Key = Annotated[list[str] | None, typer.Option("--key", help="日志的公钥，可多次；不给时用本机密钥文件里的")]


@contextmanager
def _could_not_check() -> Iterator[None]:
    """Whatever keeps a check from being made ends with its sentence and 2: silence must not look like health."""
    try:
        yield
    except notes.NoteWrong as fault:
        _give_up(f"没能核对：检查点或公钥读不出来，或检查点不是用所给的公钥签的（{fault}）。")
    except (OSError, UnicodeDecodeError) as fault:
        _give_up(f"没能核对：文件读不出来（{fault}）。")
    except Exception as fault:
        sentence = explain(fault)
        if sentence is None:
            raise
        _give_up(f"没能核对：{sentence}")


def _give_up(sentence: str) -> None:
    print(f"✗ {sentence}", file=sys.stderr)
    raise typer.Exit(UNCHECKED)


def _verifiers(keys: list[str] | None) -> tuple[notes.Verifier, ...]:
    if keys:
        return tuple(notes.Verifier.parse(key) for key in keys)
    return notes.verifiers_of(sealing.keyring().journal_keys)


@app.command()
def verify(
    first: Annotated[int, typer.Option("--from", min=0, help="从第几条开始")] = 0,
    end: Annotated[int | None, typer.Option("--to", min=0, help="到第几条之前为止")] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option("--checkpoint", help="另存的检查点文件，可多次；查得出截尾和重建")
    ] = None,
    key: Key = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """从每一行重新计算，核对日志有没有被改、删、添、换、截、重建。"""
    with _could_not_check():
        use_django()
        from django.conf import settings

        from quanlin.journal.queries import verify as check

        own = settings.DATA_DIR / "journal-checkpoint.txt"
        files = [*(checkpoint or []), *([own] if own.exists() and not key else [])]
        verifiers = _verifiers(key)
        with nullcontext() if as_json else _bar() as bar:
            report = check(
                verifiers=verifiers,
                writer_key=None if key else sealing.keyring().writer_key,
                first=first,
                end=end,
                outside=[file.read_text() for file in files],
                progress=(lambda done, of: None) if as_json else bar,
            )
    if as_json:
        print(json.dumps(asdict(report), ensure_ascii=False))
    else:
        for finding in report.findings:
            print(f"✗ {finding.text}")
        if report.more:
            print(f"✗ 另有 {report.more} 处没有逐一列出。")
        if not report.macs_checked:
            print("没有密钥文件，写入凭证未核对。")
        counts = (
            f"核对了 {report.entries} 条、{report.checkpoints} 个检查点，另有 {report.waiting} 条等待封存"
        )
        wrong = len(report.findings) + report.more
        print(f"{counts}：{f'发现 {wrong} 处问题。' if wrong else '没有发现问题。'}")
    if report.findings:
        raise typer.Exit(TAMPERED)


@contextmanager
def _bar():
    from rich.progress import Progress

    with Progress(transient=True) as progress:
        task = progress.add_task("核对", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@app.command()
def prove(
    entry: Annotated[int, typer.Argument(help="记录号")],
    output: Annotated[Path | None, typer.Option("-o", help="写到文件；不给时输出到屏幕")] = None,
) -> None:
    """为一条记录出证明：别人不用本系统也能核对它在日志里、没有被改过。"""
    with _could_not_check():
        use_django()
        from quanlin.journal.queries import inclusion_proof
        from quanlin.kit.actor import SYSTEM
        from quanlin.staff.actions import as_system

        with as_system():
            text = inclusion_proof(entry, viewer=SYSTEM).as_json()
        if output is None:
            print(text, end="")
        else:
            output.write_text(text)
            print(f"证明已写入 {output}")


@app.command()
def verify_proof(
    file: Annotated[Path, typer.Argument(help="证明文件")],
    key: Key = None,
) -> None:
    """核对一份证明，不需要数据库和网络。"""
    with _could_not_check():
        try:
            proof = proofs.read_proof(file.read_text())
        except proofs.ProofWrong as fault:
            _give_up(str(fault))
        trusted = key or _own_keys()
        if trusted is None:
            print("没有另给公钥，用的是文件里自带的：请向出证明的一方核实它。")
        verifiers = _verifiers(trusted or list(proof.keys))
    try:
        head = proofs.check_proof(proof, verifiers)
    except proofs.ProofWrong as fault:
        print(f"✗ {fault}")
        raise typer.Exit(TAMPERED) from None
    entry = proof.content
    print(f"✓ 记录 {entry['id']}（{entry['fact']}，{entry['at']}）是日志的第 {entry['idx']} 条，")
    print(
        f"  在 {head.time:%Y-%m-%d %H:%M:%S} UTC 签名的第 {head.number} 号检查点（{head.size} 条）里，没有被改过。"
    )


def _own_keys() -> list[str] | None:
    """The keys of this machine's key file, where there is one: proofs are also checked on machines without."""
    path = Path(os.environ.get("QUANLIN_KEY_FILE") or data_folder() / "keys.json")
    if not path.exists():
        return None
    sealing.configure(path)
    return [str(v) for v in notes.verifiers_of(sealing.keyring().journal_keys)]


@app.command()
def consistency(
    old: Annotated[Path, typer.Argument(help="较早的检查点文件")],
    new: Annotated[Path | None, typer.Argument(help="较新的检查点文件；不给时用数据库里最新的")] = None,
    key: Key = None,
) -> None:
    """核对较新的检查点是否由较早的接着长出来，中间没有改写。"""
    with _could_not_check():
        use_django()
        from quanlin.journal.queries import consistency_proof, latest_checkpoint

        verifiers = _verifiers(key)
        before = notes.check(old.read_text(), verifiers)
        after = notes.check(new.read_text() if new else latest_checkpoint(), verifiers)
        try:
            hashes = consistency_proof(before.size, after.size)
        except QuanlinError as fault:
            print(f"✗ {fault.message}")
            raise typer.Exit(TAMPERED) from None
    if not tree.continues(before.size, before.root, after.size, after.root, hashes):
        print(f"✗ 前 {before.size} 条被改写过：较新的检查点（{after.size} 条）不是接着较早的长出来的。")
        raise typer.Exit(TAMPERED)
    print(f"✓ {after.size} 条的日志是接着 {before.size} 条的长出来的。")


@app.command()
def checkpoint() -> None:
    """打印最新的签名检查点；请定期另存到别的机器或公示。"""
    with _could_not_check():
        use_django()
        from quanlin.journal.queries import latest_checkpoint

        print(latest_checkpoint(), end="")


@app.command()
def key() -> None:
    """打印日志的公钥；请交给核对证明的人。"""
    with _could_not_check():
        use_django()
        for verifier in _verifiers(None):
            print(verifier)
