"""The command line of benchmarks that write one table: a line for each workload."""

import argparse


def print_table(name, workloads, row, *, head, results, note, turns):
    """Print the table and, if asked to, write it where the documentation reads it.

    Parameters
    ----------
    name : str
        Of the module.
    workloads : sequence
        What is measured.
    row : callable
        From the number of a workload, the number of turns and whether the run is a
        smoke run to a line.
    head : str
        First lines of the table.
    results : Path
        File of the table.
    note : str
        What stands under it; ``{turns}`` is the number of turns.
    turns : int
        Turns by default; a smoke run has one.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {name}")
    parser.add_argument("--smoke", action="store_true", help="tiny run, one turn")
    parser.add_argument("--write", action="store_true", help=f"write {results.name}")
    parser.add_argument("--turns", type=int, default=turns)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of workloads")
    options = parser.parse_args()
    if options.write and (options.smoke or options.only):
        parser.error("--write needs all workloads at full size")
    print(head, flush=True)
    numbers = range(len(workloads)) if options.only is None else options.only
    rows = []
    for number in numbers:
        n_turns = 1 if options.smoke else options.turns
        rows.append(row(number, n_turns, options.smoke))
        print(rows[-1], flush=True)
    if options.write:
        ending = note.format(turns=options.turns)
        results.write_text("\n".join([head, *rows, "", ending, ""]))


def write_lines(results, lines, order, *, head, note):
    """Put lines into a table that is there already, and keep the others.

    Parameters
    ----------
    results : Path
        File of the table.
    lines : list of str
        New lines.
    order : list of str
        First cells of all lines, in order.
    head, note : list of str
        Lines above and below the table; the head ends with that of the table itself.
    """
    known = results.read_text().splitlines() if results.is_file() else []
    known = {_first_cell(line): line for line in [*known, *lines]}
    body = [known[label] for label in order if label in known]
    results.write_text("\n".join([*head, *body, *note, ""]))


def _first_cell(line):
    return line.removeprefix("| ").split(" | ")[0]
