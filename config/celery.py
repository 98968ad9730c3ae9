"""The worker's entry: `celery -A config worker` and `celery -A config beat`."""

import os
import signal
import threading
import warnings

import billiard
from celery import Celery, Task
from celery.signals import setup_logging, task_postrun, task_prerun, worker_shutting_down
from structlog.contextvars import bind_contextvars, unbind_contextvars

from config import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # it runs Django's at every start, and drops what they find

# Celery warns whoever runs it as root, as containers do; with JSON alone there is nothing to warn of.
warnings.filterwarnings("ignore", message="You're running the worker with superuser")
broker.put_right()
app = Celery("undersigned")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def leave_logs_alone(**_: object) -> None:
    """They are as the settings say, whatever `--loglevel` a worker was given."""


@task_prerun.connect
def bind_task(task_id: str, task: Task, **_: object) -> None:
    """What is logged meanwhile bears its id."""
    bind_contextvars(task=task.name, task_id=task_id)


@task_postrun.connect
def unbind_task(**_: object) -> None:
    unbind_contextvars("task", "task_id")


@worker_shutting_down.connect
def end_after_grace(**_: object) -> None:
    """A worker asked to stop takes no more tasks and ends with its last one, or when the grace is over.

    Celery alone waits as long as a task lasts, and its soft shutdown always waits the whole time.
    """
    timer = threading.Timer(app.conf.worker_grace_seconds, _end_now)
    timer.daemon = True
    timer.start()


def _end_now() -> None:
    """A delivery that is cut off stays as its row says, and the sweep finds it."""
    for child in billiard.active_children():
        os.kill(child.pid, signal.SIGKILL)
    os._exit(os.EX_TEMPFAIL)
