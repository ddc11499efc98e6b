"""A table of MariaDB through the command line and over HTTP, while somebody writes to it, connections are cut and servers end."""
import unittest

import database_tables
from mysql_server import IS_INSTALLED, Mysql

MISSING = "MariaDB is not installed (mariadb-server-core, mariadb-client-core)"


@unittest.skipUnless(IS_INSTALLED, MISSING)
class MysqlTables(database_tables.Tables, unittest.TestCase):
    Database = Mysql


@unittest.skipUnless(IS_INSTALLED, MISSING)
class Snapshots(database_tables.Snapshots, unittest.TestCase):
    Database = Mysql


if __name__ == "__main__":
    unittest.main()
