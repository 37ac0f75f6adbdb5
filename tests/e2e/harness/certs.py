"""Certificates for the tests, made by the openssl command: self-signed, for localhost."""

import ssl
import subprocess
from dataclasses import dataclass


@dataclass
class Certificate:
    certificate: str
    key: str

    def serial(self):
        out = subprocess.run(["openssl", "x509", "-noout", "-serial", "-in", self.certificate],
            check=True, capture_output=True, text=True).stdout
        return out.strip().partition("=")[2].upper()

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
