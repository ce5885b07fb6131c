"""Hookrunner's functions: mutate, record and hook."""
