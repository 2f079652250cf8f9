"""Users, teams and apps of the fake GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from starlette.responses import JSONResponse

from tests.delivery.fake_github.reply import not_found

BOT = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}


@dataclass
class Accounts:
    """Users, named `user<id>`, teams and apps.

    Attributes:
        login: of the machine user whose token asks; None: the token of a workflow's run, which may not ask who it is.
        teams: ids by `org/slug`.
    """

    login: str | None = "acme-ci"
    teams: dict = field(default_factory=lambda: {"acme/ops": 4})
    apps: dict = field(default_factory=lambda: {"github-actions": 99})

    def get_user(self, request, _):
        if self.login is None:
            return JSONResponse({"message": "Resource not accessible by integration"}, 403)
        return JSONResponse({"id": 5, "login": self.login, "type": "User"})

    def get_users_login(self, request, _):
        login = request.path_params["login"]
        if not re.fullmatch(r"user\d+", login):
            return not_found()
        return JSONResponse({"id": int(login.removeprefix("user")), "login": login, "type": "User"})

    def get_apps_app(self, request, _):
        name = request.path_params["app"]
        return JSONResponse({"id": self.apps[name], "slug": name}) if name in self.apps else not_found()

    def get_orgs_org_teams_team(self, request, _):
        name = f"{request.path_params['org']}/{request.path_params['team']}"
        if name not in self.teams:
            return not_found()
        return JSONResponse({"id": self.teams[name], "slug": request.path_params["team"]})
