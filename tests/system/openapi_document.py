"""The OpenAPI document of a server, and whether an answer is as it says."""
import json
import re

# What says nothing about validity. Any other keyword that check() does not know is an error, so that no schema goes unchecked.
ANNOTATIONS = {"description", "format", "default", "examples", "example", "contentEncoding"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_of_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Document:
    def __init__(self, document):
        self.document = document
        self.operations = {}  # (method, path): operation
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                self.operations[method.upper(), path] = operation
        self._patterns = [(path, self._pattern(path)) for path in sorted(document["paths"], key=lambda path: (path.count("{"), path))]

    @staticmethod
    def _pattern(path):
        """The last parameter of storage's keys takes slashes: tried after all others."""
        segments = [r"[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/")]
        if path.endswith("/objects/{key}"):
            segments[-1] = ".+"
        return re.compile("/".join(segments))

    def path_of(self, target):
        """The documented path that a request's target is for; None for a page or a stranger."""
        path = target.split("?")[0]
        return next((name for name, pattern in self._patterns if pattern.fullmatch(path)), None)

    def resolve(self, node):
        while "$ref" in node:
            steps = node["$ref"].split("/")
            assert steps[0] == "#", node["$ref"]
            node = self.document
            for step in steps[1:]:
                node = node[step]
        return node

    def faults(self, value, schema, where="answer"):
        """What is wrong with a value, in words; nothing when it is as the schema says."""
        schema = self.resolve(schema)
        unknown = set(schema) - ANNOTATIONS - {"type", "enum", "required", "properties", "additionalProperties", "items", "minimum", "maximum", "minLength", "pattern", "anyOf", "allOf"}
        assert not unknown, f"{where}: a schema uses {unknown}, which openapi_document.py does not check"
        names = schema.get("type", [])
        names = [names] if isinstance(names, str) else names
        if names and not any(is_of_type(value, name) for name in names):
            return [f"{where}: expected {' or '.join(names)}, found {value!r:.200}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{where}: {value!r} is none of {schema['enum']}"]
        found = []
        if isinstance(value, (int, float)) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            found.append(f"{where}: {value} is out of range")
        if isinstance(value, str):
            if len(value) < schema.get("minLength", 0):
                found.append(f"{where}: {value!r} is too short")
            if "pattern" in schema and not re.search(schema["pattern"], value):
                found.append(f"{where}: {value!r} is not like {schema['pattern']}")
        if isinstance(value, dict):
            found += self._object_faults(value, schema, where)
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                found += self.faults(item, schema["items"], f"{where}[{index}]")
        for part in schema.get("allOf", []):
            found += self.faults(value, part, where)
        if "anyOf" in schema:
            tried = [self.faults(value, part, where) for part in schema["anyOf"]]
            if all(tried):
                found.append(f"{where}: as none of its forms: {min(tried, key=len)}")
        return found

    def _object_faults(self, value, schema, where):
        found = [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name, item in value.items():
            if name in properties:
                found += self.faults(item, properties[name], f"{where}.{name}")
            elif others is False:
                found.append(f"{where}: {name} is not documented")
            elif isinstance(others, dict):
                found += self.faults(item, others, f"{where}.{name}")
        return found

    def check(self, method, target, answer):
        """AssertionError when the answer to a documented operation is not as documented. Answers of pages are not looked at."""
        path = self.path_of(target)
        if path is None:
            return
        operation = self.operations.get(("GET" if method == "HEAD" else method, path))
        about = f"{method} {target}: {answer.status} {answer.body[:300]!r}"
        if operation is None:
            assert answer.status in (204, 403, 405, 421, 501), f"the operation is not documented: {about}"
            return
        response = operation["responses"].get(str(answer.status))
        assert response, f"the status is not documented: {about}"
        response = self.resolve(response)
        for name, header in response.get("headers", {}).items():
            assert not header["required"] or name.lower() in answer.headers, f"the header {name} is missing: {about}"
        media_type = answer.headers.get("content-type", "").split(";")[0]
        content = response.get("content", {})
        if method == "HEAD" or not content:
            assert not answer.body, f"a body is not documented: {about}"
            return
        assert media_type in content, f"the type {media_type} is not documented: {about}"
        if media_type == "application/json":
            found = self.faults(json.loads(answer.body), content[media_type]["schema"])
            assert not found, f"{found} in {about}"
