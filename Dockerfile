# The image for those without func: the same functions on functions-framework. One image for all; FUNCTION_TARGET says which.
#   docker build --tag registry.example.com/team/hookrunner .    (then: docs/operations.md, Install)
# BASE may name a mirror's, or one by its digest: --build-arg BASE=python@sha256:…
ARG BASE=python:3.11-slim
FROM $BASE

COPY requirements/framework.txt /requirements.txt
RUN pip install --no-cache-dir --require-hashes -r /requirements.txt

WORKDIR /func
COPY function function
COPY informer informer
COPY scaler scaler
# Readable for the user below, whatever the umask of the checkout; and byte-compiled, since nothing can be written later.
RUN chmod -R a+rX . && python -m compileall -q .

# gunicorn wants one writable place, and the root file system is read-only where we run.
ENV PYTHONPATH=/func PYTHONUNBUFFERED=1 TMPDIR=/dev/shm
# The default that func's runtime has, and the documents tell of; functions-framework has none.
ENV FUNCTION_TARGET=mutate
USER 65532:65532
EXPOSE 8080
CMD ["functions-framework", "--source", "function/main.py", "--asgi"]
