"""Copies of the database, made while the site runs and put back in one step. Keys are never in them."""


class Refused(Exception):
    """It cannot be done, or not now; the sentence says why, and nothing was changed."""
