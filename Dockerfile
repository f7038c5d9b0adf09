# syntax=docker/dockerfile:1
# The image of every Kronos worker; which part it plays is its command.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/kronos
# The locked packages change seldom: they are a layer of their own.
COPY requirements.lock ./
RUN /opt/kronos/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY definitions definitions
COPY examples examples
COPY dsl dsl
COPY payloads payloads
COPY workflows workflows
COPY activities activities
COPY engines engines
COPY adapters adapters
COPY store store
COPY worker worker
COPY cli cli
RUN /opt/kronos/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home kronos \
    && install -d -o kronos -g kronos -m 0700 /var/lib/kronos
COPY --from=build /opt/kronos /opt/kronos
ENV PATH=/opt/kronos/bin:$PATH KRONOS_DATA=/var/lib/kronos PYTHONUNBUFFERED=1
WORKDIR /var/lib/kronos
VOLUME /var/lib/kronos
USER kronos
STOPSIGNAL SIGTERM
ENTRYPOINT ["kronos"]
CMD ["worker"]
