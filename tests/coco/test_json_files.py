import json

import pytest

from coco import json_files


@pytest.mark.parametrize("content", [{"a": [], "b": {"ü": 1}}, [1, 2], [], {}, {"x": [[1], {}]}])
@pytest.mark.parametrize("at_a_time", [1, 2, 10_000])
def test_pieces_make_the_same_text_as_the_whole(content, at_a_time, tmp_path, monkeypatch):
    monkeypatch.setattr(json_files, "RECORDS", at_a_time)
    json_files.write(tmp_path / "a.json", content)
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == text + "\n"
    assert json_files.read(tmp_path / "a.json") == content


def test_what_json_has_not_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_files.write(tmp_path / "a.json", {"a": [float("nan")]})
