"""What the tests of scripts share."""

import jsonschema
import pytest
import referencing
import yaml


@pytest.fixture
def check_schema(root):
    """A function that checks the content of a file between stages against its JSON schema."""
    schemas = {
        path.name: yaml.safe_load(path.read_text())
        for path in (root / "workflow" / "schemas").glob("*.schema.yaml")
    }
    registry = referencing.Registry().with_resources(
        (name, referencing.Resource.from_contents(schema)) for name, schema in schemas.items()
    )

    def check(content, name):
        schema = schemas[f"{name}.schema.yaml"]
        jsonschema.Draft202012Validator(schema, registry=registry).validate(content)

    return check
