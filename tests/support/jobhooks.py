"""GitLab's job webhook as it comes, with what we read of it."""

from typing import Any

PENDING: dict[str, Any] = {
    "object_kind": "build",
    "build_status": "pending",
    "build_id": 7,
    "project_id": 3,
    "build_created_at": "2026-11-24 07:59:00 UTC",
    "build_started_at": None,
    "build_finished_at": None,
    "build_queued_duration": 1.5,
    "runner": None,
}
"""A job that nobody has taken."""
