"""The live stream: facts as they happen, to those who may see them (docs/api.md, Live)."""

from quanlin.boards.live.app import OPENAPI, Live

__all__ = ["OPENAPI", "Live"]
