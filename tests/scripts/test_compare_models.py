from compare_models import compare_models

HEADER = "iou_type\tAP\tAP50\tAP75\tAPs\tAPm\tAPl\tAR1\tAR10\tARmax\tmax_detections\n"


def test_one_row_per_evaluation_and_iou_type(tmp_path, capfd):
    first, second = tmp_path / "first.tsv", tmp_path / "second.tsv"
    first.write_text(
        HEADER + "bbox\t0.100000\t1\t1\t1\t1\t\t1\t1\t1\t100\n" + "segm\t0.2" + "\t1" * 9
    )
    second.write_text(HEADER + "bbox\t0.3" + "\t1" * 9)
    rows = [
        {"model": "NA", "fold": "holdout", "run": "seed0", "split": "test"},
        {"model": "large", "fold": "holdout", "run": "seed1", "split": "val"},
    ]
    compare_models([first, second], rows, tmp_path / "evaluation.tsv")
    lines = (tmp_path / "evaluation.tsv").read_text().splitlines()
    assert lines[0] == "model\tfold\trun\tsplit\t" + HEADER.strip()
    assert lines[1] == "NA\tholdout\tseed0\ttest\tbbox\t0.100000\t1\t1\t1\t1\t\t1\t1\t1\t100"
    assert [line.split("\t")[:6] for line in lines[2:]] == [
        ["NA", "holdout", "seed0", "test", "segm", "0.2"],
        ["large", "holdout", "seed1", "val", "bbox", "0.3"],
    ]
