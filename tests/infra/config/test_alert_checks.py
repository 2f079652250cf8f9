from __future__ import annotations

import pytest
from infra_stacks import ROOT, config_of

from infra.config.settings import SettingsError, validate_config

PROMETHEUS = {"metricsServer": True, "prometheus": True}
LOKI = "https://logs.acme.dev/loki/api/v1/push"


def check(**changes):
    validate_config(
        {**config_of("staging"), **{f"slipway:{key}": each for key, each in changes.items()}}, checkout=ROOT
    )


def forward(**destination):
    return {"logs": {"forwardTo": {"kind": "loki", "url": LOKI, **destination}}}


@pytest.mark.parametrize(
    "changes",
    [
        {"addons": PROMETHEUS, "alerts": {"slackChannel": "#alerts"}},
        {"addons": PROMETHEUS, "alerts": {"webhook": True}},
        {"addons": PROMETHEUS, "alerts": {"emails": ["a@acme.dev"], "mail": {"server": "smtp.acme.dev:587", "from": "b@acme.dev"}}},
        {"budget": 200},
        forward(),
        forward(token=True),
        forward(kind="syslog", url="tls://logs.acme.dev:6514"),
        forward(kind="datadog", url="https://http-intake.logs.datadoghq.eu", token=True),
    ],
)  # fmt: skip
def test_what_fits_together_is_accepted(changes):
    check(**changes)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"addons": PROMETHEUS, "alerts": {"emails": ["a@acme.dev"]}}, "addons.prometheus is true and nobody hears of what it finds"),
        ({"alerts": {"webhook": True}}, "alerts.webhook is true and nothing posts to it"),
        ({"alerts": {"emails": ["a@acme.dev"], "mail": {"server": "smtp.acme.dev:587", "from": "b@acme.dev"}}}, "there are none to send"),
        ({"alerts": {"limits": {"restarts": 0}}}, "restarts is 0; write a number from 1 to 100"),
        ({"alerts": {"limits": {"certificateDays": 30}}}, "certificateDays is 30; write days from 1 to 29"),
        ({"budget": 0}, "budget is 0; write US dollars a month from 1"),
        (forward(kind="syslog"), "which is none of a syslog; write one such as tls://logs.acme.com:6514"),
        (forward(kind="syslog", url="tls://logs.acme.dev"), "has no port; write one such as tls://logs.acme.dev:6514"),
        (forward(kind="syslog", url="tls://logs.acme.dev:6514", token=True), "token is true, and syslog sends none"),
        (forward(url="tcp://logs.acme.dev:6514"), "which is none of a loki"),
        (forward(kind="datadog", url="https://http-intake.logs.datadoghq.eu"), "Datadog takes nothing without its API key"),
        (forward(url="http://logs.acme.dev/x", token=True), "would send the token in clear"),
        (forward(url="logs.acme.dev"), "write a URL such as https://logs.acme.com"),
    ],
)  # fmt: skip
def test_contradictory_alerts_are_refused_with_the_key_and_the_fix(changes, problem):
    with pytest.raises(SettingsError) as caught:
        check(**changes)
    assert problem in str(caught.value)
