"""Every version the local cloud pins outside uv.lock and the go.mod files of binaries/, each once."""

from pathlib import Path

PULUMI = (Path(__file__).parent.parent / ".pulumi.version").read_text().strip()  # the CLI's; the SDK has the same
KUBERNETES = "1.34.4"  # the same as in binaries/go.mod, which a test checks
NEWER_KUBERNETES = "1.35.4"  # of binaries/kubernetes-1.35, which only a rehearsal compiles; likewise
HELM = "4.0.5"  # likewise
PYTHON_BASE_IMAGE = "python:3.13-slim-trixie"  # the default of every Python Dockerfile here
PYTHON_BASE_SUITE = "trixie"  # the Debian release that carries that Python
