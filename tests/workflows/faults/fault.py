"""A fault is a function that breaks the workflows, and names the rule that must catch it."""

from __future__ import annotations


def caught_by(rule):
    """A decorator of a function that plants a fault; `rule` must catch it."""

    def name_rule(plant):
        plant.rule = rule
        return plant

    return name_rule


def find_job(workflows, workflow, name):
    return workflows.files[workflow]["jobs"][name]


def find_step(workflows, workflow, name, words):
    """The first step of a job that has these words in it."""
    return next(each for each in find_job(workflows, workflow, name)["steps"] if words in str(each))
