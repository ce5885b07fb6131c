"""function/main.py with TLS: an API server speaks nothing else to a webhook. BENCH_TLS is certificate:key."""

import os

from function.main import Worker, hook, mutate, record

__all__ = ["hook", "mutate", "record"]

_certificate, _key = os.environ["BENCH_TLS"].split(":")
Worker.CONFIG_KWARGS |= {"ssl_certfile": _certificate, "ssl_keyfile": _key}
