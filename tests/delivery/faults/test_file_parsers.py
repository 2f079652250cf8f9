"""Commands end with a declared status and a sentence, whatever is in the files that they read."""

from __future__ import annotations

import json

import pytest

from tests.delivery.faults.endings import find_problems
from tests.delivery.faults.input_files import JOB_RESULTS, K6_SUMMARY, NEEDED, PLAN, SCAN
from tests.delivery.faults.mutations import mutate, reorder
from tests.delivery.previews import preview

pytestmark = pytest.mark.timeout(400)  # some hundred runs of a command in one test


@pytest.mark.parametrize(
    ("words", "valid"),
    [
        (("ci", "judge-scan", "FILE"), SCAN),
        (("ci", "compare-perf", "FILE"), K6_SUMMARY),
        (("ci", "compare-perf", "GOOD", "--baseline", "FILE"), K6_SUMMARY),
        (("images", "cleanup", "--needed", "FILE"), NEEDED),
        (("stack", "preview", "--stack", "staging", "--from", "FILE"), preview("update")),
        (("stack", "preview", "--stack", "staging", "--from", "FILE"), preview("replace")),
        (("stack", "preview", "--stack", "staging", "--from", "FILE"), preview("fail")),
        (("stack", "preview", "--stack", "staging", "--from", "PREVIEW", "--within", "FILE"), PLAN),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_invalid_file_ends_a_command_as_declared(run, tmp_path, words, valid):
    file, good, plan = tmp_path / "file.json", tmp_path / "good.json", tmp_path / "preview.json"
    good.write_text(json.dumps(K6_SUMMARY))
    plan.write_text(json.dumps(preview("replace")))
    names = {"FILE": file, "GOOD": good, "PREVIEW": plan}
    words = [names.get(word, word) for word in words]

    def attempt(content):
        file.write_bytes(content)
        return run(*words)

    file.write_text(json.dumps(valid))
    plain = run(*words)
    assert plain.problems() == []
    reordered = attempt(json.dumps(reorder(valid)).encode())
    assert (reordered.status, reordered.err) == (plain.status, plain.err)
    inputs = [text.encode() for text in mutate(valid, str(words[:2]))]
    endings = [(text, attempt(text)) for text in [*inputs, b"\xff\xfe\x00", b"PK\x03\x04"]]
    file.unlink()
    file.mkdir()
    assert find_problems([*endings, (b"a folder", run(*words))]) == ""


def test_invalid_job_results_end_a_notification_as_declared(run):
    texts = mutate(JOB_RESULTS, "needs")
    assert find_problems((text, run("ci", "notify", "--title", "x", "--results", text)) for text in texts) == ""


@pytest.mark.parametrize("name", ["plan.json", "comment.md"])
def test_an_invalid_saved_plan_ends_a_drift_report_as_declared(run, github, tmp_path, name):
    folder = tmp_path / "plans/staging"
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(PLAN))
    (folder / "comment.md").write_text("what differs")
    endings = []
    for text in [*(text.encode() for text in mutate(PLAN, name, 10)), b"\xff\xfe"]:
        (folder / name).write_bytes(text)
        endings.append((text, run("ci", "drift", folder.parent, "--stack", "staging")))
        github.issues.clear()
    assert find_problems(endings) == ""


@pytest.mark.parametrize("words", [("ci", "sign"), ("stack", "promote", "--staged")], ids=" ".join)
def test_invalid_evidence_ends_a_command_as_declared(run, evidence, install_program, words):
    install_program("cosign")
    valid = json.loads((evidence / "release.json").read_text())
    endings = []
    for text in mutate(valid, "evidence", 30 if words[0] == "ci" else 10):
        (evidence / "release.json").write_text(text)
        endings.append((text, run(*words, evidence)))
    (evidence / "release.json").write_bytes(b"\xff")
    assert find_problems([*endings, ("not UTF-8", run(*words, evidence))]) == ""
