"""How many events go together, after answers that may be the fault of one of them. Pure."""

from informer.lanes import BATCH_EVENTS

PATIENCE = 3
"""How many server errors in a row blame the sink, before they may be the fault of what is posted."""


class Portion:
    """As many as have gathered, until a few posts in a row got a server error: then one, and twice as many each time.

    So the event that the sink cannot take is found with a few posts, wherever it is in a batch.
    """

    def __init__(self) -> None:
        self.most = BATCH_EVENTS
        self._errors = 0

    def taken(self) -> None:
        """Tells that a post was taken."""
        self._errors = 0
        self.most = min(BATCH_EVENTS, 2 * self.most)

    def failed(self) -> bool:
        """Tells that a post got a server error; whether to post something else now instead of the same again."""
        self._errors += 1
        if self.most == BATCH_EVENTS and self._errors < PATIENCE:
            return False
        self.most = 1
        return True
