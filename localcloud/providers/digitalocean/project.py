"""A project: a group of resources."""

from __future__ import annotations

from http import HTTPStatus

from localcloud.providers.checks import length, one_of
from localcloud.providers.digitalocean import project_parts
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.digitalocean.waiting import delete_when_unused
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

DELETE_SECONDS = 180.0  # the official provider's default
IN_USE = (HTTPStatus.PRECONDITION_FAILED,)  # resources leave it one after the other
ENVIRONMENTS = ("development", "staging", "production")
OTHER = "Other: "  # what the API puts before a purpose that is not on its list


class Project(DigitalOceanType):
    """`digitalocean.Project`: everything changes in place; what leaves it goes to the account's default project."""

    token = "digitalocean:index/project:Project"
    inputs = {
        "name": Input(required=True, problem=length(1, 175)),
        "description": Input(default="", problem=length(0, 255)),
        "purpose": Input(default="Web Application", problem=length(0, 255)),
        "environment": Input(
            equal=lambda old, new: str(old).lower() == str(new).lower(),
            problem=lambda value: one_of(*ENVIRONMENTS)(str(value).lower()),
        ),
        "isDefault": Input(default=False),
        "resources": Input(computed=True, unordered=True),
    }
    computed = frozenset({"ownerUuid", "ownerId", "createdAt", "updatedAt"})
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        projects = self.client.pydo.projects
        names = ("name", "purpose", "description", "environment")
        body = {name: inputs[name] for name in names if inputs.get(name)}
        made = self.client.call(projects.create, body)["project"]
        identity = str(made["id"])
        try:
            project_parts.assign(self.client, identity, inputs.get("resources") or [])
            if inputs.get("isDefault"):
                made = self.client.call(projects.patch, identity, _body(inputs))["project"]
            return self._resource(made)
        except ProviderError as error:
            self.raise_unready(error, identity, {**_outputs(made), "resources": []})

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = self.client.find(self.client.pydo.projects.get, identity)
        return self._resource(found["project"]) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        made = self.client.call(self.client.pydo.projects.patch, resource.identity, _body(inputs))["project"]
        if inputs.get("resources") is not None:
            project_parts.move(
                self.client, resource.identity, resource.outputs.get("resources") or [], inputs["resources"]
            )
        return self._resource(made)

    def delete(self, resource: Resource, timeout: float) -> None:
        project_parts.assign_to_default(self.client, resource.outputs.get("resources") or [])
        delete = self.client.pydo.projects.delete
        delete_when_unused(lambda: self.client.call(delete, resource.identity), timeout or DELETE_SECONDS, IN_USE)

    def _resource(self, project: Body) -> Resource:
        identity = str(project["id"])
        outputs = {**_outputs(project), "resources": project_parts.urns(self.client, identity)}
        return Resource(identity, {name: outputs[name] for name in self.inputs}, outputs)


def _body(inputs: Properties) -> Body:
    return {
        **{name: inputs.get(name) or "" for name in ("name", "description", "purpose")},
        **({"environment": inputs["environment"]} if inputs.get("environment") else {}),
        "is_default": bool(inputs.get("isDefault")),
    }


def _outputs(project: Body) -> Properties:
    return {
        "name": project["name"],
        "description": project.get("description") or "",
        "purpose": str(project.get("purpose") or "").removeprefix(OTHER),
        "environment": project.get("environment") or "",
        "isDefault": bool(project.get("is_default")),
        "ownerUuid": project.get("owner_uuid") or "",
        "ownerId": project.get("owner_id") or 0,
        "createdAt": project.get("created_at") or "",
        "updatedAt": project.get("updated_at") or "",
    }
