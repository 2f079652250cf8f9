"""What other people's actions do in these tests, which cannot download them: only what the workflows need of them."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import yaml

# By name. Inputs come as variables; a workflow that gives another one fails, as the action has no such input.
BEHAVIOUR = {
    "actions/checkout": (
        ("persist-credentials", "fetch-depth", "ref"),
        # Everything of the clone but what is not committed, as a new runner has it; `$/` is main's, whatever is checked out.
        """
        git init --quiet
        git fetch --quiet "$ORIGIN" "+refs/heads/*:refs/remotes/origin/*" "+refs/tags/*:refs/tags/*"
        git checkout --quiet --force --detach "${REF:-origin/main}"
        git clean --quiet -fd
        git checkout --quiet origin/main -- .github
        git reset --quiet
        """,
    ),
    "actions/upload-artifact": (
        ("name", "path", "retention-days", "compression-level", "if-no-files-found"),
        """
        shopt -s nullglob
        mkdir -p "$ARTIFACTS/$NAME"
        files=($PATHS)
        if [ ${#files[@]} = 1 ] && [ -d "${files[0]}" ]; then
          cp -r "${files[0]%/}/." "$ARTIFACTS/$NAME/"
        elif [ ${#files[@]} -gt 0 ]; then
          cp -r "${files[@]%/}" "$ARTIFACTS/$NAME/"
        fi
        [ "$IF_NO_FILES_FOUND" != error ] || [ -n "$(ls -A "$ARTIFACTS/$NAME")" ]
        """,
    ),
    "actions/download-artifact": (
        ("name", "pattern", "path", "merge-multiple"),
        """
        mkdir -p "$PATHS"
        if [ -n "$NAME" ]; then cp -r "$ARTIFACTS/$NAME/." "$PATHS/"; exit; fi
        for folder in "$ARTIFACTS"/$PATTERN; do
          [ -d "$folder" ] || continue
          to="$PATHS"
          [ "$MERGE_MULTIPLE" = true ] || to="$PATHS/$(basename "$folder")"
          mkdir -p "$to"
          cp -r "$folder/." "$to/"
        done
        """,
    ),
    "actions/attest": (("subject-path",), 'ls $SUBJECT_PATH >> "$ARTIFACTS/attested"'),
    "aquasecurity/setup-trivy": (("version",), "trivy --version"),
    "digitalocean/action-doctl": (("token", "version"), '[ -n "$TOKEN" ]'),
    "pulumi/actions": (("pulumi-version-file",), "pulumi --help >/dev/null 2>&1 || true"),
    "sigstore/cosign-installer": ((), "command -v cosign"),
    "step-security/harden-runner": (("egress-policy",), "true"),
    "re-actors/alls-green": (("jobs", "allowed-skips"), "true"),
}
USE = re.compile(r"uses: (?P<name>[\w.-]+/[\w.-]+)@(?P<sha>[0-9a-f]{40})")


def write_actions(folder: Path, texts: list[str]) -> list[str]:
    """Write each action that the texts use; returns act's options for them."""
    options = []
    for name, sha in sorted({match.group("name", "sha") for text in texts for match in USE.finditer(text)}):
        if name not in BEHAVIOUR:  # of a workflow that is not run here
            continue
        inputs, script = BEHAVIOUR[name]
        place = folder / name.replace("/", "-")
        place.mkdir(parents=True, exist_ok=True)
        variables = {_variable(each): f"${{{{ inputs.{each} }}}}" for each in inputs}
        step = {"shell": "bash", "run": dedent(script), "env": variables}
        content = {
            "name": name,
            "description": name,
            "inputs": {each: {"description": each} for each in inputs},
            "runs": {"using": "composite", "steps": [step]},
        }
        (place / "action.yml").write_text(yaml.safe_dump(content, width=1000))
        options += ["--local-repository", f"https://github.com/{name}@{sha}={place}"]
    return options


def _variable(name: str) -> str:
    return "PATHS" if name == "path" else name.upper().replace("-", "_")
