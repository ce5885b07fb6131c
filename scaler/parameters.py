"""Every parameter of a trigger, declared once: parsing, errors, docs/scaler.md's table and `check` come from here."""

from dataclasses import dataclass

from scaler.values import Boolean, Choice, Duration, File, Integer, Kind, Name, Reference, Url, Words

PENDING_AND_RUNNING = "pending+running"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One key of the metadata.

    `default` is a text to parse, or None where there is none: `absent` then says what holds instead.
    """

    name: str
    kind: Kind
    meaning: str
    example: str
    default: str | None = None
    absent: str = ""


PARAMETERS = (
    Parameter(
        "gitlabUrl",
        Url(),
        "GitLab's address, with its relative root if it has one.",
        example="https://gitlab.example.com",
        default="https://gitlab.com",
    ),
    Parameter(
        "credential",
        Name(),
        "A credential's name in the scaler's own configuration; never a token.",
        example="team-a",
        default="default",
    ),
    Parameter(
        "projectId",
        Reference("project"),
        "Counts this project's jobs. Exactly one of `projectId`, `groupId` and `instance` must be given.",
        example="42",
    ),
    Parameter(
        "groupId",
        Reference("group"),
        "Counts the jobs of this group's projects, without archived ones and those that others shared with it.",
        example="my-group",
    ),
    Parameter(
        "instance",
        Boolean(),
        "Counts the jobs of the whole instance. The token must be an administrator's, unless `runnerId` is given.",
        example="true",
        default="false",
    ),
    Parameter(
        "runnerId",
        Integer(1, 2**53),
        "Counts what this runner could take. With `instance`, GitLab itself finds the jobs (18.1 and later, "
        "experimental there); else the runner's tags are read from GitLab.",
        example="17",
    ),
    Parameter(
        "includeSubgroups",
        Boolean(),
        "With `groupId`: the projects of subgroups too, as a group's runner serves them.",
        example="false",
        default="true",
    ),
    Parameter(
        "tags",
        Words(),
        'The runner\'s tags: a job counts if all of its tags are among them. `""` is a runner without tags.',
        example="docker,linux",
        absent="jobs count whatever their tags are",
    ),
    Parameter(
        "runUntagged",
        Boolean(),
        "Whether jobs without tags count.",
        example="true",
        absent="`true` without `tags`, else `false`",
    ),
    Parameter(
        "targetQueueLength",
        Integer(1, 1_000_000),
        "How many jobs one replica takes: a manager's `concurrent`, or 1 for one-shot runners.",
        example="10",
        default="1",
    ),
    Parameter(
        "activationTargetQueueLength",
        Integer(0, 1_000_000),
        "From zero replicas, it starts only above this number of jobs.",
        example="5",
        default="0",
    ),
    Parameter(
        "count",
        Choice((PENDING_AND_RUNNING, "pending")),
        "`pending+running` for a ScaledObject, and for a ScaledJob with the `default` strategy, which subtracts the "
        "running ones; `pending` for a ScaledJob with `accurate`.",
        example="pending",
        default=PENDING_AND_RUNNING,
    ),
    Parameter(
        "minQueuedSeconds",
        Integer(0, 86_400),
        "A pending job counts only after it has waited so long.",
        example="60",
        default="0",
    ),
    Parameter(
        "maxStaleSeconds",
        Integer(5, 86_400),
        "An older count is no answer: KEDA gets an error, and keeps its replicas or falls back.",
        example="300",
        default="120",
    ),
    Parameter(
        "maxPages",
        Integer(1, 1_000),
        "So many pages of 100 jobs are read of one project, runner or instance; if there are more, the count is a "
        "lower bound.",
        example="300",
        default="50",
    ),
    Parameter(
        "requestTimeout",
        Duration(0.1, 60),
        "How long one call to GitLab may take.",
        example="30s",
        default="10s",
    ),
    Parameter(
        "caFile",
        File("/etc/hookrunner/ca"),
        "A PEM file with the CA of GitLab's certificate, mounted into the scaler.",
        example="/etc/hookrunner/ca/gitlab.pem",
        absent="the system's CAs",
    ),
    Parameter(
        "insecureSkipVerify",
        Boolean(),
        "Takes any certificate. The credential must allow it; for trials only.",
        example="true",
        default="false",
    ),
)


def table() -> str:
    """The parameters as a Markdown table, as docs/scaler.md has it."""
    head = "| parameter | default | what it does | allowed | example |\n|---|---|---|---|---|\n"
    return head + "".join(_row(parameter) for parameter in PARAMETERS)


def _row(parameter: Parameter) -> str:
    default = f"`{parameter.default}`" if parameter.default is not None else parameter.absent or "none"
    cells = (f"`{parameter.name}`", default, parameter.meaning, parameter.kind.allowed, f"`{parameter.example}`")
    return f"| {' | '.join(cells)} |\n"
