"""A demo on each engine that all tests of drafts and lots write to; each test has artisans of its own."""

from collections.abc import Iterator

import pytest

from shop.wiring import Services
from tests.conftest import ENGINES
from tests.simulators.desk_people import shared_services


@pytest.fixture(scope="session", params=ENGINES)
def desk_services(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    """The services over a copy of the demo, on each engine in turn."""
    with shared_services(request.param, request, tmp_path_factory.mktemp("desk")) as built:
        yield built
