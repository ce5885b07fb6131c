"""The fake GitLab as one object: an instance, what it answers, and the switches of a test."""

from tests.gitlab.access import token_of
from tests.gitlab.calls import Answer, Call, Record, RefusalError, reply
from tests.gitlab.clock import Clock, SimulatedClock
from tests.gitlab.faults import Faults
from tests.gitlab.graph import Graph
from tests.gitlab.instance import Instance
from tests.gitlab.limits import Limits
from tests.gitlab.model import Token
from tests.gitlab.rest import Rest
from tests.gitlab.simulation import Simulation
from tests.gitlab.version import Version

TOKEN = "glpat-hookrunner-test"


class GitLab:
    """A simulated GitLab that answers calls; `server.serve` puts it behind HTTP.

    `token` belongs to the bot `scaler`, an auditor (it sees every group and project) with the scope
    `read_api`; `admin` to the administrator `root`. Everything is counted on `clock`: time that stands still
    until a test moves it, or `time.time`.
    """

    def __init__(self, clock: Clock | None = None, *, token: str = TOKEN) -> None:
        self.clock = clock or SimulatedClock()
        self.instance = Instance(self.clock)
        self.limits = Limits(self.clock)
        self.version = Version()
        self.faults = Faults()
        self.record = Record()
        self.token: Token = self.instance.add_token(self.instance.add_user("scaler", auditor=True), token)
        self.admin: Token = self.instance.add_token(self.instance.users[1], f"{token}-admin")
        self.simulation: Simulation | None = None
        """With one, jobs move by themselves, as the clock goes."""
        self._rest = Rest(self.instance, self.limits, self.version)
        self._graph = Graph(self.instance, self.version)

    def answer(self, call: Call) -> Answer:
        """Return the answer to a call, faults left aside."""
        try:
            headers = self.limits.check_general(self._who(call))
        except RefusalError as refusal:
            return refusal.answer
        self.settle()
        with self.instance.lock:
            answer = self._answer(call)
        return Answer(answer.status, answer.body, {**answer.headers, **headers})

    def _who(self, call: Call) -> str:
        token = self.instance.tokens.get(token_of(call) or "")
        return f"user {token.user.id}" if token else call.ip

    def settle(self) -> None:
        """Let what is due happen, if jobs move by themselves."""
        if self.simulation is not None:
            self.simulation.settle()

    def _answer(self, call: Call) -> Answer:
        match call.parts[:2]:
            case ["api", "v4"]:
                return self._rest.answer(call)
            case ["api", "graphql"]:
                return self._graph.answer(call)
        return reply({"error": "404 Not Found"}, 404)
