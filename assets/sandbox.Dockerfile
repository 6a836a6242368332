# OpenClaw's default sandbox image, openclaw-sandbox:bookworm-slim, which no registry has.
# bash and python3 run what agents ask for and OpenClaw's own file tools; the other programs are
# those that its documentation names for this image. Sandboxes run as the owner of the workspace,
# with a read-only root: nothing here may need to write outside /workspace and /tmp.
FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && \
    apt-get install -y --no-install-recommends bash ca-certificates curl git jq python3 ripgrep && \
    rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --shell /bin/bash --uid 1000 sandbox
USER sandbox
WORKDIR /home/sandbox
CMD ["sleep", "infinity"]
