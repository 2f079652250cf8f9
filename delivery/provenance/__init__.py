"""Who made what: evidence of deploys, signatures, attestations, and the gate before production."""
