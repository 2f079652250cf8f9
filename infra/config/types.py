"""The kinds of value a stack file holds, each checked by what it will be used for."""

from __future__ import annotations

from typing import Annotated, Literal

from infra.config.quantities import is_cpu, is_memory
from infra.config.schedule import SCHEDULE_ADVICE, is_schedule, is_time_zone
from infra.config.value_kind import Kind, Pattern, Range

Name = Annotated[
    str,
    Kind(
        "backend",
        "at most 53 lower-case letters, digits and dashes, a letter first (Helm's limit for a release's name)",
        Pattern(r"[a-z]([a-z0-9-]{0,51}[a-z0-9])?"),
    ),
]
Label = Annotated[
    str,
    Kind(
        "platform",
        "a label: at most 63 of a-z, 0-9, `.`, `_` and `-`",
        Pattern(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?"),
    ),
]
Revision = Annotated[str, Kind("HEAD", "a commit, a tag or HEAD", Pattern(r"\S+"))]
Images = Annotated[
    str,
    Kind(
        "build",
        "`build`, `registry`, `none`, or build:<service>,<service>",
        Pattern(r"registry|none|build(:[a-z][a-z0-9-]*(,[a-z][a-z0-9-]*)*)?"),
    ),
]
Region = Annotated[str, Kind("fra1", "a region such as fra1", Pattern(r"[a-z]{3}\d"))]
NodeSize = Annotated[
    str,
    Kind(
        "s-2vcpu-4gb",
        "a node size such as s-2vcpu-4gb (`doctl kubernetes options sizes`)",
        Pattern(r"[a-z][a-z0-9]*(-[a-z0-9]+)+"),
    ),
]
DatabaseSize = Annotated[
    str,
    Kind(
        "db-s-1vcpu-1gb",
        "a database size such as db-s-1vcpu-1gb (`doctl databases options slugs --engine pg`)",
        Pattern(r"db-[a-z0-9]+(-[a-z0-9]+)+|g[dm]-[a-z0-9-]+"),
    ),
]
DatabaseVersion = Annotated[str, Kind("17", 'a major version such as "17", in quotes', Pattern(r"\d+(\.\d+)?"))]
Cpu = Annotated[str, Kind("250m", 'a number of CPUs such as "0.5" or 250m, in quotes', is_cpu)]
Memory = Annotated[str, Kind("128Mi", "an amount of memory such as 128Mi or 2Gi, at least 4Mi", is_memory)]
VolumeSize = Annotated[str, Kind("5Gi", "a volume's size such as 5Gi", Pattern(r"\d+(\.\d+)?(Mi|Gi|Ti)"))]
MinorVersion = Annotated[
    str,
    Kind(
        "1.34",
        'a minor version of Kubernetes such as "1.34", in quotes and without a patch '
        "(`doctl kubernetes options versions`): the newest patch is installed, and DigitalOcean raises it",
        Pattern(r"\d+\.\d+"),
    ),
]
Day = Literal["any", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TimeOfDay = Annotated[
    str, Kind("03:00", 'a time of day in UTC such as "03:00", in quotes', Pattern(r"([01]\d|2[0-3]):[0-5]\d"))
]
Folder = Annotated[
    str,
    Kind(
        "backend",
        "a folder of this repository such as backend or services/chatbot",
        Pattern(r"(?=.{1,200}$)[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*"),
    ),
]
UrlPath = Annotated[str, Kind("/livez", "a path such as /livez", Pattern(r"/\S*"))]
MountPath = Annotated[str, Kind("/data", "an absolute folder such as /data", Pattern(r"/\S+"))]
Variable = Annotated[
    str, Kind("LOG_LEVEL", "the name of a variable such as LOG_LEVEL", Pattern(r"[A-Za-z_][A-Za-z0-9_]*"))
]

PoolNodes = Annotated[int, Kind(0, "a number from 0 to 512, the most that DOKS has in a cluster", Range(0, 512))]
Nodes = Annotated[int, Kind(1, "a number from 1 to 512, the most that DOKS has in a cluster", Range(1, 512))]
Replicas = Annotated[int, Kind(2, "a number from 1 to 100", Range(1, 100))]
DatabaseNodes = Annotated[int, Kind(1, "a number from 1 to 3: a primary and its standbys", Range(1, 3))]
PoolSize = Annotated[int, Kind(5, "a number from 2 to 500, within what the size allows in all", Range(2, 500))]
RolloutSeconds = Annotated[
    int,
    Kind(
        600,
        "seconds from 60 to 1800: a rollout may have to wait for a node, which takes 3 to 5 minutes",
        Range(60, 1800),
    ),
]
StartupSeconds = Annotated[int, Kind(60, "seconds from 1 to 1800, within slipway:rolloutSeconds", Range(1, 1800))]
DrainSeconds = Annotated[int, Kind(5, "seconds from 0 to 60", Range(0, 60))]
StopSeconds = Annotated[int, Kind(45, "seconds from 10 to 600, more than drainSeconds", Range(10, 600))]
# Kubernetes refuses 0 where containers may not run as root; 65534 is nobody.
UserId = Annotated[
    int, Kind(10001, "the number of a user from 1 to 2147483647, as in the image's USER", Range(1, 2**31 - 1))
]
TimeToLive = Annotated[
    int, Kind(300, "seconds from 30, the least that DigitalOcean takes, to 86400", Range(30, 24 * 60 * 60))
]
LoadBalancerNodes = Annotated[int, Kind(1, "a number from 1 to 200, DigitalOcean's limit", Range(1, 200))]
HstsSeconds = Annotated[
    int,
    Kind(300, "seconds from 0 to 63072000, two years, or null: no such header", Range(0, 2 * 365 * 24 * 60 * 60)),
]
AlertPercent = Annotated[int, Kind(90, "a whole percentage from 1 to 99", Range(1, 99))]
CertificateDays = Annotated[
    int, Kind(14, "days from 1 to 29: DigitalOcean renews a certificate 30 days before its end", Range(1, 29))
]
MostMilliseconds = Annotated[int, Kind(1000, "milliseconds from 1 to 60000", Range(1, 60_000))]
MostErrors = Annotated[int, Kind(25, "a number from 1 to 1000000", Range(1, 1_000_000))]
MostRestarts = Annotated[int, Kind(3, "a number from 1 to 100", Range(1, 100))]
Budget = Annotated[int, Kind(200, "US dollars a month from 1 to 1000000, a whole number", Range(1, 1_000_000))]
SlackChannel = Annotated[
    str, Kind("#alerts", 'a channel such as "#alerts", in quotes', Pattern(r"#[a-z0-9_-]{1,80}"))
]
PullRequestNumber = Annotated[int, Kind(7, "the number of a pull request", Range(1, 10**9))]
AgeDays = Annotated[int, Kind(7, "days from 1 to 365", Range(1, 365))]
Pods = Annotated[int, Kind(30, "a number of pods from 1 to 500", Range(1, 500))]
Digest = Annotated[str, Kind(f"sha256:{'0' * 64}", "the digest of an image", Pattern(r"sha256:[0-9a-f]{64}"))]
PortName = Annotated[
    str,
    Kind(
        "metrics",
        "at most 15 lower-case letters, digits and single dashes, with a letter, and not http: port has that name",
        Pattern(r"(?!http$)(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*"),
    ),
]
Schedule = Annotated[str, Kind("30 2 * * *", SCHEDULE_ADVICE, is_schedule)]
TimeZone = Annotated[
    str, Kind("Europe/Berlin", "a time zone of the IANA's list such as Europe/Berlin or Etc/UTC", is_time_zone)
]
RunSeconds = Annotated[int, Kind(600, "seconds from 10 to 604800, a week", Range(10, 7 * 24 * 60 * 60))]
Retries = Annotated[int, Kind(2, "a number from 0 to 10", Range(0, 10))]
# Of what a pod requests, which it may exceed.
Percentage = Annotated[int, Kind(70, "a percentage of the request, from 1 to 1000", Range(1, 1000))]
ObjectName = Annotated[
    str,
    Kind(
        "high",
        "a name of Kubernetes: at most 253 lower-case letters, digits, dashes and dots",
        Pattern(r"(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?"),
    ),
]
# https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set
AnnotationName = Annotated[
    str,
    Kind(
        "example.com/team",
        "the name of an annotation such as example.com/team: after the `/` at most 63 letters, digits, `-`, `_`, `.`",
        Pattern(r"(?:(?=[^/]{1,253}/)[a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"),
    ),
]
