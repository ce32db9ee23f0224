"""Asks a node for its CQL options, as a client's first frame does.

Usage: cql_probe.py ADDRESS [TLS-FOLDER]; exits with 0 if it answers. A program of its own, since it
has to run in the network namespace of the node.
"""

import socket
import ssl
import struct
import sys

PORT = 9042
TIMEOUT_S = 2
OPTIONS_FRAME = struct.pack(">BBHBI", 4, 0, 0, 5, 0)
SUPPORTED = 6


def connect(address, tls):
    connection = socket.create_connection((address, PORT), TIMEOUT_S)
    if not tls:
        return connection
    context = ssl.create_default_context(cafile=f"{tls}/ca.pem")
    context.load_cert_chain(f"{tls}/client.pem", f"{tls}/client.key")
    return context.wrap_socket(connection, server_hostname=address)


def answers(address, tls=""):
    try:
        with connect(address, tls) as connection:
            connection.sendall(OPTIONS_FRAME)
            header = connection.recv(9)
    except OSError:
        return False
    return len(header) == 9 and header[4] == SUPPORTED


if __name__ == "__main__":
    sys.exit(0 if answers(*sys.argv[1:]) else 1)
