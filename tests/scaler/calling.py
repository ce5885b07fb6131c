"""What the tests of one call to GitLab ask, and with which token."""

from scaler.transport import Question

TOKEN = "glpat-0123456789abcdefghij"
ASK = Question("/version", timeout=5.0)
