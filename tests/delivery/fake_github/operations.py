"""Operations of GitHub's REST API, from githubkit: the paths, query parameters and bodies of GitHub's REST API.

Its client and its models are made from GitHub's own OpenAPI description: a request that `find_faults` passes has the
published shape.
"""

from __future__ import annotations

import inspect
import re

import githubkit_schemas.latest.models as published
from githubkit import GitHub

CLIENT = GitHub("x")  # kept: its operations stop working when it is gone
REST = CLIENT.rest
R = "/repos/{owner}/{repo}"
# method, path, the operation that GitHub publishes, the model of its body
OPERATIONS = [
    ("GET", f"{R}/issues", REST.issues.list_for_repo, None),
    ("POST", f"{R}/issues", REST.issues.create, published.ReposOwnerRepoIssuesPostBody),
    ("PATCH", f"{R}/issues/{{number:int}}", REST.issues.update, published.ReposOwnerRepoIssuesIssueNumberPatchBody),
    ("GET", f"{R}/issues/{{number:int}}/comments", REST.issues.list_comments, None),
    (
        "POST",
        f"{R}/issues/{{number:int}}/comments",
        REST.issues.create_comment,
        published.ReposOwnerRepoIssuesIssueNumberCommentsPostBody,
    ),
    (
        "PATCH",
        f"{R}/issues/comments/{{comment:int}}",
        REST.issues.update_comment,
        published.ReposOwnerRepoIssuesCommentsCommentIdPatchBody,
    ),
    ("GET", f"{R}/assignees/{{login}}", REST.issues.check_user_can_be_assigned, None),
    ("GET", f"{R}/pulls", REST.pulls.list, None),
    ("GET", f"{R}/actions/runs", REST.actions.list_workflow_runs_for_repo, None),
    ("GET", f"{R}/actions/workflows/{{workflow}}/runs", REST.actions.list_workflow_runs, None),
    ("GET", f"{R}/actions/runs/{{run:int}}", REST.actions.get_workflow_run, None),
    ("GET", f"{R}/actions/runs/{{run:int}}/jobs", REST.actions.list_jobs_for_workflow_run, None),
    ("GET", f"{R}/actions/jobs/{{job:int}}/logs", REST.actions.download_job_logs_for_workflow_run, None),
    ("GET", f"{R}/actions/artifacts", REST.actions.list_artifacts_for_repo, None),
    ("GET", f"{R}/actions/artifacts/{{artifact:int}}/zip", REST.actions.download_artifact, None),
    ("DELETE", f"{R}/actions/artifacts/{{artifact:int}}", REST.actions.delete_artifact, None),
    ("GET", f"{R}/actions/caches", REST.actions.get_actions_cache_list, None),
    ("DELETE", f"{R}/actions/caches/{{cache_id:int}}", REST.actions.delete_actions_cache_by_id, None),
    ("GET", f"{R}/branches", REST.repos.list_branches, None),
    ("GET", f"{R}/environments/{{environment}}", REST.repos.get_environment, None),
    (
        "PUT",
        f"{R}/environments/{{environment}}",
        REST.repos.create_or_update_environment,
        published.ReposOwnerRepoEnvironmentsEnvironmentNamePutBody,
    ),
    (
        "GET",
        f"{R}/environments/{{environment}}/deployment-branch-policies",
        REST.repos.list_deployment_branch_policies,
        None,
    ),
    (
        "POST",
        f"{R}/environments/{{environment}}/deployment-branch-policies",
        REST.repos.create_deployment_branch_policy,
        published.DeploymentBranchPolicyNamePatternWithType,
    ),
    ("GET", f"{R}/environments/{{environment}}/secrets", REST.actions.list_environment_secrets, None),
    ("GET", f"{R}/environments/{{environment}}/variables", REST.actions.list_environment_variables, None),
    ("GET", f"{R}/rulesets", REST.repos.get_repo_rulesets, None),
    ("POST", f"{R}/rulesets", REST.repos.create_repo_ruleset, published.ReposOwnerRepoRulesetsPostBody),
    ("GET", f"{R}/rulesets/{{ruleset:int}}", REST.repos.get_repo_ruleset, None),
    (
        "PUT",
        f"{R}/rulesets/{{ruleset:int}}",
        REST.repos.update_repo_ruleset,
        published.ReposOwnerRepoRulesetsRulesetIdPutBody,
    ),
    (
        "GET",
        f"{R}/actions/permissions/workflow",
        REST.actions.get_github_actions_default_workflow_permissions_repository,
        None,
    ),
    (
        "PUT",
        f"{R}/actions/permissions/workflow",
        REST.actions.set_github_actions_default_workflow_permissions_repository,
        published.ActionsSetDefaultWorkflowPermissions,
    ),
    ("GET", f"{R}/actions/runs/{{run:int}}/approvals", REST.actions.get_reviews_for_run, None),
    ("GET", f"{R}/actions/runs/{{run:int}}/pending_deployments", REST.actions.get_pending_deployments_for_run, None),
    ("POST", f"{R}/actions/runs/{{run:int}}/cancel", REST.actions.cancel_workflow_run, None),
    ("GET", "/users/{login}", REST.users.get_by_username, None),
    ("GET", "/user", REST.users.get_authenticated, None),
    ("GET", "/apps/{app}", REST.apps.get_by_slug, None),
    ("GET", "/orgs/{org}/teams/{team}", REST.teams.get_by_name, None),
    ("GET", f"{R}/pulls/{{number:int}}", REST.pulls.get, None),
    ("GET", f"{R}/branches/{{branch:path}}", REST.repos.get_branch, None),
    ("GET", f"{R}/commits/{{ref}}/check-runs", REST.checks.list_for_ref, None),
    ("GET", f"{R}/git/ref/{{ref:path}}", REST.git.get_ref, None),
    ("GET", f"{R}/git/tags/{{tag}}", REST.git.get_tag, None),
    ("GET", "/repos/{owner}/{repo}", REST.repos.get, None),
    (
        "DELETE",
        f"{R}/environments/{{environment}}/deployment-branch-policies/{{policy:int}}",
        REST.repos.delete_deployment_branch_policy,
        None,
    ),
]
OWN_PARAMETERS = {"owner", "repo", "headers", "stream", "data", "kwargs"}


def name_method(method, path):
    """The name of the fake's method that answers an operation."""
    words = re.sub(r"[^a-z]+", "_", path.replace(R, "").replace(":int", "").lower()).strip("_")
    return f"{method.lower()}_{words}"


def find_faults(request, call, model, body):
    """Yield what a request has that its operation does not publish."""
    what = f"{request.method} {request.url.path}"
    allowed = (
        {name.rstrip("_") for name in inspect.signature(call).parameters} - OWN_PARAMETERS - set(request.path_params)
    )
    for name in request.query_params:
        if name not in allowed:
            yield f"{what}: no query parameter {name}"
    if model is None:
        if body is not None:
            yield f"{what} takes no body"
        return
    try:
        model.model_validate(body)
    except ValueError as error:
        yield f"{what}: {error}"
    known = {field.alias or name for name, field in model.model_fields.items()}
    if more := set(body or {}) - known:
        yield f"{what}: {sorted(more)} not in the published body"
