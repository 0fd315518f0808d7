"""``python -m quanlin.config.cli``."""

from quanlin.config.cli import main

if __name__ == "__main__":
    main()
