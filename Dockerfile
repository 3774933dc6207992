# One image for both halves: `oddspot detect` and `oddspot talk`; compose.yaml starts them beside PostgreSQL.
# Oddspot runs from its checkout, so the image holds one, installed as the README says.
FROM python:3.12-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/opt/oddspot/.venv/bin:$PATH \
    ODDSPOT_CONFIG=/etc/oddspot/oddspot.yaml ODDSPOT__STORAGE__DATA_DIR=/var/lib/oddspot \
    HOME=/tmp MPLCONFIGDIR=/tmp

# Numbers, so that an orchestrator can see that nobody runs as root.
RUN groupadd --gid 10001 oddspot \
    && useradd --uid 10001 --gid oddspot --no-create-home --shell /usr/sbin/nologin oddspot \
    && install -d -o oddspot -g oddspot -m 0700 /var/lib/oddspot

WORKDIR /opt/oddspot
# PyTorch's CPU build first: the usual one brings 4 GB of CUDA libraries that nobody here uses.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
# pyproject.toml says which versions will do.
# hadolint ignore=DL3013
RUN python -m venv .venv && pip install torch torchvision --index-url "$TORCH_INDEX"
# Dependencies before the code, so that a change of code alone rebuilds no layer of packages.
COPY pyproject.toml README.md LICENSE oddspot.py ./
RUN pip install -e .
COPY config config
COPY storage storage
COPY detectors detectors
COPY agent agent

USER 10001:10001
VOLUME /var/lib/oddspot
# Where the settings turn the status on (compose.yaml does), `detect` answers on 9180 and `talk` on 9181.
EXPOSE 9180 9181
STOPSIGNAL SIGTERM
ENTRYPOINT ["oddspot"]
CMD ["run"]
