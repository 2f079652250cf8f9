"""DigitalOcean's resource types, one in each file, as the official provider has them.

Which inputs force a new resource, what is filled in and which calls are made is read from the source of the Terraform
provider that Pulumi's official one wraps (digitalocean/terraform-provider-digitalocean, v2.99).
"""
