"""Everything on one machine: what `manage.py up` prepares, starts, watches and stops."""


class Refused(Exception):
    """Says in one sentence why `up` does not start or does not go on."""
