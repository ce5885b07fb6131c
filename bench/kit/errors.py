"""What ends a bench: figures of it would mean nothing."""


class BenchError(Exception):
    """What is measured does not do its work; the message says which, and what it did instead."""
