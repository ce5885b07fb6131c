"""What mutate's reasons mean, for a person."""

from function.mutate import Reason

WORDS = {
    Reason.PATCHED: "these nodes hold its cache",
    Reason.AUDITED: "a patch, only told: HOOKRUNNER_MODE is audit",
    Reason.NOT_A_POD: "it is about another kind of object",
    Reason.SUBRESOURCE: "it is about a part of a pod, such as its status",
    Reason.NOT_A_CREATE: "it is placed already",
    Reason.UNREADABLE_POD: "the pod makes no sense to us",
    Reason.MIRROR_POD: "the kubelet's own: it stays where it is",
    Reason.PAUSE_POD: "it only holds a place",
    Reason.NODE_CHOSEN: "its node is chosen already",
    Reason.NO_RUNNER_LABEL: "nobody asked us to place it",
    Reason.NO_KEY: "that value makes no key",
    Reason.NO_CACHE_VOLUME: "it mounts no cache",
    Reason.NO_HISTORY_YET: "the history is not read yet",
    Reason.NO_WARM_NODE: "no node is known to hold its cache",
    Reason.ALREADY_PREFERRED: "our terms are there already",
    Reason.UNSAFE_PATCH: "no patch for it would be safe",
    Reason.INTERNAL_ERROR: "we failed: see the log",
}
