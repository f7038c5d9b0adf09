"""Small definitions that start and wake by themselves."""

import shutil
from pathlib import Path

from tests.support.servers import REPOSITORY

EVENTS = """\
facts:
  TriggerFailed: {summary: A trigger could not do what it says, producers: [triggers]}
business:
  drift_exceeded:
    summary: It drifted
    derives:
      - {event: rebalancing_needed, where: event.drift > 20%, with: {portfolio_id: "${ event.portfolio_id }"}}
  rebalancing_needed: {summary: It should be rebalanced}
  deposit_received:
    summary: Money came
    schema:
      type: object
      required: [portfolio_id, amount]
      properties:
        portfolio_id: {type: string}
        amount: {type: number, format: money}
"""
PORTFOLIO_INPUT = """\
input:
  type: object
  required: [portfolio_id]
  properties: {portfolio_id: {type: string}}
"""
TAKES_DEPOSITS = f"""\
{PORTFOLIO_INPUT}
signals:
  deposit: {{type: object, required: [amount], properties: {{amount: {{type: number}}}}}}
subscribe:
  - event: deposit_received
    match: {{portfolio_id: "${{ input.portfolio_id }}"}}
    signal: deposit"""
SEEN = """\
steps:
  - {id: seen, set: {portfolio: "${ input.portfolio_id }"}}
output: {portfolio: "${ vars.portfolio }"}
"""
BOTH = 'output: {amounts: ["${ steps.first.payload.amount }", "${ steps.second.payload.amount }"]}\n'
WORKFLOWS = {
    "reacting": f"""\
workflow: reacting
version: 1
summary: Starts when something drifts
{PORTFOLIO_INPUT}
triggers:
  - event: drift_exceeded
    where: event.drift >= 5%
    input: {{portfolio_id: "${{ event.portfolio_id }}"}}
{SEEN}""",
    "rebalancing": f"""\
workflow: rebalancing
version: 1
summary: Starts on an event that another one leads to
{PORTFOLIO_INPUT}
triggers:
  - {{event: rebalancing_needed, input: {{portfolio_id: "${{ event.portfolio_id }}"}}}}
{SEEN}""",
    "listening": f"""\
workflow: listening
version: 1
summary: Takes two deposits of its portfolio
{TAKES_DEPOSITS}
steps:
  - {{id: first, receive: deposit}}
  - {{id: second, receive: deposit}}
{BOTH}""",
    "faltering": f"""\
workflow: faltering
version: 1
summary: Takes a deposit, needs the portfolio, takes another
{TAKES_DEPOSITS}
steps:
  - {{id: first, receive: deposit}}
  - {{id: read, call: portfolio.read, with: {{portfolio_id: "${{ input.portfolio_id }}"}}}}
  - {{id: second, receive: deposit}}
{BOTH}""",
    "daily": f"""\
workflow: daily
version: 1
summary: Starts by the clock, alone and for each portfolio
{PORTFOLIO_INPUT}
triggers:
  - schedule: "0 9 * * MON-FRI"
    timezone: Australia/Sydney
    calendar: XASX
    input: {{portfolio_id: all}}
  - schedule: "0 17 * * *"
    timezone: UTC
    each: portfolio
    where: portfolio.state == "opened" && portfolio.cash >= 100
    input: {{portfolio_id: "${{ portfolio.portfolio_id }}"}}
{SEEN}""",
}


def write_reacting(folder: Path, **changed: str) -> Path:
    """A definitions folder with these workflows; `changed` takes the place of some by name."""
    (folder / "workflows").mkdir(parents=True)
    shutil.copytree(REPOSITORY / "definitions" / "catalogue", folder / "catalogue")
    (folder / "catalogue" / "events.yaml").write_text(EVENTS)
    for name, text in {**WORKFLOWS, **changed}.items():
        (folder / "workflows" / f"{name}.yaml").write_text(text)
    return folder
