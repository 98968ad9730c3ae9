"""Copies of the database, made while the site runs and put back in one step. Keys are never in them."""


class Refused(Exception):
    """It cannot be done, or not now; the sentence says why, and nothing was changed."""


def is_site(migrations: set[tuple[str, str]]) -> bool:
    """Whether these are the migrations of such a site, and not of something else."""
    return any(app == "petitions" for app, _name in migrations)
