"""A certificate for servers of tests on this machine: it vouches for itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.services.process import leave_out


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate of 127.0.0.1 and its key in a folder, and return the two files (PEM)."""
    if shutil.which("openssl") is None:
        leave_out("tests with TLS", "openssl is not there to make a certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key
