"""The live stream: facts as they happen, to those who may see them (docs/boards.md)."""

from quanlin.boards.live.app import OPENAPI, Live

__all__ = ["OPENAPI", "Live"]
