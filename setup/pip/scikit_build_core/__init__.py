"""Stands in for the build system that DuckDB's source distribution names.

We take one header out of that archive and build nothing. pip nevertheless asks every source distribution for its
metadata, for which it would first install the named build system, in versions nobody pinned, and run it. This package
answers that one question instead (see build.py), so set-up downloads and runs nothing whose digest is not checked.
"""
