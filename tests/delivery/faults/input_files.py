"""Commands of `slipway` read these valid examples of JSON from files and from options."""

from __future__ import annotations

SCAN = {
    "SchemaVersion": 2,
    "ArtifactName": "slipway/backend:ci",
    "Results": [
        {
            "Target": "debian",
            "Vulnerabilities": [
                {"VulnerabilityID": "CVE-1", "PkgName": "p", "InstalledVersion": "1", "Severity": "HIGH"}
            ],
        }
    ],
}
K6_SUMMARY = {
    "metrics": {
        "http_req_duration": {"med": 20.0, "p(95)": 80.0},
        "http_reqs": {"rate": 50.0},
        "http_req_failed": {"value": 0.0},
    }
}
JOB_RESULTS = {
    "plan": {"result": "success", "outputs": {"stack": "staging"}},
    "staging": {"result": "skipped", "outputs": {}},
}
NEEDED = {"stack": "staging", "digests": ["sha256:" + "0" * 64], "tags": ["backend:3f2a91c4d5e6"]}
PLAN = {"stack": "staging", "changed": True, "failed": False, "destructive": ["delete urn:pulumi:x"]}
