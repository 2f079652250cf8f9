"""Whether a release works: readiness, smoke tests and journeys, as each service.yaml says."""
