"""A registry answers every request for its repository `acme/backend` by one function of a test."""

from __future__ import annotations

from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from delivery.images.registry import ImageRepository
from tests.delivery.served import served


def build_registry(answer, *methods):
    """The registry as an application; without methods it takes GET."""
    return Starlette(routes=[Route("/v2/{path:path}", answer, methods=list(methods) or ["GET"])])


def open_repository(url):
    """The repository of the registry at a URL."""
    return ImageRepository(f"{url.partition('://')[2]}/acme/backend")


@contextmanager
def serve_repository(answer, *methods):
    """Serve the registry; yields its repository."""
    with served(build_registry(answer, *methods)) as url:
        yield open_repository(url)
