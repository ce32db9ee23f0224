"""Spec 13: TLS in the server itself, and client certificates for what changes anything."""

import http.client
import json
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from registry.api import OwnApi
from registry.bodies import hyperty
from registry.process import Registry
from registry.wire import Closed

pytestmark = pytest.mark.own_server

TARGET = "/hyperty/user/u/h"


def openssl(*arguments: str, folder: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def issue(files: Path, ca: str, name: str, extensions: str = "names") -> None:
    """A certificate, in the place of one that was there."""
    openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr", folder=files)
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", f"{name}.pem",
            folder=files)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A CA, and under it a server's and a client's certificate; and a stranger's of its own."""
    for name in ("ca", "stranger"):
        openssl("req", "-x509", *NEW_KEY, "-days", "2", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.pem", folder=tmp_path)
    (tmp_path / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("server", "client"):
        issue(tmp_path, "ca", name)
    return tmp_path


def arguments(files: Path, client_ca: bool) -> list[str]:
    own = ["--tls-certificate", str(files / "server.pem"), "--tls-key", str(files / "server.key")]
    return own + (["--tls-client-ca", str(files / "ca.pem")] if client_ca else [])


def ask(api: OwnApi, files: Path, method: str, target: str, shown: str | None = None,
        body: object = None) -> tuple[int, object]:
    context = ssl.create_default_context(cafile=str(files / "ca.pem"))
    if shown:
        context.load_cert_chain(files / f"{shown}.pem", files / f"{shown}.key")
    connection = http.client.HTTPSConnection("127.0.0.1", api.registry.port, context=context)
    try:
        connection.request(method, target, json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_https_takes_the_place_of_http(start: Callable[..., OwnApi], files: Path) -> None:
    api = start("memory", arguments=arguments(files, client_ca=False))

    assert ask(api, files, "PUT", TARGET, body=hyperty()) == (200, {"message": "Hyperty created"})
    assert ask(api, files, "GET", TARGET)[0] == 200
    with api.wire() as plain, pytest.raises((Closed, ConnectionError)):
        plain.send(b"GET /live HTTP/1.1\r\nHost: h\r\n\r\n")
        plain.receive()


@pytest.mark.parametrize("shown", [None, "stranger"])
def test_without_a_certificate_of_the_ca_everybody_reads_and_nobody_writes(
    start: Callable[..., OwnApi], files: Path, shown: str | None
) -> None:
    api = start("memory", arguments=arguments(files, client_ca=True))
    assert ask(api, files, "PUT", TARGET, "client", hyperty())[0] == 200
    unauthorized = (401, {"message": "Unauthorized."})

    assert ask(api, files, "GET", TARGET, shown)[0] == 200
    assert ask(api, files, "GET", "/live", shown)[0] == 200
    assert ask(api, files, "PUT", TARGET, shown, hyperty()) == unauthorized
    assert ask(api, files, "PUT", "/hyperty/url/h", shown, {}) == unauthorized
    assert ask(api, files, "DELETE", TARGET, shown) == unauthorized
    assert ask(api, files, "GET", "/registry/updated", shown) == unauthorized


def test_with_a_certificate_of_the_ca_everything_is_served(
    start: Callable[..., OwnApi], files: Path
) -> None:
    api = start("memory", arguments=arguments(files, client_ca=True))

    assert ask(api, files, "PUT", TARGET, "client", hyperty())[0] == 200
    assert ask(api, files, "DELETE", TARGET, "client") == (200, {"message": "Hyperty deleted"})
    assert list(ask(api, files, "GET", "/registry/updated", "client")[1]) == ["h"]


@pytest.mark.parametrize("purpose, status", [("serverAuth", 401), ("clientAuth", 200)])
def test_a_certificate_that_is_not_for_clients_opens_nothing(
    start: Callable[..., OwnApi], files: Path, purpose: str, status: int
) -> None:
    (files / "purpose").write_text(f"extendedKeyUsage={purpose}\n")
    issue(files, "ca", "host", "purpose")
    api = start("memory", arguments=arguments(files, client_ca=True))

    assert ask(api, files, "PUT", TARGET, "host", hyperty())[0] == status


def test_the_news_can_be_opened_to_those_without(start: Callable[..., OwnApi], files: Path) -> None:
    opened = [*arguments(files, client_ca=True), "--updates-access", "open"]
    api = start("memory", arguments=opened)

    assert ask(api, files, "GET", "/registry/updated") == (200, {})
    assert ask(api, files, "PUT", TARGET, None, hyperty())[0] == 401


def test_all_of_it_can_be_kept_to_those_with_a_certificate(
    start: Callable[..., OwnApi], files: Path
) -> None:
    api = start("memory", arguments=[*arguments(files, client_ca=True), "--access", "certificate"])
    unauthorized = (401, {"message": "Unauthorized."})

    for shown in (None, "stranger"):
        assert ask(api, files, "GET", "/live", shown) == unauthorized
        assert ask(api, files, "GET", "/no/such/path", shown) == unauthorized
        assert ask(api, files, "PUT", TARGET, shown, hyperty()) == unauthorized
    assert ask(api, files, "PUT", TARGET, "client", hyperty())[0] == 200
    assert ask(api, files, "GET", TARGET, "client")[0] == 200
    assert api.registry.admin("/live")[0] == 200


def test_certificates_can_be_asked_for_and_not_needed(
    start: Callable[..., OwnApi], files: Path
) -> None:
    api = start("memory", arguments=[*arguments(files, client_ca=True), "--access", "open"])

    assert ask(api, files, "PUT", TARGET, None, hyperty())[0] == 200
    assert ask(api, files, "GET", "/registry/updated") == (200, {})


def reason_not_to_start(files: Path) -> str:
    registry = Registry(files / "data", "memory", arguments=arguments(files, True), start=False)
    registry.launch()
    assert registry.wait() == 1
    return str(registry.wait_for_log("server.failed")["reason"])


@pytest.mark.parametrize("large", ["server.pem", "server.key", "ca.pem"])
def test_a_file_is_read_whole_or_not_at_all(files: Path, large: str) -> None:
    text = (files / large).read_text()
    (files / large).write_text(text + "\n" * ((1 << 20) + 1 - len(text)))

    assert reason_not_to_start(files).endswith(f"{large}: larger than 1 MiB")


WRONG = [("server.pem", "tls_certificate", "certificate"),
         ("server.key", "tls_key", "private key"),
         ("ca.pem", "tls_client_ca", "certificate")]


@pytest.mark.parametrize("name, option, missing", WRONG)
def test_a_file_of_something_else_is_told_with_what_it_lacks(
    files: Path, name: str, option: str, missing: str
) -> None:
    (files / name).write_text("nothing")

    assert reason_not_to_start(files) == (
        f"{option}: {files / name}: wrong file: there is no {missing} in it")


@pytest.mark.parametrize("name, option, missing", WRONG)
def test_an_empty_file_is_told_with_what_it_lacks(
    files: Path, name: str, option: str, missing: str
) -> None:
    (files / name).write_text("")

    assert reason_not_to_start(files) == (
        f"{option}: {files / name}: is empty: there is no {missing} in it")


def test_certificate_and_key_in_each_others_place_are_told(files: Path) -> None:
    for old, new in [("server.pem", "x"), ("server.key", "server.pem"), ("x", "server.key")]:
        (files / old).rename(files / new)

    assert reason_not_to_start(files) == (
        f"tls_certificate: {files / 'server.pem'}: wrong file: there is no certificate in it")


def test_a_file_that_is_not_there_is_told_with_its_option(files: Path) -> None:
    (files / "server.key").unlink()

    assert reason_not_to_start(files) == (
        f"tls_key: {files / 'server.key'}: No such file or directory")


@pytest.mark.parametrize("kind, what", [("pem", "certificate"), ("key", "key")])
def test_a_damaged_file_is_told_by_what_it_is(files: Path, kind: str, what: str) -> None:
    begin, _, *rest = (files / f"server.{kind}").read_text().splitlines()
    (files / f"server.{kind}").write_text("\n".join([begin, "A" * 64, *rest, ""]))

    assert reason_not_to_start(files).startswith(f"public listener: TLS {what}: ")


def test_a_key_of_another_certificate_is_told(files: Path) -> None:
    (files / "client.key").rename(files / "server.key")

    assert reason_not_to_start(files).startswith("public listener: TLS certificate and key: ")


# ---- New files while the server runs ----


def serial_seen(api: OwnApi) -> str:
    """Of the certificate that a new connection is shown."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", api.registry.port)) as plain, \
            context.wrap_socket(plain) as secure:
        certificate = ssl.DER_cert_to_PEM_cert(secure.getpeercert(True) or b"")
    shown = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=certificate, check=True,
                           capture_output=True, text=True)
    return shown.stdout


def test_a_new_certificate_is_shown_and_no_connection_is_closed(
    start: Callable[..., OwnApi], files: Path
) -> None:
    api = start("memory", arguments=arguments(files, client_ca=True))
    context = ssl.create_default_context(cafile=str(files / "ca.pem"))
    context.load_cert_chain(files / "client.pem", files / "client.key")
    old = http.client.HTTPSConnection("127.0.0.1", api.registry.port, context=context)
    old.request("PUT", TARGET, json.dumps(hyperty()))
    assert old.getresponse().read()
    first = serial_seen(api)

    issue(files, "ca", "server")
    api.registry.reload("server.certificates_read")

    assert serial_seen(api) != first
    assert ask(api, files, "PUT", TARGET, "client", hyperty())[0] == 200
    sock = old.sock
    old.request("PUT", TARGET, json.dumps(hyperty()))
    assert old.getresponse().status == 200 and old.sock is sock
    old.close()


def test_a_new_client_ca_is_trusted_and_the_old_one_is_not(
    start: Callable[..., OwnApi], files: Path
) -> None:
    api = start("memory", arguments=arguments(files, client_ca=True))
    issue(files, "stranger", "guest")
    assert ask(api, files, "PUT", TARGET, "guest", hyperty())[0] == 401
    assert ask(api, files, "PUT", TARGET, "client", hyperty())[0] == 200

    trusted = (files / "ca.pem").read_text()
    (files / "ca.pem").write_text((files / "stranger.pem").read_text())
    api.registry.reload("server.certificates_read")
    (files / "ca.pem").write_text(trusted)  # for ourselves: who issued the server's

    assert ask(api, files, "PUT", TARGET, "guest", hyperty())[0] == 200
    assert ask(api, files, "PUT", TARGET, "client", hyperty())[0] == 401


@pytest.mark.parametrize("file", ["server.pem", "server.key", "ca.pem"])
@pytest.mark.parametrize("contents", ["", "-----BEGIN CERTIFICATE-----\nPRIVATE KEY-----\n", None])
def test_files_that_are_bad_change_nothing(
    start: Callable[..., OwnApi], files: Path, file: str, contents: str | None
) -> None:
    api = start("memory", arguments=arguments(files, client_ca=True))
    good, serial = (files / file).read_text(), serial_seen(api)
    if contents is None:
        (files / file).unlink()
    else:
        (files / file).write_text(contents)

    assert api.registry.reload("server.certificates_refused")["reason"]

    (files / file).write_text(good)
    assert serial_seen(api) == serial
    assert ask(api, files, "PUT", TARGET, "client", hyperty())[0] == 200


def test_a_certificate_whose_key_has_not_come_yet_is_refused(
    start: Callable[..., OwnApi], files: Path
) -> None:
    api = start("memory", arguments=arguments(files, client_ca=False))
    serial, key = serial_seen(api), (files / "server.key").read_text()
    issue(files, "ca", "server")
    fresh = (files / "server.key").read_text()
    (files / "server.key").write_text(key)
    assert "certificate and key" in str(api.registry.reload("server.certificates_refused")["reason"])
    assert serial_seen(api) == serial

    (files / "server.key").write_text(fresh)
    api.registry.reload("server.certificates_read")
    assert serial_seen(api) != serial
