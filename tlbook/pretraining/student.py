"""The network in pre-training: one compact residual network under several heads, in backend-neutral Keras."""

from tlbook.models.networks import build_compact_resnet
from tlbook.runtime import choose_compilation, import_keras


def build_student(recipe, *, num_labels, num_teacher_features, num_soft_labels, num_world_classes):
    """Build and compile the network with the heads that the recipe trains; a width of 0 leaves a head out."""
    keras = import_keras()
    backbone = build_compact_resnet()
    if keras.backend.backend() == "torch":
        backbone = keras.models.clone_model(backbone, clone_function=_fuse_batch_norm)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(backbone.output)
    widths = {
        "labels": num_labels,
        "teachers": num_teacher_features,
        "soft_labels": num_soft_labels,
        "worlds": num_world_classes,
    }
    outputs = {key: keras.layers.Dense(width, name=key)(x) for key, width in widths.items() if width}
    student = _student_class(keras, recipe)(backbone.input, outputs, name="student")
    rates = _schedule(keras, recipe)
    optimizer = keras.optimizers.AdamW(rates, weight_decay=recipe.weight_decay, global_clipnorm=5.0)
    student.compile(optimizer=optimizer, jit_compile=choose_compilation())
    student.optimizer.build(student.trainable_variables)
    return student


def copy_backbone(student):
    """Copy the student's backbone weights into a plain network of stock layers."""
    backbone = build_compact_resnet()
    for layer in backbone.layers:
        layer.set_weights(student.get_layer(layer.name).get_weights())
    return backbone


def _schedule(keras, recipe):
    """The recipe's learning rates as Keras takes them: looked up by the optimiser's own count of steps."""
    rates = [recipe.learning_rate_at(step) for step in range(recipe.steps)]

    class Rates(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            table = keras.ops.convert_to_tensor(rates, "float32")
            return keras.ops.take(table, keras.ops.cast(step, "int32"))

    return Rates()


def _student_class(keras, recipe):
    ops = keras.ops

    def cross_entropy(targets, logits):
        return -ops.mean(ops.sum(ops.multiply(targets, ops.log_softmax(logits)), -1))

    def smooth(labels, width):
        rest = recipe.label_smoothing / width
        return ops.one_hot(labels, width) * (1 - recipe.label_smoothing) + rest

    def cosine_distance(features, targets):
        return 1 - ops.mean(ops.sum(ops.normalize(features) * ops.normalize(targets), -1))

    class Student(keras.Model):
        """Photographs stand first in a batch, synthetic images after them."""

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            loss, num, width = 0.0, recipe.num_photos, recipe.teacher_features
            if "labels" in y_pred:
                logits = y_pred["labels"][:num]
                loss += cross_entropy(smooth(y["labels"], logits.shape[-1]), logits)
            if "teachers" in y_pred:
                for start in range(0, y_pred["teachers"].shape[-1], width):
                    part = slice(start, start + width)
                    distance = cosine_distance(y_pred["teachers"][:num, part], y["teachers"][:, part])
                    loss += recipe.teacher_weight * distance
            if "soft_labels" in y_pred:
                loss += recipe.soft_label_weight * cross_entropy(y["soft_labels"], y_pred["soft_labels"][:num])
            if "worlds" in y_pred:
                logits = y_pred["worlds"][num:]
                loss += recipe.worlds_weight * cross_entropy(smooth(y["worlds"], logits.shape[-1]), logits)
            return loss

    return Student


def _fuse_batch_norm(layer):
    """Swap Keras's batch normalisation, many elementwise operations on torch, for torch's own kernel."""
    keras = import_keras()
    if type(layer) is not keras.layers.BatchNormalization:
        return type(layer).from_config(layer.get_config())
    import torch.nn.functional as functional

    class TorchBatchNormalization(keras.layers.BatchNormalization):
        """The same weights and, but for the unbiased variance in the running statistics, the same result."""

        def call(self, inputs, training=None, mask=None):
            outputs = functional.batch_norm(
                inputs.permute(0, 3, 1, 2), self.moving_mean.value, self.moving_variance.value, self.gamma.value,
                self.beta.value, training=bool(training), momentum=1 - self.momentum, eps=self.epsilon,
            )  # fmt: skip
            return outputs.permute(0, 2, 3, 1)

    return TorchBatchNormalization.from_config(layer.get_config())
