"""Statements that are built once, for what happens for each signer.

To make SQL of a queryset takes Django ten times as long as the database takes to answer. A statement is written as a
queryset all the same, of values that are `Given` with each call; what is kept is its SQL.
"""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Expression, Func, QuerySet, sql
from django.db.models.constants import OnConflict

from petitions.models import sessions

Row = TypeVar("Row", bound=models.Model)
NUMBERS = itertools.count(1)
NOT_WAITED_FOR = "set_config('synchronous_commit', 'off', true)"  # until this transaction ends
Build = Callable[..., Any]  # called once, with a `Given` for each of its parameters
SEPARATOR = ";\n"  # between statements that take one way


class Given(Expression):
    """A value that comes with each call. It stands among the parameters in the value's place."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class OneOf(Func):
    """As `in`, which has a place in the statement for each value; here all of them are one value."""

    output_field = models.BooleanField()
    arg_joiner = " = ANY ("
    template = "%(expressions)s)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        words = {"arg_joiner": " IN (SELECT value FROM json_each(", "template": "%(expressions)s))"}
        return self.as_sql(compiler, connection, **words, **context)


class Statement:
    def __init__(self, build: Build) -> None:
        self._build, self._given = build, tuple(inspect.signature(build).parameters)

    def _query(self, built: Any) -> Any:
        raise NotImplementedError

    @cached_property
    def _compiled(self) -> Any:
        """The compiler, which knows the columns, with what it made."""
        query = self._query(self._build(**{name: Given(name) for name in self._given}))
        compiler = query.get_compiler(connection=connection)
        made = compiler.as_sql()
        return compiler, *(made[0] if isinstance(made, list) else made)  # insertions could be several

    def given(self, **values: Any) -> Asked:
        """To be asked `together` with others."""
        return Asked(self, values)

    def _asked(self, values: dict[str, Any]) -> Any:
        words, parameters = self._words(values)
        with connection.cursor() as cursor:
            cursor.execute(words, parameters)
            return self._told(cursor)

    def _words(self, values: dict[str, Any]) -> tuple[str, list[Any]]:
        _compiler, words, parameters = self._compiled
        sent = _sent(values)
        return words, [sent[each.name] if isinstance(each, Given) else each for each in parameters]

    def _told(self, cursor: Any) -> Any:
        """What the database answered, as whoever asks wants it."""
        raise NotImplementedError


@dataclass(frozen=True)
class Asked:
    """A statement with the values of one call."""

    statement: Statement
    values: dict[str, Any]


def together(*asked: Asked) -> list[Any]:
    """What each tells. On PostgreSQL all of them take one way.

    They are carried out in turn, as if each had been sent by itself: one that follows a lock sees what was committed
    while the lock was waited for (`READ COMMITTED` takes a snapshot for each statement of a message).
    """
    if connection.vendor != "postgresql":
        return [each.statement._asked(each.values) for each in asked]
    words = [each.statement._words(each.values) for each in asked]
    with connection.cursor() as cursor:
        cursor.execute(SEPARATOR.join(word for word, _ in words), [one for _, each in words for one in each])
        return list(_each_told(asked, cursor))


def _each_told(asked: tuple[Asked, ...], cursor: Any) -> Iterator[Any]:
    for number, each in enumerate(asked):
        if number:
            cursor.nextset()
        yield each.statement._told(cursor)


def _sent(values: dict[str, Any]) -> dict[str, Any]:
    """As their fields would send them: only keys differ between the databases."""
    if connection.features.has_native_uuid_field:
        return values
    return {name: _as_text(value) for name, value in values.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return json.dumps(list(map(_as_text, value)))
    return value.hex if isinstance(value, UUID) else value


class Rows(Statement):
    """What a queryset of `values_list` finds."""

    def _query(self, built: QuerySet[Any]) -> Any:
        return built.query

    def all(self, **values: Any) -> list[Any]:
        found: list[Any] = self._asked(values)
        return found

    def first(self, **values: Any) -> Any:
        """None where there is none."""
        return next(iter(self.all(**values)), None)

    def _told(self, cursor: Any) -> list[Any]:
        return [self._read(row) for row in cursor.fetchall()]

    def _read(self, row: Any) -> Any:
        told = list(row)
        for place, (converters, expression) in self._converters:
            for convert in converters:
                told[place] = convert(told[place], expression, connection)
        return told

    @cached_property
    def _converters(self) -> list[Any]:
        compiler = self._compiled[0]
        return list(compiler.get_converters([column for column, *_ in compiler.select]).items())


class Objects(Rows, Generic[Row]):
    """What a queryset of a model finds, with what is annotated."""

    def _read(self, row: Any) -> Row:
        model, columns, annotated = self._plan
        told = super()._read(row)
        found: Row = model.from_db(
            connection.alias, list(columns), [told[place] for place in columns.values()]
        )
        for name, place in annotated.items():
            setattr(found, name, told[place])
        return found

    def all(self, **values: Any) -> list[Row]:
        return super().all(**values)

    def first(self, **values: Any) -> Row | None:
        found: Row | None = super().first(**values)
        return found

    @cached_property
    def _plan(self) -> Any:
        compiler = self._compiled[0]
        about = compiler.klass_info
        columns = {compiler.select[place][0].target.attname: place for place in about["select_fields"]}
        return about["model"], columns, compiler.annotation_col_map


class Question(Statement):
    """Whether a queryset finds anything."""

    def _query(self, built: QuerySet[Any]) -> Any:
        return built.query.exists()

    def __call__(self, **values: Any) -> bool:
        found: bool = self._asked(values)
        return found

    def _told(self, cursor: Any) -> bool:
        return cursor.fetchone() is not None


class Change(Statement):
    """Tells how many rows it changed."""

    def __call__(self, **values: Any) -> int:
        number: int = self._asked(values)
        return number

    def _told(self, cursor: Any) -> int:
        number: int = cursor.rowcount
        return number


class Insert(Change):
    """One row of a model. What is not among the `given` fields is the same in each, and the key is always given."""

    on_conflict: OnConflict | None = None

    def __init__(self, model: type[models.Model], *given: str, **same: Any) -> None:
        super().__init__(lambda **values: model(**values, **same))
        self._given = ("id", *given)

    def _query(self, built: models.Model) -> Any:
        query = sql.InsertQuery(type(built), on_conflict=self.on_conflict)
        query.insert_values(built._meta.concrete_fields, [built])
        return query


class InsertOnce(Insert):
    """None where a constraint says that there is one already; whoever writes the same at once takes turns."""

    on_conflict = OnConflict.IGNORE


class Update(Change):
    def __init__(self, build: Build, **changes: Any) -> None:
        super().__init__(build)
        self._changes = changes

    def _query(self, built: QuerySet[Any]) -> Any:
        query: Any = built.query.chain(sql.UpdateQuery)
        query.add_update_values(self._changes)
        return query


class Pair(Change):
    """Two updates: the second happens if the first one changed a row, and both or neither are kept."""

    def __init__(self, first: Update, second: Update, *, is_quick: bool = False) -> None:
        """One that `is_quick` does not wait until it is on PostgreSQL's disk."""
        self._first, self._second, self._is_quick = first, second, is_quick

    def __call__(self, **values: Any) -> int:
        if connection.vendor == "postgresql":
            return super().__call__(**values)
        with transaction.atomic():
            return self._first(**values) and self._second(**values)

    @cached_property
    def halves(self) -> list[tuple[str, Any]]:
        """Words and parameters of both."""
        return [update._compiled[1:] for update in (self._first, self._second)]

    @cached_property
    def _compiled(self) -> Any:
        """One statement, one way to the server and back."""
        (first, given), (second, more) = self.halves
        words = f"WITH moved AS ({first} RETURNING id) {second} AND EXISTS (SELECT FROM moved)"
        if self._is_quick:
            words += f" RETURNING {NOT_WAITED_FOR}"
        return None, words, (*given, *more)


