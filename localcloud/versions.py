"""Every version the local cloud pins outside uv.lock, tools.txt and binaries/go.mod, each once."""

KUBERNETES = "1.34.4"  # the same as in binaries/go.mod, which a test checks
PYTHON_BASE_IMAGE = "python:3.13-slim-trixie"  # the default of every Python Dockerfile here
PYTHON_BASE_SUITE = "trixie"  # the Debian release that carries that Python
KIND_NODE_IMAGE = "kindest/node:v1.34.3"
