from __future__ import annotations

import json

import pytest

from delivery.images.image_scan import read_scan
from delivery.outcome import MissingError, RefusedError

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


def vulnerability(severity, fixed="", identity=None, package="p"):
    found = {
        "VulnerabilityID": identity or f"CVE-{severity}",
        "PkgName": package,
        "InstalledVersion": "1",
        "Severity": severity,
    }
    return {**found, "FixedVersion": fixed} if fixed else found


def scan(*found, name="slipway/web:ci", digests=None, config=None):
    results = [{"Target": "debian"}, {"Target": "python", "Vulnerabilities": list(found)}]
    metadata = {"RepoDigests": digests, "ImageID": config}
    return json.dumps({"SchemaVersion": 2, "ArtifactName": name, "Results": results, "Metadata": metadata})


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ([], 0),
        ([vulnerability("HIGH", "2")], 1),
        ([vulnerability("CRITICAL", "2")], 1),
        ([vulnerability("CRITICAL")], 0),
        ([vulnerability("MEDIUM", "2")], 0),
    ],
)
def test_grave_fixable_vulnerability_stops_an_image(slipway, summary, tmp_path, found, status):
    (tmp_path / "scan.json").write_text(scan(*found))
    assert slipway("ci", "judge-scan", tmp_path / "scan.json")[0] == status
    assert f"{len(found)} known" in summary()


@pytest.mark.parametrize("more", [{}, {"Results": None}, {"Results": []}, {"Results": [{"Target": "x"}]}])
def test_an_image_without_packages_has_no_findings(slipway, tmp_path, more):
    file = tmp_path / "scan.json"
    file.write_text(json.dumps({"SchemaVersion": 2, "ArtifactName": "slipway/web:ci", **more}))
    assert slipway("ci", "judge-scan", file)[0] == 0


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        "null",
        "7",
        "<html>",
        '{"Results": []}',
        '{"SchemaVersion": 2, "Results": []}',
        '{"SchemaVersion": 2, "ArtifactName": "x", "Results": 5}',
        '{"SchemaVersion": 2, "ArtifactName": "x", "Results": [null]}',
        '{"SchemaVersion": 2, "ArtifactName": "x", "Results": [{"Vulnerabilities": [{"PkgName": "p"}]}]}',
        '{"SchemaVersion": 2, "ArtifactName": "x", "Metadata": {"RepoDigests": [5]}}',
        '{"SchemaVersion": 2, "ArtifactName": "x", "Resu',
    ],
)
def test_no_scan_is_no_good_news(tmp_path, content):
    file = tmp_path / "scan.json"
    file.write_text(content)
    with pytest.raises(MissingError, match=r"scan\.json is no scan of Trivy"):
        read_scan(file)


def test_a_scan_that_is_not_there_is_no_good_news(slipway, tmp_path):
    status, said = slipway("ci", "judge-scan", tmp_path / "scan.json")
    assert (status, "is no scan of Trivy" in said) == (5, True)


CONFIGS = ["sha256:" + "c" * 64]


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        (scan(digests=[f"registry/acme/backend@{DIGEST}"]), True),
        (scan(config=CONFIGS[0]), True),
        (scan(digests=[f"registry/acme/backend@{OTHER}"]), False),
        (scan(config=OTHER), False),
        (scan(name=f"registry/acme/backend@{DIGEST}"), False),
        (scan(), False),
    ],
)
def test_a_scan_of_another_image_is_refused(tmp_path, text, accepted):
    file = tmp_path / "scan.json"
    file.write_text(text)
    if accepted:
        read_scan(file).refuse_other(DIGEST, CONFIGS)
        return
    with pytest.raises(RefusedError, match=f"not of {DIGEST}"):
        read_scan(file).refuse_other(DIGEST, CONFIGS)
