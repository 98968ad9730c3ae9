"""The whole of `up`, from the first file to the last process."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from petitions import holding
from petitions.embedded import broker, copies, startup, web, worker
from petitions.embedded.environment import Prepared
from petitions.embedded.parts import Part, module
from petitions.embedded.supervisor import Say, Supervisor


def run(place: Prepared, *, with_seeds: bool, say: Say, welcome: Callable[[], None]) -> None:
    """Returns when somebody ends it; refuses with one sentence when it cannot go on."""
    supervisor = Supervisor(say)
    try:
        supervisor.catch_signals()
        held = _start(place, supervisor, with_seeds=with_seeds)
        welcome()
        if held:
            say(f"Held deliveries of a restored database: {held}. Release them at {settings.SITE_URL}/admin/")
        if holding.what():
            say(holding.sentence())
        supervisor.watch()
    except KeyboardInterrupt:
        say("Stopping.")
    finally:
        supervisor.end()
        startup.empty_journal()
        _tidy(place)


def _start(place: Prepared, supervisor: Supervisor, *, with_seeds: bool) -> int:
    """How many deliveries are held after a restore."""
    if place.broker:
        # It holds the lock too: should `up` be killed, nobody else writes to its file before it has ended.
        supervisor.start(broker.part(place.broker, place.data, holds=[place.lock.fileno()]))
        broker.wait(place.broker, place.data)
    startup.migrate()
    held = startup.held()
    startup.collect_static(place.data)
    startup.make_organizer()
    if with_seeds:
        startup.seed(place.data)
    startup.let_go_of_database()
    copies.load()
    if place.mail:
        supervisor.start(_sink(place.mail, place.sockets))
        supervisor.start(worker.part())
    else:
        supervisor.start(worker.part(queues="undersigned"))
        supervisor.start(worker.sender())
    supervisor.start(worker.beat(place.data))
    supervisor.start(web.part(place.host, place.port))
    web.wait(place.host, place.port, meanwhile=supervisor.look)
    return held


def _sink(listener: socket.socket, sockets: Path) -> Part:
    words = (str(listener.fileno()), str(sockets / "mailbox.sock"))
    command = module("petitions.embedded.sink", *words)
    return Part("mail sink", command, ends_last=True, holds=[listener.fileno()], is_ours=True)


def _tidy(place: Prepared) -> None:
    """A folder for sockets outside the data folder is of no use to the next start."""
    if not place.sockets.is_relative_to(place.data):
        shutil.rmtree(place.sockets, ignore_errors=True)
