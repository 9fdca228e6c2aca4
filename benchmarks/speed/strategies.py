"""What an example of each strategy costs: python -m benchmarks.speed.strategies."""

import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from skoverfit.testing import strategies

N_EXAMPLES = 200
PAGE = Path(__file__).with_name("strategies.md")


def seconds_for(strategy, n_examples=N_EXAMPLES):
    """CPU seconds for one example, generation alone."""
    drawn = []

    @settings(
        max_examples=n_examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(example):
        drawn.append(example)

    start = time.process_time()
    draw()
    return (time.process_time() - start) / max(len(drawn), 1)


def main():
    """Measure every strategy with its own bounds, and write the page."""
    lines = [
        f"CPU time for drawing, over {N_EXAMPLES} examples with the default bounds; "
        f"Hypothesis {version('hypothesis')}, Python {platform.python_version()}.",
        "",
        "| strategy | milliseconds for an example |",
        "| --- | --- |",
    ]
    for name in strategies.__all__:
        strategy = getattr(strategies, name)()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seconds_for(strategy, 5)  # imports, compiled patterns
            took = seconds_for(strategy)
        lines.append(f"| `{name}` | {1000 * took:.1f} |")
        print(lines[-1])
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
