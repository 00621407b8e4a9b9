# shellcheck shell=bash
# What scripts/run and scripts/test need on the machine. Sourced, not run.

say() {
    printf '==> %s\n' "$*"
}

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Installs whatever is missing for building Syncline and running its embedded PostgreSQL.
install_missing() {
    find_cargo
    local missing=()
    has_compiler || missing+=(build-essential)
    has_postgres_server || missing+=(postgresql)
    [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}

# The tests need a browser and Node.js as well.
install_missing_for_tests() {
    install_missing
    [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || install_packages chromium
    [ -x /usr/sbin/pgbouncer ] || without_services install_packages pgbouncer
    command -v openssl >/dev/null || install_packages openssl
    command -v strace >/dev/null || install_packages strace
    find_node
}

find_cargo() {
    PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    command -v cargo >/dev/null ||
        fail "cargo was not found on PATH or in ~/.cargo/bin: install a Rust toolchain with rustup, then run this again"
    local version needed
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    version=$(cargo --version | cut -d ' ' -f 2)
    is_at_least "$needed" "$version" ||
        fail "Rust $version is too old: install $needed or later with rustup, then run this again"
}

# Whether a version, the second, is the first or a later one.
is_at_least() {
    printf '%s\n' "$1" "$2" | sort --version-sort --check=quiet
}

# Debian's own Node.js is too old, so it is not installed here.
find_node() {
    local version
    version=$(node --version 2>/dev/null) ||
        fail "node was not found on PATH: install Node.js 22.12 or later (https://nodejs.org), then run this again"
    version=${version#v}
    case $version in
    20.*) is_at_least 20.19 "$version" ;;
    *) is_at_least 22.12 "$version" ;;
    esac || fail "Node.js $version is too old: install 20.19, or 22.12 or later (https://nodejs.org), then run this again"
}

# Some crates contain C, and Rust links with the C compiler.
has_compiler() {
    command -v cc >/dev/null && command -v make >/dev/null
}

# The server's programs are often kept out of PATH; `syncline serve` looks into the same folders.
has_postgres_server() {
    command -v initdb >/dev/null && command -v postgres >/dev/null && return
    local folder
    for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* /usr/local/pgsql/bin \
        {/opt/homebrew,/usr/local,/home/linuxbrew/.linuxbrew}/opt/postgresql@*/bin; do
        [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && return
    done
    return 1
}

install_packages() {
    command -v apt-get >/dev/null ||
        fail "this system has no apt-get: install the equivalent of $* with its own package manager, then run this again"
    may_become_root ||
        fail "installing $* needs root and there is no sudo: run 'apt-get install $*' as root, then run this again"
    say "installing $* with apt-get"
    # The package lists may be old, or never have been fetched.
    as_root apt-get update -qq || say "apt-get update failed, going on with the package lists that are there"
    without_main_cluster apt_install "$@" ||
        fail "apt-get could not install $*: see its messages above, then run this again"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$@" </dev/null
}

may_become_root() {
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Debian's packages start their services at once, which the tests do not want. A policy that is there only during the
# installation forbids it, unless the machine has one of its own.
without_services() {
    local policy=/usr/sbin/policy-rc.d status=0
    if [ -e "$policy" ]; then
        "$@"
        return
    fi
    may_become_root || fail "installing packages needs root and there is no sudo: run 'apt-get install pgbouncer' as root, then run this again"
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
    # In a shell of its own, whose end removes the policy, also where it fails or is interrupted.
    (
        trap 'as_root rm -f "$policy"' EXIT
        "$@"
    ) || status=$?
    return "$status"
}

# Debian's server package creates and starts a cluster of its own, which Syncline does not use. A setting that is
# there only during the installation prevents it and leaves the machine's own settings and clusters alone.
without_main_cluster() {
    local folder=/etc/postgresql-common/createcluster.d status=0
    as_root mkdir -p "$folder"
    echo 'create_main_cluster = false' | as_root tee "$folder/syncline-install.conf" >/dev/null
    (
        trap 'as_root rm -f "$folder/syncline-install.conf"' EXIT
        "$@"
    ) || status=$?
    return "$status"
}
