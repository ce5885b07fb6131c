"""`python -m demo`: plays the story and ends. 0 if all of it went as told, 1 if not, 128 + n after signal n."""

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from demo import interrupts, numbers, story, trouble
from demo.calls import Calls
from demo.errors import DemoError
from demo.page import Page
from demo.servers import HOST, Server, environ_for, running
from demo.stage import Stage

INTRO = """\
A GitLab CI job's pod goes back to the node that holds its cache. This page plays the API server, which asks mutate \
about each new pod, and the informer, which tells record where pods were bound. The reviews are real ones, \
from demo/data."""
NEXT = (
    ("make test", "every test, on a real API server and scheduler, built once"),
    ("README.md", "how it works, how to deploy it, what a runner must be told"),
    ("demo/", "what this was: it calls both functions over HTTP, as anybody can"),
)
STEPS = (
    story.no_history_yet,
    story.bindings_arrive,
    story.the_same_pod_again,
    story.left_alone,
    trouble.node_removed,
    trouble.history_broken,
    trouble.wrong_requests,
    numbers.how_fast,
)


def main() -> int:
    """Plays the story; gives the exit code."""
    interrupts.install()
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without UTF-8 shows `?`
    page = Page(sys.stdout)
    try:
        with tempfile.TemporaryDirectory(prefix="hookrunner-demo-") as folder:
            play(page, Path(folder))
    except DemoError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except interrupts.Interrupted as signal:
        print(f"\nEnded by {signal}; mutate and record have ended too.", file=sys.stderr)
        return signal.exit_code
    return 0


def play(page: Page, folder: Path) -> None:
    """Starts the functions, tells the story, ends them."""
    history = folder / "history.yaml"
    with running(("mutate", "record"), environ_for(os.environ, history), folder) as (mutate, record):
        with page.waiting("Starting mutate and record …"):
            mutate.wait_ready()
            record.wait_ready()
        page.title(
            "Hookrunner, without a cluster", INTRO, [*map(_address, (mutate, record)), ("history", f"file:{history}")]
        )
        stage = Stage(page, Calls(mutate), Calls(record), history, datetime.now(UTC).replace(microsecond=0))
        for step in STEPS:
            step(stage)
    page.end("mutate and record have ended; nothing is left running.", NEXT)


def _address(server: Server) -> tuple[str, str]:
    return server.target, f"http://{HOST}:{server.port}  (pid {server.pid})"


if __name__ == "__main__":
    sys.exit(main())
