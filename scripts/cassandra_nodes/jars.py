"""Fetches the jars of Apache Cassandra once, into a cache outside of the tree.

A folder of the cache is there whole or not at all: it is filled under another name, checked, and
renamed.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile

from .failure import Failure

VERSION = "5.0.5"
DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "cassandra"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
FETCH_TIMEOUT_S = 600

# As the jars of native code name this machine.
MACHINE = {"aarch64": "aarch_64"}.get(platform.machine(), platform.machine())


def cache():
    """The folder that the jars and the class archive live in."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    root = os.environ.get("REGISTRYD_CACHE") or pathlib.Path(base) / "registryd"
    return pathlib.Path(root) / f"cassandra-{VERSION}"


@contextlib.contextmanager
def locked(name):
    """Only one process at a time is inside, for one name."""
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / f"{name}.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check(folder):
    """Compares every jar with the committed sums; a missing, changed or surplus one is a failure."""
    wanted = {}
    for line in (DEPLOY / "SHA256SUMS").read_text(encoding="ascii").splitlines():
        digest, name = line.split()
        wanted[name] = digest
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.iterdir()}
    wrong = sorted(name for name in wanted | found if wanted.get(name) != found.get(name))
    if wrong:
        raise Failure(f"not as deploy/cassandra/SHA256SUMS says: {' '.join(wrong)}")


def fetch():
    """Makes sure that the jars are in the cache; returns their folder."""
    jars = cache() / "jars"
    if jars.is_dir():
        return jars
    with locked("fetch"):
        if jars.is_dir():
            return jars
        half = pathlib.Path(tempfile.mkdtemp(prefix="half-", dir=cache()))
        try:
            copy_dependencies(half)
            check(half)
            half.rename(jars)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return jars


def copy_dependencies(folder):
    command = ["mvn", "-B", "-q", "-f", DEPLOY / "pom.xml", COPY,
               f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    print(f"fetching Apache Cassandra {VERSION}", flush=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=FETCH_TIMEOUT_S)
    except FileNotFoundError:
        raise Failure("there is no mvn: scripts/install-deps cassandra") from None
    if done.returncode:
        raise Failure(f"cannot fetch Apache Cassandra:\n{done.stdout}{done.stderr}")


def is_for_this_machine(name):
    if "tcnative-boringssl-static" in name or "osx" in name or "windows" in name:
        return False
    return "-linux-" not in name or name.endswith(f"-linux-{MACHINE}.jar")
