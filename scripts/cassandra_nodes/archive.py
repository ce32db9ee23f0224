"""The archive of loaded classes that nodes share: starts are quicker, and memory is shared.

Made once for each Java and kept with the jars, from a node that is started for it and stopped.
"""

import hashlib
import os
import pathlib
import random
import subprocess
import tempfile

from . import config, jars
from .failure import Failure
from .layout import Layout
from .node import Node
from .wait import until_it_answers


def options():
    """What to tell Java to use the archive, which is made if there is none."""
    archive = jars.cache() / f"classes-{java_identity()}.jsa"
    if not archive.exists():
        with jars.locked("archive"):
            if not archive.exists():
                make(archive)
    return [f"-XX:SharedArchiveFile={archive}"]


def java_identity():
    """Another Java or other jars cannot use the archive."""
    try:
        version = subprocess.run([config.java(), "-version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise Failure("there is no java: scripts/install-deps cassandra") from None
    return hashlib.sha256(version.stderr + config.class_path().encode()).hexdigest()[:16]


def make(archive):
    print("making the archive of classes", flush=True)
    with tempfile.TemporaryDirectory(prefix="half-", dir=jars.cache()) as folder:
        half = pathlib.Path(folder) / "classes.jsa"
        net = f"127.{random.randint(200, 250)}.{random.randint(1, 254)}"
        node = Node(Layout(pathlib.Path(folder), net=net, first=1), 1)
        node.start([f"-XX:ArchiveClassesAtExit={half}"])
        try:
            until_it_answers(node)
        finally:
            node.stop()
        if not half.exists():
            raise Failure(f"Java made no archive of classes\n{node.tail()}")
        os.replace(half, archive)
