"""A job signs scanned images only, attests its evidence, and a rollback verifies the signatures."""

from __future__ import annotations


def only_what_was_scanned_is_signed(workflows):
    sign = workflows.job("deploy", "sign")
    if "scan" not in sign.content["needs"] or "if" in sign.content:
        yield "images are signed that were not scanned"
    for job in workflows.jobs:
        signs = any("ci sign" in run for run in job.runs)
        if signs and (job.workflow, job.name) != ("deploy", "sign"):
            yield f"{job} signs, too"
    if "needs.staging.outputs.released == 'true'" not in workflows.job("deploy", "scan").content["if"]:
        yield "what did not go live is scanned"
    if "images export" not in workflows.job("deploy", "staging").text:
        yield "what is scanned is not what was deployed"


def evidence_comes_from_jobs_that_attest(workflows):
    for job in workflows.jobs:
        for step in job.uses("actions/upload-artifact@"):
            name = step["with"]["name"]
            if name.endswith("-release") and not job.uses("actions/attest@"):
                yield f"{job} leaves {name}, and attests nothing"


def a_rollback_verifies_signatures(workflows):
    if not any("--signed" in run for run in workflows.job("rollback", "rollback").runs):
        yield "a rollback runs images that nobody signed"


def approvals_and_attestations_are_switched_off_in_code(workflows):
    switches = {name: content["env"] for name, content in workflows.files.items() if "ATTESTATIONS" in str(content)}
    if len({each["ATTESTATIONS"] for each in switches.values()}) != 1:
        yield "attestations are made in one workflow, and not in another"
    if "vars.ATTESTATIONS" in str(workflows.files) or "vars.APPROVALS" in str(workflows.files):
        yield "whoever may write to the repository can switch approvals off"
