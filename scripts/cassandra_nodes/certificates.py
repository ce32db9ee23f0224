"""Certificates for a cluster that talks TLS with its clients: an authority's, one for all nodes, one
for clients."""

import pathlib
import subprocess

from .failure import Failure

NODES_MAX = 32
DAYS = "30"


def make_missing(layout):
    """ca.pem, node.pem (with its key), client.pem and client.key, in the folder for TLS."""
    folder = pathlib.Path(layout.tls)
    if (folder / "client.pem").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    openssl(folder, "req", "-x509", *new_key("ca"), "-days", DAYS, "-subj", "/CN=authority",
            "-out", "ca.pem")
    addresses = ",".join(f"IP:{layout.address(node)}" for node in range(1, NODES_MAX + 1))
    sign(folder, "node", f"subjectAltName={addresses}\n")
    sign(folder, "client", "extendedKeyUsage=clientAuth\n")
    with open(folder / "node.pem", "a", encoding="ascii") as pem:
        pem.write((folder / "node.key").read_text(encoding="ascii"))


def new_key(name):
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", f"{name}.key"]


def sign(folder, name, extensions):
    (folder / f"{name}.extensions").write_text(extensions, encoding="ascii")
    openssl(folder, "req", *new_key(name), "-subj", f"/CN={name}", "-out", f"{name}.request")
    openssl(folder, "x509", "-req", "-in", f"{name}.request", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", DAYS, "-extfile", f"{name}.extensions",
            "-out", f"{name}.pem")


def openssl(folder, *arguments):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Failure(f"cannot make certificates in {folder}:\n{done.stderr}")
