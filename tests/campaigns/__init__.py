"""A campaign tries one promise of dependability in as many ways as there is time for.

Each module here is one campaign. It has a `FULL` size, the one that docs/dependability.md reports, a `REDUCED`
one for `.ci/run`, and `run(size)`, which raises AssertionError where the promise is broken and otherwise returns
what it found, in a line. The same size gives the same tries.

    python -m tests.campaigns hostile        # a campaign in full
    python -m tests.campaigns hostile 20     # or of another size
    python -m tests.campaigns                # all of them, in full
"""
