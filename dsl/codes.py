"""Every diagnostic code, once.

K1xx file and YAML, K2xx names and types, K3xx flow, K4xx triggers, K5xx tests, K9xx warnings. A code
keeps its meaning for ever. docs/errors.md has one heading for each, made from what stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Code:
    """What one code means, with an example that has it and the same example put right."""

    id: str
    title: str
    explanation: str
    wrong: str = ""
    right: str = ""

    @property
    def severity(self) -> str:
        """Warnings alone never fail."""
        return "warning" if self.id.startswith("K9") else "error"


_ALL = (
    Code(
        "K101",
        "The file is empty",
        "A definition file holds one mapping. An empty file, or one with comments only, is a slip.",
        "",
        "workflow: rebalancing\nversion: 1\nsummary: …\nsteps: […]",
    ),
    Code(
        "K102",
        "The file is not UTF-8",
        "Files are read as UTF-8, with or without a byte order mark. The first byte that is not is shown.",
        "summary: R\\xfcckgabe   # saved as Latin-1",
        "summary: Rückgabe   # saved as UTF-8",
    ),
    Code(
        "K103",
        "A control character",
        "NUL bytes and other control characters have no place in a text file; they come from a "
        "broken copy or a binary file.",
        "summary: Rebalance\\0",
        "summary: Rebalance",
    ),
    Code(
        "K104",
        "The file is too large",
        "At most 1,000,000 bytes are read. Split a large catalogue into several files.",
        "# universe.yaml, 3,000,000 bytes",
        "# universe_au.yaml and universe_us.yaml, below 1,000,000 bytes each",
    ),
    Code(
        "K105",
        "The file is not YAML",
        "The YAML reader stopped at this place. Look at the indentation, at brackets that are not"
        " closed, and for text that needs quotes.",
        "summary: Rebalance: back to target",
        'summary: "Rebalance: back to target"',
    ),
    Code(
        "K106",
        "Nested too deep",
        "Values nest at most 64 deep.",
        "values: [[[[…65 of them…]]]]",
        "values: […]   # at most 64 deep",
    ),
    Code(
        "K107",
        "An anchor",
        "`&name` marks a value to be repeated elsewhere. Definitions say everything where it "
        "counts, so that a reader and a diff see it.",
        "defaults: &slow {timeout: 5m}",
        "defaults: {timeout: 5m}",
    ),
    Code(
        "K108",
        "An alias",
        "`*name` repeats a value from elsewhere in the file. Write the value out.",
        "with: *order",
        'with: {portfolio_id: "${ input.portfolio_id }"}',
    ),
    Code(
        "K109",
        "A tag",
        "`!name` asks YAML for a special type. A definition has only text, numbers, true, false, "
        "null, lists and mappings.",
        'version: !!int "3"',
        "version: 3",
    ),
    Code(
        "K110",
        "Several documents",
        "`---` begins a second document. One file holds one workflow, or one catalogue.",
        "workflow: rebalancing\n---\nworkflow: dividends",
        "# rebalancing.yaml\nworkflow: rebalancing\n\n# dividends.yaml\nworkflow: dividends",
    ),
    Code(
        "K111",
        "A key stands twice",
        "The second value would silently replace the first one.",
        "with: {amount: 5, amount: 6}",
        "with: {amount: 6}",
    ),
    Code(
        "K112",
        "A directive",
        "Lines such as `%YAML 1.1` change how a file is read. Definitions are always read by the "
        "core rules of YAML 1.2.",
        "%YAML 1.1\n---\nworkflow: rebalancing",
        "workflow: rebalancing",
    ),
    Code(
        "K113",
        "A key is not text",
        "Lists and mappings cannot be keys.",
        "? [a, b]\n: 1",
        '"a, b": 1',
    ),
    Code(
        "K114",
        "A number that cannot be held",
        "Numbers are exact, with at most 28 digits; infinities and NaN are refused.",
        "limit: .inf",
        "limit: 1000000",
    ),
    Code(
        "K115",
        "Too many values",
        "One file holds at most 40,000 values.",
        "rows: […40,001 of them…]",
        "# two files, each with half of the rows",
    ),
    Code(
        "K116",
        "Too many steps, triggers or expressions",
        "A definition has at most 1,000 steps, 100 triggers and subscriptions, and 100,000 characters in "
        "its expressions. Move some steps into a "
        "workflow of their own, and `run` it.",
        "steps: […1,001 of them…]",
        "steps:\n  - run: first_half\n  - run: second_half",
    ),
    Code(
        "K120",
        "An unknown key",
        "Nothing reads this key, so it is a misspelt one or stands in the wrong place.",
        "- cal: portfolio.read",
        "- call: portfolio.read",
    ),
    Code(
        "K121",
        "A missing key",
        "The key is required here.",
        "- fail: {error: TooLate}",
        "- fail: {error: TooLate, message: The deposit never came}",
    ),
    Code(
        "K122",
        "The wrong shape",
        "A mapping, list, text, number or flag was expected, and something else is written.",
        "steps: {id: drift}",
        "steps: [{id: drift, call: portfolio.measure_drift}]",
    ),
    Code(
        "K123",
        "A step with no kind",
        "Each step has exactly one key that says what it does, such as `call` or `wait`.",
        "- id: pause",
        "- id: pause\n  wait: 30d",
    ),
    Code(
        "K124",
        "A step with two kinds",
        "Each step does one thing. Make two steps of it.",
        "- call: portfolio.read\n  wait: 1d",
        "- wait: 1d\n- call: portfolio.read",
    ),
    Code(
        "K125",
        "Not one of the words known here",
        "The value is one of a closed set.",
        "overlap: skipp",
        "overlap: skip",
    ),
    Code(
        "K126",
        "A name of the wrong form",
        "Workflows, signals and business events are in small letters with `_`, errors and facts "
        "in PascalCase; names that expressions use begin with a letter and are none of the words "
        "expressions have a meaning for.",
        "workflow: Re-Balancing",
        "workflow: rebalancing",
    ),
    Code(
        "K127",
        "`otherwise` is not last",
        "Branches are tried in order and `otherwise` always fits, so nothing after it is reached.",
        "choose:\n  - otherwise: [{wait: 1d}]\n  - when: input.urgent\n    steps: [{wait: 1h}]",
        "choose:\n  - when: input.urgent\n    steps: [{wait: 1h}]\n  - otherwise: [{wait: 1d}]",
    ),
    Code(
        "K128",
        "An empty list",
        "A block without steps, a list without items, or a `set` without names does nothing.",
        "steps: []",
        "steps: [portfolio.read]",
    ),
    Code(
        "K129",
        "Not a duration",
        "A whole number and `s`, `m` (minutes), `h`, `d` or `w`; `bd` counts sessions of the "
        "step's `calendar` in `wait` and `within`.",
        "timeout: 30 sec",
        "timeout: 30s",
    ),
    Code(
        "K130",
        "Not a JSON Schema",
        "`input` and `signals` are JSON Schema 2020-12.",
        "input: {type: objekt}",
        "input: {type: object}",
    ),
    Code(
        "K131",
        "A default that breaks its schema",
        "The default of a field is held against the field's own schema.",
        "units: {type: integer, default: many}",
        "units: {type: integer, default: 10}",
    ),
    Code(
        "K132",
        "A value that the catalogue cannot hold",
        "Catalogue files are checked by the same models that activities read them with.",
        "weight: heavy",
        "weight: 0.25",
    ),
    Code(
        "K133",
        "Two files define one workflow",
        "The name of a workflow is its type in Temporal, so it is unique in a folder.",
        "# a.yaml\nworkflow: rebalancing\n\n# b.yaml\nworkflow: rebalancing",
        "# a.yaml\nworkflow: rebalancing\n\n# b.yaml\nworkflow: rebalancing_quarterly",
    ),
    Code(
        "K134",
        "A time of zero",
        "Who has no time at all can never answer, and what never pauses hammers what has just failed: "
        "`timeout`, `first` and `longest` of a `retry`, `within` of an `approve`, `hold`, `every` and "
        "`cooldown` are longer than zero. A `wait` of zero goes on at once, as one for a moment that is past "
        "does, and a `receive` with `within: 0s` takes what has come already, or its `on_timeout`.",
        "timeout: 0s",
        "timeout: 30s",
    ),
    Code(
        "K135",
        "A schema that contradicts itself",
        "No value can fit it, or a demand says nothing of the type beside it, so that nobody is held to it.",
        "amount: {type: number, minimum: 100, maximum: 10}",
        "amount: {type: number, minimum: 10, maximum: 100}",
    ),
    Code(
        "K136",
        "A first pause longer than the longest",
        "`retry` waits `first`, then `factor` times as long, and never longer than `longest`; what a step "
        "does not say comes from `defaults`, or is 1s and 1m.",
        "retry: {first: 5m}",
        "retry: {first: 5m, longest: 1h}",
    ),
    Code(
        "K140",
        "`? :` read by YAML",
        "A plain value ends at `: `. Put the expression in quotes.",
        "when: a ? b : c",
        'when: "a ? b : c"',
    ),
    Code(
        "K141",
        "`!` read by YAML",
        "A plain value that begins with `!` is a tag. Put the expression in quotes, or write `not`.",
        "when: !input.urgent",
        'when: "!input.urgent"',
    ),
    Code(
        "K142",
        "Quotes read by YAML",
        "A value that begins with quotes ends with them. Put the whole expression in quotes of "
        "the other kind.",
        'when: "a" == input.kind',
        "when: '\"a\" == input.kind'",
    ),
    Code(
        "K143",
        "`: ` inside text read by YAML",
        "A plain value ends at `: `, also inside the quotes of an expression.",
        'when: input.note == "a: b"',
        "when: 'input.note == \"a: b\"'",
    ),
    Code(
        "K144",
        "`${ }` without quotes inside `{ }`",
        "Inside `{ }` YAML takes the `{` of `${` for a mapping.",
        "with: {id: ${ input.id }}",
        'with: {id: "${ input.id }"}',
    ),
    Code(
        "K145",
        "`${ }` without quotes holding `: `",
        "A plain value ends at `: `, also inside `${ }`.",
        "title: ${ a ? b : c }",
        'title: "${ a ? b : c }"',
    ),
    Code(
        "K146",
        "`[ ]` without quotes inside `{ }`",
        "Inside `{ }` a plain value ends at a bracket.",
        "{when: input.ids[0] == 1, steps: […]}",
        '{when: "input.ids[0] == 1", steps: […]}',
    ),
    Code(
        "K147",
        "A comma inside `( )` read by YAML",
        "Inside `{ }` a plain value ends at a comma: half of the expression becomes a key with no"
        " value, without a word from YAML.",
        "{until: max(a, b) > 2}",
        '{until: "max(a, b) > 2"}',
    ),
    Code(
        "K148",
        "` #` read by YAML",
        "YAML takes ` #` for the beginning of a comment, also inside the quotes of an expression,"
        " without a word.",
        'when: input.tag == "a # b"',
        "when: 'input.tag == \"a # b\"'",
    ),
    Code(
        "K149",
        "A list item with `? :` read by YAML",
        "`- a ? b : c` is a mapping with the key `a ? b` for YAML.",
        "for_each:\n  - a ? b : c",
        'for_each:\n  - "a ? b : c"',
    ),
    Code(
        "K150",
        "`[` or `-` at the beginning read by YAML",
        "A value that begins with `[` or `- ` is a list for YAML, and nothing may follow it. "
        "Put the whole expression in quotes.",
        "when: [input.kind] == ['a']",
        "when: \"[input.kind] == ['a']\"",
    ),
    Code(
        "K160",
        "A column that a table cannot compare",
        "Gaps and overlaps are found exactly, so a column is a number or integer (with `minimum` and "
        "`maximum`, or `format: money`), true or false, a date, or text (all of it, or an `enum`).",
        "inputs: {note: {type: string, pattern: '^A'}}",
        "inputs: {kind: {type: string, enum: [advised, discretionary]}}",
    ),
    Code(
        "K161",
        "Not a condition",
        "A condition is a value, a list of values, or, for numbers and dates, comparisons joined by `and`.",
        'when: {value: "over 50000"}',
        'when: {value: "> 50000"}',
    ),
    Code(
        "K162",
        "A condition that no value fits",
        "The comparisons contradict each other, or what the schema of the column allows.",
        'when: {value: ">= 50000 and < 10000"}',
        'when: {value: ">= 10000 and < 50000"}',
    ),
    Code(
        "K163",
        "Two rows of a table fit",
        "Exactly one row fits whatever is asked; which of the two is meant would be a guess. A row "
        "without `when` stands last, and is taken where no other fits.",
        'rows:\n  - {when: {value: "<= 50000"}, then: {manager: false}}\n'
        '  - {when: {value: ">= 50000"}, then: {manager: true}}',
        'rows:\n  - {when: {value: "< 50000"}, then: {manager: false}}\n'
        '  - {when: {value: ">= 50000"}, then: {manager: true}}',
    ),
    Code(
        "K164",
        "A gap in a table",
        "Some values that the columns can have fit no row. The message names them, with an example.",
        'rows:\n  - {when: {value: "< 50000"}, then: {manager: false}}\n'
        '  - {when: {value: "> 50000"}, then: {manager: true}}',
        'rows:\n  - {when: {value: "< 50000"}, then: {manager: false}}\n'
        '  - {when: {value: ">= 50000"}, then: {manager: true}}',
    ),
    Code(
        "K165",
        "A table too large to compare",
        "At most 500 rows, 16 columns, and 2,000 values and bounds in their conditions.",
        right="rows: […]  # two tables, each with half of the rows",
    ),
    Code(
        "K166",
        "A table in a file of another name",
        '`table("approvals", …)` reads `catalogue/approvals.yaml`, whose key `table` says the same.',
        "table: approval",
        "table: approvals",
    ),
    Code(
        "K201",
        "An unknown activity",
        "`kronos activities list` shows every activity that a definition can call.",
        "call: portfolio.mesure_drift",
        "call: portfolio.measure_drift",
    ),
    Code(
        "K202",
        "A field that the input does not have",
        "`with` is checked against the input schema of what is called; `kronos activities show "
        "NAME` prints it.",
        "call: portfolio.read\nwith: {portfolio: P-1}",
        "call: portfolio.read\nwith: {portfolio_id: P-1}",
    ),
    Code(
        "K203",
        "A required field is missing",
        "`with` must give every required field of the input schema.",
        "call: portfolio.read",
        "call: portfolio.read\nwith: {portfolio_id: P-1}",
    ),
    Code(
        "K204",
        "An unknown field",
        "The schema of the value has no field of this name.",
        "when: steps.drift.larges > 0.05",
        "when: steps.drift.largest > 0.05",
    ),
    Code(
        "K205",
        "A value that does not fit",
        "The value in `with` breaks the schema of its field: another type, outside of the bounds,"
        " or none of the values allowed.",
        "with: {capital: much}",
        "with: {capital: 10000}",
    ),
    Code(
        "K206",
        "An expression of a type that does not fit",
        "The expression gives something else than the field takes.",
        'with: {capital: "${ input.name }"}',
        'with: {capital: "${ input.capital }"}',
    ),
    Code(
        "K207",
        "An error that nothing raises",
        "A `catch` names errors that the steps inside its `try` declare, that a `fail` inside it "
        "raises, or that the engine itself raises.",
        "errors: [OrderRejectd]",
        "errors: [OrderRejected]",
    ),
    Code(
        "K208",
        "An unknown business event",
        "Business events stand in `catalogue/events.yaml`.",
        "emit: drift_exeeded",
        "emit: drift_exceeded",
    ),
    Code(
        "K209",
        "An unknown fact",
        "Facts stand in `catalogue/events.yaml`.",
        "record: PodOptimised",
        "record: PodOptimized",
    ),
    Code(
        "K210",
        "An unknown workflow",
        "`run` starts a workflow of the same folder.",
        "run: tax_optimisation",
        "run: tax_optimization",
    ),
    Code(
        "K211",
        "An id used twice",
        "`id` is unique in the file, whatever block it stands in.",
        "- {id: quote, call: market.latest_snapshot}\n- {id: quote, wait: 1d}",
        "- {id: quote, call: market.latest_snapshot}\n- {id: pause, wait: 1d}",
    ),
    Code(
        "K212",
        "An unknown signal",
        "`receive` takes a signal that the top of the file declares under `signals`.",
        "signals: {deposit_received: {type: object}}\nsteps:\n  - receive: deposit_recieved",
        "signals: {deposit_received: {type: object}}\nsteps:\n  - receive: deposit_received",
    ),
    Code(
        "K213",
        "A loop name used twice",
        "A loop or catch inside another one with the same name would hide it.",
        "for_each: input.accounts\nas: item\nsteps:\n  - for_each: item.parcels\n    as: item\n"
        "    steps: […]",
        "for_each: input.accounts\nas: account\nsteps:\n  - for_each: account.parcels\n"
        "    as: parcel\n    steps: […]",
    ),
    Code(
        "K214",
        "An activity of the engine itself",
        "This activity is called by the interpreter, never by a definition.",
        "call: leases.acquire",
        'lock: "${ input.portfolio_id }"',
    ),
    Code(
        "K215",
        "A catalogue file that an activity needs is missing",
        "Activities read rates, limits and lists from files of `catalogue/`, and fail without them; "
        "`approve` reads people.yaml, `emit` and `record` read events.yaml. Put the file back; the folder "
        "that comes with Kronos has one of each.",
        right="catalogue/limits.yaml",
    ),
    Code(
        "K216",
        "An unknown role",
        "Roles stand in `catalogue/people.yaml`; `client` is the client whose run it is.",
        "approve: {role: complience}",
        "approve: {role: compliance}",
    ),
    Code(
        "K217",
        "A quorum that nobody can reach",
        "Fewer people hold the role than must approve.",
        "approve: {role: manager, quorum: 20}",
        "approve: {role: manager, quorum: 2}",
    ),
    Code(
        "K220",
        "Not an expression",
        "The text breaks the grammar of expressions.",
        "when: input.a >",
        "when: input.a > 2",
    ),
    Code(
        "K221",
        "A text that is not closed",
        "A text in an expression begins and ends with the same quotes on one line.",
        "when: input.kind == 'a",
        "when: input.kind == 'a'",
    ),
    Code(
        "K222",
        "A literal that is none",
        "A number, date or duration is written wrongly: `2026-02-30` is no date, `007` no number.",
        "when: input.day == 2026-1-31",
        "when: input.day == 2026-01-31",
    ),
    Code(
        "K223",
        "An expression too large",
        "An expression nests at most 64 deep, macros 4 deep.",
        "when: ((((…65 of them…))))",
        '- set: {drifted: "${ … }"}\n- when: vars.drifted',
    ),
    Code(
        "K224",
        "A `${ }` that is wrong",
        "`${` is not closed, or nothing stands inside it.",
        'title: "for ${ input.name"',
        'title: "for ${ input.name }"',
    ),
    Code(
        "K225",
        "An unknown name",
        "Expressions know `input`, `steps`, `vars`, `run`, the name of a loop or caught error "
        "around them, and `signal` in the `where` of a `receive`.",
        "when: inputs.drift > 1",
        "when: input.drift > 1",
    ),
    Code(
        "K226",
        "A value that may be missing",
        "The step may not have run, the name may not have been set, or the field is optional. "
        "Guard it with `has(…)` or `default(…, …)`.",
        "when: steps.fills.status == 'filled'",
        "when: has(steps.fills) && steps.fills.status == 'filled'",
    ),
    Code(
        "K227",
        "A value that comes later",
        "The step stands further down, or inside a block that cannot be seen from here, or is of a kind "
        "that puts nothing out: `wait`, `parallel`, `repeat`, `try`, a `for_each` that collects nothing.",
        '- wait: "${ steps.terms.days }"\n- {id: terms, call: …}',
        '- {id: terms, call: …}\n- wait: "${ steps.terms.days }"',
    ),
    Code(
        "K228",
        "A value that may be null",
        "Test it with `!= null`, or give `default(…, …)`.",
        "when: steps.identity.score > 5",
        "when: default(steps.identity.score, 0) > 5",
    ),
    Code(
        "K229",
        "An unknown function",
        "Expressions have a fixed list of functions.",
        "when: length(input.ids) > 0",
        "when: size(input.ids) > 0",
    ),
    Code(
        "K230",
        "Wrong arguments",
        "The function takes another number or other types of arguments.",
        "round(input.share)",
        "round(input.share, 2)",
    ),
    Code(
        "K231",
        "Operands that do not fit",
        "The operator does not take values of these types.",
        "when: input.name > 5",
        "when: size(input.name) > 5",
    ),
    Code(
        "K232",
        "A comparison that is always the same",
        "Values of these types are never equal, or the value is not among those the field can have.",
        "when: input.capital == '100'",
        "when: input.capital == 100",
    ),
    Code(
        "K233",
        "The wrong kind of result",
        "The place needs a result of another type: `when` is true or false, `for_each` a list.",
        "when: input.capital",
        "when: input.capital > 0",
    ),
    Code(
        "K234",
        "The name of a macro's variable",
        "It hides another name, or is no plain name.",
        "when: pods.exists(input, input.weight > 0)",
        "when: pods.exists(pod, pod.weight > 0)",
    ),
    Code(
        "K235",
        "`has` without a path",
        "`has` takes a path such as `steps.fills.status`.",
        "has(1 + 1)",
        "has(steps.fills)",
    ),
    Code(
        "K236",
        "An impossible computation",
        "A division by zero, a number beyond its digits, or a date beyond the calendar.",
        'set: {share: "${ 1 / 0 }"}',
        'set: {share: "${ input.part / input.whole }"}',
    ),
    Code(
        "K237",
        "A computation over nothing",
        "`min`, `max` and `avg` of an empty list have no value.",
        'set: {largest: "${ max([]) }"}',
        'set: {largest: "${ max([0]) }"}',
    ),
    Code(
        "K238",
        "Too much work",
        "One expression does at most 100,000 element steps when it runs.",
        "when: ids.exists(a, ids.exists(b, ids.exists(c, a == b && b == c)))",
        "when: ids.exists(a, a == input.id)",
    ),
    Code(
        "K239",
        "An unknown table",
        "`table` reads a decision table of the release.",
        "set: {approver: \"${ table('aprovals', {amount: 5}) }\"}",
        "set: {approver: \"${ table('approvals', {amount: 5}) }\"}",
    ),
    Code(
        "K240",
        "No row of a table fits",
        "The row of values lies outside of what the columns of the table can be: the error `NoRow`.",
        "table('approvals', {mandate: 'advised', value: -1})",
        "table('approvals', {mandate: 'advised', value: max(input.value, 0)})",
    ),
    Code(
        "K301",
        "A step that is never reached",
        "The step before it always ends the run, by `finish` or `fail`, or a loop there has no end; or "
        "its own condition is always false, or that of a branch before it always true.",
        "- finish: {}\n- call: portfolio.read",
        "- call: portfolio.read\n- finish: {}",
    ),
    Code(
        "K302",
        "An effect without undo",
        "When a later step fails, effects are undone. Say how, or say why nothing needs undoing.",
        "- call: agreements.send",
        "- call: agreements.send\n  undo: {none: an unsigned agreement binds nobody}",
    ),
    Code(
        "K303",
        "Trading outside of a lock",
        "Two runs must never trade one portfolio at the same time: put `lock` on the step or on a"
        " block around it. A lock does not reach into child runs: a workflow that trades locks for"
        " itself, whoever runs it.",
        "- call: orders.submit",
        '- lock: "${ input.portfolio_id }"\n  call: orders.submit',
    ),
    Code(
        "K304",
        "One name set in two parallel branches",
        "Which value stays would depend on timing. Set two names, and put them together afterwards.",
        "parallel:\n  bonds: [{set: {chosen: 1}}]\n  shares: [{set: {chosen: 2}}]",
        "parallel:\n  bonds: [{set: {bonds: 1}}]\n  shares: [{set: {shares: 2}}]",
    ),
    Code(
        "K305",
        "A name set by turns that overlap",
        "In a `for_each` with `at_most` over 1, which turn sets the name last depends on timing. "
        "Use `collect`.",
        'for_each: input.pods\nas: pod\nat_most: 4\nsteps: [{set: {last: "${ pod.id }"}}]',
        "for_each: input.pods\nas: pod\nat_most: 4\nsteps: […]\ncollect: pod.id",
    ),
    Code(
        "K306",
        "An approval that lets the run go on",
        "`on_reject` and `on_timeout` end in `finish`, `fail` or another `approve`, and do not trade before."
        " No `catch` that takes the error of a refusal goes on to a trade, and no `finally` behind an"
        " approval trades. Child runs count, and those that they run: both the trades of a workflow that"
        " asks nobody before, and the errors with which its own approvals end.",
        "approve: {role: compliance, show: {…}}\nwithin: 2d\n"
        "on_reject: [{fail: {error: Refused, message: refused}}]\n"
        "on_timeout: [{call: notifications.send, with: {…}}]",
        "approve: {role: compliance, show: {…}}\nwithin: 2d\n"
        "on_reject: [{fail: {error: Refused, message: refused}}]\non_timeout:\n"
        "  - {call: notifications.send, with: {…}}\n"
        "  - fail: {error: NotDecided, message: nobody decided}",
    ),
    Code(
        "K307",
        "A span in sessions without a calendar",
        "`bd` counts sessions of an exchange: the step, or a block around it, needs `calendar`.",
        "- wait: 2bd",
        "- wait: 2bd\n  calendar: XASX",
    ),
    Code(
        "K308",
        "A loop that never rests",
        "A `repeat` without `at_most` needs `every`, or a wait, a receive or an approval in its body, of "
        "more than no time: else it turns as fast as it can for as long as `until` is false.",
        "- repeat: {until: steps.check.done}\n  steps: […]",
        "- repeat: {until: steps.check.done, every: 1h}\n  steps: […]",
    ),
    Code(
        "K309",
        "A child that waits for its parent's lock",
        "A child run locks for itself, and a lock has one holder. When the parent holds the same lock"
        " while it waits for the child, neither goes on.",
        '- lock: "${ input.portfolio_id }"\n  run: investment\n'
        '  with: {portfolio_id: "${ input.portfolio_id }"}',
        '- run: investment\n  with: {portfolio_id: "${ input.portfolio_id }"}',
    ),
    Code(
        "K310",
        "A trade beside its approval",
        "The branches of a `parallel` run at once: a trade in one of them does not wait for an approval "
        "in another. Ask before the `parallel`, or in the branch that trades.",
        "- parallel:\n    ask: [{approve: {…}, …}]\n    trade: [{call: orders.submit, …}]",
        "- approve: {…}\n- call: orders.submit",
    ),
    Code(
        "K401",
        "A trigger of the wrong shape",
        "`triggers` is a list of mappings.",
        "triggers: {event: drift_exceeded}",
        "triggers:\n  - event: drift_exceeded",
    ),
    Code(
        "K402",
        "A trigger without one kind",
        "A trigger has exactly one of `schedule`, `event` and `threshold`.",
        'triggers:\n  - {event: drift_exceeded, schedule: "0 9 * * *"}',
        'triggers:\n  - event: drift_exceeded\n  - {schedule: "0 9 * * *", timezone: Australia/Sydney}',
    ),
    Code(
        "K403",
        "An unknown time zone",
        "Names of the tz database, such as `Australia/Sydney`.",
        'triggers:\n  - {schedule: "0 9 * * *", timezone: Sydney}',
        'triggers:\n  - {schedule: "0 9 * * *", timezone: Australia/Sydney}',
    ),
    Code(
        "K404",
        "Not a cron line",
        "A schedule has five fields: minute, hour, day of the month, month and day of the week.",
        'schedule: "61 9 * * MON-FRI"',
        'schedule: "0 9 * * MON-FRI"',
    ),
    Code(
        "K405",
        "An unknown metric",
        "`threshold` and `rearm` compare the metrics of the monitoring sweeps.",
        "threshold: portfolio_drfit > 5%",
        "threshold: portfolio_drift > 5%",
    ),
    Code(
        "K406",
        "A choice between nothing",
        "`where` chooses among portfolios: a schedule has them with `each: portfolio`.",
        'schedule: "0 9 * * *"\ntimezone: UTC\nwhere: portfolio.cash > 0',
        'schedule: "0 9 * * *"\ntimezone: UTC\neach: portfolio\nwhere: portfolio.cash > 0',
    ),
    Code(
        "K407",
        "An unknown exchange",
        "`calendar` takes the market code of an exchange whose sessions are known, such as XASX.",
        "calendar: ASXX",
        "calendar: XASX",
    ),
    Code(
        "K408",
        "An event that the signal cannot take",
        "A subscription hands the event's fields to the signal that declares them: each required "
        "field of the signal must be one of the event's, of a type that fits.",
        right="subscribe: [{event: deposit_received, signal: deposit_received}]",
    ),
    Code(
        "K409",
        "Events that derive each other",
        "Each event would make the next one without end. Take one `derives` away.",
        "drift_exceeded: {summary: It drifted, derives: [{event: drift_exceeded}]}",
        "drift_exceeded: {summary: It drifted, derives: [{event: rebalancing_needed}]}",
    ),
    Code(
        "K410",
        "A trigger that never starts a run",
        "No year has a day that its schedule names, or its condition is always false.",
        'schedule: "0 9 31 2 *"',
        'schedule: "0 9 28 2 *"',
    ),
    Code(
        "K501",
        "Tests of an unknown workflow",
        "A file of tests is about one workflow of the folder, named under `workflow`.",
        "workflow: rebalancin\ntests: […]",
        "workflow: rebalancing\ntests: […]",
    ),
    Code(
        "K502",
        "A test names an unknown activity",
        "Stand-ins, `calls` and `not_called` name activities of the catalogue; `not_called` takes ids of "
        "steps too.",
        "expect: {not_called: [order.submit]}",
        "expect: {not_called: [orders.submit]}",
    ),
    Code(
        "K503",
        "A stand-in that does not fit",
        "What a stand-in returns may leave fields out, but what it gives must fit the output schema of its "
        "activity: else the test proves something that cannot happen.",
        "portfolio.measure_drift: {returns: {largest: a lot}}",
        "portfolio.measure_drift: {returns: {largest: 0.09}}",
    ),
    Code(
        "K504",
        "An error that the activity does not raise",
        "A stand-in fails with an error that its activity declares, or with one of the engine's own such as "
        "`Timeout`; `kronos activities show` lists them.",
        "orders.submit: {fails: {error: BrokerDown}}",
        "orders.submit: {fails: {error: BrokerUnavailable}}",
    ),
    Code(
        "K505",
        "A message that the run cannot take",
        "`signals` send what the workflow, or one that it runs, declares; `events` what it subscribes to; "
        "`approvals` decide steps of kind `approve`. With `refused: true` a payload need not fit.",
        "signals: [{after: 3d, send: deposit_recieved, with: {amount: 5}}]",
        "signals: [{after: 3d, send: deposit_received, with: {amount: 5}}]",
    ),
    Code(
        "K506",
        "The input of a test does not fit",
        "The input must fit the workflow's schema, unless the test expects the error `InvalidInput`.",
        "input: {portfolio: P-1}",
        "input: {portfolio_id: P-1}",
    ),
    Code(
        "K507",
        "An expectation names what is not there",
        "`path` and `undone` list ids of the workflow's own steps, `emitted` business events and `recorded` "
        "facts of the catalogue.",
        "expect: {path: [drfit]}",
        "expect: {path: [drift]}",
    ),
    Code(
        "K508",
        "Expectations that exclude each other",
        "Only a run that fails, or is held, has an error; only a run that completes has an output. Without "
        "`outcome` a run is expected to complete.",
        "expect: {error: RebalancingFailed}",
        "expect: {outcome: failed, error: RebalancingFailed}",
    ),
    Code(
        "K509",
        "Two tests of one name",
        "Reports name tests, so that each needs a name of its own in its file.",
        "tests:\n  - name: all goes well\n  - name: all goes well",
        "tests:\n  - name: all goes well\n  - name: the broker is down",
    ),
    Code(
        "K521",
        "The run came out otherwise",
        "What the test expects is not what came. Either the definition has a fault, or the expectation.",
        "expect: {outcome: completed}   # the run failed",
        "expect: {outcome: failed, error: RebalancingFailed}",
    ),
    Code(
        "K522",
        "An activity without a stand-in was reached",
        "In a test only pure activities run for real. Whatever reads, has an effect or trades needs a "
        "stand-in, also where it is called to undo something.",
        "activities: {}",
        "activities:\n  orders.submit: {returns: {orders: [O-1]}}",
    ),
    Code(
        "K523",
        "A field that the stand-in left out is read",
        "A stand-in may leave out what the run does not read. This run reads it: add the field.",
        "portfolio.measure_drift: {returns: {total_drift: 0.02}}   # the run reads `largest`",
        "portfolio.measure_drift: {returns: {total_drift: 0.02, largest: 0.02}}",
    ),
    Code(
        "K524",
        "A message did not arrive as the test says",
        "A signal or decision was refused, or taken although `refused: true` says otherwise, or the run was "
        "over before it came.",
        "approvals: [{after: 1h, step: review, decision: approve, by: kim}]   # kim prepared the proposal",
        "approvals: [{after: 1h, step: review, decision: approve, by: kim, refused: true}]",
    ),
    Code(
        "K525",
        "A test came to no end",
        "The run did not end, and no more virtual time was to come: it waits for something that the test "
        "does not send, or it goes on for ever. Expect `outcome: waiting` where that is right, or say "
        "`until`.",
        "expect: {outcome: completed}   # the run waits for a signal for ever",
        "signals: [{after: 1d, send: deposit_received, with: {amount: 5}}]",
    ),
    Code(
        "K901",
        "An input that nothing reads",
        "The field is declared, and no expression uses it.",
        "input: {properties: {note: {type: string}}}\nsteps: [{wait: 1d}]",
        "input: {properties: {note: {type: string}}}\nsteps: [{wait: 1d}]\n"
        "output: {note: \"${ default(input.note, '') }\"}",
    ),
    Code(
        "K902",
        "A signal that nothing receives",
        "The signal is declared, and no `receive` takes it.",
        "signals: {paid: {type: object}}\nsteps: [{wait: 1d}]",
        "signals: {paid: {type: object}}\nsteps: [{receive: paid}]",
    ),
    Code(
        "K903",
        "A comment behind an expression",
        "YAML ends a plain value at ` #`. If the text behind it belongs to the expression, put "
        "the whole in quotes.",
        "when: input.a > 1 # b",
        "when: input.a > 1",
    ),
    Code(
        "K904",
        "A name that nothing reads",
        "`set` writes a name that no expression uses.",
        '- set: {total: "${ input.amount }"}\n- wait: 1d',
        "- wait: 1d",
    ),
    Code(
        "K905",
        "Trading without a hold",
        "When a definition that trades fails, a person should look before anything is undone: "
        "`on_failure: {hold: 1d, role: operations}`.",
        "steps: [{call: orders.submit, with: {…}}]",
        "on_failure: {hold: 1d, role: operations}\nsteps: [{call: orders.submit, with: {…}}]",
    ),
    Code(
        "K907",
        "A row of a table that is never taken",
        "The rows before it fit everything.",
        "rows:\n  - {when: {first: [true, false]}, then: {manager: true}}\n  - {then: {manager: false}}",
        "rows:\n  - {when: {first: true}, then: {manager: true}}\n  - {then: {manager: false}}",
    ),
    Code(
        "K908",
        "A workflow that always runs itself",
        "A workflow may run itself, ten deep. Reached in every run, the step would end in `TooDeep`.",
        "workflow: sweep\nsteps:\n  - {run: sweep, with: {page: 2}}",
        "workflow: sweep\nsteps:\n  - {run: sweep, with: {page: 2}, when: input.page < 2}",
    ),
    Code(
        "K909",
        "A condition that is always true",
        "It reads nothing that could make it false, so that it says nothing; in `until` it ends the loop "
        "after its first turn.",
        "- when: 1 < 2\n  call: portfolio.read",
        "- call: portfolio.read",
    ),
    Code(
        "K910",
        "A catalogue file that nothing reads",
        "Activities read files by fixed names, and `table(name, row)` reads decision tables. A file with "
        "another name is kept in each release, and changes nothing.",
        "# catalogue/limit.yaml",
        "# catalogue/limits.yaml",
    ),
    Code(
        "K911",
        "Text that reads like an expression",
        "Without `${ }` a value is the text that is written, and no step, input or name is read.",
        "with: {portfolio_id: input.portfolio_id}",
        'with: {portfolio_id: "${ input.portfolio_id }"}',
    ),
)

CODES: Mapping[str, Code] = MappingProxyType({code.id: code for code in _ALL})
"""Every code by its id."""
