"""A training that was killed goes on as if nothing had happened."""

import json

import keras
import numpy as np
import pytest

from mrcnn.callbacks import Memory, NonFiniteLoss, Validation
from mrcnn.data import Batches
from mrcnn.errors import ModelError

X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
Y = X.sum(1, keepdims=True)


def network(rate=0.01):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8),
            keras.layers.Dropout(0.5, seed=3),
            keras.layers.Dense(1),
        ]
    )
    schedule = keras.optimizers.schedules.CosineDecay(rate, decay_steps=20)
    model.compile(keras.optimizers.AdamW(schedule), loss="mse")
    return model


def score(model):
    return {"val_AP": -float(model.evaluate(X, Y, verbose=0))}


def run(folder, epochs, fingerprint="a", patience=99, evaluate=score, every=1):
    """One life of a training: starts, or goes on, and ends after `epochs`."""
    model, memory = network(), Memory(folder, fingerprint, patience=patience)
    start = memory.restore(model)
    if not memory.exhausted:
        model.fit(
            X,
            Y,
            batch_size=8,
            initial_epoch=start,
            epochs=epochs,
            shuffle=False,
            verbose=0,
            callbacks=[Validation(evaluate, every, memory.validation), memory],
        )
    return model, memory


@pytest.mark.parametrize("every", [1, 2])
def test_resumed_equals_uninterrupted(tmp_path, every):
    whole, memory = run(tmp_path / "whole", 4, every=every)
    run(tmp_path / "parts", 2, every=every)
    parts, resumed = run(tmp_path / "parts", 4, every=every)
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert resumed.history == memory.history
    assert resumed.best_epoch == memory.best_epoch
    assert resumed.best_weights.exists()


def test_a_kill_while_the_state_is_written_loses_one_epoch_at_most(tmp_path):
    run(tmp_path / "s", 2)
    for name in ("epoch-3.weights.h5", "epoch-3.npz", "state.json.new"):
        (tmp_path / "s" / name).write_text("half written")
    _, memory = run(tmp_path / "s", 3)
    assert [row["epoch"] for row in memory.history] == [1, 2, 3]
    assert not list((tmp_path / "s").glob("*.new"))


def test_another_fingerprint_sets_the_state_aside(tmp_path):
    run(tmp_path / "s", 2)
    _, memory = run(tmp_path / "s", 1, fingerprint="b")
    assert len(memory.history) == 1
    assert json.loads((tmp_path / "s.old" / "state.json").read_text())["fingerprint"] == "a"


def test_patience_stops_and_is_remembered(tmp_path):
    values = iter([0.5, 0.4, 0.3, 0.2, 0.1])

    def worse(_):
        return {"val_AP": next(values)}

    _, memory = run(tmp_path / "s", 9, patience=2, evaluate=worse)
    assert (len(memory.history), memory.best_epoch, memory.best) == (3, 1, 0.5)
    _, memory = run(tmp_path / "s", 9, patience=2, evaluate=worse)
    assert len(memory.history) == 3, "a finished training is not started again"
    _, memory = run(tmp_path / "s", 9, patience=3, evaluate=worse)
    assert len(memory.history) == 4, "more patience goes on"


def test_validation_repeats_its_value_between_evaluations():
    values = iter([0.1, 0.2, 0.3, 0.4])
    validation = Validation(lambda _: {"val_AP": next(values)}, every=2)
    history = network().fit(X, Y, epochs=5, verbose=0, callbacks=[validation])
    assert history.history["val_AP"] == [0.1, 0.2, 0.2, 0.3, 0.4]


def test_a_loss_that_breaks_stops_training_and_says_so():
    broken = X.copy()
    broken[20] = np.inf
    with pytest.raises(ModelError, match=r"epoch 1, step 3: loss is not a finite number.*learning"):
        network().fit(
            broken, Y, batch_size=8, shuffle=False, verbose=0, callbacks=[NonFiniteLoss()]
        )


def sample(objects=1):
    return {
        "image": np.zeros((64, 64, 3), np.uint8),
        "boxes": np.tile([[0, 0, 8, 8]], (objects, 1)),
        "classes": np.ones(objects, int),
        "masks": [np.ones((8, 8), bool)] * objects,
        "crowd": np.zeros(objects, bool),
    }


def test_order_of_batches_depends_on_seed_and_epoch_alone():
    samples = [sample() for _ in range(20)]
    one, two = (Batches(samples, 4, 2, seed=7) for _ in range(2))
    first = one.order.copy()
    one.on_epoch_end()
    two.start(epoch=1)
    np.testing.assert_array_equal(one.order, two.order)
    assert (first != one.order).any()
    assert sorted(first) == list(range(20))


def test_more_objects_than_slots_is_refused():
    with pytest.raises(ModelError, match="5 objects, the model takes 4: raise `max_objects`"):
        Batches([sample(5)] * 4, 4, max_objects=4)[0]


def test_fewer_samples_than_a_batch_is_refused():
    with pytest.raises(ModelError, match="3 training images are fewer than one batch of 4"):
        Batches([sample()] * 3, 4, max_objects=4)