class Pairs(Statement):
    """Pairs in one statement, each of which happens or not by itself; nobody waits until they are on disk.

    Tells of each how many rows it changed. PostgreSQL plans it once for a connection: that takes as long as doing it.
    """

    def __init__(self, *pairs: Pair) -> None:
        self._pairs = pairs
        self._name = f"pairs_{next(NUMBERS)}"

    def __call__(self, **values: Any) -> list[int]:
        if connection.vendor == "postgresql":
            told: list[int] = self._asked(values)
            return told
        with transaction.atomic():
            return [pair(**values) for pair in self._pairs]

    def _told(self, cursor: Any) -> list[int]:
        return list(cursor.fetchone()[: len(self._pairs)])

    def _words(self, values: dict[str, Any]) -> tuple[str, list[Any]]:
        """By the plan that this connection keeps; whole where it keeps none."""
        connection.ensure_connection()
        words, names = self._planned
        if not sessions.keeps_plan(connection.connection, self._name, words):
            return super()._words(values)
        places = ", ".join(["%s"] * len(names))
        return f"EXECUTE {self._name} ({places})", [values[name] for name in names]

    @cached_property
    def _planned(self) -> tuple[str, list[str]]:
        """With a place for each value that is given, and all others in their places."""
        _compiler, words, parameters = self._compiled
        names = list(dict.fromkeys(each.name for each in parameters if isinstance(each, Given)))
        with connection.cursor() as cursor:
            filled = [
                f"${names.index(each.name) + 1}" if isinstance(each, Given) else cursor.mogrify("%s", [each])
                for each in parameters
            ]
        return words % tuple(filled), names

    @cached_property
    def _compiled(self) -> Any:
        numbered = list(enumerate(pair.halves for pair in self._pairs))
        steps = ", ".join(
            f"moved{at} AS ({first} RETURNING id), noted{at} AS ({second} AND EXISTS (SELECT FROM moved{at}))"
            for at, ((first, _given), (second, _more)) in numbered
        )
        told = ", ".join(f"(SELECT count(*) FROM moved{at})" for at, _halves in numbered)  # noqa: S608 - numbers
        given = [each for _at, halves in numbered for _words, given in halves for each in given]
        return None, f"WITH {steps} SELECT {told}, {NOT_WAITED_FOR}", tuple(given)


class Delete(Change):
    """Of a model that nothing else points at."""

    def _query(self, built: QuerySet[Any]) -> Any:
        query = built.query.clone()
        query.__class__ = sql.DeleteQuery
        return query


class Lock(Statement):
    """Of what its key stands for, by one of PostgreSQL's functions, until commit. SQLite has one writer anyway."""

    def __init__(self, function: str) -> None:
        super().__init__(lambda key: key)
        self._function = function

    def __call__(self, key: int) -> None:
        self._asked({"key": key})

    @cached_property
    def _compiled(self) -> Any:
        return None, f"SELECT {self._function}(%s)", (Given("key"),)

    def _asked(self, values: dict[str, Any]) -> None:
        if connection.vendor == "postgresql":
            super()._asked(values)

    def _told(self, _cursor: Any) -> None:
        """Whoever asks goes on when it is held."""
