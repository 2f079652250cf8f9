"""Some resources of a project that something else made."""

from __future__ import annotations

from localcloud.providers.digitalocean import project_parts
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource


class ProjectResources(DigitalOceanType):
    """`digitalocean.ProjectResources`: its id is the project's, whose other resources it leaves alone."""

    token = "digitalocean:index/projectResources:ProjectResources"
    inputs = {
        "project": Input(required=True, replaces=True),
        "resources": Input(required=True, unordered=True),
    }

    def create(self, inputs: Properties, timeout: float) -> Resource:
        project_parts.assign(self.client, inputs["project"], inputs["resources"])
        try:
            return self._resource(inputs["project"], inputs["resources"])
        except ProviderError as error:
            self.raise_unready(error, str(inputs["project"]), dict(inputs))

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        if self.client.find(self.client.pydo.projects.get, identity) is None:
            return None
        return self._resource(identity, outputs.get("resources") or [])

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        project_parts.move(self.client, resource.identity, resource.outputs["resources"], inputs["resources"])
        return self._resource(resource.identity, inputs["resources"])

    def delete(self, resource: Resource, timeout: float) -> None:
        if self.client.find(self.client.pydo.projects.get, resource.identity) is not None:
            project_parts.assign_to_default(self.client, resource.outputs.get("resources") or [])

    def _resource(self, project: str, wanted: list[str]) -> Resource:
        held = project_parts.urns(self.client, project)
        inputs = {"project": project, "resources": [urn for urn in wanted if urn in held]}
        return Resource(project, inputs, dict(inputs))
