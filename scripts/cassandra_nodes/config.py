"""Writes what one node reads: cassandra.yaml, cassandra-rackdc.properties; and its command."""

import json
import shutil
import string

from . import jars

DIRECTORIES = ("data", "commitlog", "saved_caches", "hints", "log", "conf", "tmp")


def write(layout, node):
    directory = layout.node_directory(node)
    for name in DIRECTORIES:
        (directory / name).mkdir(parents=True, exist_ok=True)
    template = string.Template((jars.DEPLOY / "cassandra.yaml").read_text(encoding="utf-8"))
    (directory / "conf" / "cassandra.yaml").write_text(template.substitute(
        address=layout.address(node),
        authenticator="PasswordAuthenticator" if layout.auth else "AllowAllAuthenticator",
        bootstrap="false" if node <= layout.first else "true",
        client_encryption=json.dumps(client_encryption(layout)),
        directory=directory,
        seeds=layout.seeds(),
        token=layout.token(node)), encoding="utf-8")
    (directory / "conf" / "cassandra-rackdc.properties").write_text(
        f"dc=dc{layout.centre(node) + 1}\nrack=rack1\n", encoding="utf-8")


def client_encryption(layout):
    if not layout.tls:
        return {"enabled": False}
    return {
        "enabled": True,
        "optional": False,
        "require_client_auth": True,
        "ssl_context_factory": {"class_name": "org.apache.cassandra.security.PEMBasedSslContextFactory"},
        "keystore": f"{layout.tls}/node.pem",
        "truststore": f"{layout.tls}/ca.pem",
    }


def java():
    return shutil.which("java") or "java"


def class_path():
    return ":".join(str(jar) for jar in sorted(jars.fetch().iterdir())
                    if jars.is_for_this_machine(jar.name))


def options(*names):
    return [f"@{jars.DEPLOY}/jvm{name}.options" for name in names]


def command(layout, node, jmx_port, class_options):
    directory = layout.node_directory(node)
    conf = directory / "conf"
    return [
        java(),
        *options("", "-modules", f"-jit-{layout.jit}"),
        *class_options,
        f"-Djava.io.tmpdir={directory}/tmp",
        f"-Dlogback.configurationFile=file://{jars.DEPLOY}/logback.xml",
        f"-Dcassandra.config=file://{conf}/cassandra.yaml",
        f"-Dcassandra-rackdc.properties=file://{conf}/cassandra-rackdc.properties",
        f"-Dcassandra.jmx.local.port={jmx_port}",
        f"-Dcassandra.logdir={directory}/log",
        f"-Dcassandra.storagedir={directory}",
        "-cp", class_path(),
        "org.apache.cassandra.service.CassandraDaemon",
    ]


def nodetool(jmx_port, arguments):
    return [
        java(), *options("-modules"), "-XX:TieredStopAtLevel=1",
        f"-Dlogback.configurationFile=file://{jars.DEPLOY}/logback-tools.xml",
        "-cp", class_path(), "org.apache.cassandra.tools.NodeTool",
        "-h", "127.0.0.1", "-p", str(jmx_port), *arguments,
    ]
