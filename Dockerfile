# The server, for a PostgreSQL elsewhere: `docker build --tag syncline .`

FROM rust:1.95.0-slim-bookworm AS build
# Some crates contain C.
RUN apt-get update && \
    apt-get install --yes --no-install-recommends build-essential=12.9 && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# What was downloaded and compiled stays for the next build: when only our own sources change, only
# they are compiled.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --locked --release --package syncline-cli && \
    install -D target/release/syncline /out/syncline

FROM debian:12.12-slim AS server
# Who vouches for the addresses of providers of sign-in.
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates && \
    rm -rf /var/lib/apt/lists/*
COPY --from=build /out/syncline /usr/local/bin/syncline
COPY config /etc/syncline
ENV SYNCLINE_CONFIG=/etc/syncline/syncline.toml \
    SYNCLINE_DATA_DIR=/var/lib/syncline \
    SYNCLINE_LISTEN=0.0.0.0:8080 \
    SYNCLINE_LOG__FORMAT=json
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["syncline", "health"]
ENTRYPOINT ["syncline"]
CMD ["serve"]
