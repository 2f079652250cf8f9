"""What DigitalOcean runs beside a cluster: its cloud controller manager, and what makes a Service of a Gateway.

It follows the annotations and the decisions of digitalocean-cloud-controller-manager 0.1.68. The program itself needs
a droplet's metadata service, and is not served as a Go module.
"""
