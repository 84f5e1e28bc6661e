from collections import OrderedDict

import yaml

from save_config import save_config


def test_configuration_is_plain_yaml_in_its_own_order(tmp_path):
    config = OrderedDict(models={"b": 1, "a": None}, classes=["Blattläuse"])
    save_config(config, tmp_path / "config.yaml")
    text = (tmp_path / "config.yaml").read_text()
    assert text == "models:\n  b: 1\n  a: null\nclasses:\n- Blattläuse\n"
    assert yaml.safe_load(text) == config
