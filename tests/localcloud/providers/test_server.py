"""The protocol over a real gRPC channel, with a provider of one resource type that lives in memory."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from localcloud.providers import server
from localcloud.providers.errors import InitializationError, ProviderError
from localcloud.providers.port import Port
from localcloud.providers.provider import Provider
from localcloud.providers.resource_type import Input, Resource, ResourceType
from localcloud.providers.values import SECRET, SIGNATURE, UNKNOWN, from_struct, to_struct

URN = "urn:pulumi:s::p::parent:x:Y$memory:index:Box::b"


class Box(ResourceType):
    token = "memory:index:Box"
    inputs = {"name": Input(required=True, replaces=True), "size": Input(default=1), "zone": Input(computed=True)}
    computed = frozenset({"key"})
    secrets = frozenset({"key"})
    delete_before_replace = True

    def __init__(self):
        self.boxes = {}

    def check(self, inputs):
        if inputs.get("size") == 13:
            yield "size", "unlucky"

    def create(self, inputs, timeout):
        if inputs["name"] == "none":
            raise ProviderError("refused")
        if inputs["name"] == "half":
            raise InitializationError("not ready", "half", inputs)
        self.boxes[inputs["name"]] = dict(inputs)
        return self.read(inputs["name"], {})

    def read(self, identity, outputs):
        held = self.boxes.get(identity)
        return held and Resource(identity, {"zone": "z", **held}, {"zone": "z", **held, "key": "k"})

    def update(self, resource, inputs, timeout):
        self.boxes[resource.identity] = dict(inputs)
        return self.read(resource.identity, {})

    def delete(self, resource, timeout):
        del self.boxes[resource.identity]


class Memory(Provider):
    package = "memory"
    version = "1.2.3"

    def configure(self, configuration):
        if configuration.get("bad"):
            raise ProviderError("bad configuration")
        self.box = Box()
        return [self.box]

    def check_configuration(self, configuration):
        if "odd" in configuration:
            yield "odd", "it is odd"

    def replaces(self, old, new):
        return ["place"] if old.get("place") != new.get("place") else []


@pytest.fixture
def provider():
    return Memory()


@pytest.fixture
def stub(provider):
    port = Port.free()
    server.start(provider, port)
    with grpc.insecure_channel(f"127.0.0.1:{port.number}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    port.server.stop(grace=None).wait(10)


@pytest.fixture
def ready(stub):
    stub.Configure(provider_pb2.ConfigureRequest(args=to_struct({})))
    return stub


def created(stub, **inputs):
    return stub.Create(provider_pb2.CreateRequest(urn=URN, properties=to_struct({"size": 1, **inputs})))


def test_reports_its_version(stub):
    from google.protobuf import empty_pb2

    assert stub.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
    assert stub.GetSchema(provider_pb2.GetSchemaRequest()).schema == "{}"
    stub.Handshake(provider_pb2.ProviderHandshakeRequest())
    stub.Cancel(empty_pb2.Empty())


def test_configuration_is_checked_and_compared(stub):
    checked = stub.CheckConfig(provider_pb2.CheckRequest(urn=URN, news=to_struct({"odd": 1})))
    assert [(one.property, one.reason) for one in checked.failures] == [("odd", "it is odd")]
    compared = stub.DiffConfig(
        provider_pb2.DiffRequest(urn=URN, olds=to_struct({"place": "a"}), news=to_struct({"place": "b"}))
    )
    assert (list(compared.diffs), list(compared.replaces)) == (["place"], ["place"])
    with pytest.raises(grpc.RpcError, match="bad configuration"):
        stub.Configure(provider_pb2.ConfigureRequest(args=to_struct({"bad": True})))


def test_types_and_inputs_are_refused_by_name(ready):
    other = URN.replace("Box", "Bag")
    with pytest.raises(grpc.RpcError, match=r"memory:index:Bag: Slipway's memory provider .* install the official"):
        ready.Check(provider_pb2.CheckRequest(urn=other))
    checked = ready.Check(provider_pb2.CheckRequest(urn=URN, news=to_struct({"colour": "red", "size": 13})))
    assert {one.property: one.reason for one in checked.failures} == {
        "colour": "Slipway's memory provider does not know this input of memory:index:Box; install the official provider",
        "name": "it is required",
        "size": "unlucky",
    }


def test_check_fills_in_defaults(ready):
    checked = ready.Check(provider_pb2.CheckRequest(urn=URN, news=to_struct({"name": "b"})))
    assert from_struct(checked.inputs) == {"name": "b", "size": 1}


def test_must_be_configured_first(stub):
    with pytest.raises(grpc.RpcError, match="did not configure the memory provider first"):
        stub.Check(provider_pb2.CheckRequest(urn=URN))


def test_creation_marks_secrets(ready, provider):
    made = created(ready, name="b")
    assert made.id == "b"
    assert made.properties["key"][SIGNATURE] == SECRET
    assert provider.box.boxes == {"b": {"name": "b", "size": 1}}


def test_preview_of_a_creation_changes_nothing(ready, provider):
    request = provider_pb2.CreateRequest(urn=URN, preview=True, properties=to_struct({"name": UNKNOWN, "size": 2}))
    outputs = from_struct(ready.Create(request).properties)
    assert outputs == {"name": UNKNOWN, "size": 2, "zone": UNKNOWN, "key": UNKNOWN}
    assert provider.box.boxes == {}


def test_refusal_is_the_engines_error(ready):
    with pytest.raises(grpc.RpcError) as failed:
        created(ready, name="none")
    assert failed.value.details() == "refused"


def test_error_carries_the_unready_resource(ready):
    with pytest.raises(grpc.RpcError) as failed:
        created(ready, name="half")
    details = dict(failed.value.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(details)
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("half", ["not ready"])


def test_unexpected_error_is_reported_and_logged(ready, caplog):
    with pytest.raises(grpc.RpcError, match="KeyError"):
        ready.Delete(provider_pb2.DeleteRequest(urn=URN, id="x"))
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("news", "replaces", "changed"),
    [
        ({"name": "b", "size": 1}, [], {}),
        ({"name": "b", "size": 2}, [], {"size": "UPDATE"}),
        ({"name": "c", "size": 1}, ["name"], {"name": "UPDATE_REPLACE"}),
        ({"name": UNKNOWN, "size": 1}, ["name"], {"name": "UPDATE_REPLACE"}),
        ({"name": "b", "size": 1, "zone": "z"}, [], {}),
        ({"name": "b", "size": 1, "zone": "y"}, [], {"zone": "UPDATE"}),
    ],
)
def test_diff_is_detailed(ready, news, replaces, changed):
    old = {"name": "b", "size": 1}
    request = provider_pb2.DiffRequest(
        urn=URN, old_inputs=to_struct(old), olds=to_struct({**old, "zone": "z"}), news=to_struct(news)
    )
    answer = ready.Diff(request)
    kinds = provider_pb2.PropertyDiff.Kind
    assert {path: kinds.Name(one.kind) for path, one in answer.detailedDiff.items()} == changed
    assert list(answer.replaces) == replaces
    assert answer.deleteBeforeReplace == bool(replaces)
    assert (answer.changes == provider_pb2.DiffResponse.DIFF_SOME) == bool(changed)


def test_read_keeps_to_the_inputs_of_the_program(ready):
    created(ready, name="b", size=2)
    known = to_struct({"name": "b", "size": 1})
    assert from_struct(ready.Read(provider_pb2.ReadRequest(urn=URN, id="b", inputs=known)).inputs) == {
        "name": "b",
        "size": 2,
    }
    imported = ready.Read(provider_pb2.ReadRequest(urn=URN, id="b"))
    assert from_struct(imported.inputs) == {"name": "b", "size": 2, "zone": "z"}
    assert ready.Read(provider_pb2.ReadRequest(urn=URN, id="gone")).id == ""


def test_update_and_delete(ready, provider):
    created(ready, name="b")
    olds, news = to_struct({"name": "b", "size": 1, "key": "k"}), to_struct({"name": "b", "size": UNKNOWN})
    planned = ready.Update(provider_pb2.UpdateRequest(urn=URN, id="b", olds=olds, news=news, preview=True))
    assert from_struct(planned.properties) == {"name": "b", "size": UNKNOWN, "key": UNKNOWN}
    assert provider.box.boxes["b"]["size"] == 1
    ready.Update(provider_pb2.UpdateRequest(urn=URN, id="b", olds=olds, news=to_struct({"name": "b", "size": 3})))
    assert provider.box.boxes["b"]["size"] == 3
    ready.Delete(provider_pb2.DeleteRequest(urn=URN, id="b"))
    assert provider.box.boxes == {}


def test_functions_are_refused(ready):
    with pytest.raises(grpc.RpcError, match="does not know this function; install the official provider"):
        ready.Invoke(provider_pb2.InvokeRequest(tok="memory:index:get"))
