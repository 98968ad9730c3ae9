"""Sessions of PostgreSQL: a server process that stays with a connection, and keeps plans from one call to the next.

Behind a pooler in transaction mode each transaction may come to another process, which knows nothing of them.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

_own: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()
_names: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def keeps_plan(line: Any, name: str, words: str) -> bool:
    """Whether this connection's process has the plan, made now if it is the first time."""
    if not is_own(line):
        return False
    names = _names.setdefault(line, set())
    if name not in names:
        line.execute(f"PREPARE {name} AS {words}")
        names.add(name)  # also where a transaction is rolled back: plans stay
    return True


def is_own(line: Any) -> bool:
    """A pooler tells whoever connects a number of its own, not that of a process of PostgreSQL."""
    if line not in _own:
        _own[line] = line.execute("SELECT pg_backend_pid()").fetchone()[0] == line.info.backend_pid
    return _own[line]
