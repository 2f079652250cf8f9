"""The provider protocol over gRPC: from the engine's requests to a provider's resource types and back.

On the SDK's own protocol classes. Its `pulumi.provider.experimental` server was looked at: it drops the old inputs
of a diff, and the error details that keep half-created resources in the state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import ResourceProviderServicer, plugin_pb2, provider_pb2, provider_pb2_grpc

from localcloud.providers import operation
from localcloud.providers.checks import add_computed, add_defaults, problems, restore_ignored
from localcloud.providers.difference import changes
from localcloud.providers.errors import InitializationError, ProviderError
from localcloud.providers.port import Port
from localcloud.providers.provider import INSTALL, Provider
from localcloud.providers.resource_type import Properties, Resource, ResourceType
from localcloud.providers.values import Secret, from_struct, to_struct

LOG = logging.getLogger(__name__)


def start(provider: Provider, port: Port) -> None:
    """Serve a provider on a port."""
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), port.server)
    port.server.start()


class Servicer(ResourceProviderServicer):
    """One provider behind the protocol.

    The engine opens a connection of its own for each provider resource, and configures it first; later requests do
    not say which provider resource they belong to, so each connection has its resource types.
    """

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._configurations: dict[str, Properties] = {}
        self._types: dict[str, dict[str, ResourceType]] = {}
        self._engines: dict[str, tuple[str, Path]] = {}

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._engines[context.peer()] = request.address, operation.engine_folder(context.peer())
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.provider.version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.provider.cancel()
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        with self._operation(context, request.urn):
            failures = _failures(self.provider.check_configuration(from_struct(request.news)))
            return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        with self._operation(context, request.urn):
            old, new = from_struct(request.old_inputs) or from_struct(request.olds), from_struct(request.news)
            found = [change.path for change in changes(old, new, {})]
            return provider_pb2.DiffResponse(
                changes=_state(found), diffs=found, replaces=list(self.provider.replaces(old, new))
            )

    def Configure(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ConfigureResponse:
        with self._operation(context, request.urn or f"pulumi:providers:{self.provider.package}"):
            configuration = from_struct(request.args)
            types = self.provider.configure(configuration)
            self._configurations[context.peer()] = configuration
            self._types[context.peer()] = {kind.token: kind for kind in types}
            # No secrets: the engine then unwraps them in requests, and marks what comes back under the same name.
            return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        with self._operation(context, request.tok):
            configuration = self._configurations.get(context.peer(), {})
            result = to_struct(self.provider.invoke(request.tok, from_struct(request.args), configuration))
            return provider_pb2.InvokeResponse(**{"return": result})  # type: ignore[arg-type]  # a keyword of Python

    def Check(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        with self._operation(context, request.urn):
            kind = self._type(request.urn, context)
            inputs = add_defaults(from_struct(request.news), kind.inputs)
            name = self.provider.package
            unknown = f"Slipway's {name} provider does not know this input of {kind.token}; {INSTALL}"
            failures = _failures([*problems(inputs, kind.inputs, unknown), *kind.check(inputs)])
            return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=failures)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        with self._operation(context, request.urn):
            kind = self._type(request.urn, context)
            old = add_computed(from_struct(request.old_inputs), from_struct(request.olds), kind.inputs)
            new = restore_ignored(
                from_struct(request.news), request.ignoreChanges, from_struct(request.olds), kind.inputs
            )
            found = [
                change.as_replacement() if kind.replaces(change.keys, old, new) else change
                for change in changes(old, new, kind.inputs, zero_is_unset=kind.zero_is_unset)
            ]
            replaces = [change.path for change in found if change.replaces]
            return provider_pb2.DiffResponse(
                changes=_state(found),
                diffs=sorted({str(change.keys[0]) for change in found}),
                replaces=replaces,
                deleteBeforeReplace=bool(replaces) and kind.deletes_first(old, new),
                hasDetailedDiff=True,
                detailedDiff={
                    change.path: provider_pb2.PropertyDiff(kind=change.kind, inputDiff=True) for change in found
                },
            )

    def Create(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        with self._operation(context, request.urn):
            kind, inputs = self._type(request.urn, context), from_struct(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=_outputs(kind, kind.preview(inputs)))
            made = kind.create(inputs, request.timeout)
            return provider_pb2.CreateResponse(id=made.identity, properties=_outputs(kind, made.outputs))

    def Read(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        with self._operation(context, request.urn):
            kind, known = self._type(request.urn, context), from_struct(request.inputs)
            try:
                found = kind.read(request.id, from_struct(request.properties))
            except InitializationError as error:
                error.inputs = kind.refresh_inputs(known, error.inputs) if known else error.inputs
                raise
            if found is None:
                return provider_pb2.ReadResponse()
            inputs = kind.refresh_inputs(known, found.inputs) if known else found.inputs
            return provider_pb2.ReadResponse(
                id=found.identity, properties=_outputs(kind, found.outputs), inputs=_outputs(kind, inputs)
            )

    def Update(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        with self._operation(context, request.urn):
            kind = self._type(request.urn, context)
            old = Resource(request.id, from_struct(request.old_inputs), from_struct(request.olds))
            news = restore_ignored(from_struct(request.news), request.ignoreChanges, old.outputs, kind.inputs)
            if request.preview:
                return provider_pb2.UpdateResponse(properties=_outputs(kind, kind.preview_update(old, news)))
            outputs = kind.update(old, news, request.timeout).outputs
            return provider_pb2.UpdateResponse(properties=_outputs(kind, outputs))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        with self._operation(context, request.urn):
            old = Resource(request.id, from_struct(request.old_inputs), from_struct(request.properties))
            self._type(request.urn, context).delete(old, request.timeout)
            return empty_pb2.Empty()

    @contextmanager
    def _operation(self, context: grpc.ServicerContext, subject: str) -> Iterator[None]:
        """One request: what it says to the user goes to its engine, and what it raises is its answer."""
        engine, folder = self._engines.get(context.peer(), ("", Path()))
        with operation.begin(engine, subject, folder), _report_errors(context, subject):
            yield

    def _type(self, urn: str, context: grpc.ServicerContext) -> ResourceType:
        """The resource type of a URN, `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`."""
        token = urn.split("::")[2].rpartition("$")[2]
        if context.peer() not in self._types:
            raise ProviderError(f"the engine did not configure the {self.provider.package} provider first")
        types = self._types[context.peer()]
        if token not in types:
            raise ProviderError(f"{token}: Slipway's {self.provider.package} provider does not know it; {INSTALL}")
        return types[token]


def _outputs(kind: ResourceType, outputs: Properties) -> struct_pb2.Struct:
    """Outputs as the protocol sends them, with the secret ones marked."""
    return to_struct({name: Secret(value) if name in kind.secrets else value for name, value in outputs.items()})


def _failures(found: Iterable[tuple[str, str]]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in found]


def _state(found: Sequence[Any]) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE


@contextmanager
def _report_errors(context: grpc.ServicerContext, subject: str) -> Iterator[None]:
    """Answer the engine with the text of what is raised; what nobody expected also goes to the log, whole."""
    abort: Callable[..., Any] = context.abort
    try:
        yield
    except InitializationError as error:
        context.set_trailing_metadata((("grpc-status-details-bin", _details(error)),))
        abort(grpc.StatusCode.UNKNOWN, str(error))
    except ProviderError as error:
        abort(grpc.StatusCode.UNKNOWN, str(error))
    except Exception as error:
        LOG.exception("%s", subject)
        abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")


def _details(error: InitializationError) -> bytes:
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.identity,
            properties=to_struct(error.outputs),
            inputs=to_struct(error.inputs),
            reasons=[str(error)],
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
    return bytes(status.SerializeToString())
