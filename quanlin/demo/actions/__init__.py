"""Everything that the demonstration writes, through the actions of the rooms below."""

from quanlin.demo.actions.playing import Played, play_live, simulate
from quanlin.demo.actions.world import load_world, refuse_in_production

__all__ = ["Played", "load_world", "play_live", "refuse_in_production", "simulate"]
