#!/usr/bin/env python
"""Django's commands, and `up`, which starts everything on one machine."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from petitions.embedded import environment


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["up"]:
        environment.prepare(sys.argv)
    else:
        environment.borrow(Path(os.environ.get("DATA", "var")).absolute())
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
