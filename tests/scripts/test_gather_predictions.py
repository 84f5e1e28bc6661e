import json

from gather_predictions import gather_predictions


def test_parts_are_joined_in_order(tmp_path):
    parts = []
    for number, detections in enumerate([[{"image_id": 2}], [], [{"image_id": 1}]]):
        parts.append(tmp_path / f"{number}.json")
        parts[-1].write_text(json.dumps(detections))
    gather_predictions(parts, tmp_path / "all.json")
    assert (tmp_path / "all.json").read_text() == '[{"image_id":2},{"image_id":1}]\n'
