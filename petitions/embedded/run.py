"""The whole of `up`, from the first file to the last process."""

import shutil
from collections.abc import Callable

from django.conf import settings

from petitions.embedded import broker, startup, web, worker
from petitions.embedded.environment import Prepared
from petitions.embedded.sink import Sink
from petitions.embedded.supervisor import Say, Supervisor


def run(place: Prepared, *, with_seeds: bool, say: Say, welcome: Callable[[], None]) -> None:
    """Returns when somebody ends it; refuses with one sentence when it cannot go on."""
    supervisor = Supervisor(say)
    sink = Sink(place.mail, place.sockets / "mailbox.sock") if place.mail else None
    try:
        supervisor.catch_signals()
        if sink:
            sink.start()
        held = _start(place, supervisor, with_seeds=with_seeds)
        welcome()
        if held:
            say(f"Held deliveries of a restored database: {held}. Release them at {settings.SITE_URL}/admin/")
        supervisor.watch()
    except KeyboardInterrupt:
        say("Stopping.")
    finally:
        supervisor.end()
        startup.empty_journal()
        if sink:
            sink.stop()
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
    if place.mail:
        supervisor.start(worker.part())
    else:
        supervisor.start(worker.part(queues="undersigned"))
        supervisor.start(worker.sender())
    supervisor.start(worker.beat(place.data))
    supervisor.start(web.part(place.host, place.port))
    web.wait(place.host, place.port, meanwhile=supervisor.look)
    return held


def _tidy(place: Prepared) -> None:
    """A folder for sockets outside the data folder is of no use to the next start."""
    if not place.sockets.is_relative_to(place.data):
        shutil.rmtree(place.sockets, ignore_errors=True)
