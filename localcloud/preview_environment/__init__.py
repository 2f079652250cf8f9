"""Preview environments on one machine: a namespace of its own for a pull request, beside the `local` stack."""
