"""What is on PATH as `pulumi` where a test is about one branch of delivery and not about Pulumi.

A real update takes seconds, these tests milliseconds; stack/test_pulumi_stack.py holds the same commands to the real CLI.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

world_file = Path(os.environ["FAKE_PULUMI"])
world = json.loads(world_file.read_text())


def save():
    world_file.write_text(json.dumps(world))


def fail(text, status=1):
    sys.stderr.write(text + "\n")
    raise SystemExit(status)


def locked():
    if world["lock"]:
        fail(world["lock"])


def option(words, name, default):
    return words[words.index(name) + 1] if name in words else default


def main():
    words = sys.argv[1:]
    assert words[:1] == ["--cwd"]
    words = words[2:]
    stack = option(words, "--stack", words[-1])
    world["calls"].append(words)
    if kubeconfig := os.environ.get("KUBECONFIG"):
        file = Path(sys.argv[2], kubeconfig)
        world["kubeconfig"] = [kubeconfig, file.read_text(), oct(file.stat().st_mode & 0o777)]
    save()
    if world.get("answers", {}).get(" ".join(words[:2])) is not None:  # what another program would say
        print(world["answers"][" ".join(words[:2])], end="")
        return
    if words[:2] == ["stack", "ls"]:
        print(json.dumps([{"name": name, **world.get("listed", {})} for name in world["stacks"]]))
        return
    if words[:3] == ["stack", "select", "--create"]:
        world["stacks"].setdefault(stack, {"history": [], "outputs": {}})
        save()
        return
    state = world["stacks"].get(stack)
    if state is None and words[0] != "up":
        fail(f"error: no stack named '{stack}' found", 6)
    if words[0] == "stack":
        answer_stack(stack, state, words)
    elif words[0] == "destroy":
        locked()
        state["outputs"] = {}
        save()
    elif words[0] == "refresh":
        locked()
        world["pending"] = []
        save()
    elif words[0] == "cancel":
        world["lock"] = ""
        save()
        sys.stderr.write(f"The currently running update for '{stack}' has been canceled!\n")
    elif words[0] == "preview":
        preview(words)
    elif words[0] == "up":
        locked()
        up(stack, words)


def answer_stack(stack, state, words):
    """`pulumi stack …` of a stack that is there."""
    if words[1] == "tag":
        tag(state, words)
    elif words[1] == "--show-name":
        print(stack)
    elif words[1] == "rm":
        del world["stacks"][stack]
        save()
    elif words[1] == "history":
        size, page = int(option(words, "--page-size", 10)), int(option(words, "--page", 1))
        print(json.dumps(state["history"][(page - 1) * size : page * size]))
    elif words[1] == "output":
        print(json.dumps(state["outputs"]))
    elif words[1] == "export":
        held = {"pending_operations": world.get("pending", []), "resources": world.get("resources", [])}
        print(json.dumps({"deployment": held}))
    elif words[1] == "rename":
        locked()
        fail(f"error: a stack named {stack} already exists")


def preview(words):
    import yaml

    config = yaml.safe_load(Path(words[words.index("--config-file") + 1]).read_text())["config"]
    program = Path(sys.argv[2], "backend/app.py").read_text()
    world["previewed"] = [config["slipway:release"], config["slipway:images"], program]
    world["previewed minor"] = config["slipway:cluster"]["version"]
    save()
    print(json.dumps(world["preview"]))
    raise SystemExit(1 if "diagnostics" in world["preview"] else 0)


def tag(state, words):
    tags = state.setdefault("tags", {})
    if words[2] == "ls":
        print(json.dumps(tags))
        return
    name, *value = words[words.index("--") + 1 :]
    if len(name) > 40 or any(len(text) > 256 for text in value):  # Pulumi Cloud's limits
        fail("error: [400] Bad Request: invalid tag")
    if words[2] == "set":
        tags[name] = value[0]
    else:
        tags.pop(name, None)
    save()


def value_of(value):
    """A value of the configuration as the history has it: a mapping twice."""
    if isinstance(value, dict | list):
        return {"value": json.dumps(value), "objectValue": value, "secret": False}
    return {"value": str(value), "secret": False}


def up(stack, words):
    import yaml

    config = yaml.safe_load(Path(words[words.index("--config-file") + 1]).read_text())["config"]
    release = config["slipway:release"]
    world["minor"] = config["slipway:cluster"]["version"]
    world["applied"] = Path(sys.argv[2], "backend/app.py").read_text()
    state = world["stacks"].setdefault(stack, {"history": [], "outputs": {}})
    record = {
        "version": 0,
        "kind": "update",
        "startTime": "2026-11-20T07:00:00.000Z",
        "endTime": datetime.now(UTC).isoformat(),
        "message": words[words.index("--message") + 1],
        "environment": {"git.head": release, "git.committer": "Ada"},
        "config": {key: value_of(value) for key, value in config.items()},
    }
    print(f"updating {stack} with token {os.environ.get('DIGITALOCEAN_TOKEN')}")
    if release in world["failing"]:
        state["history"].insert(0, {**record, "result": "failed"})
        save()
        print("error: pod backend-1 is in CrashLoopBackOff")
        raise SystemExit(1)
    state["history"].insert(0, {**record, "result": "succeeded"})
    if config["slipway:images"] == "none":  # the registry alone
        state["outputs"] = {}
        save()
        return
    if targets := [words[at + 1] for at, word in enumerate(words) if word == "--target"]:
        world.setdefault("targets", []).append(targets)
    if "slipway:canary" in config:  # nothing else is touched: what ran runs on
        state["outputs"]["canary"] = {
            name: {"percent": percent, "tag": release[:12]} for name, percent in config["slipway:canary"].items()
        }
        save()
        return
    state["outputs"] = world["releases"][release]
    save()
    if world["service"]:
        Path(world["service"]).write_text(state["outputs"]["services"]["backend"]["tag"])


main()
