"""Small definitions for tests of runs: `review` with one pure step, one signal, one choice; `strict`,
which holds when its step fails (under a lease, so that there is something to hold), and `around`, which runs `strict`; and their input."""

import json
import shutil
from pathlib import Path

from tests.support.servers import REPOSITORY

DEFINITION = """\
workflow: review
version: 1
summary: Score answers, then wait for a decision
input:
  type: object
  required: [answers]
  properties:
    answers: {type: object, additionalProperties: {type: string}}
    note: {type: string, maxLength: 200}
signals:
  decided:
    type: object
    required: [accept]
    properties: {accept: {type: boolean}}
steps:
  - id: score
    title: Score the answers
    call: risk.score_questionnaire
    with: {answers: "${ input.answers }"}
  - id: decision
    title: Wait for the decision
    receive: decided
  - title: Stop when it is no
    choose:
      - when: not steps.decision.payload.accept
        steps:
          - fail: {error: Declined, message: The decision was no}
output: {risk_score: "${ steps.score.risk_score }"}
"""
CONSENT = """\
workflow: consent
version: 1
summary: Ask compliance
steps:
  - id: ok
    approve: {role: compliance, show: {text: "Pay 5 to anna"}}
    within: 2d
    on_reject: [{fail: {error: Declined, message: Compliance said no}}]
    on_timeout: [{fail: {error: Declined, message: Nobody answered}}]
output: {by: "${ steps.ok.by }"}
"""
STRICT = """\
workflow: strict
version: 1
summary: Score answers, and wait for a person when that fails
input:
  type: object
  required: [answers]
  properties: {answers: {type: object, additionalProperties: {type: string}}}
on_failure: {hold: 1d, role: operations}
steps:
  - id: score
    lock: "${ run.id }"
    call: risk.score_questionnaire
    with: {answers: "${ input.answers }"}
"""
AROUND = """\
workflow: around
version: 1
summary: Leave the scoring to another run
input:
  type: object
  required: [answers]
  properties: {answers: {type: object, additionalProperties: {type: string}}}
steps:
  - id: inner
    run: strict
    with: {answers: "${ input.answers }"}
"""
PLANTED = "Quillon Planted-Name"


def write_definitions(folder: Path) -> Path:
    """A definitions folder with these workflows and the catalogue of the repository."""
    (folder / "workflows").mkdir(parents=True)
    for name, text in (("review", DEFINITION), ("consent", CONSENT), ("strict", STRICT), ("around", AROUND)):
        (folder / "workflows" / f"{name}.yaml").write_text(text)
    shutil.copytree(REPOSITORY / "definitions" / "catalogue", folder / "catalogue")
    return folder


def write_input(folder: Path) -> Path:
    """A valid start input, with a name that must not be found anywhere in plain text."""
    example = json.loads((REPOSITORY / "examples" / "onboarding.json").read_text())
    path = folder / "review.json"
    path.write_text(json.dumps({"answers": example["answers"], "note": PLANTED}))
    return path
