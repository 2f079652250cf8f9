"""A fake GitHub takes each request of delivery that GitHub's REST API publishes, and records every other one."""

from tests.delivery.fake_github.repository import NAME, OWNER, SHA
from tests.delivery.fake_github.server import FakeGitHub

__all__ = ["NAME", "OWNER", "SHA", "FakeGitHub"]
