"""The ways to run the same product: one process; one process with every call between services encoded and decoded; one process per
service; one process over a bucket of a real S3 server. LAKEHOUSE_TOPOLOGY chooses one for a whole test program."""
import os

from lakehouse_process import Lakehouse

SERVICES = ("storaged", "catalogd", "queryd", "ingestd", "journald", "vectord")


class Daemons(Lakehouse):
    """One process per service; the gateway is the one that is asked."""

    def __init__(self, directory, settings=(), environment=None):
        super().__init__(directory, ("serve", "gateway"), environment)
        self.settings = settings
        self.directory = directory
        self.peers = {}

    def start(self, timeout=30, expect_ready=True):
        known = []
        for service in SERVICES:
            home = os.path.join(self.directory, service)
            os.makedirs(home, exist_ok=True)
            peer = Lakehouse(home, ("serve", service, *self.settings, *known), self.environment, data=self.data, state=self.state)
            self.peers[service] = peer.start(timeout)
            known += ["--set", f"services.{service}=http://{peer.host}:{peer.port}"]
        self.arguments = ["serve", "gateway", *self.settings, *known]
        return super().start(timeout, expect_ready)

    def kill(self):
        super().kill()
        for service in reversed(SERVICES):
            if service in self.peers:
                self.peers[service].kill()

    def stop(self, timeout=20):
        status = super().stop(timeout)
        for service in reversed(SERVICES):
            status = max(status, self.peers[service].stop(timeout))
        return status


def start(directory, topology=None, environment=None):
    """`environment`: of every process of the product; not for s3, which has its own."""
    topology = topology or os.environ.get("LAKEHOUSE_TOPOLOGY", "one")
    if topology == "one":
        return Lakehouse(directory, environment=environment).start()
    if topology == "encoded":
        return Lakehouse(directory, ("up", "--set", "services.encode_calls=true"), environment).start()
    if topology == "s3":
        import s3_lake  # needs the server's environment
        return s3_lake.lake_on_s3(directory, f"s3://{s3_lake.create_bucket()}/first/minutes").start()
    if topology == "daemons":
        return Daemons(directory, environment=environment).start()
    raise ValueError(f"LAKEHOUSE_TOPOLOGY is {topology}; expected one, encoded, daemons or s3")
