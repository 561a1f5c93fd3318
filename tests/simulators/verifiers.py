"""The verifier of shop/static/verifier, asked in node or in a page, and how its answers are compared."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from tests.simulators.questions import Answer, Question

__all__ = ["FOLDER", "RUNNER", "NodeVerifier", "PageVerifier", "disagreements"]

FOLDER = Path(__file__).parents[2] / "shop" / "static" / "verifier"
RUNNER = Path(__file__).parents[1] / "verifier" / "run.mjs"
AT_ONCE = 200
LOAD = "async base => { window.answer = await (await import('/answers.mjs')).answerer(base); }"
ASK = """async questions => {
    const answers = [];
    for (const question of JSON.parse(questions)) answers.push(await window.answer(question));
    return JSON.stringify(answers);
}"""


class NodeVerifier:
    """Asks a fresh node each time, so that every row of questions brings its own contexts."""

    def __init__(self, folder: Path = FOLDER, *options: str) -> None:
        self.command = ["node", str(RUNNER), str(folder), *options]

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """Gives the answers in the order of the questions."""
        lines = "".join(f"{json.dumps(question)}\n" for question in questions)
        done = subprocess.run(self.command, input=lines, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stderr[-2_000:]
        return [json.loads(line) for line in done.stdout.splitlines()]


class PageVerifier:
    """Asks a page whose site serves the modules and `/answers.mjs`."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        page.evaluate(LOAD, base)

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """Gives the answers in the order of the questions."""
        found: list[Answer] = []
        for start in range(0, len(questions), AT_ONCE):
            part = json.dumps(questions[start : start + AT_ONCE])
            found += json.loads(self.page.evaluate(ASK, part))
        return found


def disagreements(
    questions: Sequence[Question], expected: Sequence[Answer], found: Sequence[Answer]
) -> list[str]:
    """Gives a line for each question that the two answer differently; a crash agrees with nothing."""
    assert len(questions) == len(expected) == len(found)
    rows = zip(questions, expected, found, strict=True)
    return [
        f"question {place}: {json.dumps(question)[:1_500]}\n  Python: {ours}\n  JavaScript: {theirs}"
        for place, (question, ours, theirs) in enumerate(rows)
        if ours != theirs or "crash" in ours
    ]
