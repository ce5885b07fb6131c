"""Which GitLab the fake one is."""

from dataclasses import dataclass


@dataclass
class Version:
    """What differs between GitLab versions, to be changed at any time.

    `jobs_keyset` False is a GitLab that answers 405 to a keyset of a project's jobs (before 15.9);
    `compatible_runner` False is one whose GraphQL does not know `compatibleRunnerId` (before 18.1).
    """

    name: str = "19.4.0-ee"
    jobs_keyset: bool = True
    compatible_runner: bool = True
