"""Watches the bindings of runner pods and posts a CloudEvent for each."""
