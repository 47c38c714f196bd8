package dev.unlearn.strategy;

import dev.unlearn.spi.Strategy;

/** The strategies that come with the library. */
public final class Strategies {
  private Strategies() {}

  /** Forgets the whole set together: one lot of all sequences. The default. */
  public static Strategy allAtOnce() {
    return new Sequential(1);
  }

  /**
   * Forgets the set in chunks, one after the other, each with a fresh optimizer and until the
   * stopping criterion says so, as in Jang et al., arXiv 2210.01504, section on sequential
   * unlearning. Chunks are consecutive and differ in size by one at most. A chunk that is already
   * forgotten takes no epoch. Earlier chunks are not looked at again.
   *
   * @throws IllegalArgumentException if {@code chunks < 1}
   */
  public static Strategy sequential(int chunks) {
    return new Sequential(chunks);
  }
}
