"""The worker: one Celery process with threads, and beat beside it."""

from pathlib import Path

from petitions.embedded.parts import Part, python

# Celery warns whoever runs it as root, as containers do; with JSON alone there is nothing to warn of.
QUIETLY = ("-W", "ignore:You're running the worker with superuser")
CELERY = ("-m", "celery", "--quiet", "-A", "config", "worker")
QUEUES = "undersigned,deliveries,documents"
OPTIONS = (
    *("-B", "-P", "threads", "-c", "4", "-Q", QUEUES, "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),  # there is no other worker to hear
)


def part(data: Path) -> Part:
    command = python(*QUIETLY, *CELERY, *OPTIONS, "-s", str(data / "run" / "beat-schedule"))
    # SIGTERM waits for running tasks. Celery cannot take a task back from a thread, so one that lasts longer
    # than `up` waits is lost with the process, and the sweep finds its row again.
    return Part("worker", command, is_chatty=True)
