package dev.unlearn.model.decoder;

/** Where a block norms and adds. A is attention, F the feed-forward layer, N the norms. */
public enum BlockForm {
  /** {@code x += A(N(x)); x += F(N(x))}. */
  PRE_NORM,
  /** {@code x = N(x + A(x)); x = N(x + F(x))}. */
  POST_NORM,
  /** {@code x += N(A(N(x))); x += N(F(N(x)))}. */
  PRE_AND_POST_NORM,
  /** {@code x += A(N(x)) + F(N(x))}, with a norm each. */
  PARALLEL,
  /** {@code x += A(n) + F(n)}, with {@code n = N(x)}. */
  PARALLEL_ONE_NORM
}
