"""https: the name, not the number, is what a certificate must be for."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from index.errors import InputError
from index.fetch import Fetched, Fetcher, FetchFailed, FetchOptions
from tests.index.fetch.net import QUICK, STORY, Net, answer, got, says


class Authority:
    """A certificate authority of this test's own; `ca_file` is its certificate."""

    def __init__(self, folder: Path) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's authority")])
        self._x509, self._hashes, self._serialization, self._ec = x509, hashes, serialization, ec
        self.ca_file = folder / "ca.pem"
        made = self._built(
            self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=None)
        )
        self.ca_file.write_bytes(made)

    def _built(self, subject: Any, key: Any, *extensions: Any, days: int = 30) -> bytes:
        start = datetime.now(UTC) - timedelta(days=60)
        builder = (
            self._x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(self._x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(datetime.now(UTC) + timedelta(days=days))
        )
        for extension in extensions:
            builder = builder.add_extension(
                extension, critical=isinstance(extension, self._x509.BasicConstraints)
            )
        made = builder.sign(self._key, self._hashes.SHA256())
        return made.public_bytes(self._serialization.Encoding.PEM)

    def wrap(self, name: str, *, days: int = 30, seen: list[str] | None = None) -> Callable[[Any], Any]:
        """Makes a connection one of TLS, with a certificate for `name`; `seen` gets the names asked for."""
        key = self._ec.generate_private_key(self._ec.SECP256R1())
        subject = self._x509.Name([])
        names = self._x509.SubjectAlternativeName([self._x509.DNSName(name)])
        place = self._folder / f"{name}.pem"
        place.write_bytes(
            self._built(subject, key.public_key(), names, days=days)
            + key.private_bytes(
                self._serialization.Encoding.PEM,
                self._serialization.PrivateFormat.PKCS8,
                self._serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(place)
        if seen is not None:
            context.sni_callback = lambda link, asked, _: seen.append(asked or "")
        return lambda link: context.wrap_socket(link, server_side=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    pytest.importorskip("cryptography", reason="the cryptography package makes the certificates")
    return Authority(tmp_path_factory.mktemp("tls"))


def test_the_certificate_is_checked_for_the_name_though_the_connection_goes_to_the_number(
    net: Net, authority: Authority
) -> None:
    seen: list[str] = []
    server = net.add("press.example", says(answer()), wrap=authority.wrap("press.example", seen=seen))
    page = got(net, "https://press.example/a", replace(QUICK, ca_file=str(authority.ca_file)))
    assert isinstance(page, Fetched)
    assert (page.body, page.url) == (STORY, "https://press.example/a")
    assert net.dialled == ["93.184.216.1"]
    assert seen == ["press.example"]
    assert "\r\nHost: press.example\r\n" in server.heads[0]


@pytest.mark.parametrize(
    ("name", "days", "known", "reason"),
    [
        ("other.example", 30, True, "certificate is not valid: Hostname mismatch"),
        ("news.example", -1, True, "certificate is not valid: certificate has expired"),
        ("news.example", 30, False, "certificate is not valid: "),
    ],
)
def test_a_certificate_that_is_not_good_ends_it(
    net: Net, authority: Authority, name: str, days: int, known: bool, reason: str
) -> None:
    server = net.add("news.example", says(answer()), wrap=authority.wrap(name, days=days))
    options = replace(QUICK, retries=3, ca_file=str(authority.ca_file) if known else "")
    page = got(net, "https://news.example/a", options)
    assert isinstance(page, FetchFailed)
    assert reason in page.reason
    assert server.heads == []
    assert len(net.dialled) == 1


def test_a_server_that_does_not_speak_tls_is_a_failure(net: Net) -> None:
    def plain(link: Any) -> Any:
        link.recv(10)
        link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        link.close()
        return link

    net.add("news.example", says(b""), wrap=plain)
    page = got(net, "https://news.example/a")
    assert isinstance(page, FetchFailed)
    assert "no secure connection" in page.reason


def test_a_file_of_certificates_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    for name in ("ca.pem", "absent.pem"):
        with pytest.raises(InputError, match="no certificates"):
            Fetcher(FetchOptions(ca_file=str(tmp_path / name)))
