"""What a database needs before the program can use it: ``python -m quanlin.config.setup migrate|base``."""

import sys

import django


def migrate() -> None:
    """Run the migrations (as the owner: QUANLIN_AS_OWNER=1)."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def base() -> dict[str, int]:
    """Load what every deployment has: the places of Jinan, the kinds, the desks of city, districts and streets."""
    from quanlin.cases import actions as cases
    from quanlin.kit.actor import SYSTEM
    from quanlin.places import actions as places
    from quanlin.staff import actions as staff
    from quanlin.staff.actions import act_as

    with act_as(SYSTEM):
        loaded = places.load_divisions(actor=SYSTEM)
        kinds = cases.publish_shipped(actor=SYSTEM)
        desks = staff.open_desks(actor=SYSTEM)
    return {"places": loaded, "kinds": kinds, "desks": desks}


def main() -> None:
    """Run one step."""
    django.setup()
    {"migrate": migrate, "base": base}[sys.argv[1]]()


if __name__ == "__main__":
    main()
