import numpy as np
import pandas as pd
import pytest

from compare_models import compare_models, spreads

NAMES = ("metrics", "draws", "thresholds")
HEADER = "iou_type\tAP\tAP50\tAP75\tAPs\tAPm\tAPl\tAR1\tAR10\tARmax\tmax_detections\n"
ROWS = [
    {"model": model, "fold": "holdout", "run": run, "split": "test"}
    for model in ("NA", "large")
    for run in ("seed0", "seed1")
]


@pytest.fixture
def compared(tmp_path, capfd):
    """Two models of two seeds: "large" is better on test, "NA" was better on validation."""
    rng = np.random.default_rng(0)
    images = rng.normal(0, 0.05, 500)  # what the images of a draw do to every model
    files = {name: [] for name in NAMES}
    for number, (ap, validation) in enumerate([(0.4, 0.6), (0.5, 0.7), (0.6, 0.5), (0.7, 0.5)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in files:
            files[name].append(folder / f"{name}.tsv")
        files["metrics"][-1].write_text(
            HEADER + f"bbox\t{ap:.6f}" + "\t1" * 9 + f"\nsegm\t{ap - 0.1:.6f}" + "\t1" * 9
        )
        drawn = [
            pd.DataFrame({"iou_type": kind, "draw": range(500), "AP": ap - less + images})
            for kind, less in (("bbox", 0), ("segm", 0.1))
        ]
        pd.concat(drawn).to_csv(files["draws"][-1], sep="\t", index=False)
        files["thresholds"][-1].write_text(f"class\tAP\n(all)\t{validation}\nleaf\t0\n")
    output = {name: tmp_path / f"{name}.tsv" for name in ("evaluation", "leaderboard")}
    compare_models(**files, rows=ROWS, **output)
    return tmp_path


def test_one_row_per_evaluation_and_iou_type(compared):
    lines = (compared / "evaluation.tsv").read_text().splitlines()
    assert lines[0] == "model\tfold\trun\tsplit\t" + HEADER.strip()
    assert lines[1] == "NA\tholdout\tseed0\ttest\tbbox\t0.400000" + "\t1" * 9
    assert [line.split("\t")[:6] for line in lines[2:4]] == [
        ["NA", "holdout", "seed0", "test", "segm", "0.300000"],
        ["NA", "holdout", "seed1", "test", "bbox", "0.500000"],
    ]
    assert len(lines) == 9


def test_leaderboard_is_ordered_by_validation_not_by_test(compared):
    table = pd.read_csv(compared / "leaderboard.tsv", sep="\t", keep_default_na=False)
    assert table["model"].tolist() == ["NA", "large"] * 2
    assert table["chosen"].tolist() == ["yes", "no"] * 2
    assert table["val_AP"].astype(float).tolist() == [0.65, 0.5] * 2
    assert table["runs"].tolist() == [2] * 4
    assert table["AP"].tolist() == [0.45, 0.65, 0.35, 0.55]
    assert table["AP_spread"].tolist() == pytest.approx([0.1 / 2**0.5] * 4, abs=1e-6)


def test_leaderboard_has_intervals_and_paired_differences(compared):
    table = pd.read_csv(compared / "leaderboard.tsv", sep="\t", keep_default_na=False)
    wide = table["AP_high"].astype(float) - table["AP_low"].astype(float)
    assert wide.to_numpy() == pytest.approx(2 * 1.96 * 0.05, rel=0.15)
    other = table.iloc[1]
    assert float(other["AP_difference"]) == pytest.approx(0.2)
    assert float(other["AP_difference_low"]) == pytest.approx(0.2, abs=1e-6)  # images cancel out
    assert float(other["AP_difference_high"]) == pytest.approx(0.2, abs=1e-6)
    assert table.iloc[0]["AP_difference"] == ""


def test_a_single_run_has_no_spread(tmp_path, capfd):
    (tmp_path / "metrics.tsv").write_text(HEADER + "segm\t" + "\t".join(["0.5"] * 9) + "\t100\n")
    (tmp_path / "draws.tsv").write_text("iou_type\tdraw\tAP\nsegm\t0\t0.4\nsegm\t1\t0.6\n")
    (tmp_path / "threshold.tsv").write_text("class\tAP\n(all)\t\n")
    names = ("metrics.tsv", "draws.tsv", "threshold.tsv")
    output = tmp_path / "evaluation.tsv", tmp_path / "leaderboard.tsv"
    compare_models(*([tmp_path / name] for name in names), ROWS[:1], *output)
    table = pd.read_csv(output[1], sep="\t", keep_default_na=False)
    assert table.loc[0, "AP_spread"] == table.loc[0, "val_AP"] == ""
    assert table.loc[0, "AP"] == 0.5


def test_spread_over_seeds_and_over_folds():
    runs = pd.DataFrame({"fold": ["fold0"] * 2 + ["fold1"] * 2, "AP": [0.1, 0.3, 0.5, 0.5]})
    found = spreads(runs)
    assert found["AP_spread"] == pytest.approx(np.std([0.1, 0.3, 0.5, 0.5], ddof=1))
    assert found["AP_spread_seeds"] == pytest.approx(0.1 * 2**0.5 / 2)
    assert found["AP_spread_folds"] == pytest.approx(0.15 * 2**0.5)
    assert np.isnan(spreads(runs[:2])["AP_spread_folds"])
    assert np.isnan(spreads(runs[1:3])["AP_spread_seeds"])


def test_what_models_differ_in_stands_in_both_tables(tmp_path, compared):
    files = [[tmp_path / str(n) / f"{name}.tsv" for n in range(4)] for name in NAMES]
    output = tmp_path / "evaluation.tsv", tmp_path / "leaderboard.tsv"
    settings = {"NA": {"training.epochs": "3"}, "large": {"training.epochs": "4"}}
    compare_models(*files, ROWS, *output, settings)
    for path in output:
        table = pd.read_csv(path, sep="\t", keep_default_na=False)
        assert table.columns[-1] == "training.epochs"
        assert set(zip(table["model"], table["training.epochs"], strict=True)) == {
            ("NA", 3),
            ("large", 4),
        }
