"""A DigitalOcean API on this machine, as far as the real provider and this program call it.

Not emulated: billing, DNS answers, load balancers, certificate issuance, the scheduling of real nodes.
"""
