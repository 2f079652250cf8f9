"""A person at the chat, through the web server as a browser would be."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import httpx


@dataclass
class Chat:
    """A conversation at the web app's URL, of the user whose session's cookies they are."""

    url: str
    cookies: dict[str, str]
    conversation: str = ""
    changed: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.http = httpx.Client(base_url=self.url, cookies=self.cookies, timeout=20)
        made = self.http.post("/chat/conversations").raise_for_status()
        self.conversation = made.json()["id"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()

    def say(self, content: str) -> str:
        """The whole answer, read as it streams."""
        path = f"/chat/conversations/{self.conversation}/messages"
        with self.http.stream("POST", path, json={"content": content}) as reply:
            if reply.status_code != httpx.codes.OK:
                return f"{reply.status_code}"
            name, text = "", ""
            for line in reply.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data = json.loads(line.removeprefix("data: "))
                    text += data["text"] if name == "token" else ""
                    text += f"error {data['status']}" if name == "error" else ""
                    self.changed += data["changed"] if name == "todos" else []
        return text

    def history(self) -> list[str]:
        found = self.http.get(f"/chat/conversations/{self.conversation}").raise_for_status().json()
        return [message["content"] for message in found["messages"]]
