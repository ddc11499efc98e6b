"""A table of PostgreSQL through the command line and over HTTP, while somebody writes to it, connections are cut and servers end."""
import unittest

import database_tables
from postgres_server import IS_INSTALLED, Postgres

MISSING = "PostgreSQL is not installed (postgresql-15)"


@unittest.skipUnless(IS_INSTALLED, MISSING)
class PostgresTables(database_tables.Tables, unittest.TestCase):
    Database = Postgres


@unittest.skipUnless(IS_INSTALLED, MISSING)
class Snapshots(database_tables.Snapshots, unittest.TestCase):
    Database = Postgres


if __name__ == "__main__":
    unittest.main()
