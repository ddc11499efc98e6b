"""A lake on the S3 server that tests/servers/with_server.py started: a bucket of its own, and a lakehouse process over it.

The requests of the tests themselves are signed here, a second time and in another language than the product's.
"""
import datetime
import hashlib
import hmac
import http.client
import os
import secrets
import urllib.parse
import xml.etree.ElementTree as ElementTree

from lakehouse_process import Lakehouse

ENDPOINT = os.environ.get("LAKEHOUSE_TEST_S3_ENDPOINT", "")
ACCESS_KEY = os.environ.get("LAKEHOUSE_TEST_S3_ACCESS_KEY", "")
SECRET_KEY = os.environ.get("LAKEHOUSE_TEST_S3_SECRET_KEY", "")
SECRETS = {"LAKEHOUSE_SECRET_STORAGE_ACCESS_KEY": ACCESS_KEY, "LAKEHOUSE_SECRET_STORAGE_SECRET_KEY": SECRET_KEY}


def sign(method, path, query, body, host, digest=None):
    """`digest`: of a body that is not at hand."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = digest or hashlib.sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": now}
    names = ";".join(headers)
    canonical = "\n".join([method, path, query, *(f"{name}:{value}" for name, value in headers.items()), "", names, digest])
    scope = f"{now[:8]}/us-east-1/s3/aws4_request"
    key = ("AWS4" + SECRET_KEY).encode()
    for part in (now[:8], "us-east-1", "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {**headers, "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, Signature={signature}"}


def request(method, path, query=None, body=b""):
    host = ENDPOINT.split("://")[1]
    path = urllib.parse.quote(path, safe="/~")
    text = "&".join(sorted(f"{urllib.parse.quote(name, safe='~')}={urllib.parse.quote(value, safe='~')}" for name, value in (query or {}).items()))
    connection = http.client.HTTPConnection(host, timeout=60)
    try:
        connection.request(method, path + ("?" + text if text else ""), body=body, headers=sign(method, path, text, body, host))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def create_bucket():
    name = "lake-" + secrets.token_hex(6)
    status, body = request("PUT", "/" + name)
    if status != 200:
        raise AssertionError(f"no bucket: {status} {body!r}")
    return name


def list_keys(bucket, prefix=""):
    keys, after = [], ""
    while True:
        status, body = request("GET", "/" + bucket, {"list-type": "2", "prefix": prefix, "start-after": after})
        if status != 200:
            raise AssertionError(f"list {bucket}: {status} {body!r}")
        root = ElementTree.fromstring(body)
        space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
        page = [element.text for element in root.iter(f"{space}Key")]
        keys += page
        if root.findtext(f"{space}IsTruncated") != "true":
            return keys
        after = page[-1]


def get_object(bucket, key):
    status, body = request("GET", f"/{bucket}/{key}")
    if status != 200:
        raise AssertionError(f"get {key}: {status} {body!r}")
    return body


def settings(endpoint=None):
    return ("--set", f"storage.endpoint={endpoint or ENDPOINT}")


def lake_on_s3(directory, url, arguments=("up",), endpoint=None, environment=None):
    """Not started yet. `endpoint`: of a proxy in between."""
    return Lakehouse(directory, (*arguments, *settings(endpoint)), environment={**SECRETS, **(environment or {})}, data=url)
