"""Verification beyond one machine: a sweep over many geometries, cut into units of work.

==============  =====================================================================
``draw``        the geometries of a unit, the same to the bit in every process
``coverage``    what is special about a geometry, and how often it was asked
``unit``        one unit: draw, ask, and shrink what fails; plain values in and out
``plan``        which units there are, and which of them a shard has
``run``         the units on any ``concurrent.futures.Executor``
``journal``     what is done already, line by line, so that a sweep can go on
``document``    the result as JSON, and as a table
``merge``       the results of shards as one
==============  =====================================================================

On several machines without anything installed besides convproof, each does its shard::

    convproof sweep torch --geometries 20000 --shard 1/4 --json part1.json
    convproof merge part*.json --json whole.json

With a cluster of Dask (``pip install 'convproof[dask]'``) one process hands out the units::

    from distributed import Client
    from convproof.verify.sweep import sweep

    with Client("tcp://scheduler:8786") as client:
        document = sweep("torch", geometries=20_000, executor=client.get_executor())

Every worker needs convproof and the target in the same versions.
"""

from convproof.verify.sweep.merge import merged as merged
from convproof.verify.sweep.run import sweep as sweep
