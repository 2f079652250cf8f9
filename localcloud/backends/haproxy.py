"""The configuration of an HAProxy that does what one DigitalOcean load balancer does."""

from __future__ import annotations

from pathlib import Path

from localcloud.api.load_balancer_backend import ForwardingRule, LoadBalancerSpec

# DigitalOcean documents no status. 307 is what its load balancers answer as users see them; it keeps the method.
REDIRECT_STATUS = 307
CONNECT_SECONDS = 5
OLD_WORKER_SECONDS = 60  # how long a worker of the configuration before finishes its requests
HTTPS_PORT = 443


def write_configuration(spec: LoadBalancerSpec, *, socket: Path, certificates: dict[int, Path]) -> str:
    """The text of haproxy.cfg.

    Args:
        spec: the load balancer.
        socket: where HAProxy answers about itself.
        certificates: by entry port, the PEM file of each rule with a certificate.
    """
    lines = [*_globals(socket), *_defaults(spec.idle_timeout_seconds)]
    for rule in spec.rules:
        lines += [*_frontend(spec, rule, certificates.get(rule.entry_port)), *_backend(spec, rule)]
    return "\n".join(lines) + "\n"


def _globals(socket: Path) -> list[str]:
    return [
        "global",
        # A reload hands the listening sockets on by this one, so that no connection is refused meanwhile.
        f'    stats socket "{socket}" mode 600 level admin expose-fd listeners',
        f"    hard-stop-after {OLD_WORKER_SECONDS}s",
        "    log stdout format raw local0 notice",
        "    user nobody",
        "    group nogroup",
        "    ssl-default-bind-options ssl-min-ver TLSv1.2",
        "    ssl-server-verify none",  # of targets; as DigitalOcean, which does not know who signed theirs
    ]


def _defaults(idle_seconds: int) -> list[str]:
    return [
        "defaults",
        "    log global",
        "    balance roundrobin",
        f"    timeout connect {CONNECT_SECONDS}s",
        f"    timeout client {idle_seconds}s",
        f"    timeout server {idle_seconds}s",
        f"    timeout http-keep-alive {idle_seconds}s",
        "    retries 3",
        "    option redispatch 1",  # each retry goes to another target
        "    option http-server-close",  # DigitalOcean's `enable_backend_keepalive` is off unless asked for
    ]


def _is_http(rule: ForwardingRule) -> bool:
    """Whether HAProxy reads the requests; not those of plain TCP, nor of TLS that it does not end."""
    return rule.entry_protocol == "http" or (
        rule.entry_protocol in {"https", "http2"} and rule.certificate is not None
    )


def _frontend(spec: LoadBalancerSpec, rule: ForwardingRule, certificate: Path | None) -> list[str]:
    bind = f"    bind {spec.address}:{rule.entry_port}"
    if certificate is not None:
        protocols = "h2,http/1.1" if rule.entry_protocol == "http2" else "http/1.1"
        bind += f' ssl crt "{certificate}" alpn {protocols}'
    lines = [f"frontend {_name(rule)}", bind, f"    default_backend {_name(rule)}"]
    if not _is_http(rule):
        return [*lines, "    mode tcp"]
    scheme = "http" if certificate is None else "https"
    lines += [
        "    mode http",
        # On a reload an idle connection ends with the reply to its next request, not before it.
        "    option idle-close-on-response",
        "    option forwardfor",
        f"    http-request set-header X-Forwarded-Proto {scheme}",
        f"    http-request set-header X-Forwarded-Port {rule.entry_port}",
    ]
    secure = _https_port(spec)
    if spec.redirect_http_to_https and scheme == "http" and secure is not None:
        port = "" if secure == HTTPS_PORT else f":{secure}"
        where = f"https://%[req.hdr(host),host_only]{port}%[pathq]"
        lines.append(f"    http-request redirect location {where} code {REDIRECT_STATUS}")
    return lines


def _https_port(spec: LoadBalancerSpec) -> int | None:
    return next((rule.entry_port for rule in spec.rules if rule.entry_protocol in {"https", "http2"}), None)


def _backend(spec: LoadBalancerSpec, rule: ForwardingRule) -> list[str]:
    lines = [f"backend {_name(rule)}", f"    mode {'http' if _is_http(rule) else 'tcp'}"]
    check = spec.health_check
    lines.append(f"    timeout check {check.response_timeout_seconds}s")
    if check.protocol != "tcp":
        lines += ["    option httpchk", f"    http-check send meth GET uri {check.path or '/'} ver HTTP/1.0"]
    options = (
        f"check port {check.port} inter {check.interval_seconds}s fall {check.unhealthy_threshold} "
        f"rise {check.healthy_threshold}{' check-ssl' if check.protocol == 'https' else ''}"
    )
    if _is_http(rule) and rule.target_protocol in {"https", "http2"}:
        options += " ssl" + (" alpn h2" if rule.target_protocol == "http2" else "")
        options += "" if check.protocol == "https" else " no-check-ssl"
    if spec.proxy_protocol:
        options += " send-proxy"  # version 1; health checks go without it
    for target in spec.targets:
        lines.append(f"    server {target} {target}:{rule.target_port} {options}")
    return lines


def _name(rule: ForwardingRule) -> str:
    return f"{rule.entry_protocol}_{rule.entry_port}"
