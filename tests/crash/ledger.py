"""What clients asked of a lake and what was acknowledged, kept outside the lake, and the comparison with what the lake holds.

Three kinds of work: batches of rows that are appended (every third with a bad line, so that one commit changes two datasets), batches
that are removed again by key, and upserts that give all rows of a second dataset one new value. Whatever happened in between, every
acknowledged piece of work is there whole, and none is there in part."""
import http.client
import json
import threading

ROWS = 40


class ServerGone(Exception):
    """No answer: whether the work was done is not known."""


class Ledger:
    """Safe for several client threads at once."""

    def __init__(self):
        self.lock = threading.Lock()
        self.next_batch = 0
        self.asked, self.acknowledged = set(), set()
        self.removal_asked, self.removed = set(), set()
        self.kept = set()  # by rescue
        self.upserts_asked, self.last_upsert = set(), -1  # upserts come from one thread, so later ones win
        self.in_flight = 0

    def done(self):
        """How much was acknowledged."""
        return len(self.acknowledged) + self.last_upsert + 1 + len(self.removed)

    def append(self, server):
        """Whether it was acknowledged."""
        with self.lock:
            batch = self.next_batch
            self.next_batch += 1
            self.asked.add(batch)
        done = self._send(lambda: server.ingest("kills", batch_text(batch), mode="auto", timeout=30))
        if done:
            with self.lock:
                self.acknowledged.add(batch)
        return done

    def append_to_rescue(self, server, bucket):
        """To a bucket that is away: 202 is a promise as good as any, only for later."""
        with self.lock:
            batch = self.next_batch
            self.next_batch += 1
            self.asked.add(batch)
        headers = {"X-Lakehouse-Bucket": bucket}
        if self._send(lambda: server.ingest("kills", batch_text(batch), mode="auto", headers=headers, timeout=30), (200, 201, 202)):
            with self.lock:
                self.acknowledged.add(batch)
                self.removal_asked.add(batch)  # nobody asks for that, as nobody knows when it will be there
                self.kept.add(batch)

    def upsert(self, server):
        number = len(self.upserts_asked)
        self.upserts_asked.add(number)
        content = "id,value\n" + "".join(f"{row},{number}\n" for row in range(ROWS))
        done = self._send(lambda: server.ingest("people", content, mode="upsert", key="id", timeout=30))
        if done:
            self.last_upsert = number
        return done

    def remove(self, server):
        """Removes the oldest batch that is there for certain."""
        with self.lock:
            batch = min(self.acknowledged - self.removal_asked, default=None)
            if batch is None:
                return False
            self.removal_asked.add(batch)
        body = json.dumps({"key": "batch", "values": [str(batch)]})
        done = self._send(lambda: server.request("POST", "/v1/datasets/kills/delete-rows", body, {"Content-Type": "application/json"}, 30))
        if done:
            self.removed.add(batch)
        return done

    def _send(self, ask, good=(200, 201)):
        with self.lock:
            self.in_flight += 1
        try:
            return ask().status in good
        except (OSError, http.client.HTTPException) as error:
            raise ServerGone(str(error)) from error
        finally:
            with self.lock:
                self.in_flight -= 1

    def check(self, server):
        present = {int(batch): (int(rows), int(distinct)) for batch, rows, distinct in table(
            server, 'SELECT batch, count(*), count(DISTINCT "row") FROM kills GROUP BY batch')}
        torn = {batch: found for batch, found in present.items() if found != (ROWS, ROWS)}
        lost = sorted((self.acknowledged - self.removal_asked | self.kept) - present.keys())
        undead = sorted(self.removed & present.keys())
        strange = sorted(present.keys() - self.asked)
        if torn or lost or undead or strange:
            raise AssertionError(f"not whole: {torn}; acknowledged but lost: {lost}; removed but there: {undead}; never asked: {strange}")
        self._check_rejects(server, set(present))
        self._check_upserts(server)

    def _check_rejects(self, server, present):
        rejects = {raw: int(count) for raw, count in table(server, "SELECT raw, count(*) FROM kills_rejects GROUP BY raw")}
        for batch in self.asked:
            found = rejects.pop(f"{batch},bad", 0)
            certain = batch in self.acknowledged or batch in present
            wanted = {1} if certain else {0}
            if batch % 3:
                wanted = {0}
            if found not in wanted:
                raise AssertionError(f"half a commit: batch {batch} is {'there' if certain else 'not there'} and has {found} rejected lines")
        if rejects:
            raise AssertionError(f"rejected lines of batches that were never asked for: {rejects}")

    def _check_upserts(self, server):
        found = table(server, "SELECT count(*), count(DISTINCT id), min(value), max(value) FROM people")
        if not found or int(found[0][0]) == 0:
            assert self.last_upsert < 0, f"upsert {self.last_upsert} was acknowledged, and its dataset is not there"
            return
        rows, ids, least, most = (int(cell) for cell in found[0])
        if (rows, ids) != (ROWS, ROWS) or least != most:
            raise AssertionError(f"half an upsert: {rows} rows of {ids} ids with values from {least} to {most}")
        if most < self.last_upsert or most not in self.upserts_asked:
            raise AssertionError(f"the rows have value {most}, but upsert {self.last_upsert} was acknowledged")


def batch_text(batch):
    text = "batch,row,text\n" + "".join(f"{batch},{row},text of {batch}.{row}\n" for row in range(ROWS))
    return text if batch % 3 else text + f"{batch},bad\n"


def table(server, statement):
    """The rows; none when the dataset does not exist."""
    answer = server.ask(statement, max_rows=100000)
    if answer.status == 404:
        return []
    if answer.status != 200:
        raise AssertionError(f"the check itself failed: {statement}: {answer.status} {answer.body[:500]!r}")
    return answer.json()["rows"]
