"""Certificates for the tests, made by the openssl command: self-signed, for localhost."""

import hashlib
import os
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


def serial_of(pem):
    """The serial number of a certificate in PEM."""
    out = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, check=True,
        capture_output=True, text=True).stdout
    return out.strip().partition("=")[2].upper()


@dataclass
class Certificate:
    certificate: str
    key: str

    def serial(self):
        return serial_of(Path(self.certificate).read_text())

    def replace(self, other):
        """Takes the place of another one's files, as a renewal does."""
        os.replace(self.key, other.key)
        os.replace(self.certificate, other.certificate)
        self.certificate, self.key = other.certificate, other.key

    def client_context(self):
        """Trusts this certificate only."""
        return ssl.create_default_context(cafile=self.certificate)

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make(directory, name="cert"):
    """A new certificate and key in this directory."""
    made = Certificate(str(directory / f"{name}.pem"), str(directory / f"{name}.key"))
    subprocess.run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-keyout", made.key, "-out", made.certificate, "-days", "2",
        "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True)
    return made


def digest_of(made):
    """SHA-256 of the certificate as it is sent (DER)."""
    der = ssl.PEM_cert_to_DER_cert(Path(made.certificate).read_text())
    return hashlib.sha256(der).hexdigest()
