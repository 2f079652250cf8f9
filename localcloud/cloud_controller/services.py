"""Services of type LoadBalancer, each with a load balancer of the account."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from localcloud.cloud_controller import load_balancer_body
from localcloud.cloud_controller.annotations import ID, TYPE, AnnotationError, Annotations
from localcloud.cloud_controller.digitalocean import ApiError, Body, DigitalOcean
from localcloud.cloud_controller.kubernetes import Kubernetes, Object

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
# A load balancer is brought up to date as often without any change: by then a certificate may have been renewed.
RESYNC_SECONDS = 30.0
LONGEST_RETRY_SECONDS = 30.0
FAILURE = "SyncLoadBalancerFailed"

log = logging.getLogger("cloud-controller")


class NotActiveError(RuntimeError):
    """The load balancer is still being created."""


@dataclass
class Progress:
    """What is known of a Service from the last time.

    Attributes:
        fingerprint: of all that its load balancer depends on, when that was last made to match.
        due: when to do it again, by time.monotonic.
        message: of the last failure; empty after a success.
    """

    fingerprint: str = ""
    due: float = 0.0
    failures: int = 0
    message: str = ""


class LoadBalancerServices:
    """Makes the account's load balancers match the Services of one cluster.

    Args:
        region: slug of the cluster's region.
        vpc: id of its network, or empty.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        digitalocean: DigitalOcean,
        region: str,
        vpc: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kubernetes, self._digitalocean = kubernetes, digitalocean
        self._region, self._vpc, self._clock = region, vpc, clock
        self._progress: dict[str, Progress] = {}

    def reconcile(self, services: Sequence[Object], droplets: Sequence[int]) -> None:
        """Bring up to date what changed, what failed before, and what has not been looked at for long."""
        for service in services:
            if _is_ours(service) or _has_finalizer(service):
                self._reconcile_one(service, droplets)
        known = {service["metadata"]["uid"] for service in services}
        self._progress = {uid: each for uid, each in self._progress.items() if uid in known}

    def _reconcile_one(self, service: Object, droplets: Sequence[int]) -> None:
        progress = self._progress.setdefault(service["metadata"]["uid"], Progress())
        fingerprint = _fingerprint(service, droplets)
        if fingerprint == progress.fingerprint and self._clock() < progress.due:
            return
        try:
            if _is_ours(service) and not service["metadata"].get("deletionTimestamp"):
                service = self._ensure(service, droplets)
                fingerprint = _fingerprint(service, droplets)
            else:
                self._clean_up(service)
        except NotActiveError:
            progress.fingerprint, progress.due = fingerprint, self._clock() + 1
        except (AnnotationError, ApiError) as error:
            progress.fingerprint = fingerprint
            self._note_failure(service, progress, str(error))
        else:
            progress.fingerprint, progress.due = fingerprint, self._clock() + RESYNC_SECONDS
            progress.failures, progress.message = 0, ""

    def _ensure(self, service: Object, droplets: Sequence[int]) -> Object:
        asked = Annotations(service["metadata"].get("annotations") or {})
        if not _has_finalizer(service):
            finalizers = [*(service["metadata"].get("finalizers") or []), FINALIZER]
            service = self._kubernetes.change_service(service, {"metadata": {"finalizers": finalizers}})
        if asked.disowned:
            return service
        body = load_balancer_body.build(service, droplets, self._region, self._vpc, self._digitalocean.certificate_id)
        balancer = self._find(service)
        if balancer is None:
            self._kubernetes.record_event(service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer")
            balancer = self._digitalocean.create_load_balancer(body)
        else:
            balancer = self._digitalocean.update_load_balancer(balancer["id"], body)
        service = self._annotate(service, balancer)
        if balancer["status"] == "new":
            raise NotActiveError
        if balancer["status"] != "active":
            raise ApiError(f"load balancer {balancer['id']} has unexpected status {balancer['status']!r}")
        return self._publish(service, asked, balancer)

    def _find(self, service: Object) -> Body | None:
        """By the id in its annotation, else by its name."""
        identity = Annotations(service["metadata"].get("annotations") or {}).load_balancer_id
        if identity:
            return self._digitalocean.load_balancer(identity)
        return self._digitalocean.find_load_balancer(load_balancer_body.names(service))

    def _annotate(self, service: Object, balancer: Body) -> Object:
        """Write down which load balancer it is, and of which type: that is fixed when it is created."""
        wanted = {ID: balancer["id"], TYPE: balancer["type"]}
        held = service["metadata"].get("annotations") or {}
        if wanted.items() <= held.items():
            return service
        return self._kubernetes.change_service(service, {"metadata": {"annotations": wanted}})

    def _publish(self, service: Object, asked: Annotations, balancer: Body) -> Object:
        hostname = asked.text("hostname").lower()
        ingress = [{"hostname": hostname}] if hostname else [{"ip": balancer["ip"]}]
        held = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        if [{key: each.get(key) for key in ("ip", "hostname") if each.get(key)} for each in held] != ingress:
            self._kubernetes.change_service_status(service, {"loadBalancer": {"ingress": ingress}})
            self._kubernetes.record_event(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer")
            log.info("%s has load balancer %s at %s", _title(service), balancer["id"], ingress)
        return service

    def _clean_up(self, service: Object) -> None:
        """Delete the load balancer of a Service that goes or wants none any more: an adopted one, too, as there."""
        if not _has_finalizer(service):
            return
        if not Annotations(service["metadata"].get("annotations") or {}).disowned:
            balancer = self._find(service)
            if balancer is not None:
                self._digitalocean.delete_load_balancer(balancer["id"])
                log.info("deleted load balancer %s of %s", balancer["id"], _title(service))
        if not service["metadata"].get("deletionTimestamp"):
            self._kubernetes.change_service_status(service, {"loadBalancer": None})
        finalizers = [each for each in service["metadata"]["finalizers"] if each != FINALIZER]
        self._kubernetes.change_service(service, {"metadata": {"finalizers": finalizers}})

    def _note_failure(self, service: Object, progress: Progress, message: str) -> None:
        """Try again later, and say why, once."""
        progress.due = self._clock() + min(2.0**progress.failures, LONGEST_RETRY_SECONDS)
        progress.failures += 1
        if message != progress.message:
            progress.message = message
            log.error("%s: %s", _title(service), message)
            text = f"Error syncing load balancer: failed to ensure load balancer: {message}"
            self._kubernetes.record_event(service, "Warning", FAILURE, text)


def _is_ours(service: Object) -> bool:
    """Whether it wants a load balancer, and of no class, which would be for another controller."""
    return service["spec"].get("type") == "LoadBalancer" and not service["spec"].get("loadBalancerClass")


def _has_finalizer(service: Object) -> bool:
    return FINALIZER in (service["metadata"].get("finalizers") or [])


def _fingerprint(service: Object, droplets: Sequence[int]) -> str:
    metadata = service["metadata"]
    parts = [service["spec"], metadata.get("annotations"), metadata.get("deletionTimestamp"), list(droplets)]
    return json.dumps(parts, sort_keys=True, default=str)


def _title(service: Object) -> str:
    return f"Service {service['metadata']['namespace']}/{service['metadata']['name']}"
