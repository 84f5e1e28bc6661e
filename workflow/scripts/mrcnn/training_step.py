"""A training step with TensorFlow whose optimizer begins when all gradients are known."""

import keras

from mrcnn.distribution import replicas


class TrainingStep:
    """How a Keras model trains on TensorFlow; on other backends it is Keras' own way.

    TensorFlow runs at once what it can. In Keras' own step it multiplies momenta, or weights by
    their decay, before the first layer: a copy of all weights that waits for the last gradient.
    """

    if keras.backend.backend() == "tensorflow":

        def train_step(self, data):
            import tensorflow as tf

            x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
            with tf.GradientTape() as tape:
                answers = self(x, training=True)
                loss = self.compute_loss(x, y, answers, sample_weight)
                scaled = self.optimizer.scale_loss(loss)
            mean_loss, *_ = self.metrics
            mean_loss.update_state(loss * replicas(), tf.shape(answers["logits"])[0])
            gradients = tape.gradient(scaled, self.trainable_weights)
            with tf.control_dependencies([one for one in gradients if one is not None]):
                known = tf.no_op()
            with tf.control_dependencies([known]):
                self.optimizer.apply(gradients, self.trainable_weights)
            return self.compute_metrics(x, y, answers, sample_weight)
