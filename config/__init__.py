from config import garbage  # isort: split - first, since it is about everything that is loaded after it
from config.celery import app as celery_app

__all__ = ["celery_app", "garbage"]
