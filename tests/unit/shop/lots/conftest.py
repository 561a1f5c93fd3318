"""A demo on each engine that all tests of drafts and lots write to; each test has artisans of its own."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import make_url

from shop.wiring import Services
from tests.conftest import ENGINES, copy_of, services_over, temporary_postgres_database


@pytest.fixture(scope="session", params=ENGINES)
def desk_services(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    """The services over a copy of the demo, on each engine in turn."""
    demo = request.getfixturevalue(f"{request.param}_demo")
    own = copy_of(demo, tmp_path_factory.mktemp("desk") / "own")
    if request.param == "sqlite":
        with services_over(own) as built:
            yield built
        return
    template = str(make_url(demo.database_url).database)
    server = request.getfixturevalue("postgres_url")
    with (
        temporary_postgres_database(server, template=template) as url,
        services_over(replace(own, database_url=url)) as built,
    ):
        yield built
