"""Rules that look right, each with one mistake that people make."""

import numpy as np

from tests.testing.broken.row import Broken

rng = np.random.default_rng(0)


def first_within_a_point(results):
    test = np.nan_to_num(results["mean_test_score"])
    return int(np.argmax(test >= test.max() - 0.01))


def argmax_of_missing(results):
    gap = np.asarray(results["mean_train_score"] - results["mean_test_score"])
    return int(np.lexsort((gap, -results["mean_test_score"]))[-1])


def returns_params(results):
    return results["params"][0]


def returns_rank(results):
    return len(results["params"])


def draws_among_the_best(results):
    test = np.nan_to_num(results["mean_test_score"])
    good = np.flatnonzero((test > 0) & (test >= test.max() - 0.1))
    return int(rng.choice(good)) if good.size else 0


def tied(results):
    """The best candidate, of equals that with the smallest gap."""
    test = np.nan_to_num(np.asarray(results["mean_test_score"], float), nan=-1.0)
    gap = np.nan_to_num(np.asarray(results["mean_train_score"], float)) - test
    return np.lexsort((gap, -test))[0]


def punishes_in_place(results):
    chosen = tied(results)
    results["mean_train_score"] *= 0.5
    return chosen


def no_candidate(results):
    return tied(results) if np.isfinite(results["mean_test_score"]).any() else -1


class Remembers:
    """Takes the next best candidate when asked again."""

    def __init__(self):
        self.n_asked = 0

    def __call__(self, results):
        self.n_asked += 1
        test = np.nan_to_num(np.asarray(results["mean_test_score"]), nan=-1.0)
        n_valid = max(1, int((test >= 0).sum()))
        return int(np.argsort(-test)[self.n_asked % n_valid])


RULE = "selection rule"
SELECTION_RULES = [
    Broken(first_within_a_point, "takes the first that is good enough",
           ("check_order_of_candidates",), RULE),
    Broken(argmax_of_missing, "takes missing scores for the largest",
           ("check_failed_never_chosen", "check_all_failed"), RULE),
    Broken(returns_params, "returns the parameters, not their number",
           ("check_index_in_range", "check_choice_repeats",
            "check_failed_never_chosen", "check_order_of_candidates",
            "check_all_failed"), RULE),
    Broken(draws_among_the_best, "draws among good candidates",
           ("check_choice_repeats", "check_order_of_candidates"), RULE),
    Broken(Remembers(), "depends on what it was asked before",
           ("check_choice_repeats", "check_order_of_candidates"), RULE),
    Broken(punishes_in_place, "changes the scores that it is given",
           ("check_table_not_written",), RULE),
    Broken(no_candidate, "says -1 where all have failed",
           ("check_all_failed",), RULE),
]  # fmt: skip


def mask_of(results):
    return np.isfinite(results["mean_test_score"])


def valid(weigh):
    """Refuse tables of failures, and leave failed candidates out."""

    def rule(results):
        scored = mask_of(results)
        if not scored.any():
            raise ValueError("No candidate has a score.")
        return weigh(results, scored)

    rule.__name__ = weigh.__name__
    return rule


@valid
def counts(results, scored):
    return scored.astype(int)


@valid
def least_squares(results, scored):
    test = np.where(scored, results["mean_test_score"], 0.0)
    weights = np.where(scored, test - 0.9 * test.max(), 0.0)
    return weights / weights.sum()


@valid
def by_position(results, scored):
    weights = scored / (1.0 + np.arange(len(scored)))
    return weights / weights.sum()


@valid
def draws_weights(results, scored):
    weights = np.where(scored, rng.random(len(scored)) + 0.1, 0.0)
    return weights / weights.sum()


@valid
def fills_in_place(results, scored):
    results["mean_test_score"][~scored] = 0.0
    return scored / scored.sum()


@valid
def the_best_alone(results, scored):
    best = np.nanargmax(results["mean_test_score"])
    return np.arange(len(scored) - 1) == best


def weighs_all(results):
    if not mask_of(results).any():
        raise ValueError("No candidate has a score.")
    return np.full(len(results["params"]), 1 / len(results["params"]))


def weighs_failures(results):
    scored = mask_of(results)
    scored = scored if scored.any() else ~scored
    return scored / scored.sum()


MEMBERS = "member rule"
MEMBER_RULES = [
    Broken(counts, "returns counts, not shares", ("check_weights_are_shares",),
           MEMBERS),
    Broken(least_squares, "gives negative weights", ("check_weights_are_shares",),
           MEMBERS),
    Broken(by_position, "weighs candidates by their position",
           ("check_order_of_members",), MEMBERS),
    Broken(draws_weights, "draws the weights",
           ("check_weights_repeat", "check_order_of_members"), MEMBERS),
    Broken(fills_in_place, "fills missing scores in place",
           ("check_scores_not_written",), MEMBERS),
    Broken(weighs_all, "weighs failed candidates like others",
           ("check_failed_weigh_nothing",), MEMBERS),
    Broken(weighs_failures, "makes a committee of failures",
           ("check_nobody_to_choose",), MEMBERS),
]  # fmt: skip
