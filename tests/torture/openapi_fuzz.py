"""Runs schemathesis against a real server with a small lake. Arguments: the program, and options for it."""

import os
import subprocess
import sys

from lakehouse_process import Lakehouse, temporary_directory

# A method that HTTP knows and the path does not must be 405; one that this server does not know is 501, as it should be, and cuts the connection.
CONFIG = """[phases.coverage]
unexpected-methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
"""
# All but those that ask for what no document can say: that a name which fits its schema also exists, that a text is a SELECT.
NOT_CHECKED = "positive_data_acceptance,object_level_authorization"


def main():
    program, *options = sys.argv[1:]
    with temporary_directory() as home, Lakehouse(home, ("up", "--set", "log.level=error")) as server:
        for n in range(3):
            server.ingest("workers", f"worker_id,city,note\n{n},Gary,it is {n}\n", mode="auto")
        config = os.path.join(home, "schemathesis.toml")
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIG)
        url = f"http://{server.host}:{server.port}"
        done = subprocess.run(
            [program, "--config-file", config, "run", f"{url}/v1/openapi.json", "--url", url, "--checks", "all", "--exclude-checks", NOT_CHECKED, "--continue-on-failure", "--phases", "examples,coverage,fuzzing",
             "--max-examples", os.environ.get("LAKEHOUSE_EXAMPLES", "50"), "--request-timeout", "60", "--suppress-health-check", "all", "--no-color", *options],
            check=False, cwd=home)
        alive = server.process.poll() is None and server.get("/readyz").status == 200
        print(f"openapi_fuzz: the server {'is well' if alive else 'IS NOT WELL'} afterwards")
        return done.returncode or not alive


if __name__ == "__main__":
    sys.exit(main())
