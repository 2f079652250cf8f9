"""Preview environments of pull requests, in the cluster of the stack whose file has `slipway:previewEnvironments`."""
