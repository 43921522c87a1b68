"""Maps of classes in words."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError

NAMES = ("bird", "cat", "dog", "3")


class MapsTest(parameterized.TestCase):
    @parameterized.parameters(
        ("cat>dog", {1: 2}),
        (" cat > dog , dog>cat", {1: 2, 2: 1}),
        ("0>2,bird>1", None),
        ("0>2,1>2", {0: 2, 1: 2}),
        ("3>0", {3: 0}),  # a name before an index
    )
    def test_parse(self, text, expected):
        if expected is None:
            with self.assertRaisesRegex(InputError, "'bird' stands on the left of two"):
                noise.parse_map(text, NAMES)
        else:
            self.assertEqual(noise.parse_map(text, NAMES), expected)

    @parameterized.parameters(
        ("cat", "expected TRUE>GIVEN,TRUE>GIVEN .* received 'cat'"),
        ("cat>dog>bird", "received 'cat>dog>bird'"),
        ("cat>", "received 'cat>'"),
        ("cat>dog,", "received ''"),
        ("cta>dog", "no class 'cta'; expected one of bird, .*did you mean 'cat'"),
        ("cat>4", r"no class '4'; .* an index in \[0, 4\)"),
        ("cat>1", "'cat' is taken for itself"),
        ("-1>cat", "no class '-1'"),
    )
    def test_errors(self, text, message):
        with self.assertRaisesRegex(InputError, message):
            noise.parse_map(text, NAMES)

    def test_matrix(self):
        matrix = noise.map_matrix(3, 0.4, {1: 2})
        np.testing.assert_allclose(matrix, [[1, 0, 0], [0, 0.6, 0.4], [0, 0, 1]])
        with self.assertRaisesRegex(InputError, "received 1.5"):
            noise.map_matrix(3, 1.5, {1: 2})
        for partners in ({1: 3}, {-1: 2}, {0: 1.5}):
            with self.assertRaisesRegex(InputError, "partners: expected whole numb"):
                noise.map_matrix(3, 0.4, partners)

    def test_the_known_maps_in_words(self):
        with self.assertRaisesRegex(InputError, "class 0 is taken for itself"):
            noise.map_matrix(3, 0.4, {0: 0})
        with self.assertRaisesRegex(InputError, "expected a dict"):
            noise.map_matrix(3, 0.4, [(0, 1)])
        partners = noise.parse_map("7>1,2>7,3>8,5>6,6>5", tuple("0123456789"))
        np.testing.assert_allclose(
            noise.map_matrix(10, 0.4, partners), noise.asymmetric_matrix("mnist", 0.4)
        )


if __name__ == "__main__":
    absltest.main()
