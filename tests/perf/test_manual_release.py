from perf.manual_release import own_values


def test_deployed_values_get_another_image_and_lose_the_node_port():
    deployed = {
        "image": {"tag": "old"},
        "release": {"sha": "old", "stack": "local"},
        "port": 8000,
        "service": {"nodePort": 30080},
    }
    image = {"repository": "r", "tag": "new", "digest": "sha256:0"}
    assert own_values(deployed, image) == {
        "image": image,
        "release": {"sha": "new", "stack": "local"},
        "port": 8000,
        "service": {},
    }
