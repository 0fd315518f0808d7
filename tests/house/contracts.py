"""The contracts that the linter's own types cannot say: doors, layers inside a room, purity.

Each reads the whole import graph of ``quanlin`` and names every import that breaks it.
"""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class _Listing(Contract):
    """A contract that lists its breaches, one sentence each."""

    def find(self, graph: ImportGraph) -> list[str]:
        raise NotImplementedError

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        breaches = self.find(graph)
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["breaches"]:
            output.print_error(line)


def _words(value: object) -> list[str]:
    return " ".join(value if isinstance(value, list) else [str(value)]).split()


def _edges(graph: ImportGraph) -> list[tuple[str, str]]:
    return sorted(
        (importer, imported)
        for importer in graph.modules
        if importer.startswith("quanlin.")
        for imported in graph.find_modules_directly_imported_by(importer)
    )


class Doors(_Listing):
    """Another room, config included, may import only a room's doors."""

    type_name = "doors"
    rooms = fields.StringField()
    doors = fields.StringField()

    def find(self, graph: ImportGraph) -> list[str]:
        rooms, doors = set(_words(self.rooms)), set(_words(self.doors))
        wiring = {
            "config": {"web", "api", "jobs", "live", "ingest"}
        }  # wiring mounts the edges, nothing else may
        found = []
        for importer, imported in _edges(graph):
            here, there = importer.split(".")[1], imported.split(".")[1:3]
            if len(there) < 2 or there[0] == here or there[0] not in rooms:
                continue
            if there[1] not in doors | wiring.get(here, set()) and ".migrations." not in importer:
                found.append(
                    f"{importer} imports {imported}: {there[0]} is entered by {', '.join(sorted(doors))} only"
                )
        return found


class Room(_Listing):
    """Inside a room a module may import only what lies below it; every module has its layer."""

    type_name = "room"
    rooms = fields.StringField()
    layers = fields.ListField(subfield=fields.StringField())
    free = fields.StringField()

    def find(self, graph: ImportGraph) -> list[str]:
        rank = {name: i for i, line in enumerate(_words([x]) for x in self.layers) for name in line}
        rooms, free = set(_words(self.rooms)), set(_words(self.free))
        found = []
        for module in sorted(graph.modules):
            parts = module.split(".")
            if len(parts) >= 3 and parts[1] in rooms and parts[2] not in rank and parts[2] not in free:
                found.append(
                    f"{module}: a room has no file called {parts[2]}; give it one of {', '.join(rank)}"
                )
        for importer, imported in _edges(graph):
            a, b = importer.split("."), imported.split(".")
            if len(a) < 3 or len(b) < 3 or a[:2] != b[:2] or a[1] not in rooms or a[2] == b[2]:
                continue
            if a[2] in rank and b[2] in rank and rank[b[2]] <= rank[a[2]]:
                found.append(f"{importer} imports {imported}: {b[2]} does not lie below {a[2]}")
        return found


class Purity(_Listing):
    """Pure modules import none of the forbidden packages, directly or through others."""

    type_name = "purity"
    pure = fields.StringField()
    room_pure = fields.StringField()
    forbidden = fields.StringField()

    def find(self, graph: ImportGraph) -> list[str]:
        pure, rooms = set(_words(self.pure)), set(_words(self.room_pure))
        found = []
        for module in sorted(graph.modules):
            parts = module.split(".")
            if parts[0] != "quanlin" or len(parts) < 3 or not (parts[2] in pure or parts[1] in rooms):
                continue
            for package in _words(self.forbidden):
                if package in graph.modules:
                    chain = graph.find_shortest_chain(importer=module, imported=package)
                    if chain:
                        found.append(f"{module} reaches {package}: {' → '.join(chain)}")
        return found
