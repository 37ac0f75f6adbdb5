"""Tables of cases: rows whose first cell is the name, the clause that they show in front where it helps."""

import pytest


def table(names, rows):
    """The mark that runs a test once a row; `names` are those of the cells behind the first."""
    single = "," not in names
    return pytest.mark.parametrize(names, [row[1] if single else row[1:] for row in rows],
        ids=[row[0] for row in rows])
