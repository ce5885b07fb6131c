"""Recorded CloudEvents, sent again to any sink: `python -m informer.replay`."""
