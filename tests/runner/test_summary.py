#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""What is read out of TAP, what counts as skipped, and what the table says."""
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from outcome import HOST, Outcome, judge
from summary import Summary, table, unreachable
from tap import FAILED, PASSED, SKIPPED, Point, parse

count = 0
failed = 0


def expect(name, got, want):
    global count, failed
    count += 1
    failed += got != want
    print(f"{'ok' if got == want else 'not ok'} {count} - {name}")
    if got != want:
        print(f"# {got!r}, not {want!r}")


def states(text):
    return [(p.name, p.state) for p in parse(text, "prog")]


def check_tap():
    expect("tap__points_and_their_names", states("1..2\nok 1 - a\nnot ok 2 - b\n# why\n"), [("a", PASSED), ("b", FAILED)])
    expect("tap__a_name_may_have_a_hash", states("1..1\nok 1 - no #if on X\n"), [("no #if on X", PASSED)])
    expect("tap__skips_of_cmocka_are_no_failures", states("1..1\nnot ok 1 # SKIP a__b\n"), [("a__b", SKIPPED)])
    expect("tap__skips_as_others_say_them", [(p.name, p.state, p.reason) for p in parse("ok 1 - a # SKIP no x\n1..1\n", "p")],
           [("a", SKIPPED, "no x")])
    expect("tap__a_skipped_program_is_a_point", states("1..0 # SKIP needs root\n"), [("prog", SKIPPED)])
    expect("tap__no_plan_is_a_failure", states("ok 1 - a\n"), [("a", PASSED), ("prog", FAILED)])
    expect("tap__missing_points_are_a_failure", states("1..2\nok 1 - a\n"), [("a", PASSED), ("prog", FAILED)])
    expect("tap__nothing_is_a_failure", states(""), [("prog", FAILED)])
    expect("tap__bailing_out_is_a_failure", states("1..1\nok 1 - a\nBail out! x\n"), [("a", PASSED), ("prog", FAILED)])


def check_wrapper():
    def wrapped(script):
        done = subprocess.run([HERE / "skip_is_ok", "sh", "-c", script], capture_output=True, text=True)
        return done.stdout, done.returncode

    expect("wrapper__makes_skips_ok_for_meson", wrapped("echo 'not ok 1 # SKIP a'; echo 'not ok 2 - b'; exit 3"),
           ("ok 1 # SKIP a\nnot ok 2 - b\n", 3))
    expect("wrapper__dies_as_the_program", wrapped("kill -KILL $$"), ("", -9))


def check_judge():
    def ends(*how):
        return [p.state for p in judge("prog", *how)]

    expect("judge__an_exit_code_of_its_own_fails", ends("tap", 1, "", "1..1\nok 1 - a\n"), [PASSED, FAILED])
    expect("judge__a_failed_point_explains_the_code", ends("tap", 1, "", "1..1\nnot ok 1 - a\n"), [FAILED])
    expect("judge__a_reason_is_told_beside_a_failed_point", ends("tap", 99, "oops", "1..1\nnot ok 1 - a\n"), [FAILED, FAILED])
    expect("judge__without_tap_the_code_decides", [ends("exitcode", n, "", "") for n in (0, 1, 77)],
           [[PASSED], [FAILED], [SKIPPED]])


def outcome(place, states_of, program="prog", suites=("kernel",)):
    return Outcome(place, program, list(suites), [Point(name, state) for name, state in states_of.items()])


def check_summary():
    here = outcome(HOST, {"a": SKIPPED, "b": SKIPPED})
    there = outcome("6.12", {"a": PASSED, "b": SKIPPED})
    full = Summary([here, there], ["kernel"], True, [])
    expect("skip__that_ran_elsewhere_is_none", (full.last_line(), full.unexcused()), ("1 passed, 0 failed, 1 skipped", ["prog:b"]))
    whole, inside = outcome(HOST, {"prog": SKIPPED}), outcome("6.12", {"a": PASSED})
    expect("skip__of_a_program_that_ran_elsewhere_is_none", Summary([whole, inside], ["kernel"], True, []).skips, {})
    expect("skip__of_a_program_that_ran_nowhere_is_one", Summary([whole], ["kernel"], True, []).unexcused(), ["prog:prog"])
    expect("skip__of_a_partial_run_is_open", Summary([here], ["kernel"], False, []).unexcused(), [])
    expect("skip__of_what_runs_on_the_host_alone_is_not", Summary([here], ["cli"], False, []).unexcused(), ["prog:a", "prog:b"])

    def rotten(*entries):
        return list(Summary([here, there], ["kernel"], True, entries).problems)

    excused = Summary([here, there], ["kernel"], True, [("prog:b", "no such hardware")])
    expect("unreachable__excuses", (excused.unexcused(), excused.failed()), ([], 0))
    expect("unreachable__of_what_does_run_fails", [len(rotten(("prog:a", "why"))), len(rotten(("prog:?", "why")))], [1, 1])
    expect("unreachable__of_nothing_fails", len(rotten(("prog:c", "why"))), 1)
    expect("unreachable__without_reason_fails", len(rotten(("prog:b", ""))), 1)
    expect("unreachable__list_can_be_read", all(reason for _, reason in unreachable()), True)


def check_table():
    outcomes = [outcome(HOST, {"a": PASSED, "b": SKIPPED}), outcome("5.10", {"a": FAILED}),
                outcome(HOST, {"x": PASSED}, "other", ["unit"]), outcome(HOST, {"x": PASSED}, "third", ["unit"])]
    lines = list(table(Summary(outcomes, ["kernel"], True, []), ["5.10", "6.1"], {"5.10": "5.10.223-1"}))
    cells = [line.split() for line in lines[:3]]
    expect("table__has_tests_and_kernels", cells, [["test", "host", "5.10", "6.1"], ["prog", "1+1s", "FAIL", "-"],
                                                   ["(unit)", "2", "-", "-"]])


check_tap()
check_wrapper()
check_judge()
check_summary()
check_table()
print(f"1..{count}")
sys.exit(1 if failed else 0)
