from __future__ import annotations

import pytest

from slipway.scaffold.dockerfile import DockerfileError, read_dockerfile

USUAL = "FROM python:3.13\n"


@pytest.fixture
def read(tmp_path):
    def facts(text):
        file = tmp_path / "Dockerfile"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_dockerfile(file)

    return facts


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("EXPOSE 8000", 8000),
        ("EXPOSE 5353/udp 8080", 8080),
        ("EXPOSE 53/udp\nEXPOSE 8080/tcp 9090", 8080),
        ("ENV PORT=8001\nEXPOSE ${PORT}", 8001),
        ("EXPOSE ${PORT:-8002}", 8002),
        ("EXPOSE $NOTHING", None),
        ("RUN true", None),
    ],
)
def test_the_port_is_the_first_of_tcp(read, text, port):
    assert read(USUAL + text + "\n").port == port


@pytest.mark.parametrize(
    ("text", "user", "is_root"),
    [
        ("USER 1000:1000", "1000", False),
        ("ARG UID\nUSER ${UID:-1001}", "1001", False),
        ("USER app", "app", False),
        ("USER root", "root", True),
        ("USER 0", "0", True),
        ("RUN true", None, True),
        ("USER ²", "²", False),
    ],
)
def test_the_user_is_a_number_or_a_name(read, text, user, is_root):
    facts = read(USUAL + text + "\n")
    assert (facts.user, facts.is_root) == (user, is_root)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("HEALTHCHECK CMD curl -f http://localhost:8000/health|grep ok", "/health"),
        ('HEALTHCHECK --interval=5s CMD ["curl", "http://localhost:8000/livez"]', "/livez"),
        ("HEALTHCHECK CMD curl 'http://localhost:8000/health?a={b},c#d'", "/health"),
        ("HEALTHCHECK CMD [1, {}]", None),
        ("HEALTHCHECK NONE", None),
    ],
)
def test_the_health_path_is_what_can_be_probed_as_it_stands(read, text, path):
    assert read(USUAL + text + "\n").health_path == path


def test_a_stage_has_what_the_stage_has_that_it_is_built_on(read):
    facts = read(
        "FROM x AS base\nUSER 1000\nEXPOSE 8000\nFROM x AS tools\nUSER 5\nFROM --platform=linux/amd64 base AS final\n"
    )
    assert (facts.port, facts.user) == (8000, "1000")


@pytest.mark.parametrize("text", ["", "# nothing\n", b"FROM \xff\xfe\n"])
def test_what_is_no_dockerfile_is_refused(read, text):
    with pytest.raises(DockerfileError, match="has no FROM|cannot read"):
        read(text)
