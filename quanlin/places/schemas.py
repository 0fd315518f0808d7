"""What the API says about places. Places are named by their codes; numbers stay inside."""

from datetime import date

from ninja import Field, Schema

from quanlin.places.queries import Located, PlaceCard


class PlaceOut(Schema):
    """A place. lat and lng are WGS-84 degrees of a point inside it."""

    code: str = Field(examples=["370103012001"])
    level: str
    name: str
    path: str
    lat: float | None
    lng: float | None
    ended_on: date | None
    statistical: bool

    @classmethod
    def of(cls, card: PlaceCard) -> "PlaceOut":
        """From a card."""
        return cls(
            code=card.code,
            level=card.level,
            name=card.name,
            path=card.path,
            lat=card.lat,
            lng=card.lng,
            ended_on=card.ended_on,
            statistical=card.statistical,
        )


class PlaceWithChain(PlaceOut):
    """A place with all that it lies in, from the city down to itself."""

    chain: list[PlaceOut]


class LocatedOut(PlaceWithChain):
    """The finest place at a point. ``metres``: distance to the building; ``schematic``: ask for confirmation."""

    community: PlaceOut
    grid: PlaceOut | None
    estate: PlaceOut | None
    building: PlaceOut | None
    metres: float | None
    schematic: bool

    @classmethod
    def at(cls, found: Located) -> "LocatedOut":
        """From what the lookup found."""

        def some(card: PlaceCard | None) -> PlaceOut | None:
            return PlaceOut.of(card) if card else None

        return cls(
            **PlaceOut.of(found.place).dict(),
            chain=[PlaceOut.of(card) for card in found.chain],
            community=PlaceOut.of(found.community),
            grid=some(found.grid),
            estate=some(found.estate),
            building=some(found.building),
            metres=found.metres,
            schematic=found.schematic,
        )
