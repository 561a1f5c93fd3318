"""The parts of the export's checker that need no page, in node."""

import json
import shutil

import pytest

from tests.simulators.node import run

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")

MANY_LINKS = """
const {gather} = await import(`${base}/checker/gather.js`);
const url = 'https://village.example/records/passport';
const record = number => JSON.stringify({id: `${number}`, relatedResource: Array(1000).fill({id: url})});
const load = async name => ({id: name, record: record(name), receipt: '', needs: []});
const names = Array.from({length: 1000}, (_, number) => `${number}`);
const start = process.cpuUsage();
const {later} = await gather({load}, names);
const {user, system} = process.cpuUsage(start);
console.log(JSON.stringify({count: later.get(url).length, seconds: (user + system) / 1e6}));
"""


def test_records_of_many_links_to_one_are_gathered_once_each_in_bearable_time() -> None:
    found = run(MANY_LINKS)
    assert found["count"] == 1_000
    assert found["seconds"] < 5


JUDGE = """
const {judge} = await import(`${base}/checker/memory.js`);
const seen = {sequence: 2, list: 'L', size: '5', root: 'R', day: ''};
console.log(JSON.stringify(%s.map(change => judge({...seen, ...change[0]}, {...seen, ...change[1]}))));
"""


def test_a_copy_is_judged_by_what_was_seen_before() -> None:
    changes = [
        [{}, {}],
        [{}, {"sequence": 1}],
        [{}, {"list": "M"}],
        [{}, {"sequence": 3, "list": "M"}],
        [{"list": ""}, {}],
        [{}, {"root": "S"}],
        [{}, {"root": "S", "size": "6"}],
        [{}, {"size": "4"}],
    ]
    found = run(JUDGE % json.dumps(changes))
    assert found == [None, "ROLLBACK", "FORK", None, None, "FORK", None, "ROLLBACK"]
