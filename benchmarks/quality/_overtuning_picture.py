"""The picture of the study of overtuning: test error over the number of candidates."""

SIZES = (10, 20, 50, 100, 200, 500)


def draw(errors, path):
    """Draw the errors of each way (rows) over the numbers (columns), where possible.

    Equal figures give an equal file. Without matplotlib there is no picture.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        return
    with mpl.rc_context({"svg.hashsalt": "overtuning", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.subplots()
        for way, own in errors.iterrows():
            axes.plot(errors.columns, own, marker="o", markersize=3, label=way)
        axes.set_xscale("log")
        axes.set_xticks(list(errors.columns), [str(size) for size in errors.columns])
        axes.minorticks_off()
        axes.set(xlabel="candidates", ylabel="test error on held-out rows, %")
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
        figure.savefig(path, metadata={"Date": None, "Creator": None})
