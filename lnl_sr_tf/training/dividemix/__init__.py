"""DivideMix: labels that a mixture of losses finds wrong are guessed anew.

Li, Socher and Hoi, "DivideMix: Learning with Noisy Labels as Semi-supervised Learning"
(ICLR 2020). Two networks are warmed up on all labels; from then on, before each epoch,
each divides the examples for the other, which learns from both parts by MixMatch.
"""
