"""The real program with the journal cut out, to measure what it costs. For the bench only."""

from importlib import import_module

from quanlin.config.wsgi import application


def _nothing(fact, *, actor, at=None, purpose="") -> int:
    return 0


for _verb in ("moving", "opening"):  # imported here, since Django must be set up first
    import_module(f"quanlin.cases.actions.{_verb}").record = _nothing
__all__ = ["application"]
