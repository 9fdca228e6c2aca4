"""How much capacity is left along the range of each class, measured.

In equal steps of a parameter most models lose nearly all capacity within a few of them,
each class elsewhere. With its curve the dial takes away equal shares of what the model
can fit, so that one strength means about the same for all classes.

Written by ``python -m benchmarks.quality.calibration curves`` from the committed train
scores in benchmarks/quality/results/calibration.jsonl; not to be edited by hand. Each
curve has the share of the train score above that of the tight end that is left at
positions in equal steps from the loose to the tight end of the range, in thousandths.
"""


def _curve(thousandths: str) -> tuple[float, ...]:
    return tuple(int(value) / 1000 for value in thousandths.split())


CURVES: dict[str, tuple[float, ...]] = {
    "imblearn.ensemble.BalancedRandomForestClassifier": _curve(
        "1000 971 943 914 868 818 768 721 675 627 569 496 402 303 202 101 0"
    ),
    "lightgbm.LGBMClassifier": _curve(
        "1000 994 989 983 977 972 966 960 955 916 854 777 692 585 418 238 0"
    ),
    "lightgbm.LGBMRegressor": _curve(
        "1000 988 976 964 952 940 928 916 904 861 796 715 642 570 497 303 0"
    ),
    "skglm.ElasticNet": _curve(
        "1000 1000 1000 1000 999 998 997 991 986 977 963 940 900 825 622 311 0"
    ),
    "skglm.GroupLasso": _curve(
        "1000 1000 1000 1000 1000 999 997 995 989 983 971 950 915 858 705 353 0"
    ),
    "skglm.Lasso": _curve(
        "1000 1000 1000 1000 1000 999 997 995 989 983 971 950 915 858 705 353 0"
    ),
    "skglm.MultiTaskLasso": _curve(
        "1000 1000 1000 1000 1000 999 997 995 989 983 971 950 915 858 705 353 0"
    ),
    "skglm.WeightedLasso": _curve(
        "1000 1000 1000 1000 1000 999 997 995 989 983 971 950 915 858 705 353 0"
    ),
    "sklearn.ensemble.AdaBoostRegressor": _curve(
        "1000 947 894 850 820 797 747 690 631 511 469 305 0 0 0 0 0"
    ),
    "sklearn.ensemble.ExtraTreesClassifier": _curve(
        "1000 962 925 887 827 760 694 631 570 513 451 379 323 274 183 91 0"
    ),
    "sklearn.ensemble.ExtraTreesRegressor": _curve(
        "1000 989 978 967 919 863 806 747 687 634 584 537 476 399 266 133 0"
    ),
    "sklearn.ensemble.GradientBoostingClassifier": _curve(
        "1000 999 998 997 994 991 977 960 941 904 859 807 748 661 472 236 0"
    ),
    "sklearn.ensemble.GradientBoostingRegressor": _curve(
        "1000 995 991 984 976 967 951 933 913 876 831 779 717 630 449 225 0"
    ),
    "sklearn.ensemble.HistGradientBoostingClassifier": _curve(
        "1000 995 990 985 979 974 969 964 959 924 865 778 677 560 429 254 0"
    ),
    "sklearn.ensemble.HistGradientBoostingRegressor": _curve(
        "1000 989 978 967 957 946 935 924 913 868 800 726 650 570 502 305 0"
    ),
    "sklearn.ensemble.RandomForestClassifier": _curve(
        "1000 971 943 914 868 818 768 721 675 627 569 496 402 303 202 101 0"
    ),
    "sklearn.ensemble.RandomForestRegressor": _curve(
        "1000 991 982 973 945 912 878 835 784 745 697 636 565 471 314 157 0"
    ),
    "sklearn.gaussian_process.GaussianProcessClassifier": _curve(
        "1000 911 823 734 645 556 432 293 192 118 61 33 17 8 4 2 0"
    ),
    "sklearn.gaussian_process.GaussianProcessRegressor": _curve(
        "1000 1000 1000 1000 987 971 954 852 721 271 0 0 0 0 0 0 0"
    ),
    "sklearn.kernel_ridge.KernelRidge": _curve(
        "1000 1000 999 999 998 998 997 997 987 972 913 814 604 339 140 51 0"
    ),
    "sklearn.linear_model.ElasticNet": _curve(
        "1000 1000 1000 1000 999 998 997 991 986 977 963 940 900 825 622 311 0"
    ),
    "sklearn.linear_model.HuberRegressor": _curve(
        "1000 1000 1000 1000 1000 999 999 995 989 959 883 720 492 277 185 92 0"
    ),
    "sklearn.linear_model.Lasso": _curve(
        "1000 1000 1000 1000 1000 999 997 995 989 983 971 950 915 858 705 353 0"
    ),
    "sklearn.linear_model.LassoLars": _curve(
        "1000 1000 1000 1000 1000 999 997 995 989 983 971 950 915 858 705 353 0"
    ),
    "sklearn.linear_model.LogisticRegression": _curve(
        "1000 988 976 964 951 939 925 897 830 716 505 298 135 49 15 6 0"
    ),
    "sklearn.linear_model.MultiTaskElasticNet": _curve(
        "1000 1000 1000 1000 999 998 997 991 986 977 963 940 900 825 622 311 0"
    ),
    "sklearn.linear_model.MultiTaskLasso": _curve(
        "1000 1000 1000 1000 1000 999 997 995 989 983 971 950 915 858 705 353 0"
    ),
    "sklearn.linear_model.QuantileRegressor": _curve(
        "1000 1000 1000 1000 1000 1000 1000 1000 998 994 979 962 922 817 689 345 0"
    ),
    "sklearn.linear_model.Ridge": _curve(
        "1000 999 999 998 998 997 997 986 973 915 837 673 451 245 95 44 0"
    ),
    "sklearn.linear_model.RidgeClassifier": _curve(
        "1000 1000 1000 1000 1000 1000 1000 1000 997 966 928 795 530 230 29 0 0"
    ),
    "sklearn.linear_model.SGDClassifier": _curve(
        "1000 1000 1000 1000 1000 999 997 994 991 949 903 580 5 0 0 0 0"
    ),
    "sklearn.linear_model.SGDRegressor": _curve(
        "1000 1000 1000 1000 1000 996 988 979 931 839 623 402 169 45 18 9 0"
    ),
    "sklearn.neighbors.KNeighborsClassifier": _curve(
        "1000 931 863 794 726 657 597 543 484 421 364 315 268 232 180 90 0"
    ),
    "sklearn.neighbors.KNeighborsRegressor": _curve(
        "1000 937 873 810 746 683 633 592 554 519 482 437 376 320 245 123 0"
    ),
    "sklearn.neighbors.RadiusNeighborsClassifier": _curve(
        "1000 893 785 678 569 451 356 259 156 111 70 18 5 1 1 0 0"
    ),
    "sklearn.neighbors.RadiusNeighborsRegressor": _curve(
        "1000 898 796 694 584 471 359 253 125 61 17 4 1 0 0 0 0"
    ),
    "sklearn.neural_network.MLPClassifier": _curve(
        "1000 1000 1000 999 995 990 985 967 940 876 785 654 382 127 85 42 0"
    ),
    "sklearn.neural_network.MLPRegressor": _curve(
        "1000 1000 1000 1000 997 995 992 982 968 927 856 765 618 457 305 152 0"
    ),
    "sklearn.semi_supervised.LabelPropagation": _curve(
        "1000 999 972 909 813 622 408 221 109 44 21 10 5 2 1 1 0"
    ),
    "sklearn.semi_supervised.LabelSpreading": _curve(
        "1000 996 969 901 797 599 382 200 96 37 17 8 4 2 1 0 0"
    ),
    "sklearn.svm.LinearSVC": _curve(
        "1000 995 989 984 979 973 966 944 913 868 789 567 319 40 0 0 0"
    ),
    "sklearn.svm.LinearSVR": _curve(
        "1000 1000 1000 998 994 991 973 955 926 759 579 400 188 99 54 27 0"
    ),
    "sklearn.svm.NuSVR": _curve(
        "1000 977 954 932 909 886 863 840 818 795 737 621 459 297 158 63 0"
    ),
    "sklearn.svm.SVC": _curve(
        "1000 987 974 961 948 935 923 910 897 884 870 820 656 66 0 0 0"
    ),
    "sklearn.svm.SVR": _curve(
        "1000 977 954 932 909 886 863 840 818 795 737 621 459 297 158 63 0"
    ),
    "sklearn.tree.DecisionTreeClassifier": _curve(
        "1000 982 964 945 912 875 838 794 747 705 670 646 607 538 359 179 0"
    ),
    "sklearn.tree.DecisionTreeRegressor": _curve(
        "1000 986 973 959 925 886 847 798 742 704 659 604 542 461 308 154 0"
    ),
    "sklearn.tree.ExtraTreeClassifier": _curve(
        "1000 915 830 744 697 658 620 572 518 430 354 322 289 256 171 85 0"
    ),
    "sklearn.tree.ExtraTreeRegressor": _curve(
        "1000 966 932 899 832 756 681 631 599 520 434 339 275 216 144 72 0"
    ),
    "xgboost.XGBClassifier": _curve(
        "1000 998 995 993 991 972 949 901 818 734 645 471 166 0 0 0 0"
    ),
    "xgboost.XGBRegressor": _curve(
        "1000 1000 1000 1000 1000 1000 1000 998 994 989 969 905 815 708 540 270 0"
    ),
}
