"""The worker, one Celery process with threads, and beat, which rings for it."""

from pathlib import Path

from petitions.embedded.parts import Part, module

CELERY = ("celery", "--quiet", "-A", "config")
THREADS = ("-P", "threads", "-c", "4", "--loglevel", "WARNING")
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")  # nobody else needs to hear of it


def part(*, queues: str = "undersigned,deliveries") -> Part:
    """A mail sink answers at once, so one process may serve all queues."""
    return _worker("worker", "-Q", queues)


def sender() -> Part:
    """A process for deliveries alone: a real mail server may take ten minutes to answer."""
    return _worker("sender", "-Q", "deliveries", "-n", "sender@%h")


def beat(data: Path) -> Part:
    """A part of its own, not the worker's child: whoever dies here is seen and started again."""
    schedule = str(data / "run" / "beat-schedule")
    command = module(*CELERY, "beat", "-s", schedule, "--pidfile=", "--loglevel", "WARNING")
    return Part("beat", command, is_chatty=True, is_ours=True)


def _worker(name: str, *options: str) -> Part:
    # SIGTERM waits for running tasks. Celery cannot take a task back from a thread, so one that lasts longer
    # than `up` waits is lost with the process, and the clock finds its row again.
    command = module(*CELERY, "worker", *THREADS, *ALONE, *options)
    return Part(name, command, is_chatty=True, is_ours=True)
