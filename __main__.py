"""What Pulumi runs: see infra/program.py."""

from infra.program import deploy

deploy()
