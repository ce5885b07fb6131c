"""function/main.py with TLS, or with gunicorn's idle time-out in the place of ours.

An API server speaks nothing but TLS to a webhook. BENCH_TLS is certificate:key; BENCH_AS_IT_COMES asks for the other.
"""

import os

from function.main import Worker, hook, mutate, record

__all__ = ["hook", "mutate", "record"]

_certificate, _, _key = os.environ.get("BENCH_TLS", "").partition(":")
if _certificate:
    Worker.CONFIG_KWARGS |= {"ssl_certfile": _certificate, "ssl_keyfile": _key}
if "BENCH_AS_IT_COMES" in os.environ:
    del Worker.CONFIG_KWARGS["timeout_keep_alive"]
