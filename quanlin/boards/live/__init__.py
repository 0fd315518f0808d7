"""The live stream: facts as they happen, to those who may see them (docs/api.md, Live)."""
