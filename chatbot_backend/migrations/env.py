"""Alembic's way into the database."""

from app.models import Base
from chassis.migrations import run_in_context

run_in_context(Base.metadata)
