"""A small U-Net on made images, trained on masks of which a part is wrong."""

import keras
import numpy as np
import tensorflow as tf

import lnl_sr_tf as lnl

SIZE, CLASSES = 16, 3


def made_images(count, seed):
    """Images with a bright square and a dark one on grey, and which pixels they are."""
    rng = np.random.default_rng(seed)
    images = np.full((count, SIZE, SIZE, 1), 0.5, "float32")
    masks = np.zeros((count, SIZE, SIZE), "int64")
    for image, mask in zip(images, masks, strict=True):
        for label, level in ((1, 1.0), (2, 0.0)):
            top, left = rng.integers(0, SIZE - 6, 2)
            part = np.s_[top : top + 6, left : left + 6]
            image[part], mask[part] = level, label
    return images + 0.1 * rng.normal(size=images.shape).astype("float32"), masks


def u_net():
    """One step down and up, with the way across."""
    images = keras.Input((SIZE, SIZE, 1))
    across = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(images)
    down = keras.layers.MaxPooling2D()(across)
    down = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(down)
    up = keras.layers.UpSampling2D()(down)
    both = keras.layers.Concatenate()([across, up])
    logits = keras.layers.Conv2D(CLASSES, 1)(both)
    sharpened = lnl.layers.OutputSharpening(0.5, normalize=False)(logits)
    return keras.Model(images, sharpened)


class SegmentationTest(tf.test.TestCase):
    def test_noisy_masks(self):
        keras.utils.set_random_seed(1)
        images, masks = made_images(64, seed=1)
        given = lnl.noise.corrupt(
            masks.ravel(),
            lnl.noise.symmetric_matrix(CLASSES, 0.4),
            np.random.default_rng(2),
        ).reshape(masks.shape)
        model = u_net()
        loss = lnl.losses.get("ce_sr", p=0.1, weight=0.2)
        rate = lnl.metrics.SparseRate(tolerance=0.1)
        model.compile(
            keras.optimizers.Adam(0.01), loss=loss, metrics=["accuracy", rate]
        )
        scheduler = lnl.callbacks.RegularizationScheduler(rho=1.2)
        model.fit(
            images, given, batch_size=8, epochs=5, verbose=0, callbacks=[scheduler],
            sample_weight=np.ones(len(images)),
        )  # fmt: skip
        self.assertEqual(float(rate.total), masks.size)
        outputs = model.predict(images, verbose=0)
        self.assertEqual(outputs.shape, (*masks.shape, CLASSES))
        # 60 % of the given labels are right, and background is 75 % of the pixels; with
        # other weights to begin with it is 0.85 to 0.95.
        self.assertGreater(np.mean(outputs.argmax(-1) == masks), 0.8)
        values = model.evaluate(images, masks, verbose=0)
        flat = loss(masks.ravel(), outputs.reshape(-1, CLASSES))
        self.assertAllClose(values[0], flat, rtol=1e-3)


if __name__ == "__main__":
    tf.test.main()
