"""Users, for the commands that name one."""

from __future__ import annotations


class UnknownUserError(Exception):
    """There is no user of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no user {name}; sign up first")
