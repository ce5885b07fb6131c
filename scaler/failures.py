"""Why a call to GitLab failed, as one of our errors: what was asked, what GitLab said, what to do; never the token."""

import ssl
import time
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
import urllib3

from function.errors import (
    GitLabDenied,
    GitLabError,
    GitLabLimited,
    GitLabNotFound,
    GitLabRefused,
    GitLabUnavailable,
)
from scaler.budget import remaining, retry_after
from scaler.values import shown

_BY_STATUS = {401: GitLabDenied, 403: GitLabDenied, 404: GitLabNotFound}


def from_answer(call: str, response: requests.Response) -> GitLabError:
    """The error of an answer that is not 2xx; a 429's knows when to come back."""
    status = response.status_code
    message = f"GitLab answered {status} to {call}{_said(response)}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers = response.headers
        return GitLabLimited(message, retry_after(headers, time.time()), remaining(headers))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return GitLabUnavailable(message, status)
    return _BY_STATUS.get(status, GitLabRefused)(message, status)


def _said(response: requests.Response) -> str:
    """What GitLab said about it, short and without the token, should it come back."""
    try:
        said = response.json()
        text = said.get("error_description") or said.get("message") or said.get("error")
    except (ValueError, AttributeError, RecursionError):
        return ""
    token = str(response.request.headers.get("Authorization", "")).removeprefix("Bearer ")
    return f": {shown(str(text).replace(token, '<token>') if token else str(text))}" if text else ""


def ca_file_error(path: str) -> str | None:
    """What is wrong with a CA file, and what to do; None if it can be used."""
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return f"caFile: {shown(path)} holds no certificate: it must be a PEM file with the CA of GitLab's certificate"
    except OSError as error:
        return f"caFile: {shown(path)} cannot be read: {error.strerror}; mount it into the scaler's CA folder"
    return None


def without_answer(call: str, url: str, error: Exception, verify: object = True) -> GitLabError:
    """The error of a call of `url` that brought no whole answer. `verify` is the path of a CA file, if there is one."""
    where = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
    wrong = ca_file_error(verify) if isinstance(verify, str) else None
    if wrong is not None:
        return GitLabRefused(wrong)
    tls = _tls_error(error)
    if isinstance(tls, ssl.SSLCertVerificationError):
        why = tls.verify_message or "it cannot be verified"
        return GitLabRefused(f"the certificate of {where} is not trusted: {why}; give its CA as caFile")
    if tls is not None:
        return GitLabUnavailable(f"TLS with {where} failed: {tls.reason or type(tls).__name__}")
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return GitLabUnavailable(f"GitLab at {where} did not answer {call} in time")
    if isinstance(error, requests.TooManyRedirects):
        return GitLabRefused(f"GitLab at {where} redirects {call} in circles")
    return GitLabUnavailable(f"GitLab at {where} cannot be reached, or broke off: {call}: {type(error).__name__}")


def _tls_error(error: BaseException) -> ssl.SSLError | None:
    """Ssl's own error within: requests wraps urllib3's, which wraps it."""
    seen: list[BaseException] = [error]
    for one in seen:
        if isinstance(one, ssl.SSLError):
            return one
        inner = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        seen += [each for each in inner if isinstance(each, BaseException) and each not in seen]
    return None
