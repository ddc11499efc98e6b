"""Uploads of a three-row CSV, appended over HTTP by many clients at once: commits per second as a user sees them."""
import os

from measure import wrk

CLIENTS = (1, 8, 32)
# Every upload differs, or it would add nothing; a dataset per client, or they would take turns.
UPLOAD = """local count, datasets = 0, %d
request = function()
  count = count + 1
  local body = "--b\\r\\nContent-Disposition: form-data; name=\\"name\\"\\r\\n\\r\\nsmall_" .. (count %% datasets) ..
    "\\r\\n--b\\r\\nContent-Disposition: form-data; name=\\"mode\\"\\r\\n\\r\\nappend\\r\\n--b\\r\\n" ..
    "Content-Disposition: form-data; name=\\"file\\"; filename=\\"a.csv\\"\\r\\n\\r\\nid,name\\n" ..
    count .. ",a\\n" .. count .. ",b\\n" .. count .. ",c\\n\\r\\n--b--\\r\\n"
  return wrk.format("POST", "/v1/ingest", {["Content-Type"] = "multipart/form-data; boundary=b"}, body)
end
"""


def measure_uploads(figures, server, directory, clients, seconds, where=""):
    """On a server that runs; a figure for so many clients. `where`: "" or " on S3"."""
    script = os.path.join(directory, f"upload_{clients}.lua")
    with open(script, "w", encoding="ascii") as file:
        file.write(UPLOAD % clients)
    for number in range(clients):
        server.ingest(f"small_{number}", "id,name\n0,first\n")
    rate, p50, p99, failed = wrk(f"http://{server.host}:{server.port}", script, clients, seconds)
    figures.add(f"uploads of a small CSV over HTTP{where}, {clients} clients", rate, "/s", bound="none failed", met=failed == 0,
                note=f"p50 {p50:.0f} ms, p99 {p99:.0f} ms")
