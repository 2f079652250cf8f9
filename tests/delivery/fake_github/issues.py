"""Issues of the fake GitHub, and comments on issues and pull requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

from tests.delivery.fake_github.accounts import BOT, Accounts
from tests.delivery.fake_github.reply import invalid, not_found, page
from tests.delivery.fake_github.repository import URL

LONGEST_BODY, LONGEST_TITLE = 65_536, 256


@dataclass
class Issues(Accounts):
    """Issues and comments.

    Attributes:
        unassignable: logins that no issue can be assigned to.
        locked: numbers of issues that take no comment.
    """

    issues: list = field(default_factory=list)
    comments: list = field(default_factory=list)
    unassignable: set = field(default_factory=set)
    locked: set = field(default_factory=set)

    def add_issue(self, **fields):
        number = len(self.issues) + 1
        issue = {"number": number, "state": "open", "html_url": f"{URL}/issues/{number}"}
        self.issues.append({**issue, "labels": [], "assignees": [], "title": "", "body": "", **fields})
        return self.issues[-1]

    def add_comment(self, number, body, user=BOT):
        made = len(self.comments) + 1
        url = f"{URL}/pull/{number}#issuecomment-{made}"
        self.comments.append({"id": made, "number": number, "body": body, "user": user, "html_url": url})
        return self.comments[-1]

    def get_issues(self, request, _):
        query = request.query_params
        found = [
            issue
            for issue in self.issues
            if issue["state"] == query["state"] and query.get("labels") in (None, *issue["labels"])
        ]
        return page(request, found)

    def post_issues(self, request, body):
        if body.get("assignees") and set(body["assignees"]) & self.unassignable:
            return JSONResponse({"message": "Validation Failed"}, 422)
        return _refuse_length(body) or JSONResponse(self.add_issue(**body), 201)

    def patch_issues_number(self, request, body):
        if not 0 < request.path_params["number"] <= len(self.issues):
            return not_found()
        if refusal := _refuse_length(body):
            return refusal
        issue = self.issues[request.path_params["number"] - 1]
        issue.update(body)
        return JSONResponse(issue)

    def get_issues_number_comments(self, request, _):
        return page(request, [c for c in self.comments if c["number"] == request.path_params["number"]])

    def post_issues_number_comments(self, request, body):
        number = request.path_params["number"]
        if number in self.locked:
            return JSONResponse({"message": "Unable to create comment because issue is locked."}, 403)
        user = BOT if self.login is None else {"login": self.login, "id": 5, "type": "User"}
        return _refuse_length(body) or JSONResponse(self.add_comment(number, body["body"], user), 201)

    def patch_issues_comments_comment(self, request, body):
        if refusal := _refuse_length(body):
            return refusal
        comment = self.comments[request.path_params["comment"] - 1]
        comment.update(body)
        return JSONResponse(comment)

    def get_assignees_login(self, request, _):
        return Response(status_code=404 if request.path_params["login"] in self.unassignable else 204)


def _refuse_length(body):
    if len(body.get("title") or "") > LONGEST_TITLE:
        return invalid(f"title is too long (maximum is {LONGEST_TITLE} characters)")
    if len(body.get("body") or "") > LONGEST_BODY:
        return invalid(f"body is too long (maximum is {LONGEST_BODY} characters)")
    return None
